"""Stored receipts: what the receipts of a subject share is stored once."""
