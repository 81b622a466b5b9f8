"""The actions in a case, one page each: shows the form, checks the input, calls the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
from starlette.responses import Response

from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import CaseKind, Outcome
from plumbing.client import Refusal, ask
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import repair_pb2 as repair
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.case_effects import effect_of, foresee
from services.portal.pages.case_items import (
    decisions,
    faults_of_items,
    outcome_of_records,
    outcomes_for,
    own_outcomes,
    placed_in_form,
)
from services.portal.pages.case_powers import open_pages, require_page
from services.portal.pages.case_timeline import latest
from services.portal.pages.cases import contested
from services.portal.pages.contested_items import things_of
from services.portal.pages.forms import NOT_A_DAY, NOT_POINTS, is_day
from services.portal.pages.reading import firm_of
from services.portal.visit import Visit, faults_by_field, last_name, message_of, whole_number
from services.portal.wording import N_

Send = Callable[[pb.Case], Awaitable[Any]]
# What the services refuse because of what was written, rather than of who writes.
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.ABORTED,
)
# What may stand in the fields of a correction, and what is said otherwise.
_RIGHT: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "points": (lambda text: whole_number(text) is not None, NOT_POINTS),
    "determined_on": (is_day, NOT_A_DAY),
    "kind": (lambda text: text in set(RecordKind), N_("请选择类别")),
}


async def accept(visit: Visit) -> Response:
    """Accepts a case: its term starts now, but for a repair, whose term already runs."""

    async def send(case: pb.Case) -> None:
        which = {"request_id": visit.request_id(), "case_id": case.case_id}
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.AcceptRepair(repair.AcceptRepairRequest(**which)))
        else:
            request = pb.AcceptObjectionRequest(**which)
            await ask(visit.services.objection.AcceptObjection(request))

    return await _act(visit, "cases/accept.html", send)


async def decline(visit: Visit) -> Response:
    """Declines to accept a case and sends the reasons."""

    async def send(case: pb.Case) -> None:
        what = {
            "request_id": visit.request_id(),
            "case_id": case.case_id,
            "reasons": visit.field("reasons"),
        }
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.DeclineRepair(repair.DeclineRepairRequest(**what)))
        else:
            request = pb.DeclineObjectionRequest(**what)
            await ask(visit.services.objection.DeclineObjection(request))

    needed = {"reasons": N_("请写明不予受理的理由")}
    return await _act(visit, "cases/decline.html", send, needed=needed)


async def ask_extension(visit: Visit) -> Response:
    """Requests the unit head to extend the term of a case by some working days."""

    async def send(case: pb.Case) -> None:
        request = pb.RequestExtensionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            days=visit.whole("days") or 0,
            ground=visit.field("ground"),
        )
        await ask(visit.services.objection.RequestExtension(request))

    needed = {"days": N_("请写明延长几个工作日，例如 5"), "ground": N_("请写明案件复杂的理由")}
    errors = {}
    if visit.field("days") and visit.whole("days") is None:
        errors["days"] = visit.say("工作日数应为整数，例如 5")
    return await _act(visit, "cases/extend.html", send, needed=needed, errors=errors)


async def extension(visit: Visit) -> Response:
    """Approves or refuses, as unit head, the requested extension of a case's term."""

    async def send(case: pb.Case) -> None:
        request = pb.DecideExtensionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            approve=visit.field("answer") == "approve",
            note=visit.field("note"),
        )
        await ask(visit.services.objection.DecideExtension(request))

    return await _act(
        visit, "cases/extension.html", send, needed={"answer": N_("请选择批准或者不批准")}
    )


async def withdraw(visit: Visit) -> Response:
    """Withdraws a case, as the subject that lodged it."""

    async def send(case: pb.Case) -> None:
        which = {"request_id": visit.request_id(), "case_id": case.case_id}
        if case.kind == CaseKind.REPAIR:
            await ask(visit.services.repair.WithdrawRepair(repair.WithdrawRepairRequest(**which)))
        else:
            request = pb.WithdrawObjectionRequest(**which)
            await ask(visit.services.objection.WithdrawObjection(request))

    return await _act(visit, "cases/withdraw.html", send)


