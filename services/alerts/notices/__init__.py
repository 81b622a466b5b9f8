"""Notices: the texts of notices, their issue, and their delivery by mail."""
