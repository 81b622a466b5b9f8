"""Permits of metrology of the subjects: where they are kept, and who sees them."""
