"""Decides about proposals. Nobody decides about a proposal of their own (S1 20, D-16)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from law.errors import NotPermitted, WrongState
from law.separation import Act, Office, release_of
from plumbing.change import Change
from plumbing.identity import Caller, Role
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import directory_pb2 as directory
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import people_pb2 as people
from protos.registry.v1 import proposals_pb2 as pb
from protos.registry.v1 import questions_pb2 as questions
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1 import sameness_pb2 as sameness
from services.registry.commands import instrument_states, instruments, records, verifications
from services.registry.directory import consenting as listings
from services.registry.identity import accounts
from services.registry.imports.batch import undo
from services.registry.lives import deregistering, joining, parting, splitting
from services.registry.orders.terms import commands as terms
from services.registry.people import consenting
from services.registry.proposals.access import find
from services.registry.proposals.propose import (
    DECLINED,
    RELEASED,
    WAITING,
    WITHDRAWN,
    object_id,
    tell,
)
from services.registry.questions import answering
from services.registry.sameness import deciding
from services.registry.tables import Proposal

Release = Callable[[Change, Any, Proposal], Awaitable[None]]
# What carries out a released request, by the type of the request.
RELEASES: Mapping[str, tuple[Any, Release]] = {
    kind.DESCRIPTOR.full_name: (kind, release)
    for kind, release in (
        (registry.CorrectRecordRequest, records.release_correction),
        (registry.WithdrawRecordRequest, records.release_withdrawal),
        (registry.PutInstrumentRequest, instruments.release_content),
        (registry.SetInstrumentStateRequest, instrument_states.release_state),
        (registry.RecordVerificationRequest, verifications.release_verification),
        (sameness.JoinLikenessRequest, deciding.release_joining),
        (sameness.KeepApartRequest, deciding.release_standing),
        (questions.AnswerQuestionRequest, answering.release_answer),
        (lives.SplitSubjectRequest, splitting.release_split),
        (lives.DeregisterSubjectRequest, deregistering.release_deregistration),
        (lives.JoinSubjectsRequest, joining.release_joining),
        (lives.PartSubjectsRequest, parting.release_parting),
        (people.PutQualificationRequest, consenting.release_consent),
        (directory.PutListingRequest, listings.release_listing),
        (orders.PutOrderTermsRequest, terms.release_order_terms),
        (identity.ChangeAccountRequest, accounts.release_change),
        (identity.CloseAccountRequest, accounts.release_closing),
    )
}
_UNDO = registry.UndoBatchRequest.DESCRIPTOR.full_name
_WHO = {
    Office.UNIT_HEAD: "单位负责人",
    Office.CASEWORKER: "办案人员",
    Office.ADMINISTRATOR: "另一位平台管理员",
}


async def undo_to_release(view: View, proposal_id: str) -> registry.UndoBatchRequest | None:
    """Returns the undoing that a proposal asks for, with the whole id of its batch.

    None if it asks for something else, or if its release will be refused for another reason.
    """
    row = await find(view.session, view.caller, proposal_id)
    if row.request_type != _UNDO or row.state != WAITING:
        return None
    _require_may_decide(view.caller, row)
    request = registry.UndoBatchRequest.FromString(row.request)
    request.batch_id = object_id(row)
    return request


async def release_proposal(
    change: Change, request: pb.ReleaseProposalRequest, *, undone: undo.Undone | None = None
) -> pb.ReleaseProposalResponse:
    """Releases a proposal: exactly what was proposed takes effect, in the same transaction.

    Raises NotFound for an unknown proposal, NotPermitted outside the caller's scope, without the
    role that the law names and for the proposer, and WrongState if the proposal is decided or its
    object has changed since.
    """
    row = await _decidable(change, request.proposal_id)
    message = await _close(change, row, RELEASED, "release_change", request.reasons)
    if row.request_type == _UNDO:
        asked = registry.UndoBatchRequest.FromString(row.request)
        await undo.release_undo(change, asked, row, undone)
    else:
        kind, release = RELEASES[row.request_type]
        await release(change, kind.FromString(row.request), row)
    return pb.ReleaseProposalResponse(proposal=message)


async def decline_proposal(
    change: Change, request: pb.DeclineProposalRequest
) -> pb.DeclineProposalResponse:
    """Declines a proposal; nothing changes. Raises the errors of `release_proposal`."""
    row = await _decidable(change, request.proposal_id)
    message = await _close(change, row, DECLINED, "decline_change", request.reasons)
    return pb.DeclineProposalResponse(proposal=message)


async def withdraw_proposal(
    change: Change, request: pb.WithdrawProposalRequest
) -> pb.WithdrawProposalResponse:
    """Takes back a proposal of the caller's own.

    Raises NotFound for an unknown proposal, NotPermitted for that of another, and WrongState if it
    is decided.
    """
    row = await find(change.session, change.caller, request.proposal_id, lock=True)
    if row.proposed_by != change.on_behalf_of:
        zh, en = "只能撤回本人提出的申请", "You may take back your own proposals only"
        raise NotPermitted(zh, en)
    _require_waiting(row)
    message = await _close(change, row, WITHDRAWN, "withdraw_change", "")
    return pb.WithdrawProposalResponse(proposal=message)


async def _decidable(change: Change, proposal_id: str) -> Proposal:
    row = await find(change.session, change.caller, proposal_id, lock=True)
    _require_may_decide(change.caller, row)
    _require_waiting(row)
    return row


def _require_may_decide(caller: Caller, row: Proposal) -> None:
    rule = release_of(Act(row.act))
    if not caller.has(Role(rule.by)):
        zh, en = f"{rule.zh}须由{_WHO[rule.by]}批准", f"{rule.en} is released by the {rule.by}"
        raise NotPermitted(zh, en, cite=rule.cite)
    if row.proposed_by == (caller.on_behalf_of or caller.account_id):
        zh, en = "不能批准或退回本人提出的申请", "Nobody decides about a proposal of their own"
        raise NotPermitted(zh, en, cite=rule.cite)


def _require_waiting(row: Proposal) -> None:
    if row.state != WAITING:
        raise WrongState("该申请已办结", "The proposal is decided", state=row.state)


async def _close(
    change: Change, row: Proposal, state: str, action: str, reasons: str
) -> pb.Proposal:
    row.state, row.reasons = state, reasons
    row.decided_by, row.decided_at = change.on_behalf_of, change.at
    return await tell(change, row, action, ground=reasons)
