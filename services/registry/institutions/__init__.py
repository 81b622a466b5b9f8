"""Verification institutions: kept by a bureau, authorised by type, speaking for themselves."""
