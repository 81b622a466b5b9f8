"""Decides who may see which field of which kind of subject, and until when.

S3 17, 29; S4 三(五); S1 18-20. Access that is not allowed is denied. Organisations are public.
Natural persons never are: authorities share the data about them, and an authorised query is
answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from law.disclosure.data import AllowedFields, Audience, Classification, Field, disclosure_rules
from law.disclosure.retention import Retention, retention
from law.evidence import Record, SubjectKind
from law.figures import in_force

_WHAT = ("披露规则", "the rule of disclosure")

__all__ = [
    "Audience",
    "Classification",
    "Field",
    "Visibility",
    "may_list_openly",
    "record_visible",
    "visible",
    "visible_fields",
]


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whether a field or a record may be seen, with the article and the last day (inclusive)."""

    allowed: bool
    cite: str
    zh: str
    en: str
    until: date | None = None


def visible_fields(kind: SubjectKind, audience: Audience, on: date) -> tuple[Field, ...]:
    """Returns the fields of a kind of subject that an audience may see under the rule of a day.

    The public may see no field of a natural person (S4 三(五)). Raises NotInForce for a day on
    which the rule does not hold.
    """
    return _rule(kind, audience, on).fields


def may_list_openly(kind: SubjectKind, on: date) -> bool:
    """Returns whether subjects of this kind may appear in public lists on a day (S4 三(五))."""
    return Field.NAME in visible_fields(kind, Audience.PUBLIC, on)


def visible(
    field: Field,
    kind: SubjectKind,
    audience: Audience,
    on: date,
    *,
    authorised: bool = False,
    classification: Classification = Classification.OPEN,
) -> Visibility:
    """Returns whether an audience may see a field of a kind of subject under the rule of a day.

    S3 17; S4 三(五). `authorised` is true if the subject has consented, or a law permits the query
    (S3 29). Raises NotInForce for a day on which the rule does not hold.
    """
    barred = _barred(audience, classification, on)
    if barred is not None:
        return barred
    rule = _rule(kind, audience, on)
    if field not in rule.fields:
        return _no(rule.cite, "不在该对象可见范围内", "not for this audience")
    if audience is Audience.QUERY and _needs_authority(kind, on) and not authorised:
        return _no(rule.cite, "查询须经信用主体授权", "a query needs the subject's authority")
    return _yes(rule.cite)


def record_visible(
    ruleset_id: str,
    record: Record,
    kind: SubjectKind,
    audience: Audience,
    on: date,
    *,
    authorised: bool = False,
    stopped: bool = False,
    classification: Classification = Classification.OPEN,
) -> Visibility:
    """Returns whether an audience may see a credit record on a day, and the last day for that.

    Every audience except the bureau and the subject sees a record only while it is valid and within
    its disclosure period, and an adverse record only after it has been verified (S1 19). `stopped`
    is true if a decision has ended the disclosure of the record (S4 五(三)).
    """
    field = Field.POSITIVE_RECORD if record.kind.positive else Field.ADVERSE_RECORD
    answer = visible(
        field, kind, audience, on, authorised=authorised, classification=classification
    )
    if not answer.allowed:
        return answer
    periods = retention(ruleset_id, record, on)
    if audience in (Audience.SUBJECT, Audience.OFFICIAL):
        return _in_archive(answer, periods, on)
    return _withheld(record, on, stopped) or _in_period(answer, periods, on)


def _withheld(record: Record, on: date, stopped: bool) -> Visibility | None:
    if stopped:
        return _no("S4 五(三)", "已终止披露", "a decision stopped its disclosure")
    if not record.stands_on(on):
        return _no("C-03", "记录已失效", "the record no longer stands")
    if not record.kind.positive and not record.verified:
        return _no("S1 19", "发布前应当核实", "facts are verified before publication")
    return None


def _in_period(answer: Visibility, periods: Retention, on: date) -> Visibility:
    if on > periods.disclosed_until:
        return _no(periods.disclosure_cite, "披露期已届满", "the disclosure period is over")
    return _yes(answer.cite, periods.disclosed_until)


def _in_archive(answer: Visibility, periods: Retention, on: date) -> Visibility:
    if periods.removed_on is None:
        return answer
    if on >= periods.removed_on:
        return _no(periods.removal_cite, "已从信用档案删除", "deleted from the archive")
    return _yes(answer.cite, date.fromordinal(periods.removed_on.toordinal() - 1))


def _barred(audience: Audience, classification: Classification, on: date) -> Visibility | None:
    rule = in_force(disclosure_rules().classifications[classification], on, *_WHAT)
    if audience in rule.audiences:
        return None
    return _no(rule.cite, "依法不得披露", "the law forbids letting it out")


def _rule(kind: SubjectKind, audience: Audience, on: date) -> AllowedFields:
    return in_force(disclosure_rules().fields[kind][audience], on, *_WHAT)


def _needs_authority(kind: SubjectKind, on: date) -> bool:
    return kind in in_force(disclosure_rules().needs_authority, on, *_WHAT)


def _yes(cite: str, until: date | None = None) -> Visibility:
    return Visibility(True, cite, "可以披露", "may be seen", until)


def _no(cite: str, zh: str, en: str) -> Visibility:
    return Visibility(False, cite, zh, en)
