"""Queries on the editions of the calendar that were loaded."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.terms.arrangement import Arrangement
from plumbing import paging
from plumbing.identity import Role
from plumbing.view import View
from protos.registry.v1 import calendars_pb2 as pb
from services.registry.calendars import wire
from services.registry.calendars.tables import EditionState, LoadedEdition


async def list_editions(
    view: View, request: pb.ListCalendarEditionsRequest
) -> pb.ListCalendarEditionsResponse:
    """Returns a page of the loaded editions, the newest first; to most callers the applied ones."""
    rows, knows = select(LoadedEdition), view.caller.has(Role.ADMINISTRATOR, Role.AUDITOR)
    if not knows:
        rows = rows.where(LoadedEdition.state == EditionState.APPLIED)
    if request.state:
        rows = rows.where(col(LoadedEdition.state) == request.state)
    order = LoadedEdition.loaded_at, LoadedEdition.edition_id
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    messages = await wire.editions(view.session, page, people=knows)
    return pb.ListCalendarEditionsResponse(editions=messages, next_page_token=token, **count)


async def applied(session: AsyncSession) -> Sequence[Arrangement]:
    """Returns the arrangements that were applied, in that order."""
    query = select(LoadedEdition).where(LoadedEdition.state == EditionState.APPLIED)
    rows = await session.exec(query.order_by(col(LoadedEdition.number)))
    return [Arrangement.from_json(row.arrangement) for row in rows]
