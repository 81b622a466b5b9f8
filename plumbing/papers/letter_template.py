"""Writes letters from the texts of a folder, by the version of their day.

A text is data: Jinja with the facts of the matter. What people wrote is put into it unchanged, and
a fact that a text names and does not get is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, TypeAdapter

from plumbing.papers.day_names import day_zh


@dataclass(frozen=True)
class LetterText:
    """The title and the body of a letter; line feeds separate the paragraphs of the body.

    `template` names the text by which it was written, and its version: objection_decision/1.
    """

    title: str
    body: str
    template: str

    @property
    def series(self) -> str:
        """The title by which letters are numbered, without the count of a repeated letter."""
        return self.title.partition("（")[0]


class Version(BaseModel):
    """A version of a text, and the first day on which letters are written by it; None for any.

    `sha256` is of the text together with its parts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    sha256: str
    since: date | None = None


class Template(BaseModel):
    """A kind of letter: its title, and the versions of its text, the earliest first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    versions: list[Version]

    def on(self, day: date) -> int:
        """Returns the number of the version by which a letter of a day is written."""
        return [one.number for one in self.versions if one.since is None or one.since <= day][-1]


def _nothing(_on: date) -> Mapping[str, Any]:
    return {}


class Letters:
    """The texts of a folder, which `letters.yaml` there lists.

    `always` returns what every text may name on a day, such as articles.
    """

    def __init__(
        self, folder: Path, always: Callable[[date], Mapping[str, Any]] = _nothing
    ) -> None:
        self._always = always
        listed = yaml.safe_load((folder / "letters.yaml").read_text())
        self.templates = TypeAdapter(dict[str, Template]).validate_python(listed)
        self._texts = Environment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - a letter is plain text
        )
        self._texts.filters["day"] = day_zh

    def write(self, name: str, on: date, told: Mapping[str, Any], *, again: str = "") -> LetterText:
        """Returns the letter of a name as it is written on a day, with the facts `told`.

        `again` goes behind its title where a case has several of it. Raises UndefinedError if the
        text names a fact that it does not get.
        """
        template = self.templates[name]
        number = template.on(on)
        text = self._texts.get_template(f"{name}.{number}.txt")
        body = text.render(**self._always(on), **told).removesuffix("\n")
        return LetterText(template.title + again, body, f"{name}/{number}")
