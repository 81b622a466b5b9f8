"""Which records count on a day under a text, each with its reason and article."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.evidence import Dossier, Record, RecordStatus
from law.grading.line import Line, Reason, Span
from law.rules import Edition, Effect, KindRule, Origin, Requirement, Ruleset
from law.windows import earliest_counting

_ACTIVE = RecordStatus.ACTIVE
_COUNTED = {
    Effect.ADDS: Reason.ADDS,
    Effect.DEDUCTS: Reason.DEDUCTS,
    Effect.ADVERSE: Reason.ADVERSE,
    Effect.GOOD: Reason.GOOD,
}
_ENDED = {status: Reason(status.value) for status in RecordStatus if status is not _ACTIVE}
_UNMET = {Requirement.FINAL: Reason.NOT_FINAL, Requirement.VERIFIED: Reason.NOT_VERIFIED}


def window_on(edition: Edition, day: date) -> Span:
    """Return the days whose facts are evidence on `day`."""
    window = edition.window
    return Span(earliest_counting(day, window.years), day, window.cite)


def origin_of(edition: Edition, record: Record) -> date:
    """Return the day from which the window of a record runs (C-02)."""
    if edition.window.origin is Origin.ENTERED_ON:
        return record.entered_on
    return record.determined_on


def sift(dossier: Dossier, ruleset: Ruleset, edition: Edition, span: Span) -> tuple[Line, ...]:
    """Judge every record of a dossier: counted or not, with the reason and the article."""
    return tuple(_line(record, ruleset, edition, span) for record in dossier.records)


def not_graded_lines(records: Sequence[Record], cite: str) -> tuple[Line, ...]:
    """Say of every record that it has no bearing, as the subject is not graded."""
    return tuple(
        Line(record.id, record.kind, None, False, Reason.NOT_GRADED, cite) for record in records
    )


def _line(record: Record, ruleset: Ruleset, edition: Edition, span: Span) -> Line:
    rule = edition.kinds[record.kind]
    if record.status is not _ACTIVE and not record.stands_on(span.last):
        return _unused(record, _ENDED[record.status], ruleset.ended[record.status])
    day = origin_of(edition, record)
    if day > span.last:
        return _unused(record, Reason.NOT_YET, span.cite)
    if day < span.first:
        return _unused(record, Reason.OUT_OF_WINDOW, span.cite)
    if rule.effect is Effect.NONE:
        return _unused(record, Reason.NO_EFFECT, rule.cite)
    for requirement in rule.requires:
        if not getattr(record, requirement):
            return _unused(record, _UNMET[requirement], ruleset.required[requirement])
    return Line(
        record.id, record.kind, _points(record, rule), True, _COUNTED[rule.effect], rule.cite
    )


def _points(record: Record, rule: KindRule) -> int | None:
    """Return the signed points of a record; the bureau's own figure outranks the table's."""
    if rule.points is None:
        return None
    return rule.sign * (rule.points if record.points is None else record.points)


def _unused(record: Record, reason: Reason, cite: str) -> Line:
    return Line(record.id, record.kind, None, False, reason, cite)
