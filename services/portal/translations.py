"""The translations of the pages' texts, with English words that follow a number.

Chinese has no plural, so its texts have no second form by which gettext could choose. An English
text writes both forms behind the name of the number: `{days} {days|day|days} left`.
"""

from __future__ import annotations

import gettext
import re
from typing import Any

_FORMS = re.compile(r"\{(\w+)\|([^|{}]*)\|([^|{}]*)\}")


class Counting(str):
    """A text with words that follow a number, which is known when the text is formatted."""

    __slots__ = ()

    def format(self, *args: Any, **values: Any) -> str:
        """Fills in the values, and for each number the form of its word: singular for 1."""

        def chosen(found: re.Match[str]) -> str:
            name, one, several = found.groups()
            return one if str(values[name]) == "1" else several

        return _FORMS.sub(chosen, self).format(*args, **values)


class Translations(gettext.GNUTranslations):
    """A catalogue whose texts choose the form of a word by its number."""

    def gettext(self, message: str) -> str:
        """Returns the translation of a text; the text itself if there is none."""
        text = super().gettext(message)
        return Counting(text) if "|" in text else text
