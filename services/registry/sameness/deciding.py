"""A person's decision about what is perhaps the same: joined, or kept apart, with the ground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.separation import Act
from plumbing import row_scope
from plumbing.change import Change
from plumbing.identity import Caller
from plumbing.short_ids import LEAST
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import sameness_pb2 as pb
from services.registry.proposals.propose import Proposed, propose
from services.registry.red_alerts import alters_compulsion
from services.registry.sameness import joining, wire
from services.registry.sameness.finding import DECIDED, look, place_of
from services.registry.sameness.sides import Side, id_of, seen, sides_at
from services.registry.sameness.subject_joining import join_subjects
from services.registry.sameness.tables import LikeKind, Likeness
from services.registry.tables import Proposal, Subject
from services.registry.upkeep.effects import demand_omitted

Request = pb.JoinLikenessRequest | pb.KeepApartRequest


async def find(session: AsyncSession, caller: Caller, likeness_id: str) -> Likeness:
    """Returns a likeness by its id or the beginning of it.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    begins = col(Likeness.likeness_id).startswith(likeness_id, autoescape=True)
    scope = row_scope.covered(caller, Likeness.bureau)
    row = await session.get(Likeness, likeness_id)
    if row is None:
        found = (await session.exec(select(Likeness).where(begins, scope).limit(2))).all()
        row = found[0] if len(found) == 1 else None
    if row is None:
        raise NotFound("没有这一项疑似同一", "There is no such likeness", likeness_id=likeness_id)
    caller.require_bureau(row.bureau)
    return row


async def join_likeness(change: Change, request: pb.JoinLikenessRequest) -> pb.JoinLikenessResponse:
    """Joins several sides to one that stays.

    The joining of subjects, the withdrawal of an adverse record and what ends a red alert are only
    proposed: a second person releases them (S1 20). Raises NotFound, NotPermitted outside the
    caller's scope, InvalidInput for sides that are none, and WrongState if the sides have changed
    since they were seen.
    """
    row, sides = await _current(change, request)
    kept, joined = _chosen(request, row, sides)
    act = await _second_person(change, row, kept, joined)
    if act is not None:
        after = {"kept": _named(kept), "joined": "、".join(map(_named, joined))}
        proposal = await _propose(change, request, row, act, after)
        message = await wire.likeness(change.session, row)
        return pb.JoinLikenessResponse(likeness=message, proposal=proposal)
    await _join(change, row, kept, joined, request.ground)
    return pb.JoinLikenessResponse(likeness=await wire.likeness(change.session, row))


async def release_joining(
    change: Change, request: pb.JoinLikenessRequest, proposal: Proposal
) -> None:
    """Joins what a second person releases. Raises as `join_likeness`."""
    row, sides = await _current(change, request)
    kept, joined = _chosen(request, row, sides)
    await _join(change, row, kept, joined, request.ground)


async def keep_apart(change: Change, request: pb.KeepApartRequest) -> pb.KeepApartResponse:
    """Keeps all sides apart; of different results of one day it lets one stand.

    A result that ends a red alert is only proposed: a second person releases it (S1 20). Raises as
    `join_likeness`.
    """
    row, sides = await _current(change, request)
    if row.kind is LikeKind.RESULT:
        request.stands_id = id_of(_require_side(request.stands_id, sides, "stands_id"))
        if await joining.standing_ends_red(change, sides, request.stands_id):  # type: ignore[arg-type]
            after = {"kept": request.stands_id}
            proposal = await _propose(change, request, row, Act.END_RED_ALERT, after)
            message = await wire.likeness(change.session, row)
            return pb.KeepApartResponse(likeness=message, proposal=proposal)
    await _keep_apart(change, row, sides, request)
    return pb.KeepApartResponse(likeness=await wire.likeness(change.session, row))


async def release_standing(
    change: Change, request: pb.KeepApartRequest, proposal: Proposal
) -> None:
    """Lets the result stand that a second person releases. Raises as `keep_apart`."""
    row, sides = await _current(change, request)
    await _keep_apart(change, row, sides, request)


async def _current(change: Change, request: Request) -> tuple[Likeness, Sequence[Side]]:
    row = await find(change.session, change.caller, request.likeness_id)
    sides = await sides_at(change.session, place_of(row), lock=True)
    if seen(sides) != request.seen:
        raise WrongState(
            "所列各方此后有变化，请重新查看后再决定",
            "The sides have changed since; look at them again",
            likeness_id=row.likeness_id,
        )
    return row, sides


