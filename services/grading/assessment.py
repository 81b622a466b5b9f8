"""Assesses one subject on one day: its ruleset, its grade, and the next day of a change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from law.evidence import Dossier
from law.grading import Receipt, grade, next_change_on
from law.texts_in_force import load as texts
from law.texts_in_force.governing import PACKAGED, GoverningTexts, deregistered
from law.texts_in_force.model import NotGraded, Ruleset

REMOVED = NotGraded(
    "removed",
    "该主体的导入已撤销，不评定等级",
    "The import of this subject was undone; it is not graded",
    "",
)
# These change with every day, so the digest leaves them out.
_MOVING = ("as_of", "window")


@dataclass(frozen=True)
class File:
    """A subject's dossier, with the rulesets that govern each jurisdiction.

    `removed` is true if the import that created the subject was undone. From the day
    `deregistered_on` it is graded no more.
    """

    dossier: Dossier
    removed: bool
    governing: GoverningTexts = PACKAGED
    deregistered_on: date | None = None

    def governed_by(self, day: date) -> Ruleset | NotGraded:
        """Returns the ruleset that governs the subject on a day, or the reason why none does."""
        if self.removed:
            return REMOVED
        if self.deregistered_on and self.deregistered_on <= day:
            return deregistered(self.deregistered_on)
        dossier = self.dossier
        return self.governing.text(dossier.bureau, dossier.sector, day, dossier.subject_kind)


@dataclass(frozen=True)
class Assessment:
    """The result of grading a subject as of `day`: a receipt, or the reason why there is none."""

    file: File
    day: date
    result: Receipt | NotGraded

    @property
    def receipt(self) -> Receipt | None:
        """The receipt of the grade; None if no ruleset governs the subject."""
        return self.result if isinstance(self.result, Receipt) else None

    @property
    def not_graded(self) -> NotGraded | None:
        """The reason why the subject has no grade; None if it has one."""
        return self.result.not_graded if isinstance(self.result, Receipt) else self.result

    def not_graded_words(self) -> tuple[str, str]:
        """Returns the reason why there is no grade, in Chinese and in English, with the article.

        Both strings are empty if the subject has a grade.
        """
        reason = self.not_graded
        if reason is None:
            return "", ""
        zh, en = reason.reason_zh, reason.reason_en
        return (f"{zh}（{reason.cite}）", f"{en} ({reason.cite})") if reason.cite else (zh, en)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The receipt as JSON values, as it is stored; empty if there is no receipt."""
        return self.result.to_json() if isinstance(self.result, Receipt) else {}

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the result and its reasons, without the day of the assessment."""
        if isinstance(self.result, Receipt):
            return digest_of(self.document)
        return _sha256([self.result.reason, *self.not_graded_words()])

    def next_change_on(self) -> date | None:
        """Returns the next day on which time alone changes the grade or the governing ruleset.

        Returns None if there is no such day.
        """
        days = [self._next_text_on()]
        if isinstance(self.result, Receipt):
            days.append(
                next_change_on(self.file.dossier, texts.load(self.result.ruleset_id), self.day)
            )
        return min((day for day in days if day), default=None)

    def _next_text_on(self) -> date | None:
        present = _identity(self.file.governed_by(self.day))
        for day in sorted(day for day in self.file.governing.turns() if day > self.day):
            if _identity(self.file.governed_by(day)) != present:
                return day
        return None


def assess(file: File, day: date) -> Assessment:
    """Grades a subject as of `day` under the ruleset that governs it on that day."""
    text = file.governed_by(day)
    result = text if isinstance(text, NotGraded) else grade(file.dossier, text, day)
    return Assessment(file, day, result)


def turns(file: File, first: date | None, last: date) -> Iterator[Assessment]:
    """Assesses a subject on `first` and on each later day on which time alone changes its grade.

    `last` is the last possible day, inclusive. Yields nothing if `first` is None.
    """
    day = first
    while day is not None and day <= last:
        assessment = assess(file, day)
        yield assessment
        day = assessment.next_change_on()


def digest_of(document: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of a receipt's content, without the day as of which it was made."""
    return _sha256({key: value for key, value in document.items() if key not in _MOVING})


def text_of(file: File, day: date) -> tuple[str, str]:
    """Returns the id and the hash of the ruleset that governs a subject on a day.

    Both are empty if no ruleset governs it.
    """
    text = file.governed_by(day)
    return ("", "") if isinstance(text, NotGraded) else (text.id, text.hash)


def fell(ruleset_id: str, before: str | None, after: str | None) -> bool:
    """Returns whether `after` is a worse grade than `before` in the order of the ruleset's grades.

    Returns False if either grade is None.
    """
    if before is None or after is None:
        return False
    ruleset = texts.load(ruleset_id)
    return ruleset.rank(after) > ruleset.rank(before)


def _identity(text: Ruleset | NotGraded) -> str:
    return text.reason_zh if isinstance(text, NotGraded) else text.hash


def _sha256(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
