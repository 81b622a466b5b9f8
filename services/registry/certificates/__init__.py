"""Certificates as files: who may send and see them, their versions, and what is swept away."""
