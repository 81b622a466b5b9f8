"""Converts rows of cells to checked values: columns, fields, choice lists, and faults."""
