"""A receipt: the result of one grading, with all data that are needed to check it.

It names the ruleset and its hash, contains the dossier, and states for every record whether it was
counted, by which article and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from law.errors import Fault
from law.evidence import Dossier, read_dossier
from law.grading.receipt_parts import (
    Line,
    Override,
    Span,
    not_graded_to_json,
    read_not_graded,
    reading_to_json,
)
from law.reader.ambiguities import read_reading
from law.reader.strict_reader import Reader, refuse
from law.texts_in_force.model import NotGraded, Reading


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of one grading, with all data that are needed to check it.

    `grade` is None only when `not_graded` gives the reason. `lines` has one entry for each record,
    `inputs` is the dossier, and `window` the first and last day of the evidence.
    """

    subject_id: str
    ruleset_id: str
    ruleset_version: str
    ruleset_hash: str
    as_of: date
    grade: str | None
    score: int | None
    lines: tuple[Line, ...]
    overrides: tuple[Override, ...]
    window: Span | None  # None on a day on which the text does not hold
    ambiguities: tuple[Reading, ...]
    example_values: bool
    no_record: bool
    contested_records: tuple[str, ...]
    in_force: bool
    inputs: Dossier
    prospective: str | None = None
    not_graded: NotGraded | None = None
    measures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Returns the receipt as JSON values.

        `records` has every record with its reason, and `overrides` every judgment. `points`,
        `unused` and `direct` (judgments on a single record) repeat the same facts in a form that is
        easier to read.
        """
        return {
            "subject": self.subject_id,
            "ruleset": self.ruleset_id,
            "ruleset_version": self.ruleset_version,
            "ruleset_hash": self.ruleset_hash,
            "as_of": self.as_of.isoformat(),
            "grade": self.grade,
            "score": self.score,
            "prospective": self.prospective,
            **self._views(),
            "overrides": [override.to_json() for override in self.overrides],
            "records": [line.to_json() for line in self.lines],
            "window": self.window.to_json() if self.window else None,
            "ambiguities": [reading_to_json(reading) for reading in self.ambiguities],
            "measures": list(self.measures),
            "contested": list(self.contested_records),
            "example_values": self.example_values,
            "no_record": self.no_record,
            "in_force": self.in_force,
            "not_graded": not_graded_to_json(self.not_graded),
            "inputs": self.inputs.to_json(),
        }

    def _views(self) -> dict[str, object]:
        return {
            "direct": [override.to_json() for override in self.overrides if override.record],
            "points": [
                {"record": line.record, "points": line.points, "cite": line.cite}
                for line in self.lines
                if line.points is not None
            ],
            "unused": [
                {"record": line.record, "reason": line.reason.value, "cite": line.cite}
                for line in self.lines
                if not line.counted
            ],
        }

    @staticmethod
    def from_json(document: object) -> Receipt:
        """Reads a receipt from JSON values, without checking its result (see `verify`).

        Raises InvalidInput with every fault of the document.
        """
        faults: list[Fault] = []
        receipt = _read(Reader(document, "", faults))
        refuse(faults, "评价凭据不符合要求", "The receipt is not valid.")
        return receipt


def _read(reader: Reader) -> Receipt:
    return Receipt(
        subject_id=reader.text("subject"),
        ruleset_id=reader.text("ruleset"),
        ruleset_version=reader.text("ruleset_version"),
        ruleset_hash=reader.text("ruleset_hash"),
        as_of=reader.day("as_of"),
        grade=reader.text("grade", "") or None,
        score=reader.whole_or_none("score"),
        lines=tuple(Line.read(item) for item in reader.each("records")),
        overrides=tuple(Override.read(item) for item in reader.each("overrides")),
        window=_read_window(reader),
        ambiguities=tuple(read_reading(item) for item in reader.each("ambiguities")),
        example_values=reader.flag("example_values", False),
        no_record=reader.flag("no_record", False),
        contested_records=reader.texts("contested"),
        in_force=reader.flag("in_force", False),
        inputs=read_dossier(reader.below("inputs")),
        prospective=reader.text("prospective", "") or None,
        not_graded=read_not_graded(reader),
        measures=reader.texts("measures"),
    )


def _read_window(reader: Reader) -> Span | None:
    """Reads the window, which may be missing only where the subject is not graded."""
    if reader.data.get("window") is None and reader.data.get("not_graded") is not None:
        return None
    return Span.read(reader.below("window"))
