"""Grading by score and by direct judgment (Hangzhou: S4 四(三), S3 13–16)."""

from __future__ import annotations

from dataclasses import dataclass

from law.evidence import Dossier, Record
from law.grading.receipt_parts import Line, Override
from law.texts_in_force.model import DirectRule, Edition, Ruleset


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a grading method: grade, score and direct judgments.

    `prospective` is the class expected for the next year. `facts` are the facts of the grading that
    select the readings to report.
    """

    grade: str
    score: int | None
    overrides: tuple[Override, ...]
    prospective: str | None
    facts: tuple[str, ...]


def by_points(
    dossier: Dossier, ruleset: Ruleset, edition: Edition, lines: tuple[Line, ...]
) -> Outcome:
    """Adds the points of the counted records to the base, then applies direct judgments (R-069).

    The grade is the worst of the grade of the score and the grades of the direct judgments: a high
    score does not improve a direct judgment (C-08), and a direct D does not improve a score in band
    E.
    """
    score = _score(edition, lines)
    overrides = _direct_judgments(dossier.records, ruleset, edition, lines)
    grade = band_of(edition, score)
    for override in overrides:
        grade = ruleset.worse(grade, override.grade)
    return Outcome(grade, score, overrides, None, _facts(score, overrides))


def band_of(edition: Edition, score: int) -> str:
    """Returns the grade whose band of scores contains the score (R-070)."""
    for band in edition.bands:
        if band.at_least is None or score >= band.at_least:
            return band.grade
    raise AssertionError("bands are open at both ends")


def _score(edition: Edition, lines: tuple[Line, ...]) -> int:
    base = edition.base.points if edition.base else 0
    return base + sum(line.points for line in lines if line.points is not None)


def _direct_judgments(
    records: tuple[Record, ...], ruleset: Ruleset, edition: Edition, lines: tuple[Line, ...]
) -> tuple[Override, ...]:
    judgments = [
        Override(rule.id, rule.grade, record.id, rule.cite)
        for record, line in zip(records, lines, strict=True)
        if line.counted and record.kind in edition.direct
        for rule in edition.direct[record.kind]
        if _applies(rule, record, line)
    ]
    if len(judgments) > 1:
        judgments.sort(key=lambda judgment: (-ruleset.rank(judgment.grade), judgment.record))
    return tuple(judgments)


def _applies(rule: DirectRule, record: Record, line: Line) -> bool:
    if rule.points_at_least is not None and abs(line.points or 0) < rule.points_at_least:
        return False
    if rule.final and not record.final:
        return False
    return rule.severity is None or record.severity is rule.severity


def _facts(score: int, overrides: tuple[Override, ...]) -> tuple[str, ...]:
    facts = [f"score:{score}"]
    if score > 100:
        facts.append("above_100")
    if score < 0:
        facts.append("below_0")
    if overrides:
        facts.append("direct")
    return tuple(facts)
