"""What happened to records in a month: entered, reviewed before publication, expired."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from law.disclosure.publication import PublicationState
from law.evidence import RecordStatus
from plumbing import row_scope
from plumbing.months import Month
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry.publication.tables import Publication
from services.registry.tables import Record, RecordVersion


async def summarise_records(
    view: View, request: pb.SummariseRecordsRequest
) -> pb.SummariseRecordsResponse:
    """Counts the records of a bureau or of the caller's whole scope by what happened in a month.

    Raises NotPermitted if the requested bureau is outside the caller's scope.
    """
    mine = row_scope.covered(view.caller, Record.bureau)
    if request.bureau:
        view.caller.require_bureau(request.bureau)
        mine = row_scope.within(request.bureau, Record.bureau)
    month = Month.of(request.month, view.today)
    reviewed = (
        col(Publication.record_id) == col(Record.record_id),
        month.moments(Publication.reviewed_at),
    )
    released, withheld = (
        col(Publication.state) == state
        for state in (PublicationState.RELEASED, PublicationState.WITHHELD)
    )
    # The last version of a record that is gone is the one with which it went.
    gone = (
        col(RecordVersion.record_id) == col(Record.record_id),
        col(RecordVersion.version) == col(Record.version),
        col(Record.status) == RecordStatus.EXPIRED,
        month.moments(RecordVersion.at),
    )
    return pb.SummariseRecordsResponse(
        month=str(month),
        entered=await _count(view, mine, month.days(Record.entered_on)),
        released=await _count(view, mine, *reviewed, released),
        withheld=await _count(view, mine, *reviewed, withheld),
        expired=await _count(view, mine, *gone),
    )


async def _count(view: View, *conditions: Any) -> int:
    kept = sa.not_(col(Record.removed))  # not those of an import that was undone
    counted = sa.select(sa.func.count(col(Record.record_id))).where(kept, *conditions)
    return int((await (await view.session.connection()).execute(counted)).scalar_one())
