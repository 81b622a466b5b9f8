"""Which text governs a subject: what a municipality activated, over the packaged table (D-08).

An activation holds from its first day on; the one from the latest day decides, and of these the
latest made, so that nothing ended comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from law.evidence import SubjectKind
from law.texts_in_force import load as texts
from law.texts_in_force.model import NotGraded, Ruleset

ENDED = NotGraded(
    "ended",
    "启用的规则已失效，尚未启用新的规则",
    "The text activated here has ended, and no other was activated",
    "D-08",
)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation, as far as it decides."""

    activation_id: str
    prefix: str  # of the codes of the bureaus it reaches
    sectors: frozenset[str]  # empty: every sector
    ruleset_id: str
    valid_from: date

    def fits(self, bureau: str, sector: str, day: date) -> bool:
        """Tell whether it speaks of the bureau, the sector and the day."""
        reaches = not self.sectors or sector in self.sectors
        return reaches and self.valid_from <= day and bureau.startswith(self.prefix)

    def touches(self, prefix: str) -> bool:
        """Tell whether it reaches some bureau whose code begins so."""
        return self.prefix.startswith(prefix) or prefix.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class GoverningTexts:
    """The activations, the deciding ones first, over the packaged table."""

    activated: tuple[Activation, ...] = ()

    def text(self, bureau: str, sector: str, day: date, kind: SubjectKind) -> Ruleset | NotGraded:
        """The text by which such a subject is graded on a day, or why it has no grade."""
        found = self.of_archive(bureau, sector, day)
        if isinstance(found, NotGraded):
            return found
        return texts.outside(found, kind, sector) or found

    def of_archive(self, bureau: str, sector: str, day: date) -> Ruleset | NotGraded:
        """The text that governs the archive of a subject on a day, graded or not, or why none.

        C-21: archives for all kinds of subjects, grades for some; what is kept of a natural
        person is kept, let out and repaired under the same text.
        """
        for one in self.activated:
            if one.fits(bureau, sector, day):
                text = texts.load(one.ruleset_id)
                return ENDED if text.valid_to is not None and day > text.valid_to else text
        entry = texts.jurisdictions().find(bureau, sector, day)
        return entry if isinstance(entry, NotGraded) else texts.load(entry.ruleset)

    def of_archive_since(self, bureau: str, sector: str, day: date) -> date:
        """The first day since when the text of that day has governed the archive unbroken."""
        now = self.of_archive(bureau, sector, day)
        for turn in sorted((one for one in self.turns() if one <= day), reverse=True):
            if self.of_archive(bureau, sector, turn - _DAY) != now:
                return turn
        return date.min

    def turns(self) -> Iterator[date]:
        """The days on which another text may begin to govern somewhere."""
        for entry in texts.jurisdictions().entries:
            yield from _ends(entry.valid_from, entry.valid_to)
        for one in self.activated:
            yield from _ends(one.valid_from, texts.load(one.ruleset_id).valid_to)


PACKAGED: Final = GoverningTexts()


def _ends(first: date | None, last: date | None) -> Iterator[date]:
    if first is not None:
        yield first
    if last is not None:
        yield last + _DAY
