"""The ways in which records are shared."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """How records were shared; with PLATFORM the platform itself mails them."""

    LETTER = "letter"
    FEED = "feed"
    EXPORT = "export"
    OTHER = "other"
    PLATFORM = "platform"