async def ask_supplement(visit: Visit) -> Response:
    """Requests the applicant to supplement a case before it is accepted."""

    async def send(case: pb.Case) -> None:
        what = {
            "request_id": visit.request_id(),
            "case_id": case.case_id,
            "missing": visit.field("missing"),
        }
        if case.kind == CaseKind.REPAIR:
            request = repair.RequestSupplementRequest(**what)
            await ask(visit.services.repair.RequestSupplement(request))
        else:
            await ask(visit.services.objection.AskSupplement(pb.AskSupplementRequest(**what)))

    needed = {"missing": N_("请一次写明需要补正的全部内容")}
    return await _act(visit, "cases/ask_supplement.html", send, needed=needed)


async def supplement(visit: Visit) -> Response:
    """Sends the applicant's supplement to a case."""

    async def send(case: pb.Case) -> None:
        what: dict[str, Any] = {
            "request_id": visit.request_id(),
            "case_id": case.case_id,
            "note": visit.field("note"),
            "evidence": visit.lines("evidence"),
        }
        if case.kind == CaseKind.REPAIR:
            request = repair.SupplementRepairRequest(**what)
            await ask(visit.services.repair.SupplementRepair(request))
        else:
            supplied = pb.SupplementObjectionRequest(**what)
            await ask(visit.services.objection.SupplementObjection(supplied))

    needed = {"note": N_("请写明补正的内容")}
    return await _act(visit, "cases/supplement.html", send, needed=needed)


async def confirm_condition(visit: Visit) -> Response:
    """Records, as caseworker, whether a condition of a repair is met, and on what ground."""
    condition_id = visit.path("condition_id")

    async def send(case: pb.Case) -> None:
        request = repair.ConfirmConditionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            condition_id=condition_id,
            met=visit.field("answer") == "met",
            ground=visit.field("ground"),
        )
        await ask(visit.services.repair.ConfirmCondition(request))

    needed = {
        "answer": N_("请选择已满足或者未满足"),
        "ground": N_("请写明查看了什么、说明了什么"),
    }
    return await _act(visit, "cases/condition.html", send, needed=needed, condition_id=condition_id)


async def decide_repair(visit: Visit) -> Response:
    """Confirms or refuses a repair: first shows the effect on the grade, then sends the reasons."""
    case = await _case(visit)
    kept = await contested(visit, case)
    records = [one.record for one in kept]
    needed = {
        "answer": N_("请选择确认修复或者不予修复"),
        "reasons": N_("请写明决定的理由"),
    }
    values: dict[str, Any] = {"kept": kept, "foreseen": await foresee(visit, case, records)}
    if visit.field("act") == "change":
        return await _form(visit, "cases/decide_repair.html", case, **values)
    answered = visit.request.method == "POST" and not _missing(visit, needed)
    if answered and visit.field("confirmed") != "yes":
        confirms = visit.field("answer") == "confirm"
        outcome = Outcome.CONFIRM_REPAIR if confirms else Outcome.DECLINE_REPAIR
        of_records = {record.record_id: outcome for record in records}
        effect = await effect_of(visit, case, of_records, records)
        return await _form(visit, "cases/decide_check.html", case, outcome=outcome, effect=effect)

    async def send(case: pb.Case) -> None:
        request = repair.DecideRepairRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            confirm=visit.field("answer") == "confirm",
            reasons=visit.field("reasons"),
        )
        await ask(visit.services.repair.DecideRepair(request))

    return await _act(visit, "cases/decide_repair.html", send, needed=needed, **values)


async def decide(visit: Visit) -> Response:
    """Decides an objection or a reconsideration; first shows the effect on the grade.

    The form gives the outcome, the reasons and the corrections of records.
    """
    case = await _case(visit)
    kept = await contested(visit, case)
    records = [one.record for one in kept]
    things = things_of(visit, case, records)
    values: dict[str, Any] = {
        "outcomes": outcomes_for(case),
        "things": things,
        "own_outcomes": own_outcomes(visit, things),
        "kept": kept,
        "records": records,
        "kinds": [(kind.value, kind_name(kind, visit.words.lang)) for kind in RecordKind],
        "foreseen": await foresee(visit, case, records),
    }
    if visit.request.method == "GET" or visit.field("act") == "change":
        return await _form(visit, "cases/decide.html", case, **values)
    errors = _faults_of_decision(visit, case) | _bad_corrections(visit, records)
    errors |= faults_of_items(visit, things)
    if errors:
        return await _form(visit, "cases/decide.html", case, 422, errors=errors, **values)
    of_records = outcome_of_records(visit, things)
    corrections, said = _corrections(visit, records, of_records), decisions(visit, things)
    if visit.field("confirmed") != "yes":
        outcome = Outcome(visit.field("outcome"))
        effect = await effect_of(visit, case, of_records, records, corrections)
        values |= {"outcome": outcome, "effect": effect, "corrections": corrections, "said": said}
        return await _form(visit, "cases/decide_check.html", case, **values)

    async def send(case: pb.Case) -> None:
        request = pb.DecideObjectionRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            outcome=visit.field("outcome"),
            reasons=visit.field("reasons"),
            corrections=corrections,
            items=said,
        )
        await ask(visit.services.objection.DecideObjection(request))

    field_of = placed_in_form(corrections, said)
    return await _act(visit, "cases/decide.html", send, field_of=field_of, **values)


