"""The data of the statutory terms: working days, starting event, cap, article and reminders."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache

from law.errors import NotFound
from law.figures import Validity, Version, not_in_force, stretches, validities
from law.reader.ambiguities import read_readings, read_touched
from law.reader.data_file import (
    DATED,
    note_rivals,
    read_cite,
    read_dated,
    read_header,
    read_requirements,
    read_validity,
)
from law.reader.packaged import understood
from law.reader.strict_reader import Reader

_FIELDS = (
    "id", "name_zh", "name_en", "days", "unit", "counts_from", "cap_by", "extension_approver",
    "basis", "adopted_for", "example", "requirements", "ambiguities", "reminders",
)  # fmt: skip
_LEFT, _OVER = "working_days_left", "working_days_over"
_POINT = (
    "id", "kind", _LEFT, _OVER, "local_hour", "tells", "house", "reason_zh", "reason_en",
)  # fmt: skip
_LAST_HOUR = 23


class Basis(StrEnum):
    """The source of a figure: an issued text, a draft, or a text adopted by the deployment."""

    BINDING = "binding"
    DRAFT = "draft"
    ADOPTED = "adopted"


class Unit(StrEnum):
    """The unit in which a term is counted."""

    WORKING_DAYS = "working_days"


class Approver(StrEnum):
    """The role that approves an extension of a term (S3 28)."""

    UNIT_HEAD = "unit_head"


class ReminderKind(StrEnum):
    """The kinds of reminders: one to the caseworker, or a notice to the unit head (`escalate`)."""

    REMIND = "remind"
    ESCALATE = "escalate"


class Told(StrEnum):
    """Whom a reminder or escalation is addressed to."""

    CASEWORKER = "caseworker"
    UNIT_HEAD = "unit_head"
    MUNICIPAL_BUREAU = "municipal_bureau"


@dataclass(frozen=True)
class ReminderPoint:
    """A time at which the bureau's own practice requires a reminder about a term.

    `working_days` is the number of working days left, or overdue if `overdue` is true; `local_hour`
    is the hour of that day in Shanghai. `tells` is whom it is addressed to.
    """

    id: str
    kind: str
    working_days: int
    overdue: bool
    local_hour: int
    tells: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Definition:
    """One version of a statutory term: its working days, the event from which it runs, its article.

    `cap` is the largest number of working days with all extensions. If `example` is true, no text
    states the number. The term applies to events from
    `valid_from` to `valid_to`, both inclusive; None means no last day.
    """

    id: str
    name_zh: str
    name_en: str
    days: int
    cap: int
    counts_from: str
    cite: str
    basis: Basis
    adopted_for: str | None
    example: bool
    requirements: tuple[str, ...]
    ambiguities: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    reminders: tuple[ReminderPoint, ...]

    @property
    def validity(self) -> Validity:
        """The days of the events to which this version of the term applies."""
        return Validity(self.valid_from, self.valid_to)

    def in_force(self, day: date) -> bool:
        """Returns whether this version of the term applies to an event of that day."""
        return self.validity.holds(day)


@cache
def definitions() -> tuple[Definition, ...]:
    """Returns all statutory terms; a term that the law changed has several versions."""
    return understood("terms", read_terms)


def read_terms(reader: Reader) -> tuple[Definition, ...]:
    """Reads `terms.yaml`: terms, reminder points and the rule about suspension.

    A term has one version for each period of days in which its cap and its reminders stay the same.
    """
    read_header(reader, "definitions", "reminder_points", "suspension", "ambiguities")
    _check_suspension(reader.below("suspension"))
    declared = {reading.id for reading in read_readings(reader)}
    points = _points(reader)
    items = list(reader.each("definitions"))
    terms = [_definition(item, declared) for item in items]
    _note_versions(reader, terms)
    pairs = zip(items, terms, strict=True)
    return tuple(version for item, term in pairs for version in _cut(item, term, terms, points))


def _check_suspension(reader: Reader) -> None:
    reader.only("rule_zh", "rule_en", *DATED)
    read_dated(reader, lambda item: (item.text("rule_zh"), item.text("rule_en")))


def _points(reader: Reader) -> Mapping[str, Sequence[Version[ReminderPoint]]]:
    """Reads the reminder points by id, with all versions of each."""
    points: dict[str, list[Version[ReminderPoint]]] = {}
    for point in map(_point, reader.each("reminder_points")):
        points.setdefault(point.value.id, []).append(point)
    for name, versions in points.items():
        note_rivals(reader, f"reminder_points.{name}", validities(versions))
    return points


def _point(reader: Reader) -> Version[ReminderPoint]:
    """Reads a reminder point; it must be marked as the bureau's own practice, with the reason."""
    reader.only(*_POINT, *DATED)
    if not reader.flag("house", False):
        reader.fault("house", "须注明非法定", "must be marked as the house's own practice")
    reader.text("reason_zh")
    reader.text("reason_en")
    overdue = _OVER in reader.data
    days = reader.whole(_OVER if overdue else _LEFT, least=1)
    hour = reader.whole("local_hour", least=0)
    if hour > _LAST_HOUR:
        reader.fault("local_hour", "应为0至23", "must be an hour from 0 to 23")
    kind = reader.choice("kind", ReminderKind)
    tells = _told(reader)
    return read_dated(
        reader, lambda item: ReminderPoint(item.text("id"), kind.value, days, overdue, hour, tells)
    )


