"""Computes how long records are kept, and removes them from the archive after that."""
