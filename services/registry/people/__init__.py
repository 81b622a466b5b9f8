"""Calibration institutions, metrologists, examiners (S4 二(一)5, 8, 9) and experts (S4 三(四))."""
