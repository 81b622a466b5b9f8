"""Exposure lists: several subjects named publicly at once, each with its ground (S1 19, R-133)."""
