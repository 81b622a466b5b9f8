"""Decides which records count on a day under a legal text, each with a reason and an article."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.evidence import Dossier, Record, RecordKind, RecordStatus
from law.grading.receipt_parts import Line, Reason, Span
from law.periods import earliest_counting
from law.texts_in_force.model import Edition, Effect, KindRule, Origin, Requirement, Ruleset

_ACTIVE = RecordStatus.ACTIVE
_COUNTED = {
    Effect.ADDS: Reason.ADDS,
    Effect.DEDUCTS: Reason.DEDUCTS,
    Effect.ADVERSE: Reason.ADVERSE,
    Effect.GOOD: Reason.GOOD,
}
_ENDED = {status: Reason(status.value) for status in RecordStatus if status is not _ACTIVE}
_UNMET = {Requirement.FINAL: Reason.NOT_FINAL, Requirement.VERIFIED: Reason.NOT_VERIFIED}
_UNMET_REQUIREMENT = {reason: requirement for requirement, reason in _UNMET.items()}


def window_on(edition: Edition, day: date) -> Span:
    """Returns the evidence window on `day`: the first and the last day of facts that count."""
    window = edition.window
    return Span(earliest_counting(day, window.years), day, window.cite)


def origin_of(edition: Edition, record: Record) -> date:
    """Returns the day of a record from which its evidence window runs (C-02)."""
    if edition.window.origin is Origin.ENTERED_ON:
        return record.entered_on
    return record.determined_on


def lines_of(dossier: Dossier, ruleset: Ruleset, edition: Edition, span: Span) -> tuple[Line, ...]:
    """Decides for each record of a dossier whether it counts, with the reason and the article."""
    return tuple(_line(record, ruleset, edition, span) for record in dossier.records)


def not_graded_lines(records: Sequence[Record], cite: str) -> tuple[Line, ...]:
    """Returns the receipt lines of a subject that is not graded: no record counts."""
    return tuple(
        Line(record.id, record.kind, None, False, Reason.NOT_GRADED, cite) for record in records
    )


def why_unused(record: Record, rule: KindRule, edition: Edition, span: Span) -> Reason | None:
    """Returns the reason why a record does not count in an evidence window; None if it counts."""
    if record.status is not _ACTIVE and not record.stands_on(span.last):
        return _ENDED[record.status]
    day = origin_of(edition, record)
    if day > span.last:
        return Reason.NOT_YET
    if day < span.first:
        return Reason.OUT_OF_WINDOW
    if rule.effect is Effect.NONE:
        return Reason.NO_EFFECT
    for requirement in rule.requires:
        if not getattr(record, requirement):
            return _UNMET[requirement]
    return None


def counted_kinds(dossier: Dossier, edition: Edition, span: Span) -> set[RecordKind]:
    """Returns the kinds of the dossier's records that count in an evidence window."""
    kinds = edition.kinds
    return {
        record.kind
        for record in dossier.records
        if why_unused(record, kinds[record.kind], edition, span) is None
    }


def _line(record: Record, ruleset: Ruleset, edition: Edition, span: Span) -> Line:
    rule = edition.kinds[record.kind]
    reason = why_unused(record, rule, edition, span)
    if reason is None:
        points = _points(record, rule)
        return Line(record.id, record.kind, points, True, _COUNTED[rule.effect], rule.cite)
    cite = _cite_of(reason, record, ruleset, rule, span)
    return Line(record.id, record.kind, None, False, reason, cite)


def _cite_of(reason: Reason, record: Record, ruleset: Ruleset, rule: KindRule, span: Span) -> str:
    """The article by which a record does not count."""
    if reason in (Reason.NOT_YET, Reason.OUT_OF_WINDOW):
        return span.cite
    if reason is Reason.NO_EFFECT:
        return rule.cite
    if reason in _UNMET_REQUIREMENT:
        return ruleset.required[_UNMET_REQUIREMENT[reason]]
    return ruleset.ended[record.status]


def _points(record: Record, rule: KindRule) -> int | None:
    """The points of a record, with sign; the bureau's own figure takes the place of the text's."""
    if rule.points is None:
        return None
    return rule.sign * (rule.points if record.points is None else record.points)
