"""The ways in which records are shared."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """How records were shared; with PLATFORM the platform itself mails them.

    By a CIRCULAR of alerts an authority was told of a subject and its grade, without records."""

    LETTER = "letter"
    FEED = "feed"
    EXPORT = "export"
    OTHER = "other"
    PLATFORM = "platform"
    CIRCULAR = "circular"
