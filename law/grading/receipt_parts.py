"""The parts of a receipt (record lines, judgments, evidence window), each with its JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from law.evidence import RecordKind
from law.reader.strict_reader import Reader
from law.texts_in_force.model import NotGraded, Reading


class Reason(StrEnum):
    """The reason why a record counted, or did not count, in a grading."""

    ADDS = "adds"
    DEDUCTS = "deducts"
    ADVERSE = "adverse"
    GOOD = "good"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"
    REPAIRED = "repaired"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    NEXT_YEAR = "next_year"
    OUT_OF_WINDOW = "out_of_window"
    NO_EFFECT = "no_effect"
    NOT_FINAL = "not_final"
    NOT_VERIFIED = "not_verified"
    NOT_GRADED = "not_graded"


SENTENCES: dict[Reason, tuple[str, str]] = {
    Reason.ADDS: ("守信信息，加分", "a positive fact; adds points"),
    Reason.DEDUCTS: ("失信信息，减分", "an adverse fact; deducts points"),
    Reason.ADVERSE: ("不良记录，计入", "an adverse record; counted"),
    Reason.GOOD: ("良好记录，计入", "a good record; counted"),
    Reason.CORRECTED: ("已更正，不计", "corrected; not counted"),
    Reason.WITHDRAWN: ("已撤销，不计", "withdrawn; not counted"),
    Reason.REPAIRED: ("已修复，不计", "repaired; not counted"),
    Reason.EXPIRED: ("已届满删除，不计", "expired; not counted"),
    Reason.NOT_YET: ("评价日之后发生，尚不计", "after the day of grading; not yet counted"),
    Reason.NEXT_YEAR: ("本年度的记录，自下一年度起计入", "of this year; counted from the next"),
    Reason.OUT_OF_WINDOW: ("超出评价期，不计", "outside the evidence window; not counted"),
    Reason.NO_EFFECT: ("本文件不据此评价", "of no effect under this text"),
    Reason.NOT_FINAL: ("处罚尚未生效，不计", "the penalty is not final; not counted"),
    Reason.NOT_VERIFIED: ("未经查实，不计", "not verified; not counted"),
    Reason.NOT_GRADED: ("主体不在评价范围", "the subject is not graded under this text"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One record in a grading: whether it counted, the reason, and the article.

    `points` are its points with a sign; None for a record without points.
    """

    record: str
    kind: RecordKind
    points: int | None
    counted: bool
    reason: Reason
    cite: str

    @property
    def reason_zh(self) -> str:
        """The reason as a Chinese sentence."""
        return SENTENCES[self.reason][0]

    @property
    def reason_en(self) -> str:
        """The reason as an English sentence."""
        return SENTENCES[self.reason][1]

    def to_json(self) -> dict[str, object]:
        """Returns the line as JSON values, with its reason in Chinese and English."""
        return {
            "record": self.record,
            "kind": self.kind.value,
            "points": self.points,
            "counted": self.counted,
            "reason": self.reason.value,
            "reason_zh": self.reason_zh,
            "reason_en": self.reason_en,
            "cite": self.cite,
        }

    @staticmethod
    def read(reader: Reader) -> Line:
        """Reads a line of a receipt from the JSON that `to_json` returned."""
        return Line(
            record=reader.text("record"),
            kind=reader.choice("kind", RecordKind),
            points=reader.whole_or_none("points"),
            counted=reader.flag("counted", False),
            reason=reader.choice("reason", Reason),
            cite=reader.text("cite"),
        )


@dataclass(frozen=True, slots=True)
class Override:
    """A judgment that gives a grade independently of the score, with its article.

    It is a direct judgment, a trigger that was met, or the change of class at the end of a year.
    `record` is empty where the judgment follows from all records together.
    """

    rule: str
    grade: str
    record: str
    cite: str

    def to_json(self) -> dict[str, object]:
        """Returns the judgment as JSON values."""
        return {
            "rule": self.rule,
            "grade": self.grade,
            "record": self.record or None,
            "cite": self.cite,
        }

    @staticmethod
    def read(reader: Reader) -> Override:
        """Reads a judgment from the JSON that `to_json` returned."""
        return Override(
            reader.text("rule"),
            reader.text("grade"),
            reader.text("record", ""),
            reader.text("cite"),
        )


@dataclass(frozen=True, slots=True)
class Span:
    """The evidence window of a grading, from `first` to `last`, both inclusive."""

    first: date
    last: date
    cite: str

    def to_json(self) -> dict[str, object]:
        """Returns the evidence window as JSON values."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat(), "cite": self.cite}

    @staticmethod
    def read(reader: Reader) -> Span:
        """Reads an evidence window from the JSON that `to_json` returned."""
        return Span(reader.day("from"), reader.day("to"), reader.text("cite"))


def reading_to_json(reading: Reading) -> dict[str, object]:
    """Returns a reading of an ambiguous text as JSON values."""
    return {
        "id": reading.id,
        "reading_zh": reading.reading_zh,
        "reading_en": reading.reading_en,
        "alternative_zh": reading.alternative_zh,
        "alternative_en": reading.alternative_en,
        "changes_zh": reading.changes_zh,
        "changes_en": reading.changes_en,
    }


def not_graded_to_json(beyond: NotGraded | None) -> dict[str, object] | None:
    """Returns the reason why a subject has no grade as JSON values; None for a graded subject."""
    if beyond is None:
        return None
    return {
        "reason": beyond.reason,
        "reason_zh": beyond.reason_zh,
        "reason_en": beyond.reason_en,
        "cite": beyond.cite,
    }


def read_not_graded(reader: Reader) -> NotGraded | None:
    """Reads the reason why a subject has no grade; None if the document contains none."""
    if reader.data.get("not_graded") is None:
        return None
    below = reader.below("not_graded")
    return NotGraded(
        below.text("reason"), below.text("reason_zh"), below.text("reason_en"), below.text("cite")
    )
