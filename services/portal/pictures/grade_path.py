"""The grade path: how the records, one after another, lead to the score of a grade."""

from __future__ import annotations

import json
from dataclasses import dataclass

from law.errors import LawError
from law.grading.receipt import Receipt
from law.grading.receipt_parts import Line, Override
from law.texts_in_force.load import load
from law.texts_in_force.model import Band


@dataclass(frozen=True)
class PathStep:
    """One step of a grade path: a record that adds or takes points, and the score after it.

    `after` is None if the ruleset computes no score.
    """

    line: Line
    after: int | None


@dataclass(frozen=True)
class GradePath:
    """The way from the base score of a receipt, over every counted record, to its grade."""

    receipt: Receipt
    base: int | None
    base_cite: str
    steps: tuple[PathStep, ...]
    unused: tuple[Line, ...]
    overrides: tuple[Override, ...]
    bands: tuple[Band, ...]

    @property
    def scores(self) -> bool:
        """True if the ruleset of the receipt grades by points."""
        return self.base is not None


def grade_path(receipt_json: str) -> GradePath:
    """Builds the grade path of a receipt in JSON; raises LawError if the receipt is damaged."""
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
