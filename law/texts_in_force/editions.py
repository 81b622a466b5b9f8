"""Splits the figures of a ruleset file into editions, one for each period without a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

from law.evidence import RecordKind, Severity
from law.figures import Validity, Version
from law.reader.data_file import DATED, read_dated, read_lasting, read_versions
from law.reader.strict_reader import Reader
from law.texts_in_force.checks import check_edition, check_kinds_are_all_said
from law.texts_in_force.model import (
    Band,
    Base,
    DirectRule,
    Edition,
    Effect,
    Grade,
    KindRule,
    Method,
    Movement,
    Origin,
    Requirement,
    Trigger,
    Window,
)

T = TypeVar("T")

_DATED = (*DATED, "example", "note")


class Figures:
    """All values of a ruleset file, each with the first and last day on which it is in force.

    The editions, which are the versions of the ruleset over time, are computed from them.
    """

    def __init__(self, reader: Reader, validity: Validity) -> None:
        self.reader, self.validity = reader, validity
        self.example_valued = False
        self.required: set[Requirement] = set()
        self.method = reader.choice("method", Method)
        self.grades = tuple(read_lasting(item, validity, _grade) for item in reader.each("grades"))
        self.windows = self._several(reader, "window", _window)
        self.bases = self._several(reader, "base", self._base)
        self.bands = self._listed("bands", self._band)
        self.kinds = self._kinds()
        self.direct = self._listed("direct", self._direct)
        self.movements = self._listed("movements", self._movement)
        self.triggers = self._listed("triggers", self._trigger)
        self.good = self._listed("good", _good)

    def editions(self) -> tuple[Edition, ...]:
        """Returns an edition for each period of days in which no figure changes.

        Each edition is checked; its faults are recorded in the reader.
        """
        starts = sorted(self._cuts())
        ends = [start - timedelta(days=1) for start in starts[1:]] + [None]
        pieces = [
            self._edition(start, end or self.validity.valid_to)
            for start, end in zip(starts, ends, strict=True)
        ]
        return tuple(piece for piece in pieces if piece is not None)

    def _edition(self, start: date, end: date | None) -> Edition | None:
        windows = _holding(self.windows, start)
        if not windows:
            self.reader.fault("window", f"{start}起无有效数值", f"holds no figure from {start}")
            return None
        bases, rules = _holding(self.bases, start), _holding(self.kinds, start)
        kinds = {rule.kind: rule for rule in rules}
        self._note_rivals("window", windows, 1, start)
        self._note_rivals("base", bases, 1, start)
        self._note_rivals("kinds", rules, len(kinds), start)
        edition = Edition(
            valid_from=None if start == date.min else start,
            valid_to=end,
            window=windows[-1],
            kinds=kinds,
            base=bases[-1] if bases else None,
            bands=tuple(_holding(self.bands, start)),
            direct=_by_kind(_holding(self.direct, start)),
            movements=tuple(_holding(self.movements, start)),
            triggers=tuple(_holding(self.triggers, start)),
            good=tuple(_holding(self.good, start)),
        )
        check_kinds_are_all_said(self.reader, edition, start)
        check_edition(self.reader, edition, self.method, tuple(g.id for g in self.grades))
        return edition

    def _note_rivals(self, key: str, figures: Sequence[object], most: int, start: date) -> None:
        """Notes a fault where several figures hold at the same time and only one may."""
        if len(figures) > most:
            self.reader.fault(key, f"{start}起有多个数值", f"holds several figures from {start}")

    def _cuts(self) -> set[date]:
        first = self.validity.valid_from or date.min
        figures: tuple[Version[Any], ...] = (
            *self.windows, *self.bases, *self.bands, *self.kinds, *self.direct, *self.movements,
            *self.triggers, *self.good,
        )  # fmt: skip
        days = [figure.validity for figure in figures]
        starts = {validity.valid_from for validity in days if validity.valid_from}
        after = {validity.valid_to + timedelta(days=1) for validity in days if validity.valid_to}
        last = self.validity.valid_to or date.max
        return {first} | {day for day in starts | after if first < day <= last}

    def _several(
        self, reader: Reader, key: str, read: Callable[[Reader], T]
    ) -> tuple[Version[T], ...]:
        return read_versions(reader, key, read) if key in reader.data else ()

    def _listed(self, key: str, read: Callable[[Reader], T]) -> tuple[Version[T], ...]:
        return tuple(read_dated(item, read) for item in self.reader.each(key, required=False))

    def _kinds(self) -> tuple[Version[KindRule], ...]:
        table = self.reader.below("kinds")
        rules: list[Version[KindRule]] = []
        for name in table.data:
            if name not in set(RecordKind):
                table.fault(str(name), "未知记录种类", "unknown kind of record")
                continue
            rules += self._several(table, name, partial(self._kind, RecordKind(name)))
        return tuple(rules)

    def _example(self, reader: Reader) -> bool:
        marked = reader.flag("example", False)
        self.example_valued = self.example_valued or marked
        return marked

    def _known_grade(self, reader: Reader, key: str) -> str:
        grade = reader.text(key)
        if grade and grade not in {known.id for known in self.grades}:
            reader.fault(key, f"未知等级{grade}", f"unknown grade {grade}")
        return grade

    def _base(self, reader: Reader) -> Base:
        reader.only("points", *_DATED)
        return Base(reader.whole("points"), reader.text("cite"), self._example(reader))

    def _band(self, reader: Reader) -> Band:
        reader.only("grade", "at_least", "at_most", *_DATED)
        return Band(
            self._known_grade(reader, "grade"),
            reader.whole_or_none("at_least"),
            reader.whole_or_none("at_most"),
            reader.text("cite"),
        )

    def _kind(self, kind: RecordKind, reader: Reader) -> KindRule:
        reader.only("effect", "points", "requires", *_DATED)
        effect = reader.choice("effect", Effect)
        points = reader.whole_or_none("points", least=0)
        if (points is not None) != (effect in (Effect.ADDS, Effect.DEDUCTS)):
            reader.fault("points", "与effect不符", "belongs to effects adds and deducts only")
        if effect in (Effect.ADDS, Effect.GOOD) and not kind.positive:
            reader.fault("effect", "失信记录不得加分", "an adverse kind cannot speak for a subject")
        if effect in (Effect.DEDUCTS, Effect.ADVERSE) and kind.positive:
            reader.fault("effect", "守信记录不得减分", "a positive kind cannot speak against one")
        requires = reader.choices("requires", Requirement)
        self.required.update(requires)
        return KindRule(kind, effect, points, requires, self._example(reader), reader.text("cite"))

    def _direct(self, reader: Reader) -> DirectRule:
        reader.only("id", "kind", "grade", "points_at_least", "severity", "final", *_DATED)
        return DirectRule(
            id=reader.text("id"),
            kind=reader.choice("kind", RecordKind),
            grade=self._known_grade(reader, "grade"),
            points_at_least=reader.whole_or_none("points_at_least", least=0),
            severity=reader.choice_or_none("severity", Severity),
            final=reader.flag("final", False),
            cite=reader.text("cite"),
        )

    def _movement(self, reader: Reader) -> Movement:
        reader.only("classes", "finding", "to", *_DATED)
        return Movement(
            reader.texts("classes"),
            reader.text("finding"),
            self._known_grade(reader, "to"),
            reader.text("cite"),
        )

    def _trigger(self, reader: Reader) -> Trigger:
        reader.only("id", "kinds", "at_least", "within_years", "grade", *_DATED)
        return Trigger(
            id=reader.text("id"),
            kinds=frozenset(reader.choices("kinds", RecordKind)),
            at_least=reader.whole("at_least", least=1),
            within_years=reader.whole_or_none("within_years", least=1),
            grade=self._known_grade(reader, "grade"),
            cite=reader.text("cite"),
        )


def _good(reader: Reader) -> RecordKind:
    reader.only("kind", *_DATED)
    return reader.choice("kind", RecordKind)


def _window(reader: Reader) -> Window:
    reader.only("years", "origin", *_DATED)
    years, origin = reader.whole("years", least=1), reader.choice("origin", Origin)
    return Window(years, origin, reader.text("cite"))


def _grade(reader: Reader) -> Grade:
    reader.only("id", "title_zh", "title_en", *_DATED)
    return Grade(
        reader.text("id"),
        reader.text("title_zh"),
        reader.text("title_en"),
        reader.text("cite"),
    )


def _holding(figures: Iterable[Version[T]], day: date) -> list[T]:
    return [figure.value for figure in figures if figure.validity.holds(day)]


def _by_kind(rules: list[DirectRule]) -> dict[RecordKind, tuple[DirectRule, ...]]:
    kinds = dict.fromkeys(rule.kind for rule in rules)
    return {kind: tuple(rule for rule in rules if rule.kind is kind) for kind in kinds}
