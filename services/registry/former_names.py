"""The names that a subject had before, each with the day from which it has the next one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from law.identity import folded
from services.registry.tables import Subject

Names = list[dict[str, str]]


def renamed(before: Mapping[str, Any], name: str, today: date) -> Names | None:
    """Returns the former names of a subject that takes another name, the latest first.

    Another writing of the present name is no other name. `before` has the subject's values until
    now.
    """
    former: Names | None = before["former_names"]
    if folded(before["name"]) == folded(name):
        return former
    return [{"name": before["name"], "until": today.isoformat()}, *(former or ())]


def set_keys(row: Subject) -> None:
    """Sets the present and former names of a subject as they are compared."""
    row.name_key = folded(row.name)
    row.former_keys = "\n".join(keys_of(row.former_names or ()))


def keys_of(names: Iterable[Mapping[str, str]]) -> list[str]:
    """Returns former names as they are compared, each once."""
    return list(dict.fromkeys(folded(one["name"]) for one in names))
