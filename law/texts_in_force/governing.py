"""Finds the ruleset that governs a subject: an activated one, or else one of the packaged table.

D-08. Of several activations the one with the latest first day decides, and among these the one made
last. So when an activated text ends, no earlier text replaces it.
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


def deregistered(since: date) -> NotGraded:
    """Returns why a subject has no grade from the day of its deregistration on.

    No text says what becomes of its grade (C-39): nobody is supervised or encouraged by it any
    more. Its records and earlier grades stay.
    """
    return NotGraded(
        "deregistered",
        f"主体已于{since}注销，不再评定等级；此前的等级和记录保留",
        f"The subject is deregistered since {since} and graded no more; earlier grades stay",
        "C-39",
    )


@dataclass(frozen=True, slots=True)
class Activation:
    """The activation of a ruleset: the bureaus and sectors that it governs, and its first day."""

    activation_id: str
    prefix: str  # of the codes of the bureaus to which it applies
    sectors: frozenset[str]  # empty: every sector
    ruleset_id: str
    valid_from: date

    def fits(self, bureau: str, sector: str, day: date) -> bool:
        """Returns whether the activation applies to the bureau and the sector on the day."""
        reaches = not self.sectors or sector in self.sectors
        return reaches and self.valid_from <= day and bureau.startswith(self.prefix)

    def touches(self, prefix: str) -> bool:
        """Returns whether the activation applies to any bureau with a code of this prefix."""
        return self.prefix.startswith(prefix) or prefix.startswith(self.prefix)


@dataclass(frozen=True, slots=True)
class GoverningTexts:
    """The activations of rulesets in order of priority, followed by the packaged table.

    The table decides where no activation applies.
    """

    activated: tuple[Activation, ...] = ()

    def text(self, bureau: str, sector: str, day: date, kind: SubjectKind) -> Ruleset | NotGraded:
        """Returns the ruleset by which a subject of this kind is graded on a day.

        Returns the reason instead if such a subject has no grade.
        """
        governing = self.of_archive(bureau, sector, day)
        if isinstance(governing, NotGraded):
            return governing
        return texts.outside(governing, kind, sector) or governing

    def of_archive(self, bureau: str, sector: str, day: date) -> Ruleset | NotGraded:
        """Returns the ruleset that governs the archive of a subject on a day, or why there is none.

        Subjects of every kind have an archive, also those without a grade (C-21): the records of a
        natural person are stored, disclosed and repaired under the same text.
        """
        for activation in self.activated:
            if activation.fits(bureau, sector, day):
                text = texts.load(activation.ruleset_id)
                return ENDED if text.valid_to is not None and day > text.valid_to else text
        entry = texts.jurisdictions().find(bureau, sector, day)
        return entry if isinstance(entry, NotGraded) else texts.load(entry.ruleset)

    def of_archive_since(self, bureau: str, sector: str, day: date) -> date:
        """Returns the first day since which one ruleset has governed the archive without a break.

        It is the ruleset that governs the archive on `day`. Returns date.min if it has always
        governed.
        """
        now = self.of_archive(bureau, sector, day)
        for turn in sorted(
            (day_of_turn for day_of_turn in self.turns() if day_of_turn <= day), reverse=True
        ):
            if self.of_archive(bureau, sector, turn - _DAY) != now:
                return turn
        return date.min

    def turns(self) -> Iterator[date]:
        """Yields the days on which another ruleset may begin to govern some bureau or sector."""
        for entry in texts.jurisdictions().entries:
            yield from _ends(entry.valid_from, entry.valid_to)
        for activation in self.activated:
            yield from _ends(activation.valid_from, texts.load(activation.ruleset_id).valid_to)


PACKAGED: Final = GoverningTexts()


def _ends(first: date | None, last: date | None) -> Iterator[date]:
    if first is not None:
        yield first
    if last is not None:
        yield last + _DAY
