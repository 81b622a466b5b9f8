"""Prints responses on the screen and writes lists to files."""
