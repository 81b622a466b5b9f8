"""The statutory terms as the packaged data has them: days, event, cap, article, reminders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from law.errors import Fault, InvalidInput, NotFound
from law.packaged import read


class Basis(StrEnum):
    """What binds a figure: an issued text, a draft, or a norm the deployment adopts."""

    BINDING = "binding"
    DRAFT = "draft"
    ADOPTED = "adopted"


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

    def in_force(self, day: date) -> bool:
        """Whether the figure applies to an event of that day, both ends included."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@cache
def definitions() -> tuple[Definition, ...]:
    """Every statutory term of the packaged data; a figure that changed has several versions."""
    return parse(read("terms"))


def parse(data: Mapping[str, Any]) -> tuple[Definition, ...]:
    """The terms of a parsed `terms.yaml`, in its order."""
    points = {p["id"]: _point(p) for p in data["reminder_points"]}
    return tuple(_definition(d, data["definitions"], points) for d in data["definitions"])


def _point(data: Mapping[str, Any]) -> ReminderPoint:
    overdue = "working_days_over" in data
    days = data["working_days_over" if overdue else "working_days_left"]
    return ReminderPoint(data["id"], data["kind"], days, overdue, data["local_hour"])


def _definition(
    data: Mapping[str, Any],
    everything: Sequence[Mapping[str, Any]],
    points: Mapping[str, ReminderPoint],
) -> Definition:
    return Definition(
        id=data["id"],
        name_zh=data["name_zh"],
        name_en=data["name_en"],
        days=data["days"],
        cap=_cap(data, everything),
        counts_from=data["counts_from"],
        cite=data["cite"],
        basis=Basis(data["basis"]),
        adopted_for=data.get("adopted_for"),
        requirements=tuple(data["requirements"]),
        ambiguities=tuple(data["ambiguities"]),
        valid_from=data["valid_from"],
        valid_to=data["valid_to"],
        reminders=tuple(points[p] for p in data["reminders"]),
    )


def _cap(data: Mapping[str, Any], everything: Sequence[Mapping[str, Any]]) -> int:
    """The days of the term it is capped by, in the version that starts no later."""
    cap_id = data.get("cap_by", data["id"])
    begun = [d for d in everything if d["id"] == cap_id and d["valid_from"] <= data["valid_from"]]
    days: int = max(begun, key=lambda d: d["valid_from"])["days"]
    return days


def definition(definition_id: str, on: date | None = None) -> Definition:
    """The statutory term of that id as in force on a day, or its latest version.

    Raises NotFound for an unknown id, InvalidInput for a day on which no version is in force:
    an ended figure never falls back on another (D-08).
    """
    versions = [d for d in definitions() if d.id == definition_id]
    if not versions:
        raise NotFound(f"没有期限“{definition_id}”", f"there is no term {definition_id!r}")
    if on is None:
        return max(versions, key=lambda d: d.valid_from)
    for version in versions:
        if version.in_force(on):
            return version
    zh, en = f"{on}时“{versions[0].name_zh}”无效力", f"{definition_id} is not in force on {on}"
    raise InvalidInput(zh, en, cite=versions[0].cite, faults=(Fault("event_on", zh, en),))
