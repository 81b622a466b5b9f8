"""The languages in which people may get their mails."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """The language in which somebody wants mails; letters under law are Chinese for everybody."""

    CHINESE = "zh"
    ENGLISH = "en"
    BOTH = "both"
