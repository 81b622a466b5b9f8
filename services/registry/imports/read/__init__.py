"""Reads the bytes of a file as rows of cells, within limits of size and time."""
