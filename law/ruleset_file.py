"""A ruleset file: YAML → `Ruleset`, refused whole with every fault listed.

Faults: a figure without a citation or without its validity, a kind unknown or left out, points
that are no whole number, bands that overlap or leave a gap, a grade that does not exist, a
figure that ends before the text does (an ended figure never falls back, D-08).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Generic, TypeVar

import yaml

from law.errors import Fault
from law.evidence import RecordKind, RecordStatus, Sector, Severity, SubjectKind
from law.reading import Reader, refuse
from law.rules import (
    Ambiguity,
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
    Reading,
    Requirement,
    Ruleset,
    Trigger,
    Window,
)
from law.ruleset_checks import check_edition, check_kinds_are_all_said
from law.texts import TEXTS, TextStatus, is_citation

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_ACTIVE = RecordStatus.ACTIVE

_DATED = ("cite", "valid_from", "valid_to", "example", "note")
_HEADER = (
    "id", "version", "text", "title_zh", "title_en", "validity", "method", "grades", "subjects",
    "sectors", "window", "base", "bands", "kinds", "direct", "movements", "triggers", "good",
    "ended", "required", "ambiguities",
)  # fmt: skip


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key written twice is an error rather than the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = {key for key in keys if keys.count(key) > 1 and key != "<<"}
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"written twice: {', '.join(sorted(twice))}", node.start_mark
            )
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class _Dated(Generic[T]):
    """A value and the days it holds, both in it; None is open."""

    value: T
    valid_from: date | None
    valid_to: date | None

    def holds(self, day: date) -> bool:
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_to is None or day <= self.valid_to)


def parse(source: str, name: str) -> Ruleset:
    """Read a ruleset from YAML text, or refuse it with every fault; `name` is for the message."""
    document = load_yaml(source, name)
    faults: list[Fault] = []
    ruleset = _read(Reader(document, "", faults), canonical_hash(document))
    refuse(faults, f"规则集{name}不符合要求", f"The ruleset {name} is not valid.")
    return ruleset


def load_yaml(source: str, name: str) -> object:
    """Read YAML strictly: a key written twice, or no YAML at all, is a fault."""
    try:
        return yaml.load(source, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        fault = Fault("", "不是有效的YAML", f"is not valid YAML: {error}")
        refuse([fault], f"规则集{name}不符合要求", f"The ruleset {name} is not valid.")
        raise AssertionError from error  # refuse has raised


def canonical_hash(document: object) -> str:
    """Return the SHA-256 of a document as canonical JSON: layout and comments do not matter."""
    text = json.dumps(
        document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=date.isoformat
    )
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _read(reader: Reader, content_hash: str) -> Ruleset:
    reader.only(*_HEADER)
    validity = reader.below("validity")
    valid_from, valid_to = validity.day_or_none("valid_from"), validity.day_or_none("valid_to")
    text_id = reader.text("text")
    if text_id not in TEXTS:
        reader.fault("text", "未知法规文本", f"unknown legal text {text_id}")
    subjects, sectors = reader.below("subjects"), reader.below("sectors")
    figures = _Figures(reader, valid_from, valid_to)
    return Ruleset(
        id=reader.text("id"),
        version=reader.text("version"),
        text=text_id,
        status=TEXTS[text_id].status if text_id in TEXTS else TextStatus.DRAFT,
        title_zh=reader.text("title_zh"),
        title_en=reader.text("title_en"),
        method=figures.method,
        valid_from=valid_from,
        valid_to=valid_to,
        hash=content_hash,
        example_valued=figures.example_valued,
        grades=figures.grades,
        subject_kinds=frozenset(subjects.choices("kinds", SubjectKind)),
        subject_cite=_cite(subjects),
        sectors=frozenset(sectors.choices("only", Sector)),
        sector_cite=_cite(sectors),
        ended=_cites(reader.below("ended"), RecordStatus, set(RecordStatus) - {_ACTIVE}),
        required=_cites(reader.below("required"), Requirement, figures.required),
        ambiguities=tuple(_ambiguity(item) for item in reader.each("ambiguities")),
        editions=figures.editions(),
    )


class _Figures:
    """The dated part of a file, cut into editions at every day on which a figure changes."""

    def __init__(self, reader: Reader, valid_from: date | None, valid_to: date | None) -> None:
        self.reader, self.valid_from, self.valid_to = reader, valid_from, valid_to
        self.example_valued = False
        self.required: set[Requirement] = set()
        self.method = reader.choice("method", Method)
        self.grades = tuple(_grade(item) for item in reader.each("grades"))
        self.windows = self._several(reader, "window", _window)
        self.bases = self._several(reader, "base", self._base)
        self.bands = self._listed("bands", self._band)
        self.kinds = self._kinds()
        self.direct = self._listed("direct", self._direct)
        self.movements = self._listed("movements", self._movement)
        self.triggers = self._listed("triggers", self._trigger)
        self.good = self._listed("good", _good)

    def editions(self) -> tuple[Edition, ...]:
        """Cut the time of the text at every change and resolve each piece, checked."""
        starts = sorted(self._cuts())
        ends = [start - timedelta(days=1) for start in starts[1:]] + [None]
        pieces = [
            self._edition(start, end or self.valid_to)
            for start, end in zip(starts, ends, strict=True)
        ]
        return tuple(piece for piece in pieces if piece is not None)

    def _edition(self, start: date, end: date | None) -> Edition | None:
        windows = _holding(self.windows, start)
        if not windows:
            self.reader.fault("window", f"{start}起无有效数值", f"holds no figure from {start}")
            return None
        bases = _holding(self.bases, start)
        kinds = {rule.kind: rule for rule in _holding(self.kinds, start)}
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

    def _cuts(self) -> set[date]:
        first = self.valid_from or date.min
        figures: tuple[_Dated[Any], ...] = (
            *self.windows, *self.bases, *self.bands, *self.kinds, *self.direct, *self.movements,
            *self.triggers, *self.good,
        )  # fmt: skip
        starts = {figure.valid_from for figure in figures if figure.valid_from}
        after = {figure.valid_to + timedelta(days=1) for figure in figures if figure.valid_to}
        last = self.valid_to or date.max
        return {first} | {day for day in starts | after if first < day <= last}

    def _several(
        self, reader: Reader, key: str, read: Callable[[Reader], T]
    ) -> tuple[_Dated[T], ...]:
        """Read one figure, or a list of figures that follow one another in time."""
        if key not in reader.data:
            return ()
        if isinstance(reader.data[key], list):
            return tuple(self._dated(item, read) for item in reader.each(key))
        return (self._dated(reader.below(key), read),)

    def _listed(self, key: str, read: Callable[[Reader], T]) -> tuple[_Dated[T], ...]:
        return tuple(self._dated(item, read) for item in self.reader.each(key, required=False))

    def _kinds(self) -> tuple[_Dated[KindRule], ...]:
        table = self.reader.below("kinds")
        found: list[_Dated[KindRule]] = []
        for name in table.data:
            if name not in set(RecordKind):
                table.fault(str(name), "未知记录种类", "unknown kind of record")
                continue
            found += self._several(table, name, partial(self._kind, RecordKind(name)))
        return tuple(found)

    def _dated(self, reader: Reader, read: Callable[[Reader], T]) -> _Dated[T]:
        _cite(reader)
        for key in ("valid_from", "valid_to"):
            if key not in reader.data:
                reader.fault(key, "缺少（可为null）", "is missing (null where open)")
        value = read(reader)
        start, end = reader.day_or_none("valid_from"), reader.day_or_none("valid_to")
        if start and end and end < start:
            reader.fault("valid_to", "早于valid_from", "is before valid_from")
        return _Dated(value, start, end)

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
        return Base(reader.whole("points"), reader.text("cite", ""), self._example(reader))

    def _band(self, reader: Reader) -> Band:
        reader.only("grade", "at_least", "at_most", *_DATED)
        return Band(
            self._known_grade(reader, "grade"),
            reader.whole_or_none("at_least"),
            reader.whole_or_none("at_most"),
            reader.text("cite", ""),
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
        return KindRule(
            kind, effect, points, requires, self._example(reader), reader.text("cite", "")
        )

    def _direct(self, reader: Reader) -> DirectRule:
        reader.only("id", "kind", "grade", "points_at_least", "severity", "final", *_DATED)
        return DirectRule(
            id=reader.text("id"),
            kind=reader.choice("kind", RecordKind),
            grade=self._known_grade(reader, "grade"),
            points_at_least=reader.whole_or_none("points_at_least", least=0),
            severity=reader.choice_or_none("severity", Severity),
            final=reader.flag("final", False),
            cite=reader.text("cite", ""),
        )

    def _movement(self, reader: Reader) -> Movement:
        reader.only("classes", "finding", "to", *_DATED)
        return Movement(
            reader.texts("classes"),
            reader.text("finding"),
            self._known_grade(reader, "to"),
            reader.text("cite", ""),
        )

    def _trigger(self, reader: Reader) -> Trigger:
        reader.only("id", "kinds", "at_least", "within_years", "grade", *_DATED)
        return Trigger(
            id=reader.text("id"),
            kinds=frozenset(reader.choices("kinds", RecordKind)),
            at_least=reader.whole("at_least", least=1),
            within_years=reader.whole_or_none("within_years", least=1),
            grade=self._known_grade(reader, "grade"),
            cite=reader.text("cite", ""),
        )


def _good(reader: Reader) -> RecordKind:
    reader.only("kind", *_DATED)
    return reader.choice("kind", RecordKind)


def _window(reader: Reader) -> Window:
    reader.only("years", "origin", *_DATED)
    years, origin = reader.whole("years", least=1), reader.choice("origin", Origin)
    return Window(years, origin, reader.text("cite", ""))


def _grade(reader: Reader) -> Grade:
    reader.only("id", "title_zh", "title_en", *_DATED)
    return Grade(reader.text("id"), reader.text("title_zh"), reader.text("title_en"), _cite(reader))


def _ambiguity(reader: Reader) -> Ambiguity:
    reader.only("id", "reading_zh", "reading_en", "alternative", "changes", "touched_by")
    return Ambiguity(read_reading(reader), frozenset(reader.texts("touched_by")))


def read_reading(reader: Reader) -> Reading:
    """Read the reading chosen of an ambiguity, from a ruleset or a receipt."""
    return Reading(
        id=reader.text("id"),
        reading_zh=reader.text("reading_zh"),
        reading_en=reader.text("reading_en"),
        alternative=reader.text("alternative"),
        changes=reader.text("changes"),
    )


def _cites(reader: Reader, keys: type[E], needed: Iterable[E]) -> dict[E, str]:
    """Read a table of citations by an enumeration; those needed must be there."""
    reader.only(*keys)
    wanted = [key for key in keys if key in reader.data or key in set(needed)]
    found = {key: reader.text(key) for key in wanted}
    for key, cite in found.items():
        if cite and not is_citation(cite):
            reader.fault(key, f"引用不明：{cite}", f"cites no known text: {cite}")
    return found


def _cite(reader: Reader) -> str:
    cite = reader.text("cite")
    if cite and not is_citation(cite):
        reader.fault("cite", f"引用不明：{cite}", f"cites no known text: {cite}")
    return cite


def _holding(figures: Iterable[_Dated[T]], day: date) -> list[T]:
    return [figure.value for figure in figures if figure.holds(day)]


def _by_kind(rules: list[DirectRule]) -> dict[RecordKind, tuple[DirectRule, ...]]:
    kinds = dict.fromkeys(rule.kind for rule in rules)
    return {kind: tuple(rule for rule in rules if rule.kind is kind) for kind in kinds}
