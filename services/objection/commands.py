"""The commands of people on an objection or a reconsideration, one for each step (S3 27, 28).

Both take the same steps. A caseworker of the bureau that made the record hears the objection, a
reviewer of the city's bureau the reconsideration (`handling.heard_case`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from law.errors import Fault, InvalidInput, WrongState
from law.objection import (
    OBJECTION_CITE,
    OUTCOME_CITE,
    OUTCOMES,
    TERM_CITE,
    TERM_OF,
    CaseKind,
    Outcome,
    Step,
    may_approve_extension,
)
from law.separation import Part
from law.terms.ledger import Term, start
from law.terms.workdays import edition
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.conflicts import state_after
from services.objection.contested.deciding import Decided, decided_items
from services.objection.contested.items import items_of, stored
from services.objection.corrections import check_corrections
from services.objection.handling import (
    heard_case,
    recusal_note,
    require_answered,
    require_apart,
)
from services.objection.mandates import checked, named
from services.objection.steps import (
    EventOf,
    case_in_scope,
    own_case,
    require_impartial,
    required_text,
    take_step,
)
from services.objection.supplements import KINDS, require_lapsed
from services.objection.tables import Case
from services.objection.wire import shown_to

# What is announced of each kind of case.
_ACCEPTED = {
    CaseKind.OBJECTION: events.ObjectionAccepted,
    CaseKind.RECONSIDERATION: events.ReconsiderationAccepted,
}
_DECLINED = {
    CaseKind.OBJECTION: events.ObjectionDeclined,
    CaseKind.RECONSIDERATION: events.ReconsiderationDeclined,
}
_WITHDRAWN = {
    CaseKind.OBJECTION: events.ObjectionWithdrawn,
    CaseKind.RECONSIDERATION: events.ReconsiderationWithdrawn,
}
_DECIDED = {
    CaseKind.OBJECTION: events.ObjectionDecided,
    CaseKind.RECONSIDERATION: events.ReconsiderationDecided,
}


async def accept(change: Change, request: pb.AcceptObjectionRequest) -> pb.AcceptObjectionResponse:
    """Accepts a case; its term starts to count on the next day (S3 28).

    The mandate of an agent has then been checked. Raises NotPermitted if the caller does not hear
    this kind of case, or took part in the matter before, and WrongState if the mandate has ended.
    """
    case = await heard_case(change, request.case_id)
    agent, mandate = checked(change, case)
    note = "；".join(filter(None, (await recusal_note(change, case), mandate)))
    message = await take_step(
        change,
        case,
        Step.ACCEPT,
        _of(_ACCEPTED, case),
        cite=TERM_CITE,
        note=note,
        **({"agent": agent.model_dump(mode="json")} if agent else {}),
        caseworker=case.caseworker or change.on_behalf_of,
        accepted_at=change.at,
        term=start(TERM_OF[case.kind], change.today, edition()).to_json(),
    )
    return pb.AcceptObjectionResponse(case=message)


async def decline(
    change: Change, request: pb.DeclineObjectionRequest, *, records: Sequence[Record]
) -> pb.DeclineObjectionResponse:
    """Declines to accept a case, with the reasons (S3 27).

    Raises WrongState while the subject still has time to supplement it. Raises NotPermitted as
    `accept` does, and if the caller entered one of `records` or lodged the case.
    """
    case = await heard_case(change, request.case_id)
    require_impartial(change, case, records)
    await require_answered(change, case, Part.DECLINE)
    require_lapsed(case, change.today)
    message = await take_step(
        change,
        case,
        Step.DECLINE,
        _of(_DECLINED, case),
        cite=OBJECTION_CITE,
        note=request.reasons + named(case),
        reasons=request.reasons.strip(),
        decided_by=change.on_behalf_of,
        decided_at=change.at,
    )
    return pb.DeclineObjectionResponse(case=message)


async def withdraw(
    change: Change, request: pb.WithdrawObjectionRequest
) -> pb.WithdrawObjectionResponse:
    """Withdraws a case at the request of its own subject, before it is decided."""
    case = await own_case(change, request.case_id, *KINDS)
    message = await take_step(
        change,
        case,
        Step.WITHDRAW,
        _of(_WITHDRAWN, case),
        cite=OBJECTION_CITE,
    )
    return pb.WithdrawObjectionResponse(case=shown_to(change.caller, case, message, change.today))


async def request_extension(
    change: Change, request: pb.RequestExtensionRequest
) -> pb.RequestExtensionResponse:
    """Requests more working days for a case from the head of the unit (S3 28).

    The term continues to run during the request. Raises NotPermitted as `accept` does. Raises
    WrongState at once if no term runs, if the last day is over, or if the extension would exceed
    the cap.
    """
    case = await heard_case(change, request.case_id)
    state_after(case, Step.REQUEST_EXTENSION)
    # Refused now if beyond the cap, so that the head of the unit is not asked in vain.
    _extended(change, case, request.days, request.ground)
    message = await take_step(
        change,
        case,
        Step.REQUEST_EXTENSION,
        lambda message: events.ExtensionRequested(case=message),
        cite=TERM_CITE,
        note=request.ground,
        extension_requested_by=change.on_behalf_of,
        extension_requested_days=request.days,
        extension_ground=request.ground,
    )
    return pb.RequestExtensionResponse(case=message)


async def decide_extension(
    change: Change, request: pb.DecideExtensionRequest
) -> pb.DecideExtensionResponse:
    """Approves or refuses an extension, as the head of the unit (S3 28: 经单位负责人批准).

    Raises NotPermitted for whoever requested it, and for whoever took part in the matter before.
    """
    case = await case_in_scope(change, request.case_id, *KINDS)
    await require_apart(change, case)
    step = Step.APPROVE_EXTENSION if request.approve else Step.DECLINE_EXTENSION
    state_after(case, step)
    may_approve_extension(
        change.caller.roles, change.on_behalf_of, case.extension_requested_by
    ).require()
    term = case.term
    if request.approve:
        days, ground = case.extension_requested_days, case.extension_ground
        term = _extended(change, case, days, ground).to_json()
    message = await take_step(
        change,
        case,
        step,
        lambda message: events.ExtensionDecided(case=message, approved=request.approve),
        cite=TERM_CITE,
        note=request.note,
        term=term,
        extension_requested_by="",
        extension_requested_days=0,
        extension_ground="",
    )
    return pb.DecideExtensionResponse(case=message)


async def decide(
    change: Change, request: pb.DecideObjectionRequest, *, records: Sequence[Record]
) -> pb.DecideObjectionResponse:
    """Decides a case (S4 五(三)); the workflow of the case then carries out the decision.

    `records` are the contested records in their present state in the register; the register has
    been asked whether the entries can be corrected (`checked_corrections`). Raises NotPermitted as
    `accept` does, and if the caller entered one of the records or lodged the case. Raises
    InvalidInput for an outcome of another kind of case, one that a contested item cannot have, and
    unsuitable corrections.
    """
    case = await heard_case(change, request.case_id)
    state_after(case, Step.DECIDE)
    require_impartial(change, case, records)
    await require_answered(change, case, Part.DECIDE)
    asked = _outcome(case, request.outcome)
    decided = decided_items(items_of(case), asked, request.items)
    _check_corrections(decided, request, records, change.today)
    message = await take_step(
        change,
        case,
        Step.DECIDE,
        _of(_DECIDED, case),
        cite=OUTCOME_CITE,
        note=request.reasons,
        outcome=decided.outcome,
        items=stored(decided.items),
        reasons=required_text("reasons", request.reasons, OUTCOME_CITE),
        corrections=[_stored(correction) for correction in request.corrections],
        decided_by=change.on_behalf_of,
        decided_at=change.at,
    )
    return pb.DecideObjectionResponse(case=message)


def _check_corrections(
    decided: Decided, request: pb.DecideObjectionRequest, records: Sequence[Record], today: date
) -> None:
    """Checks the corrections of the records whose outcome is one; other records have none."""
    outcome = Outcome.CORRECT if decided.to_correct else decided.outcome
    to_correct = [record for record in records if record.record_id in decided.to_correct]
    if decided.to_correct or request.corrections:
        check_corrections(outcome, request.corrections, to_correct, today)


def _of(announced: Mapping[CaseKind, type[Message]], case: Case) -> EventOf:
    """What announces a step of a case of its kind."""
    event: Any = announced[case.kind]
    return lambda message: event(case=message)


def _outcome(case: Case, asked: str) -> Outcome:
    outcome = Outcome(asked)
    if outcome not in OUTCOMES[case.kind]:
        zh, en = "只有复核可以退回重办", "Only a reconsideration sends a case back"
        raise InvalidInput(faults=[Fault("outcome", zh, en, cite=OBJECTION_CITE)])
    return outcome


def _extended(change: Change, case: Case, days: int, ground: str) -> Term:
    if case.term is None:
        raise WrongState("期限尚未开始", "No term is running", cite=TERM_CITE)
    term = Term.from_json(case.term)
    return term.extend(days, change.on_behalf_of, ground, change.today, edition=edition())


def _stored(correction: pb.Correction) -> dict[str, object]:
    return dict(MessageToDict(correction, preserving_proto_field_name=True))