def _told(reader: Reader) -> tuple[Told, ...]:
    names = reader.texts("tells")
    known = set(Told)
    for name in names:
        if name not in known:
            reader.fault("tells", f"没有“{name}”这样的接收人", f"nobody is called {name}")
    return tuple(Told(name) for name in names if name in known)


def _definition(reader: Reader, declared: Container[str]) -> Definition:
    """Reads one term, without its cap and its reminders, which depend on other figures."""
    reader.only(*_FIELDS, *DATED)
    validity, cite = read_validity(reader), read_cite(reader)
    basis = reader.choice("basis", Basis)
    if (basis is Basis.ADOPTED) != ("adopted_for" in reader.data):
        reader.fault("adopted_for", "与basis不符", "belongs to the basis adopted only", cite="D-08")
    days = reader.whole("days", least=1)
    reader.choice("unit", Unit)
    return Definition(
        id=reader.text("id"),
        name_zh=reader.text("name_zh"),
        name_en=reader.text("name_en"),
        days=days,
        cap=days,
        counts_from=reader.text("counts_from"),
        cite=cite,
        basis=basis,
        adopted_for=reader.text("adopted_for", "") or None,
        example=reader.flag("example", False),
        requirements=read_requirements(reader),
        ambiguities=read_touched(reader, "ambiguities", declared),
        valid_from=validity.valid_from or date.min,
        valid_to=validity.valid_to,
        reminders=(),
    )


def _note_versions(reader: Reader, terms: Sequence[Definition]) -> None:
    """Notes a fault where two versions of a term hold on the same day."""
    for name in dict.fromkeys(term.id for term in terms):
        versions = [term.validity for term in terms if term.id == name]
        note_rivals(reader, f"definitions.{name}", versions)


def _cut(
    reader: Reader,
    term: Definition,
    terms: Sequence[Definition],
    points: Mapping[str, Sequence[Version[ReminderPoint]]],
) -> Iterator[Definition]:
    """Yields a term once for each stretch of days with one cap and the same reminders."""
    caps, reminders = _caps(reader, terms), _reminders(reader, points)
    others = [cap.validity for cap in caps] + [point.validity for point in reminders]
    for start, end in stretches(term.validity, *others):
        if term.in_force(start):
            version = replace(
                term,
                valid_from=start,
                valid_to=None if end == date.max else end,
                reminders=tuple(
                    reminder.value for reminder in reminders if reminder.validity.holds(start)
                ),
            )
            yield _capped(reader, version, caps)


def _reminders(
    reader: Reader, points: Mapping[str, Sequence[Version[ReminderPoint]]]
) -> list[Version[ReminderPoint]]:
    """Reads the reminder points of a term, with all versions of each."""
    names = reader.texts("reminders")
    for name in names:
        if name not in points:
            reader.fault("reminders", f"没有提醒点{name}", f"there is no reminder point {name}")
    return [point for name in names for point in points.get(name, ())]


def _caps(reader: Reader, terms: Sequence[Definition]) -> list[Definition]:
    """Reads which term limits the extensions of this one, with all its versions."""
    if "cap_by" not in reader.data:
        return []
    reader.choice("extension_approver", Approver)
    name = reader.text("cap_by")
    caps = [term for term in terms if term.id == name]
    if not caps:
        reader.fault("cap_by", f"{name}此时无效力", f"{name} is not in force then", cite="D-08")
    return caps


def _capped(reader: Reader, term: Definition, caps: Sequence[Definition]) -> Definition:
    """The term with its cap: the days of the version that holds when this one begins."""
    if not caps:
        return term
    name = caps[0].id
    cap = next((cap for cap in caps if cap.in_force(term.valid_from)), None)
    if cap is None:
        reader.fault("cap_by", f"{name}此时无效力", f"{name} is not in force then", cite="D-08")
        return term
    if cap.days < term.days:
        reader.fault("cap_by", f"{name}少于本期限", f"{name} has fewer days than this term")
    return replace(term, cap=cap.days)


def definition(definition_id: str, on: date) -> Definition:
    """Returns the version of a statutory term for an event of a day.

    Raises NotFound for an unknown id, NotInForce for a day on which no version is in force: an
    ended version never replaces another (D-08).
    """
    versions = [term for term in definitions() if term.id == definition_id]
    if not versions:
        raise NotFound(f"没有期限“{definition_id}”", f"there is no term {definition_id!r}")
    for version in versions:
        if version.in_force(on):
            return version
    last = max(versions, key=lambda version: version.valid_from)
    raise not_in_force(on, last.name_zh, definition_id, [last.cite], field="event_on")
