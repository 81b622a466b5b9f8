"""The language of the screen: Chinese unless `--lang en` was given."""

from __future__ import annotations

from contextvars import ContextVar
from enum import StrEnum


class Language(StrEnum):
    """A language in which the command line prints."""

    ZH = "zh"
    EN = "en"


_current: ContextVar[Language] = ContextVar("language", default=Language.ZH)


def set_language(language: Language) -> None:
    """Sets the output language for the rest of this command."""
    _current.set(language)


def language() -> Language:
    """Returns the output language of this command."""
    return _current.get()


def choose(zh: str, en: str) -> str:
    """Returns the text `zh` or the text `en`, according to the output language."""
    return zh if language() is Language.ZH else en
