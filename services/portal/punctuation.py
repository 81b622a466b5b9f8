"""The punctuation between the values of a page, which templates have in its Chinese form.

What stands in a text is translated with the text. What a template puts between two texts or values,
such as the colon in `{{ firm }}：{{ state }}`, is set here when the template is read for English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from jinja2.ext import Extension
from jinja2.lexer import Token

_ENGLISH = str.maketrans(
    {
        "：": ": ",
        "，": ", ",
        "；": "; ",
        "。": ". ",
        "、": ", ",
        "（": " (",
        "）": ")",
    }
)
# Between two values without punctuation. A line may end within it; a wide space (U+3000) at the end
# of a line would stick out of a phone.
GAP = "\N{NO-BREAK SPACE} "
_WORD_AFTER_BRACKET = re.compile(r"）(?=\w)")


def in_english(text: str) -> str:
    """Returns a text with the punctuation of English, and the spaces that this needs."""
    return _WORD_AFTER_BRACKET.sub("） ", text).translate(_ENGLISH)


class EnglishPunctuation(Extension):
    """Reads a template with English punctuation; the keys of its translations stay as they are."""

    def filter_stream(self, stream: Iterable[Token]) -> Iterator[Token]:
        """Yields the tokens of a template, those set in English that no translation replaces."""
        before: tuple[str, ...] = ("", "")
        for token in stream:
            is_key = before == ("_", "(")
            if token.type == "data" or (token.type == "string" and not is_key):
                yield Token(token.lineno, token.type, in_english(token.value))
            else:
                yield token
            before = (before[1], str(token.value))
