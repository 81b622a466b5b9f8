"""The statutory terms as the packaged data has them: days, event, cap, article, reminders."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache

from law.errors import NotFound
from law.figures import Validity, not_in_force
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
    "basis", "adopted_for", "requirements", "ambiguities", "reminders",
)  # fmt: skip
_LEFT, _OVER = "working_days_left", "working_days_over"
_LAST_HOUR = 23


class Basis(StrEnum):
    """What binds a figure: an issued text, a draft, or a norm the deployment adopts."""

    BINDING = "binding"
    DRAFT = "draft"
    ADOPTED = "adopted"


class Unit(StrEnum):
    """What a term counts."""

    WORKING_DAYS = "working_days"


class Approver(StrEnum):
    """Who approves an extension (S3 28)."""

    UNIT_HEAD = "unit_head"


class ReminderKind(StrEnum):
    """Whether somebody is reminded or the matter goes up."""

    REMIND = "remind"
    ESCALATE = "escalate"


@dataclass(frozen=True)
class ReminderPoint:
    """A house rule for when somebody is told: so many working days left, or so many overdue."""

    id: str
    kind: str
    working_days: int
    overdue: bool
    local_hour: int


@dataclass(frozen=True)
class Definition:
    """One statutory term: how many working days, from which event, extendable to which total."""

    id: str
    name_zh: str
    name_en: str
    days: int
    cap: int
    counts_from: str
    cite: str
    basis: Basis
    adopted_for: str | None
    requirements: tuple[str, ...]
    ambiguities: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    reminders: tuple[ReminderPoint, ...]

    @property
    def validity(self) -> Validity:
        """The days of the events it applies to."""
        return Validity(self.valid_from, self.valid_to)

    def in_force(self, day: date) -> bool:
        """Whether the figure applies to an event of that day, both ends included."""
        return self.validity.holds(day)


@cache
def definitions() -> tuple[Definition, ...]:
    """Every statutory term of the packaged data; a figure that changed has several versions."""
    return understood("terms", read_terms)


def read_terms(reader: Reader) -> tuple[Definition, ...]:
    """Read `terms.yaml`: terms, reminder points, and that nothing suspends without an article."""
    read_header(reader, "definitions", "reminder_points", "suspension", "ambiguities")
    _check_suspension(reader.below("suspension"))
    declared = {one.id for one in read_readings(reader)}
    points = {point.id: point for point in map(_point, reader.each("reminder_points"))}
    items = list(reader.each("definitions"))
    found = [_definition(item, points, declared) for item in items]
    _note_versions(reader, found)
    return tuple(_capped(*pair, found) for pair in zip(items, found, strict=True))


def _check_suspension(reader: Reader) -> None:
    reader.only("rule_zh", "rule_en", *DATED)
    read_dated(reader, lambda item: (item.text("rule_zh"), item.text("rule_en")))


def _point(reader: Reader) -> ReminderPoint:
    """A point is the house's own practice: it says so, with the reason, and cites no article."""
    reader.only("id", "kind", _LEFT, _OVER, "local_hour", "house", "reason_zh", "reason_en", *DATED)
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
    return read_dated(
        reader, lambda item: ReminderPoint(item.text("id"), kind.value, days, overdue, hour)
    ).value


def _definition(
    reader: Reader, points: Mapping[str, ReminderPoint], declared: Container[str]
) -> Definition:
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
        requirements=read_requirements(reader),
        ambiguities=read_touched(reader, "ambiguities", declared),
        valid_from=validity.valid_from or date.min,
        valid_to=validity.valid_to,
        reminders=_reminders(reader, points),
    )


def _reminders(reader: Reader, points: Mapping[str, ReminderPoint]) -> tuple[ReminderPoint, ...]:
    named = reader.texts("reminders")
    for name in named:
        if name not in points:
            reader.fault("reminders", f"没有提醒点{name}", f"there is no reminder point {name}")
    return tuple(points[name] for name in named if name in points)


def _note_versions(reader: Reader, found: Sequence[Definition]) -> None:
    """Note a term of which two versions hold on one day."""
    for name in dict.fromkeys(one.id for one in found):
        versions = [one for one in found if one.id == name]
        note_rivals(reader, f"definitions.{name}", [one.validity for one in versions])


def _capped(reader: Reader, term: Definition, found: Sequence[Definition]) -> Definition:
    """The term with its cap: the days of the term it is capped by, in the version of its start."""
    if "cap_by" not in reader.data:
        return term
    reader.choice("extension_approver", Approver)
    name = reader.text("cap_by")
    begun = [one for one in found if one.id == name and one.in_force(term.valid_from)]
    if not begun:
        reader.fault("cap_by", f"{name}此时无效力", f"{name} is not in force then", cite="D-08")
    elif begun[0].days < term.days:
        reader.fault("cap_by", f"{name}少于本期限", f"{name} has fewer days than this term")
    return replace(term, cap=begun[0].days) if begun else term


def definition(definition_id: str, on: date | None = None) -> Definition:
    """The statutory term of that id as in force on a day, or the version that has not ended.

    Raises NotFound for an unknown id, NotInForce for a day on which no version is in force:
    an ended figure never falls back on another (D-08).
    """
    versions = [d for d in definitions() if d.id == definition_id]
    if not versions:
        raise NotFound(f"没有期限“{definition_id}”", f"there is no term {definition_id!r}")
    for version in versions:
        if version.in_force(on) if on else version.valid_to is None:
            return version
    last = max(versions, key=lambda version: version.valid_from)
    day = on or last.valid_to or date.max
    raise not_in_force(day, last.name_zh, definition_id, [last.cite], field="event_on")
