"""Sets the figures of a bureau's follow-ups: one administrator proposes, another approves.

They hold from a later day, and a wait that began before it goes on as it began: a subject that was
told a day is held to that day. Every function is one transaction.
"""

from __future__ import annotations

from uuid import uuid4

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from plumbing import validation
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import ladders_pb2 as pb
from services.alerts.escalation.steps import stripped
from services.alerts.ladders import wire
from services.alerts.ladders.own import REVIEW, REVIEW_AT_MOST
from services.alerts.ladders.tables import Ladder, LadderState
from services.alerts.notices.proposed_words import tell_of_proposal
from services.alerts.tables import Bureau

CITE = "S4 四(二); S1 12(二); C-31"


async def propose(change: Change, request: pb.ProposeLadderRequest) -> pb.ProposeLadderResponse:
    """Proposes figures of a bureau; nothing changes before somebody else approves them.

    The bureau is mailed that they wait.

    Raises NotPermitted outside the caller's scope, NotFound for an unknown bureau, WrongState while
    others wait for it, and InvalidInput with every fault.
    """
    change.caller.require_bureau(request.bureau)
    await exclusively(change.session, "ladders")
    office = await change.session.get(Bureau, request.bureau)
    if office is None:
        raise NotFound("没有这个机关", "There is no such bureau", bureau=request.bureau)
    await _require_none_waiting(change, request.bureau)
    day, figures = validation.day(request.valid_from, "valid_from"), wire.figures_of(request)
    faults = []
    if day is None or day <= change.today:
        zh, en = "启用日应在今日之后", "must be after today"
        faults.append(Fault("valid_from", zh, en))
    if not request.ground.strip():
        faults.append(Fault("ground", "须写明", "This text is required"))
    if figures[REVIEW] > figures[REVIEW_AT_MOST]:
        zh, en = "不能少于通常的复查间隔", "must not be less than the usual review"
        faults.append(Fault(f"figures.{REVIEW_AT_MOST}", zh, en))
    if faults or day is None:
        raise InvalidInput(faults=faults)
    row = Ladder(
        ladder_id=uuid4().hex,
        bureau=request.bureau,
        figures=figures,
        valid_from=day,
        ground=request.ground.strip(),
        state=LadderState.PROPOSED,
        proposed_by=change.on_behalf_of,
        proposed_at=change.at,
    )
    change.session.add(row)
    _audit(change, row, "propose_ladder")
    await tell_of_proposal(change, office, f"ladder/{row.ladder_id}", "督促间隔")
    return pb.ProposeLadderResponse(ladder=wire.ladder(row))


async def approve(change: Change, request: pb.ApproveLadderRequest) -> pb.ApproveLadderResponse:
    """Approves figures that somebody else proposed.

    Raises NotPermitted for whoever proposed them, and WrongState if they do not wait or their day
    has come: the waits of that day have begun by others.
    """
    row = await _waiting(change, request.ladder_id)
    if row.proposed_by == change.on_behalf_of:
        zh = "提出的人不能自己批准，请另一位平台管理员批准"
        raise NotPermitted(zh, "Another administrator approves what you proposed", cite="D-16")
    if row.valid_from <= change.today:
        zh = f"启用日 {row.valid_from} 已到，请作废后另定启用日再提出"
        en = f"Their day {row.valid_from} has come; discard them and propose a later day"
        raise WrongState(zh, en, ladder=row.ladder_id)
    _decide(change, row, LadderState.APPROVED)
    _audit(change, row, "approve_ladder")
    return pb.ApproveLadderResponse(ladder=wire.ladder(row))


async def discard(change: Change, request: pb.DiscardLadderRequest) -> pb.DiscardLadderResponse:
    """Discards figures that wait, with reasons; raises WrongState if they do not wait."""
    row = await _waiting(change, request.ladder_id)
    row.reasons = stripped("reasons", request.reasons)
    _decide(change, row, LadderState.DISCARDED)
    _audit(change, row, "discard_ladder")
    return pb.DiscardLadderResponse(ladder=wire.ladder(row))


def _decide(change: Change, row: Ladder, state: LadderState) -> None:
    row.state, row.decided_by, row.decided_at = state, change.on_behalf_of, change.at
    change.session.add(row)


async def _waiting(change: Change, ladder_id: str) -> Ladder:
    row = await find_by_id(change.session, Ladder, ladder_id, lock=True)
    if row is None:
        raise NotFound("没有这一版间隔", "There are no such figures", ladder=ladder_id)
    change.caller.require_bureau(row.bureau)
    if row.state is not LadderState.PROPOSED:
        zh, en = "这一版间隔已经批准或者作废", "These figures were approved or discarded"
        raise WrongState(zh, en, ladder=row.ladder_id, state=row.state)
    return row


async def _require_none_waiting(change: Change, bureau: str) -> None:
    waiting = select(Ladder).where(
        col(Ladder.bureau) == bureau, col(Ladder.state) == LadderState.PROPOSED
    )
    if (row := (await change.session.exec(waiting)).first()) is not None:
        zh = f"该机关已有一版间隔待批准（{row.ladder_id}），请先批准或者作废"
        en = f"Other figures of this bureau wait: {row.ladder_id}"
        raise WrongState(zh, en, ladder=row.ladder_id)


def _audit(change: Change, row: Ladder, action: str) -> None:
    after = row.model_dump(mode="json")
    object_ = f"ladder/{row.ladder_id}"
    change.audit(action, object_, after=after, ground=CITE, bureau=row.bureau)
