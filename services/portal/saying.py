"""What all words of the pages have in common: their language, its punctuation and its days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale
from babel.dates import format_date

from services.portal.punctuation import in_english

# Read once: Babel looks through a thousand locales for one that is given by its name.
LOCALES = {"zh-CN": Locale.parse("zh_CN"), "en": Locale.parse("en")}


@lru_cache(4096)  # a list shows few days, each many times, and Babel takes as long as a cell
def day_in_words(day: date, style: str, language: str) -> str:
    """Formats a day in a style of Babel, such as `full`: 2026年10月16日星期五."""
    return str(format_date(day, style, locale=LOCALES[language]))


@dataclass(frozen=True)
class Tag:
    """A state shown as a tag: its word, a shape for people who see no colours, and its style."""

    word: str
    shape: str
    style: str


class Saying:
    """Says texts in the language of one page."""

    def __init__(self, say: Callable[[str], str], language: str) -> None:
        self._say = say
        self.lang = "zh" if language == "zh-CN" else "en"

    def say(self, chinese: str) -> str:
        """Translates a text that is marked for translation."""
        return self._say(chinese) if chinese else ""

    def listed(self, parts: Iterable[str], between: str = "、") -> str:
        """Returns texts one after the other, with the punctuation of the language in between."""
        return (between if self.lang == "zh" else in_english(between)).join(parts)

    def with_note(self, text: str, note: str) -> str:
        """Returns a text with a note in brackets behind it, such as B（良好）."""
        return f"{text}（{note}）" if self.lang == "zh" else f"{text} ({note})"

    def day(self, written: str) -> str:
        """Formats a day in full, such as 2026年10月16日星期五; `written` is in ISO format."""
        return self._day(written)

    def _day(self, written: str) -> str:
        language = "zh-CN" if self.lang == "zh" else "en"
        return day_in_words(date.fromisoformat(written), "full", language)
