"""Indices of areas: assessed, published by another person, withdrawn."""
