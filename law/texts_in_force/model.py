"""The types of the values in a ruleset, each with its citation.

A ruleset is one legal text as data. Its figures may change over time; an `Edition` is the set of
figures between two changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from law.evidence import RecordKind, RecordStatus, Sector, Severity, SubjectKind
from law.figures import not_in_force
from law.reader.texts import TextStatus


class Method(StrEnum):
    """The methods by which the legal texts compute a grade."""

    POINTS = "points"  #: a score in bands, with direct judgments (Hangzhou)
    CLASSES = "classes"  #: classes that move at the end of each year (Tianjin)
    TRIGGERS = "triggers"  #: counted facts (national guide)


class Effect(StrEnum):
    """The effect of a kind of record on the grade under a legal text."""

    ADDS = "adds"
    DEDUCTS = "deducts"
    ADVERSE = "adverse"
    GOOD = "good"
    NONE = "none"


class Requirement(StrEnum):
    """The conditions that a legal text may require before a record counts."""

    FINAL = "final"
    VERIFIED = "verified"


class Origin(StrEnum):
    """The date of a record from which its evidence window or its disclosure period runs (C-02)."""

    DETERMINED_ON = "determined_on"
    ENTERED_ON = "entered_on"


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade or class of a legal text, with its titles and its article."""

    id: str
    title_zh: str
    title_en: str
    cite: str


@dataclass(frozen=True, slots=True)
class Window:
    """The evidence window: how many years a record counts, from its date `origin` (C-02)."""

    years: int
    origin: Origin
    cite: str


@dataclass(frozen=True, slots=True)
class Base:
    """The points with which every subject starts."""

    points: int
    cite: str
    example: bool


@dataclass(frozen=True, slots=True)
class Band:
    """The range of scores that gives one grade, both ends inclusive; None means no limit."""

    grade: str
    at_least: int | None
    at_most: int | None
    cite: str


@dataclass(frozen=True, slots=True)
class KindRule:
    """The rule for a kind of record: its effect, its points, and the conditions for it to count.

    `points` are without a sign; None where the effect has no points.
    """

    kind: RecordKind
    effect: Effect
    points: int | None
    requires: tuple[Requirement, ...]
    example: bool
    cite: str

    @property
    def sign(self) -> int:
        """+1 if the effect adds points, -1 if it deducts points, 0 if it has no points."""
        return {Effect.ADDS: 1, Effect.DEDUCTS: -1}.get(self.effect, 0)


@dataclass(frozen=True, slots=True)
class DirectRule:
    """A direct judgment: a counted record of this kind gives this grade, whatever the score.

    `points_at_least`, `severity` and `final`, where they are set, are further conditions for the
    record.
    """

    id: str
    kind: RecordKind
    grade: str
    points_at_least: int | None
    severity: Severity | None
    final: bool
    cite: str


@dataclass(frozen=True, slots=True)
class Movement:
    """A change of class at the end of a year, depending on the finding of the year (C-17).

    `classes` are the classes before the change; empty for the first classification.
    """

    classes: tuple[str, ...]  # empty: the first classification
    finding: str  # adverse | clean_and_good | clean
    to: str
    cite: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger: at least `at_least` counted records of these kinds give a grade.

    The records must lie within `within_years` calendar years; None means no such limit.
    """

    id: str
    kinds: frozenset[RecordKind]
    at_least: int
    within_years: int | None
    grade: str
    cite: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The way in which an ambiguity of the legal texts (C-nn) is read here (D-08).

    `reading` is the reading chosen, `alternative` the one not chosen, `changes` the effect of the
    alternative, and `text` the open question in the legal texts, empty if not given.
    """

    id: str
    reading_zh: str
    reading_en: str
    alternative_zh: str
    alternative_en: str
    changes_zh: str
    changes_en: str
    text_zh: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A reading, with the facts of a grading to which it applies, such as `kind:penalty`."""

    reading: Reading
    touched_by: frozenset[str]


@dataclass(frozen=True, slots=True)
class NotGraded:
    """The reason why a subject has no grade, with the article.

    `reason` is an id for programs, `reason_zh` and `reason_en` are sentences for people.
    """

    reason: str
    reason_zh: str
    reason_en: str
    cite: str


@dataclass(frozen=True, slots=True)
class Edition:
    """The figures of a ruleset from one change to the next, both days inclusive.

    None as a day means no limit. `good` are the kinds of good records that the best grade requires.
    """

    valid_from: date | None
    valid_to: date | None
    window: Window
    kinds: Mapping[RecordKind, KindRule]
    base: Base | None
    bands: tuple[Band, ...]
    direct: Mapping[RecordKind, tuple[DirectRule, ...]]
    movements: tuple[Movement, ...]
    triggers: tuple[Trigger, ...]
    good: tuple[RecordKind, ...]  # the good records a best class asks for


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One legal text as data, with its grades, its editions and its readings."""

    id: str
    version: str
    text: str
    status: TextStatus
    title_zh: str
    title_en: str
    method: Method
    valid_from: date | None  # None: a draft, or its day is not in the text
    valid_to: date | None
    hash: str
    example_valued: bool
    grades: tuple[Grade, ...]  # best first
    subject_kinds: frozenset[SubjectKind]
    subject_cite: str
    sectors: frozenset[Sector]  # empty: every sector
    sector_cite: str
    # The article by which each status ends a record, and the one behind each requirement.
    ended: Mapping[RecordStatus, str] = field(repr=False)
    required: Mapping[Requirement, str] = field(repr=False)
    ambiguities: tuple[Ambiguity, ...] = field(repr=False)
    editions: tuple[Edition, ...] = field(repr=False)

    def holds(self, day: date) -> bool:
        """Returns whether a day lies within the validity of the text, both ends inclusive."""
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_to is None or day <= self.valid_to)

    @property
    def cite(self) -> str:
        """The article by which the text grades subjects."""
        return self.grades[0].cite

    def at(self, day: date) -> Edition:
        """Returns the figures in force on a day.

        Raises NotInForce if the text does not hold that day.
        """
        if not self.holds(day):
            raise not_in_force(day, self.title_zh, self.id, [self.cite])
        if len(self.editions) == 1:
            return self.editions[0]
        starts = [edition.valid_from or date.min for edition in self.editions]
        return self.editions[max(bisect_right(starts, day) - 1, 0)]

    def looking_back(self, day: date) -> Edition:
        """Returns the figures for a past day; for a day before the text, its first figures.

        Classes depend on ends of years that may lie before the text (C-17). Raises NotInForce for a
        day after the text has ended.
        """
        return self.at(max(day, self.valid_from) if self.valid_from else day)

    def in_force(self, day: date) -> bool:
        """Returns whether the text is issued, not a draft, and its validity includes the day."""
        return self.status is TextStatus.ISSUED and self.holds(day)

    def rank(self, grade: str) -> int:
        """Returns the rank of a grade; 0 is the best. Raises ValueError for an unknown grade."""
        for place, known in enumerate(self.grades):
            if known.id == grade:
                return place
        raise ValueError(f"{grade} is not a grade of {self.id}")

    def worse(self, first: str, second: str) -> str:
        """Returns the worse of two grades. Raises ValueError for an unknown grade."""
        return max(first, second, key=self.rank)

    def grade(self, grade_id: str) -> Grade:
        """Returns the grade with this id and its titles. Raises ValueError for an unknown grade."""
        return self.grades[self.rank(grade_id)]
