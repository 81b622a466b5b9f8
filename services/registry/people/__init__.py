"""Calibration institutions, registered metrologists and examiners: S4 二(一)5, 8 and 9."""
