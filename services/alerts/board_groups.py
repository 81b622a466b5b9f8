"""Further counts of the colour board: by type, sector of the owner, street, and institution.

An instrument is of a street if its owner's address contains the name of the street. The register
keeps addresses as they were written, without codes of streets, so nobody guesses here where the
name of a street begins: whoever asks names the streets, as for the list behind the number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.instrument_filters import GOVERNING, OWNER, colour_in_sql, in_street
from services.alerts.queries import scope
from services.alerts.tables import ON_FILE, Instrument, Subject, Verification

Counted = tuple[str, str, int]  # group, colour, and number of instruments


async def count_groups(view: View, request: pb.GetColourBoardRequest) -> list[pb.GroupCount]:
    """Counts the instruments within the caller's scope today by the group asked for, and colour.

    Each number is that of the list of colours with the same filters. Every instrument in scope is
    read for it, so the board counts by groups only if asked.
    """
    if not request.by:
        return []
    if request.by == "street":
        counted = await _by_street(view, request)
    else:
        group, joined = _GROUPS[request.by]
        columns = (group.label("group"), _colour(view), sa.func.count())
        grouped = _within(view, request, joined(sa.select(*columns).select_from(Instrument)))
        counted = [(*row,) for row in await _rows(view, grouped.group_by("group", "colour"))]
    return [pb.GroupCount(group=g, colour=c, instruments=n) for g, c, n in sorted(counted)]


_Joining = Callable[[Any], Any]
_GROUPS: Mapping[str, tuple[Any, _Joining]] = {
    "type": (col(Instrument.type_code), lambda rows: rows),
    "sector": (
        sa.func.coalesce(col(Subject.sector), ""),
        lambda rows: rows.outerjoin(Subject, OWNER),
    ),
    "institution": (
        sa.func.coalesce(col(Verification.institution), ""),
        lambda rows: rows.outerjoin(Verification, GOVERNING),
    ),
}


async def _by_street(view: View, request: pb.GetColourBoardRequest) -> Iterable[Counted]:
    """The counts of each street that was named, and of the addresses with no such name."""
    named = [in_street(street) for street in request.streets]
    elsewhere = ~sa.func.coalesce(sa.or_(sa.false(), *named), sa.false())
    numbers = [sa.func.count().filter(one) for one in (*named, elsewhere)]
    rows = sa.select(_colour(view), *numbers).select_from(Instrument).outerjoin(Subject, OWNER)
    found = await _rows(view, _within(view, request, rows).group_by("colour"))
    groups = (*request.streets, "")
    return [
        (group, colour, number)
        for colour, *counted in found
        for group, number in zip(groups, counted, strict=True)
        if number
    ]


def _colour(view: View) -> Any:
    return colour_in_sql(view.today).label("colour")


def _within(view: View, request: pb.GetColourBoardRequest, rows: Any) -> Any:
    scoped = scope(view.caller, Instrument, request.bureau, request.subject_id)
    return rows.where(sa.text(ON_FILE), *scoped)


async def _rows(view: View, statement: Any) -> list[Any]:
    return list((await (await view.session.connection()).execute(statement)).all())