def _chosen(
    request: pb.JoinLikenessRequest, row: Likeness, sides: Sequence[Side]
) -> tuple[Side, Sequence[Side]]:
    """The side that stays, and those that are joined to it."""
    if row.kind is LikeKind.RESULT:
        zh, en = "同日不同结果不能合并，请选定以哪一个为准", "choose the result that stands"
        raise InvalidInput(faults=[Fault("joined_ids", zh, en)])
    kept = _require_side(request.kept_id, sides, "kept_id")
    joined = [_require_side(one, sides, "joined_ids") for one in dict.fromkeys(request.joined_ids)]
    if kept in joined:
        zh, en = "保留的一方不能同时并入自身", "the one that stays cannot be joined to itself"
        raise InvalidInput(faults=[Fault("joined_ids", zh, en)])
    if row.kind is LikeKind.SUBJECT and len(joined) > 1:
        zh, en = "主体每次合并两个", "subjects are joined two at a time"
        raise InvalidInput(faults=[Fault("joined_ids", zh, en)])
    return kept, joined


def _require_side(side_id: str, sides: Sequence[Side], field: str) -> Side:
    """The side with an id, or the only one whose id begins with it."""
    begun = [side for side in sides if id_of(side).startswith(side_id)]
    if len(side_id) >= LEAST and len(begun) == 1:
        return begun[0]
    raise InvalidInput(faults=[Fault(field, "请从所列各方中选择", "choose one of the sides")])


async def _second_person(
    change: Change, row: Likeness, kept: Any, joined: Sequence[Any]
) -> Act | None:
    """The act for which a second person is needed; None if there is none."""
    if row.kind is LikeKind.SUBJECT:
        return Act.JOIN_SUBJECTS
    if row.kind is LikeKind.RECORD:
        return None if kept.kind.positive else Act.WITHDRAW_RECORD
    if any(alters_compulsion(one.model_dump(), kept.model_dump()) for one in joined):
        return Act.EXEMPT_INSTRUMENT
    ends = await joining.joining_ends_red(change, kept, joined)
    return Act.END_RED_ALERT if ends else None


async def _propose(
    change: Change, request: Request, row: Likeness, act: Act, after: dict[str, Any]
) -> proposals.Proposal:
    what = Proposed(
        act=act,
        object=f"likeness/{row.likeness_id}",
        version=0,  # the request names the sides as they were seen
        bureau=row.bureau,
        ground=request.ground,
        before={},
        after=after,
        subject_id=row.subject_id,
    )
    return await propose(change, request, what)


async def _join(
    change: Change, row: Likeness, kept: Any, joined: Sequence[Any], ground: str
) -> None:
    # First, since joining looks at the place too, and forgets what nobody has decided.
    _decided(change, row, ground)
    if row.kind is LikeKind.SUBJECT:
        await join_subjects(change, kept, joined[0], ground)
    elif row.kind is LikeKind.INSTRUMENT:
        await joining.join_instruments(change, kept, joined, ground)
        await demand_omitted(change, [kept.instrument_id])
    else:
        await joining.withdraw_repeated(change, kept, joined, ground)
    await look(change, place_of(row))


async def _keep_apart(
    change: Change, row: Likeness, sides: Sequence[Any], request: pb.KeepApartRequest
) -> None:
    if row.kind is LikeKind.RESULT:
        await joining.let_stand(change, sides, request.stands_id, request.ground)
    before = {"state": row.state, "apart": row.apart}
    row.apart, row.state = [id_of(side) for side in sides], DECIDED
    _decided(change, row, request.ground)
    after = {"state": row.state, "apart": row.apart}
    object_ = f"likeness/{row.likeness_id}"
    change.audit(
        "keep_apart", object_, before=before, after=after, ground=request.ground, bureau=row.bureau
    )


def _decided(change: Change, row: Likeness, ground: str) -> None:
    row.decided_by, row.decided_at, row.ground = change.on_behalf_of, change.at, ground


def _named(side: Any) -> str:
    """A side in a few words, for the person who releases the joining."""
    if isinstance(side, Subject):
        return f"{side.name} {side.credit_code}".strip()
    number = getattr(side, "serial_no", "") or getattr(side, "source_ref", "")
    return f"{number} {getattr(side, 'model', '')}（{id_of(side)[:8]}）"
