"""Queries on what is perhaps the same, within the caller's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing import paging, row_scope
from plumbing.view import View
from protos.registry.v1 import sameness_pb2 as pb
from services.registry import lookup
from services.registry import wire as register
from services.registry.sameness import wire
from services.registry.sameness.deciding import find
from services.registry.sameness.finding import place_of
from services.registry.sameness.sides import Side, id_of, seen, sides_at
from services.registry.sameness.tables import Likeness, LikenessOfBatch
from services.registry.tables import Instrument, Record, Subject, Verification

SHOWN = 200  # sides of one likeness


async def list_likenesses(
    view: View, request: pb.ListLikenessesRequest
) -> pb.ListLikenessesResponse:
    """Returns a page of what is perhaps the same, the oldest first."""
    rows = select(Likeness).where(row_scope.covered(view.caller, Likeness.bureau))
    if request.state:
        rows = rows.where(Likeness.state == request.state)
    if request.kind:
        rows = rows.where(col(Likeness.kind) == request.kind)
    if request.subject_id:
        rows = rows.where(Likeness.subject_id == await lookup.subject_id(view, request.subject_id))
    if request.batch_id:
        found = select(LikenessOfBatch.likeness_id).where(
            LikenessOfBatch.batch_id == request.batch_id
        )
        rows = rows.where(col(Likeness.likeness_id).in_(found))
    order = Likeness.opened_at, Likeness.likeness_id
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    messages = await wire.likenesses(view.session, page)
    return pb.ListLikenessesResponse(likenesses=messages, next_page_token=token, **count)


async def get_likeness(view: View, request: pb.GetLikenessRequest) -> pb.GetLikenessResponse:
    """Returns what is alike with its sides, at most 200 of them.

    Raises NotFound if there is no such likeness, and NotPermitted outside the caller's scope.
    """
    row = await find(view.session, view.caller, request.likeness_id)
    sides = await sides_at(view.session, place_of(row))
    shown = sides[:SHOWN]
    histories = await _histories(view.session, shown)
    return pb.GetLikenessResponse(
        likeness=await wire.likeness(view.session, row),
        sides=[await _side(view.session, row, one, histories) for one in shown],
        number=len(sides),
        seen=seen(sides),
    )


async def _histories(session: AsyncSession, sides: Sequence[Side]) -> dict[str, list[Verification]]:
    ids = [id_of(side) for side in sides if isinstance(side, Instrument)]
    rows = select(Verification).where(
        col(Verification.instrument_id).in_(ids), sa.not_(col(Verification.removed))
    )
    histories: dict[str, list[Verification]] = defaultdict(list)
    for one in await session.exec(rows.order_by(col(Verification.verified_on).desc())):
        histories[one.instrument_id].append(one)
    return histories


async def _side(
    session: AsyncSession, row: Likeness, side: Side, histories: dict[str, list[Verification]]
) -> pb.LikeSide:
    message = pb.LikeSide(kept_apart=id_of(side) in row.apart)
    if isinstance(side, Subject):
        message.subject.MergeFrom(register.subject(side))
        message.instruments = await _number(session, Instrument, side)
        message.records = await _number(session, Record, side)
    elif isinstance(side, Instrument):
        message.instrument.MergeFrom(register.instrument(side))
        message.verifications.extend(map(register.verification, histories[side.instrument_id]))
    elif isinstance(side, Record):
        message.record.MergeFrom(register.record(side))
    else:
        message.verifications.append(register.verification(side))
    return message


async def _number(session: AsyncSession, model: type[Instrument | Record], owner: Subject) -> int:
    rows = sa.select(sa.func.count()).where(
        col(model.subject_id) == owner.subject_id, sa.not_(col(model.removed))
    )
    return int((await (await session.connection()).execute(rows)).scalar_one())
