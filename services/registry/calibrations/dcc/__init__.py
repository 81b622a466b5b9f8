"""Reads Digital Calibration Certificates (DCC, XML of PTB) without a network and within limits."""
