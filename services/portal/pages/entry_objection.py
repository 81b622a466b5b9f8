"""The wizard to object to an entry of the register, the disclosure of a record, or the grade.

Its questions are: what of it is wrong, why, and whether all is right as written. Each form contains
the answers given so far; nothing is stored before the objection is lodged.
"""

from __future__ import annotations

from typing import Any

import grpc
from starlette.responses import Response

from law.contested import CORRECTABLE, GRADE, Target
from plumbing.client import Refusal, ask
from protos.grading.v1 import assessments_pb2 as assessments
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.contested_items import Thing, entry
from services.portal.pages.evidence_choice import HeldFiles, held_files
from services.portal.pages.reading import grade_of, path_of, records_of, subject
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

SOURCES = ("instrument", "subject", "disclosure", "grade")  # what a visitor comes from
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
)
_NOTHING = N_("请至少选择一项")
_NO_GROUNDS = N_("请写明哪里有误、事实是什么，例如：铭牌上的出厂编号是 1007")


async def about(visit: Visit) -> Response:
    """Shows the next page of the wizard or lodges the objection.

    The form field `step` names the question that was just answered.
    """
    things = await _things(visit)
    if visit.request.method == "GET":
        only = [things[0].name] if len(things) == 1 else [visit.query("against")]
        return _what_page(visit, things, only)
    chosen = [one for one in things if one.name in visit.fields("against")]
    step = visit.field("step")
    if not chosen or step == "again":
        errors = {} if step == "again" else {"against": visit.say(_NOTHING)}
        return _what_page(visit, things, visit.fields("against"), errors)
    held = await held_files(visit)
    if step == "what" or held.asks_again:
        return _grounds_page(visit, chosen, held, dict(held.errors))
    if not visit.field("grounds"):
        return _grounds_page(visit, chosen, held, {"grounds": visit.say(_NO_GROUNDS)})
    return await _send(visit, chosen, held)


def _given(visit: Visit, name: str) -> str:
    """What the visitor came from, as the address says first and then each form."""
    return visit.query(name) or visit.field(name)


async def _things(visit: Visit) -> list[Thing]:
    """What can be contested of what the visitor came from."""
    if instrument_id := _given(visit, "instrument"):
        return await _of_instrument(visit, instrument_id)
    if record_id := _given(visit, "disclosure"):
        records = await records_of(visit, visit.person.subject_id)
        return [
            _record(visit, Target.DISCLOSURE, one) for one in records if one.record_id == record_id
        ]
    if _given(visit, "grade"):
        return await _of_grade(visit)
    own = await subject(visit, visit.person.subject_id)
    return [entry(visit, Target.SUBJECT, own.subject_id, _values(Target.SUBJECT, own))]


async def _of_instrument(visit: Visit, instrument_id: str) -> list[Thing]:
    request = registry.GetInstrumentRequest(instrument_id=instrument_id)
    answer = await ask(visit.services.registry.GetInstrument(request))
    filed, kind = answer.instrument, Target.VERIFICATION
    found = [
        entry(visit, kind, one.verification_id, _values(kind, one)) for one in answer.verifications
    ]
    values = _values(Target.INSTRUMENT, filed)
    return [entry(visit, Target.INSTRUMENT, filed.instrument_id, values), *found]


async def _of_grade(visit: Visit) -> list[Thing]:
    """The records on which the grade in force rests."""
    grade = await grade_of(visit, visit.person.subject_id)
    if grade is None or not grade.receipt_id:
        return []
    path, _ = await path_of(visit, grade.receipt_id)
    counted = {line.record for line in path.receipt.lines if line.counted}
    records = await records_of(visit, visit.person.subject_id)
    free = [one for one in records if one.record_id in counted and not one.contested]
    return [_record(visit, Target.RECORD, one) for one in free]


def _record(visit: Visit, target: Target, record: registry.Record) -> Thing:
    kind = visit.words.listed((visit.words.record_kind(record.kind), record.source_ref), "，")
    return Thing(f"{target}/{record.record_id}", kind)


def _values(target: Target, message: Any) -> dict[str, str]:
    return {name: str(getattr(message, name)) for name in CORRECTABLE[target]}


def _what_page(
    visit: Visit, things: list[Thing], chosen: list[str], errors: dict[str, str] | None = None
) -> Response:
    return _page(visit, "objections/what.html", things=things, chosen=chosen, errors=errors or {})


def _grounds_page(
    visit: Visit,
    chosen: list[Thing],
    held: HeldFiles,
    errors: dict[str, str] | None = None,
    refusal: str = "",
) -> Response:
    values = {"chosen": chosen, "held": held, "errors": errors or {}, "refusal": refusal}
    return _page(visit, "objections/about.html", **values)


async def _check_page(visit: Visit, chosen: list[Thing], held: HeldFiles) -> Response:
    without = await _without(visit, chosen) if _given(visit, GRADE) else None
    values = {"evidence": visit.lines("evidence"), "held": held, "without": without}
    return _page(visit, "objections/about_check.html", chosen=chosen, errors={}, **values)


def _page(visit: Visit, template: str, **values: Any) -> Response:
    failed = bool(values["errors"] or values.get("refusal"))
    sources = {name: _given(visit, name) for name in SOURCES if _given(visit, name)}
    status = 422 if failed else 200
    return visit.page(template, status=status, sources=sources, form=visit.form, **values)


async def _without(visit: Visit, chosen: list[Thing]) -> assessments.WhatIfResponse | None:
    """The grade without the contested records; None if it cannot be computed."""
    request = assessments.WhatIfRequest(subject_id=visit.person.subject_id)
    for one in chosen:
        record_id = one.name.partition("/")[2]
        ended = assessments.EndedRecord(record_id=record_id, status="withdrawn")
        request.changes.add(ended=ended)
    try:
        return await ask(visit.services.assessments.WhatIf(request))
    except Refusal as refusal:
        if refusal.code in _OF_THE_FORM or refusal.code is grpc.StatusCode.NOT_FOUND:
            return None
        raise


async def _send(visit: Visit, chosen: list[Thing], held: HeldFiles) -> Response:
    receipt_id = _given(visit, GRADE)
    request = pb.LodgeObjectionRequest(
        request_id=visit.request_id(),
        subject_id=visit.person.subject_id,
        against=[*(one.name for one in chosen), *([f"{GRADE}/{receipt_id}"] if receipt_id else [])],
        grounds=visit.field("grounds"),
        evidence=visit.lines("evidence"),
        evidence_ids=visit.fields("evidence_id"),
        check_only=visit.field("step") == "grounds",
    )
    try:
        answer = await ask(visit.services.objection.LodgeObjection(request))
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        told = faults_by_field(refusal, visit.language)
        return _grounds_page(visit, chosen, held, told, message_of(refusal, visit.language))
    if request.check_only:
        return await _check_page(visit, chosen, held)
    return visit.redirect(f"/cases/{answer.case.case_id}?lodged=yes")
