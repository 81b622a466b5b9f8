"""The statutory terms as the packaged data has them: days, event, cap, article, reminders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from law.errors import NotFound
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
def definitions() -> Mapping[str, Definition]:
    """Every statutory term of the packaged data, by id."""
    data = read("terms")
    points = {p["id"]: _point(p) for p in data["reminder_points"]}
    days = {d["id"]: int(d["days"]) for d in data["definitions"]}
    return {d["id"]: _definition(d, days, points) for d in data["definitions"]}


def _point(data: Mapping[str, Any]) -> ReminderPoint:
    overdue = "working_days_over" in data
    days = data["working_days_over" if overdue else "working_days_left"]
    return ReminderPoint(data["id"], data["kind"], days, overdue, data["local_hour"])


def _definition(
    data: Mapping[str, Any], days: Mapping[str, int], points: Mapping[str, ReminderPoint]
) -> Definition:
    return Definition(
        id=data["id"],
        name_zh=data["name_zh"],
        name_en=data["name_en"],
        days=data["days"],
        cap=days[data.get("cap_by", data["id"])],
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


def definition(definition_id: str) -> Definition:
    """The statutory term of that id. Raises NotFound."""
    found = definitions().get(definition_id)
    if found is None:
        raise NotFound(f"没有期限“{definition_id}”", f"there is no term {definition_id!r}")
    return found