async def _act(
    visit: Visit,
    template: str,
    send: Send,
    *,
    needed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    field_of: Callable[[str], str] = last_name,
    **values: Any,
) -> Response:
    """The form of an act, or the act itself and then the page of the case."""
    case = await _case(visit)
    if visit.request.method == "GET":
        return await _form(visit, template, case, **values)
    errors = _missing(visit, needed or {}) | (errors or {})
    if errors:
        return await _form(visit, template, case, 422, errors=errors, **values)
    try:
        await send(case)
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        told = faults_by_field(refusal, visit.language, field_of)
        values |= {"refusal": message_of(refusal, visit.language), "errors": told}
        case = await _case(visit)  # somebody else may have acted since the page was opened
        values["is_stale"] = _is_stale(visit, case)
        values["happened"] = await latest(visit, case.case_id)
        return await _form(visit, template, case, 409 if values["is_stale"] else 422, **values)
    return visit.redirect(f"/cases/{case.case_id}")


def _is_stale(visit: Visit, case: pb.Case) -> bool:
    """Whether the act of this page is no longer possible in the case."""
    return _page(visit) not in open_pages(visit, case)


def _page(visit: Visit) -> str:
    """The page of acts that the visitor has opened, as `case_powers` names it."""
    act = visit.request.url.path.split("/")[3]
    return {"conditions": "decide-repair"}.get(act, act)


async def _form(
    visit: Visit, template: str, case: pb.Case, status: int = 200, **values: Any
) -> Response:
    return visit.page(
        template,
        status=status,
        case=case,
        firm=await firm_of(visit, case),
        form=visit.form,
        **values,
    )


async def _case(visit: Visit) -> pb.Case:
    request = pb.GetCaseRequest(case_id=visit.path("case_id"))
    case = (await ask(visit.services.objection.GetCase(request))).case
    require_page(visit, case, _page(visit))
    return case


def _missing(visit: Visit, needed: dict[str, str]) -> dict[str, str]:
    return {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}


def _faults_of_decision(visit: Visit, case: pb.Case) -> dict[str, str]:
    choose = N_("请选择处理意见")
    faults = _missing(visit, {"outcome": choose, "reasons": N_("请写明决定的理由")})
    if visit.field("outcome") not in outcomes_for(case):
        faults["outcome"] = visit.say(choose)
    return faults


def _bad_corrections(visit: Visit, records: list[registry.Record]) -> dict[str, str]:
    """The faults in what the form corrects of each record, by field."""
    faults = {}
    for record in records:
        for name, (is_right, fault) in _RIGHT.items():
            field = f"{name}-{record.record_id}"
            if visit.field(field) and not is_right(visit.field(field)):
                faults[field] = visit.say(fault)
    return faults


def _corrections(
    visit: Visit, records: list[registry.Record], outcomes: Mapping[str, Outcome]
) -> list[pb.Correction]:
    """What the form corrects of each record whose outcome is a correction."""
    found = []
    for record in records:
        if outcomes.get(record.record_id) is not Outcome.CORRECT:
            continue
        correction = pb.Correction(
            record_id=record.record_id,
            kind=visit.field(f"kind-{record.record_id}"),
            determined_on=visit.field(f"determined_on-{record.record_id}"),
            summary=visit.field(f"summary-{record.record_id}"),
        )
        points = visit.whole(f"points-{record.record_id}")
        if points is not None:
            correction.points = points
        if len(correction.ListFields()) > 1:
            found.append(correction)
    return found
