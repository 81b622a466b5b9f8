"""Writes the letters of cases from the texts in `letter_texts/`, by the version of their day.

A text is data: Jinja with the facts of a case. What people wrote is put into it unchanged, and a
fact that a text names and does not get is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, TypeAdapter

from law.objection import OBJECTION_CITE, OUTCOME_CITE, REPAIR_CITE, TERM_CITE, TERM_OF, CaseKind
from law.reader.texts import spell_articles
from law.terms.data import Basis, definition
from services.objection.day_names import day_zh

TEXTS = Path(__file__).parent / "letter_texts"
_CITES = {
    "objection": OBJECTION_CITE,
    "outcome": OUTCOME_CITE,
    "reconsideration": f"{OUTCOME_CITE}; {OBJECTION_CITE}",
    "repair": REPAIR_CITE,
    "term": TERM_CITE,
}


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


class Letters:
    """The texts of a folder, which `letters.yaml` there lists."""

    def __init__(self, folder: Path) -> None:
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
        body = text.render(cites=_cites(), terms=_terms(on), **told).removesuffix("\n")
        return LetterText(template.title + again, body, f"{name}/{number}")


@cache
def of_cases() -> Letters:
    """Returns the texts of the letters of cases."""
    return Letters(TEXTS)


@cache
def _cites() -> dict[str, str]:
    return {name: spell_articles(cite) for name, cite in _CITES.items()}


def _terms(on: date) -> dict[str, dict[str, Any]]:
    """The terms of which letters speak, in working days, and whether a text states the number."""
    kinds = CaseKind.OBJECTION, CaseKind.RECONSIDERATION
    terms = {kind: definition(TERM_OF[kind], on) for kind in kinds}
    return {
        kind.value: {"days": term.days, "cap": term.cap, "adopted": term.basis is Basis.ADOPTED}
        for kind, term in terms.items()
    }
