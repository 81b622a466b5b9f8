"""Editions of the working-day calendar: loaded by one administrator, applied by another."""
