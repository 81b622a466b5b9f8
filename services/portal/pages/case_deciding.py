"""The decision of a case on pages: the form, its check with effect and letter, the decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import Outcome
from plumbing.client import Refusal, ask
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import repair_pb2 as repair
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.acting import act, case_of, form, missing, refused
from services.portal.pages.case_effects import effect_of, foresee
from services.portal.pages.case_items import (
    decisions,
    faults_of_items,
    outcome_of_records,
    outcomes_for,
    own_outcomes,
    placed_in_form,
)
from services.portal.pages.case_letters import letter_of
from services.portal.pages.cases import contested
from services.portal.pages.contested_items import things_of
from services.portal.pages.forms import NOT_A_DAY, NOT_POINTS, is_day
from services.portal.visit import Visit, last_name, whole_number
from services.portal.wording import N_

# What may stand in the fields of a correction, and what is said otherwise.
_RIGHT: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "points": (lambda text: whole_number(text) is not None, NOT_POINTS),
    "determined_on": (is_day, NOT_A_DAY),
    "kind": (lambda text: text in set(RecordKind), N_("请选择类别")),
}


async def decide_repair(visit: Visit) -> Response:
    """Confirms or refuses a repair: first shows the effect on the grade, then sends the reasons."""
    case = await case_of(visit)
    kept = await contested(visit, case)
    records = [one.record for one in kept]
    needed = {
        "answer": N_("请选择确认修复或者不予修复"),
        "reasons": N_("请写明决定的理由"),
    }
    values: dict[str, Any] = {"kept": kept, "foreseen": await foresee(visit, case, records)}
    if visit.field("act") == "change":
        return await form(visit, "cases/decide_repair.html", case, **values)
    answered = visit.request.method == "POST" and not missing(visit, needed)
    if answered and visit.field("confirmed") != "yes":
        confirms = visit.field("answer") == "confirm"
        outcome = Outcome.CONFIRM_REPAIR if confirms else Outcome.DECLINE_REPAIR
        of_records = {record.record_id: outcome for record in records}
        values |= {"outcome": outcome, "effect": await effect_of(visit, case, of_records, records)}
        return await _check(visit, "cases/decide_repair.html", case, values, outcome=outcome)

    async def send(case: pb.Case) -> None:
        request = repair.DecideRepairRequest(
            request_id=visit.request_id(),
            case_id=case.case_id,
            confirm=visit.field("answer") == "confirm",
            reasons=visit.field("reasons"),
        )
        await ask(visit.services.repair.DecideRepair(request))

    return await act(visit, "cases/decide_repair.html", send, needed=needed, **values)


async def decide(visit: Visit) -> Response:
    """Decides an objection or a reconsideration; first shows the effect on the grade.

    The form gives the outcome, the reasons and the corrections of records.
    """
    case = await case_of(visit)
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
        return await form(visit, "cases/decide.html", case, **values)
    errors = _faults_of_decision(visit, case) | _bad_corrections(visit, records)
    errors |= faults_of_items(visit, things)
    if errors:
        return await form(visit, "cases/decide.html", case, 422, errors=errors, **values)
    of_records = outcome_of_records(visit, things)
    corrections, said = _corrections(visit, records, of_records), decisions(visit, things)
    field_of = placed_in_form(corrections, said)
    if visit.field("confirmed") != "yes":
        outcome = Outcome(visit.field("outcome"))
        effect = await effect_of(visit, case, of_records, records, corrections)
        values |= {"outcome": outcome, "effect": effect, "corrections": corrections, "said": said}
        decided = {"outcome": outcome, "corrections": corrections, "items": said}
        return await _check(visit, "cases/decide.html", case, values, field_of, **decided)

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

    return await act(visit, "cases/decide.html", send, field_of=field_of, **values)


async def _check(
    visit: Visit,
    template: str,
    case: pb.Case,
    values: dict[str, Any],
    field_of: Callable[[str], str] = last_name,
    **decided: Any,
) -> Response:
    """The page on which a decision is checked, with its letter; or its form, if it is refused."""
    reasons = visit.field("reasons")
    try:
        letter = await letter_of(visit, case, act="decide", reasons=reasons, **decided)
    except Refusal as refusal:
        return await refused(visit, template, refusal, values, field_of)
    return await form(visit, "cases/decide_check.html", case, letter=letter, **values)


def _faults_of_decision(visit: Visit, case: pb.Case) -> dict[str, str]:
    choose = N_("请选择处理意见")
    faults = missing(visit, {"outcome": choose, "reasons": N_("请写明决定的理由")})
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
