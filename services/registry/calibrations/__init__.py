"""Calibrations of instruments: their certificates as DCC, and what people confirmed of them."""
