"""What may be read of impacts and activations; what is out of the caller's scope is not there."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing import paging
from plumbing.identity import Caller, scope_prefix
from protos.grading.v1 import rulesets_pb2 as pb
from services.grading.tables import Activation, Impact, ImpactMove


async def impact(session: AsyncSession, caller: Caller, impact_id: str) -> Impact:
    """An impact on a municipality in the caller's scope."""
    row = await session.get(Impact, impact_id)
    if row is None or not caller.covers(row.bureau):
        raise NotFound("未找到该试算", "There is no such impact")
    return row


async def moves(
    session: AsyncSession, caller: Caller, request: pb.ListImpactMovesRequest
) -> tuple[Sequence[ImpactMove], str]:
    """The subjects an impact moves, in the order of their ids."""
    await impact(session, caller, request.impact_id)
    key = col(ImpactMove.subject_id)
    wanted = select(ImpactMove).where(ImpactMove.impact_id == request.impact_id)
    if place := paging.after(request, paging.text):
        wanted = wanted.where(key > place[0])
    wanted = wanted.order_by(key).limit(paging.page_size(request) + 1)
    return paging.cut(request, (await session.exec(wanted)).all(), lambda row: [row.subject_id])


async def activations(
    session: AsyncSession, caller: Caller, request: pb.ListActivationsRequest
) -> tuple[Sequence[Activation], str]:
    """The activations that reach a bureau or lie below it, the newest first."""
    if request.bureau:
        caller.require_bureau(request.bureau)
    key = col(Activation.seq)
    wanted = select(Activation).where(*_touching(caller, request.bureau))
    if place := paging.after(request, paging.whole):
        wanted = wanted.where(key < place[0])
    wanted = wanted.order_by(key.desc()).limit(paging.page_size(request) + 1)
    return paging.cut(request, (await session.exec(wanted)).all(), lambda row: [row.seq])


def _touching(caller: Caller, asked: str) -> list[sa.ColumnElement[bool]]:
    bureau = asked or caller.bureau
    if not bureau:
        return [] if caller.is_service else [sa.false()]
    above = [bureau[:digits].ljust(6, "0") for digits in (0, 2, 4)]
    place = col(Activation.bureau)
    return [sa.or_(place.startswith(scope_prefix(bureau)), place.in_(above))]
