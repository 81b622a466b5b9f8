"""The grade path: how a score came about, one record after the other, and what time will change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from law.errors import LawError
from law.grading.receipt import Receipt
from law.grading.receipt_parts import Line, Override
from law.texts_in_force.load import load
from law.texts_in_force.model import Band


@dataclass(frozen=True)
class PathStep:
    """One step of the path: a record, its signed points, and the score after it."""

    line: Line
    after: int | None


@dataclass(frozen=True)
class GradePath:
    """A receipt as people follow it: from the base over every record to the grade."""

    receipt: Receipt
    base: int | None
    base_cite: str
    steps: tuple[PathStep, ...]
    unused: tuple[Line, ...]
    overrides: tuple[Override, ...]
    bands: tuple[Band, ...]

    @property
    def scores(self) -> bool:
        """Whether the text grades by points at all."""
        return self.base is not None


def grade_path(receipt_json: str) -> GradePath:
    """The path of a receipt as a service gives it. Raises LawError for a damaged receipt."""
    receipt = Receipt.from_json(json.loads(receipt_json))
    base, cite, bands = _figures(receipt)
    steps, score = [], base
    for line in receipt.lines:
        if line.counted:
            score = score + line.points if score is not None and line.points else score
            steps.append(PathStep(line, score))
    unused = tuple(line for line in receipt.lines if not line.counted)
    return GradePath(receipt, base, cite, tuple(steps), unused, receipt.overrides, bands)


def _figures(receipt: Receipt) -> tuple[int | None, str, tuple[Band, ...]]:
    """Base and bands of the edition the receipt was made under, where the text has any."""
    try:
        edition = load(receipt.ruleset_id).at(receipt.as_of)
    except LawError:
        return None, "", ()
    if edition.base is None:
        return None, "", ()
    return edition.base.points, edition.base.cite, edition.bands


def record_names(records: Mapping[str, str], record_id: str) -> str:
    """What a record is called for people: its document, or its id where it is not shown."""
    return records.get(record_id, record_id)
