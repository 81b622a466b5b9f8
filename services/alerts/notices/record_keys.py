"""The keys of the notices about one adverse record."""

from __future__ import annotations


def adverse_record_key(record_id: str, version: int) -> str:
    """Returns the key of the notice that tells a subject of a record in some version."""
    return f"adverse_record/{record_id}" + (f"/{version}" if version > 1 else "")
