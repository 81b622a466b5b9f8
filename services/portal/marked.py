"""Marks texts of the pages for translation where they are written, not where they are shown."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - the name that translators' tools look for
    """Marks a text for translation and returns it unchanged."""
    return text
