"""Queries on the log of upkeep, within the caller's scope."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import paging, row_scope
from plumbing.database import unindexed
from plumbing.identity import Role
from plumbing.view import View
from protos.registry.v1 import upkeep_pb2 as pb
from services.registry import lookup
from services.registry.tables import Instrument, Subject
from services.registry.upkeep import wire
from services.registry.upkeep.access import find
from services.registry.upkeep.effects import unpassed
from services.registry.upkeep.policy import WRITERS
from services.registry.upkeep.tables import UpkeepEntry, UpkeepFile

_ORDER: tuple[Any, ...] = (UpkeepEntry.done_on, UpkeepEntry.upkeep_id)


async def list_upkeep(view: View, request: pb.ListUpkeepRequest) -> pb.ListUpkeepResponse:
    """Returns a page of the entries in the caller's scope, the latest first."""
    rows: Any = (
        select(UpkeepEntry, Instrument, Subject.name)
        .join(Instrument, col(UpkeepEntry.instrument_id) == Instrument.instrument_id)
        .join(Subject, col(Instrument.subject_id) == Subject.subject_id)
        .where(sa.not_(col(Instrument.removed)))
    )
    seen = row_scope.seen(view.caller, Instrument.subject_id, Instrument.bureau)
    if request.instrument_id:
        instrument = await lookup.instrument(view, request.instrument_id)
        key = instrument.instrument_id if instrument else request.instrument_id
        rows = rows.where(UpkeepEntry.instrument_id == key, seen)
    elif request.subject_id:
        subject_id = await lookup.subject_id(view, request.subject_id)
        rows = rows.where(Instrument.subject_id == subject_id, seen)
    elif request.owner_no:
        own = Instrument.owner_no == request.owner_no.strip()
        # As the index has it, of which a database knows only by these very words.
        indexed = sa.text("instrument.owner_no <> '' AND NOT instrument.removed")
        rows = rows.where(own, indexed, seen)
    else:
        rows = rows.where(seen if view.caller.has(Role.OPERATOR) else unindexed(seen))
    if request.kind:
        rows = rows.where(unindexed(col(UpkeepEntry.kind) == request.kind))
    page, token = await paging.page(
        view.session,
        request,
        rows,
        *_ORDER,
        newest_first=True,
        key=lambda row: [getattr(row[0], column.key) for column in _ORDER],
    )
    count = await paging.count(view.session, request, rows, token)
    open_ = await unpassed(view.session, [(row[0], row[1]) for row in page])
    entries = (wire.entry(row, instrument, name, open_) for row, instrument, name in page)
    return pb.ListUpkeepResponse(entries=entries, next_page_token=token, **count)


async def get_upkeep(view: View, request: pb.GetUpkeepRequest) -> pb.GetUpkeepResponse:
    """Returns an entry with its files, in the order in which they came.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row, instrument = await find(view, request.upkeep_id)
    owner = await view.session.get_one(Subject, instrument.subject_id)
    own = select(UpkeepFile).where(UpkeepFile.upkeep_id == row.upkeep_id)
    files = await view.session.exec(own.order_by(col(UpkeepFile.uploaded_at), UpkeepFile.file_id))
    open_ = await unpassed(view.session, [(row, instrument)])
    return pb.GetUpkeepResponse(
        entry=wire.entry(row, instrument, owner.name, open_),
        files=map(wire.file, files),
        may_add=view.caller.has(*WRITERS),
    )
