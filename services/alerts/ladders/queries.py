"""Queries of the figures that bureaus set for their follow-ups."""

from __future__ import annotations

from sqlmodel import select

from law.escalation import usual_figures
from plumbing import paging, row_scope
from plumbing.view import View
from protos.alerts.v1 import ladders_pb2 as pb
from services.alerts.ladders import own, wire
from services.alerts.ladders.tables import Ladder


async def list_ladders(view: View, request: pb.ListLaddersRequest) -> pb.ListLaddersResponse:
    """Returns a page of the figures proposed in the caller's scope, the newest first."""
    rows = select(Ladder).where(row_scope.covered(view.caller, Ladder.bureau))
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Ladder.bureau))
    order = (Ladder.proposed_at, Ladder.ladder_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    holding = set()
    for bureau in {row.bureau for row in page}:
        if row := await own.in_force(view.session, bureau, view.today):
            holding.add(row.ladder_id)
    return pb.ListLaddersResponse(
        ladders=[wire.ladder(row, in_force=row.ladder_id in holding) for row in page],
        examples=pb.LadderFigures(**own.written(usual_figures(view.today))),
        next_page_token=token,
        **count,
    )
