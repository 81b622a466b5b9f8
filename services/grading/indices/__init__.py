"""Indices of areas: assessed, published by somebody else, withdrawn."""
