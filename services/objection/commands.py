"""What people do to a case: one function per change, each a step the law permits (S3 27, 28)."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.json_format import MessageToDict

from law.errors import WrongState
from law.objection import (
    OBJECTION_CITE,
    OUTCOME_CITE,
    TERM_CITE,
    TERM_OF,
    CaseKind,
    Outcome,
    Step,
    after,
    may_approve_extension,
)
from law.terms.ledger import Term, start
from law.terms.workdays import edition
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.corrections import check_corrections
from services.objection.steps import (
    case_in_scope,
    own_case,
    require_impartial,
    required_text,
    take,
)
from services.objection.tables import Case

KIND = CaseKind.OBJECTION


async def accept(change: Change, request: pb.AcceptObjectionRequest) -> pb.AcceptObjectionResponse:
    """Accepts an objection: from the next day its term is counted (S3 28, R-114)."""
    case = await case_in_scope(change, request.case_id, KIND)
    case_said = await take(
        change,
        case,
        Step.ACCEPT,
        lambda c: events.ObjectionAccepted(case=c),
        cite=TERM_CITE,
        caseworker=change.on_behalf_of,
        accepted_at=change.at,
        term=start(TERM_OF[KIND], change.today, edition()).to_json(),
    )
    return pb.AcceptObjectionResponse(case=case_said)


async def decline(
    change: Change, request: pb.DeclineObjectionRequest, *, records: Sequence[Record]
) -> pb.DeclineObjectionResponse:
    """Declines to accept an objection, with the reason; not on records of one's own (S3 27)."""
    case = await case_in_scope(change, request.case_id, KIND)
    require_impartial(change, case, records)
    said = await take(
        change,
        case,
        Step.DECLINE,
        lambda c: events.ObjectionDeclined(case=c),
        cite=OBJECTION_CITE,
        note=request.reasons,
        reasons=request.reasons.strip(),
        decided_by=change.on_behalf_of,
        decided_at=change.at,
    )
    return pb.DeclineObjectionResponse(case=said)


async def withdraw(
    change: Change, request: pb.WithdrawObjectionRequest
) -> pb.WithdrawObjectionResponse:
    """Takes an objection back; only its own subject may, and only before it is decided."""
    case = await own_case(change, request.case_id, KIND)
    said = await take(
        change,
        case,
        Step.WITHDRAW,
        lambda c: events.ObjectionWithdrawn(case=c),
        cite=OBJECTION_CITE,
    )
    return pb.WithdrawObjectionResponse(case=said)


async def request_extension(
    change: Change, request: pb.RequestExtensionRequest
) -> pb.RequestExtensionResponse:
    """Asks the unit head for more working days; the term runs on meanwhile (S3 28)."""
    case = await case_in_scope(change, request.case_id, KIND)
    after(case.state, Step.REQUEST_EXTENSION)
    # What the cap forbids is refused now, before the unit head is asked.
    _extended(change, case, request.days, request.ground)
    said = await take(
        change,
        case,
        Step.REQUEST_EXTENSION,
        lambda c: events.ExtensionRequested(case=c),
        cite=TERM_CITE,
        note=request.ground,
        extension_requested_by=change.on_behalf_of,
        extension_requested_days=request.days,
        extension_ground=request.ground,
    )
    return pb.RequestExtensionResponse(case=said)


async def decide_extension(
    change: Change, request: pb.DecideExtensionRequest
) -> pb.DecideExtensionResponse:
    """Approves or refuses an extension, as the head of the unit (S3 28: 经单位负责人批准)."""
    case = await case_in_scope(change, request.case_id, KIND)
    step = Step.APPROVE_EXTENSION if request.approve else Step.DECLINE_EXTENSION
    after(case.state, step)
    may_approve_extension(
        change.caller.roles, change.on_behalf_of, case.extension_requested_by
    ).require()
    term = case.term
    if request.approve:
        days, ground = case.extension_requested_days, case.extension_ground
        term = _extended(change, case, days, ground).to_json()
    said = await take(
        change,
        case,
        step,
        lambda c: events.ExtensionDecided(case=c, approved=request.approve),
        cite=TERM_CITE,
        note=request.note,
        term=term,
        extension_requested_by="",
        extension_requested_days=0,
        extension_ground="",
    )
    return pb.DecideExtensionResponse(case=said)


async def decide(
    change: Change, request: pb.DecideObjectionRequest, *, records: Sequence[Record]
) -> pb.DecideObjectionResponse:
    """Decides an objection (S4 五(三)); what follows is done by the platform.

    `records` are those contested, as the register holds them. Raises NotPermitted to whoever
    entered one of them or lodged the case, InvalidInput for corrections that do not fit.
    """
    case = await case_in_scope(change, request.case_id, KIND)
    after(case.state, Step.DECIDE)
    require_impartial(change, case, records)
    outcome = Outcome(request.outcome)
    check_corrections(outcome, request.corrections, records, change.today)
    said = await take(
        change,
        case,
        Step.DECIDE,
        lambda c: events.ObjectionDecided(case=c),
        cite=OUTCOME_CITE,
        note=request.reasons,
        outcome=outcome,
        reasons=required_text("reasons", request.reasons, OUTCOME_CITE),
        corrections=[_stored(correction) for correction in request.corrections],
        decided_by=change.on_behalf_of,
        decided_at=change.at,
    )
    return pb.DecideObjectionResponse(case=said)


def _extended(change: Change, case: Case, days: int, ground: str) -> Term:
    if case.term is None:
        raise WrongState("期限尚未开始", "No term is running", cite=TERM_CITE)
    term = Term.from_json(case.term)
    return term.extend(days, change.on_behalf_of, ground, change.today, edition=edition())


def _stored(correction: pb.Correction) -> dict[str, object]:
    return dict(MessageToDict(correction, preserving_proto_field_name=True))
