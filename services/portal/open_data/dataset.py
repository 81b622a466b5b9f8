"""The description of one public data set: its fields, and how its rows are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Literal

from services.portal.clients import Services

Type = Literal["string", "date", "datetime", "boolean", "number"]
Value = str | bool | None
FORMATS = {"csv": "text/csv", "json": "application/json"}


@dataclass(frozen=True)
class Field:
    """A field of a data set: its name, its Chinese title, its value in a row, and its type.

    The types are those of Table Schema. An empty text is a missing value.
    """

    name: str
    title: str
    of: Callable[[Any], Value]
    type: Type = "string"


@dataclass(frozen=True)
class Dataset:
    """A public data set: its name, its Chinese title and description, its fields and its rows.

    `key` names the fields that identify a row.
    """

    name: str
    title: str
    about: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    read: Callable[[Services], AsyncIterator[Any]]

    def file(self, kind: str) -> str:
        """Returns the name of the file in a format, such as subjects.csv."""
        return f"{self.name}.{kind}"
