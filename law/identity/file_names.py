"""The number of a certificate that the name of its file writes."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import combinations

from law.identity.records import document_key

MOST_WORDS = 12  # of a file name in which a number is looked for
SHORTEST = 5  # characters of a number that is not the whole name of its file
_LONGEST = 100
_BETWEEN = re.compile(r"[\s_,;+、，；]+")


def numbers_in(stem: str) -> dict[str, range]:
    """Returns the certificate numbers that a file name may write, each with its words in the name.

    They are in the form in which numbers are compared. A number is the whole name, or stands apart
    from other words by blanks, underscores or commas. Those of the most words come first.
    """
    words = [word for word in _BETWEEN.split(stem) if word]
    found = {document_key(stem): range(len(words))}
    spans = (range(*ends) for ends in combinations(range(len(words[:MOST_WORDS]) + 1), 2))
    for span in sorted(spans, key=len, reverse=True):
        key = document_key("".join(words[span.start : span.stop]))
        if len(key) >= SHORTEST and any(letter.isdigit() for letter in key):
            found.setdefault(key, span)
    return {key: span for key, span in found.items() if 0 < len(key) <= _LONGEST}


def number_of(stem: str, issued: Collection[str]) -> list[str]:
    """Returns the issued numbers that a file name writes, without those within a longer one."""
    found: dict[str, range] = {}
    for key, span in numbers_in(stem).items():
        within = any(span.start >= one.start and span.stop <= one.stop for one in found.values())
        if key in issued and not within:
            found[key] = span
    return list(found)
