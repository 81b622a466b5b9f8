"""Notices: their texts, their issue, and their delivery by mail."""
