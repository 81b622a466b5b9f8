"""Further counts of the colour board: by type, sector of the owner, street, and institution.

An instrument is of the first street asked for whose name its owner's address contains. The register
keeps addresses as they were written, without codes of streets, so nobody guesses here where the
name of a street begins: whoever asks names the streets, as for the list behind the number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.instrument_filters import GOVERNING, OWNER, colour_in_sql, in_street
from services.alerts.queries import scope
from services.alerts.tables import ON_FILE, Instrument, Subject, Verification


async def count_groups(view: View, request: pb.GetColourBoardRequest) -> list[pb.GroupCount]:
    """Counts the instruments within the caller's scope today by the group asked for, and colour.

    Each number is that of the list of colours with the same filters. Every instrument in scope is
    read for it, so the board counts by groups only if asked.
    """
    if not request.by:
        return []
    group, joined = (
        (_first_street(request.streets), _with_owner)
        if request.by == "street"
        else _GROUPS[request.by]
    )
    columns = (group.label("group"), _colour(view), sa.func.count())
    grouped = _within(view, request, joined(sa.select(*columns).select_from(Instrument)))
    counted = [(*row,) for row in await _rows(view, grouped.group_by("group", "colour"))]
    return [pb.GroupCount(group=g, colour=c, instruments=n) for g, c, n in sorted(counted)]


def _with_owner(rows: Any) -> Any:
    return rows.outerjoin(Subject, OWNER)


_Joining = Callable[[Any], Any]
_GROUPS: Mapping[str, tuple[Any, _Joining]] = {
    "type": (col(Instrument.type_code), lambda rows: rows),
    "sector": (
        sa.func.coalesce(col(Subject.sector), ""),
        _with_owner,
    ),
    "institution": (
        sa.func.coalesce(col(Verification.institution), ""),
        lambda rows: rows.outerjoin(Verification, GOVERNING),
    ),
}


def _first_street(streets: Sequence[str]) -> Any:
    """The first street whose name the owner's address contains; empty for none."""
    named = [(in_street(street), sa.literal(street)) for street in streets]
    return sa.case(*named, else_="") if named else sa.literal("")


def _colour(view: View) -> Any:
    return colour_in_sql(view.today).label("colour")


def _within(view: View, request: pb.GetColourBoardRequest, rows: Any) -> Any:
    scoped = scope(view.caller, Instrument, request.bureau, request.subject_id)
    return rows.where(sa.text(ON_FILE), *scoped)


async def _rows(view: View, statement: Any) -> list[Any]:
    return list((await (await view.session.connection()).execute(statement)).all())
