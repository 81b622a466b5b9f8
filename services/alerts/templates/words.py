"""Puts what the platform writes into the words of a bureau, and says what is wrong with these.

Pure functions. What the platform writes has the facts, the ground and how to object; a template has
it once and whole, so that no bureau's words take anything away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from law.errors import Fault

_PLACE = re.compile(r"\{([^{}\n]{1,20})\}")
TEXT, TEXT_EN = "正文", "text"
_NAMES = (TEXT, "主体", "机关", "日期")
_NAMES_EN = (TEXT_EN, "subject", "bureau", "date")


@dataclass(frozen=True)
class Places:
    """What stands in the places of a template beside the text: subject, bureau and day."""

    subject: str
    bureau: str
    on: date

    def chinese(self, text: str) -> dict[str, str]:
        """Returns what stands in each place of a Chinese template."""
        return dict(
            zip(_NAMES, (text, self.subject, self.bureau, self.on.isoformat()), strict=True)
        )

    def english(self, text: str) -> dict[str, str]:
        """Returns what stands in each place of an English template."""
        named = (text, self.subject, self.bureau, self.on.isoformat())
        return dict(zip(_NAMES_EN, named, strict=True))


def filled(template: str, values: dict[str, str]) -> str:
    """Returns a template with its places filled; what is no place stays as it is written."""
    return _PLACE.sub(lambda place: values.get(place.group(1), place.group(0)), template)


def faults_of(field: str, template: str, *, english: bool = False) -> Iterator[Fault]:
    """Yields what is wrong with a template: the text not exactly once, or a place nobody knows."""
    names, text = (_NAMES_EN, TEXT_EN) if english else (_NAMES, TEXT)
    places = _PLACE.findall(template)
    if template.strip() and places.count(text) != 1:
        zh = f"须写 {{{text}}} 一次，平台按规则写出的内容放在那里"
        yield Fault(field, zh, f"must have {{{text}}} once, where the platform's text stands")
    for unknown in sorted(set(places) - set(names)):
        known = "、".join(f"{{{name}}}" for name in names)
        zh, en = (
            f"没有 {{{unknown}}}；可以写 {known}",
            f"there is no {{{unknown}}}; places: {known}",
        )
        yield Fault(field, zh, en)
