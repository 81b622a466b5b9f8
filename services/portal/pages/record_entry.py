"""The page to enter a credit record: the article's help beside the form, and the effect before it.

What a kind counts, and what it needs to count, stands in the text by which the subject is graded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import grpc
from starlette.responses import Response

from law.errors import LawError
from law.evidence import RecordKind, Severity
from law.texts_in_force.load import load
from law.texts_in_force.model import KindRule, Requirement
from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import assessments_pb2 as assessments
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.forms import NOT_A_DAY, NOT_POINTS, is_day, told
from services.portal.pages.reading import grade_of, subject, today
from services.portal.visit import Visit, message_of
from services.portal.wording import N_

_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
)
_NEEDED = {
    "kind": N_("请选择信息类别"),
    "occurred_on": N_("请填写事实发生的日期"),
    "determined_on": N_("请填写认定的日期"),
    "source_ref": N_("请填写文书编号，例如：杭市监罚〔2026〕12号"),
    "summary": N_("请用一句话写明事实"),
}


@dataclass(frozen=True)
class Help:
    """What the governing text says of one kind of record: points, requirements and article."""

    kind: RecordKind
    rule: KindRule
    needs_final: bool
    needs_verified: bool


async def enter(visit: Visit) -> Response:
    """Shows the form, then the record with its effect on the grade, then enters it."""
    firm = await subject(visit, visit.path("subject_id"))
    if visit.request.method == "GET":
        return await _form(visit, firm)
    errors = _faults(visit)
    if errors or visit.field("act") == "change":
        return await _form(visit, firm, status=422 if errors else 200, errors=errors)
    try:
        if visit.field("confirmed") != "yes":
            return await _check(visit, firm)
        return await _enter(visit, firm)
    except Refusal as refusal:
        return await _form(visit, firm, status=422, **told(visit, refusal))


async def _enter(visit: Visit, firm: registry.Subject) -> Response:
    request = registry.EnterRecordRequest(
        request_id=visit.request_id(), record=_record(visit, firm.subject_id)
    )
    answer = await ask(visit.services.registry.EnterRecord(request))
    alike = f"&alike={answer.likeness_id}" if answer.likeness_id else ""
    return visit.redirect(f"/subjects/{firm.subject_id}?entered=yes{alike}")


async def _form(visit: Visit, firm: registry.Subject, **values: Any) -> Response:
    grade = await grade_of(visit, firm.subject_id)
    ruleset_id = grade.ruleset_id if grade else ""
    return visit.page(
        "records/enter.html",
        firm=firm,
        form=visit.form or await _begun(visit, firm),
        helps=_helps(ruleset_id, await today(visit)),
        ruleset_id=ruleset_id,
        kinds=[kind.value for kind in RecordKind],
        severities=[severity.value for severity in Severity],
        **values,
    )


async def _begun(visit: Visit, firm: registry.Subject) -> Mapping[str, str]:
    """What a new form has already: the instrument that was inspected, if its address names one."""
    if not visit.query("instrument"):
        return {}
    request = alerts.ListColoursRequest(
        subject_id=firm.subject_id, instrument_id=visit.query("instrument")
    )
    found = (await ask(visit.services.alerts.ListColours(request))).instruments
    words = visit.words
    named = (
        words.listed((f"{words.instrument_type(one.type_code)} {one.serial_no}", ""), "：")
        for one in found
    )
    return {"summary": "".join(named)}


async def _check(visit: Visit, firm: registry.Subject) -> Response:
    """Shows the record with its effect; raises Refusal if the register would not enter it."""
    request = registry.CheckRecordRequest(record=_record(visit, firm.subject_id))
    await ask(visit.services.registry.CheckRecord(request))
    effect, refusal = await _effect(visit, firm.subject_id)
    return visit.page(
        "records/check.html",
        firm=firm,
        form=visit.form,
        record=_record(visit, firm.subject_id),
        effect=effect,
        no_effect=refusal,
    )


def _faults(visit: Visit) -> dict[str, str]:
    faults = {name: visit.say(text) for name, text in _NEEDED.items() if not visit.field(name)}
    for name in ("occurred_on", "determined_on"):
        if visit.field(name) and not is_day(visit.field(name)):
            faults[name] = visit.say(NOT_A_DAY)
    if visit.field("kind") and visit.field("kind") not in set(RecordKind):
        needed = _NEEDED["kind"]
        faults["kind"] = visit.say(needed)
    if visit.field("points") and visit.whole("points") is None:
        faults["points"] = visit.say(NOT_POINTS)
    return faults


def _record(visit: Visit, subject_id: str) -> registry.Record:
    record = registry.Record(
        subject_id=subject_id,
        kind=visit.field("kind"),
        severity=visit.field("severity"),
        occurred_on=visit.field("occurred_on"),
        determined_on=visit.field("determined_on"),
        verified=visit.field("verified") == "yes",
        final=visit.field("final") == "yes",
        source_ref=visit.field("source_ref"),
        provided_by=visit.field("provided_by"),
        summary=visit.field("summary"),
    )
    points = visit.whole("points")
    if points is not None:
        record.points = points
    return record


async def _effect(visit: Visit, subject_id: str) -> tuple[assessments.WhatIfResponse | None, str]:
    """What the record would do to the grade; or the reason why that cannot be said."""
    record = _record(visit, subject_id)
    added = assessments.AddedRecord(
        kind=record.kind,
        severity=record.severity,
        determined_on=record.determined_on,
        verified=record.verified,
        final=record.final,
    )
    if record.HasField("points"):
        added.points = record.points
    change = assessments.Hypothesis(added=added)
    request = assessments.WhatIfRequest(subject_id=subject_id, changes=[change])
    try:
        return await ask(visit.services.assessments.WhatIf(request)), ""
    except Refusal as refusal:
        if refusal.code not in (*_OF_THE_FORM, grpc.StatusCode.NOT_FOUND):
            raise
        return None, message_of(refusal, visit.language)


def _helps(ruleset_id: str, day: str) -> Sequence[Help]:
    """The help for every kind that the text of a subject counts; empty without a text."""
    try:
        rules = load(ruleset_id).at(date.fromisoformat(day)).kinds
    except LawError:
        return []
    return [_help(kind, rules[kind]) for kind in RecordKind if kind in rules]


def _help(kind: RecordKind, rule: KindRule) -> Help:
    needs = rule.requires
    return Help(kind, rule, Requirement.FINAL in needs, Requirement.VERIFIED in needs)
