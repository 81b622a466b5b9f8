"""The language of the screen: Chinese unless `--lang en` was given."""

from __future__ import annotations

from contextvars import ContextVar
from enum import StrEnum


class Language(StrEnum):
    """A language that the command line speaks."""

    ZH = "zh"
    EN = "en"


_current: ContextVar[Language] = ContextVar("language", default=Language.ZH)


def set_language(language: Language) -> None:
    """Sets the language for the rest of this command."""
    _current.set(language)


def language() -> Language:
    """The language in use."""
    return _current.get()


def choose(zh: str, en: str) -> str:
    """Returns the text in the language in use."""
    return zh if language() is Language.ZH else en
