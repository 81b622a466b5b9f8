"""Restores records that left the archive before their time, which a wrong clock may have caused."""

from __future__ import annotations

from datetime import date

from sqlmodel import col, select

from law.errors import WrongState
from law.evidence import RecordStatus
from law.texts_in_force.governing import GoverningTexts
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import Cause, save_records
from services.registry.commands.targets import find_record
from services.registry.retention import activations as governing
from services.registry.retention.expiry import end_of
from services.registry.sameness.finding import look
from services.registry.sameness.places import of_this_record
from services.registry.tables import Record, RecordVersion, Subject


async def restore_records(
    change: Change, request: pb.RestoreRecordsRequest
) -> pb.RestoreRecordsResponse:
    """Puts expired records back on file as they were before, if their time is not over today.

    The periods are those of S3 18, 19 and S4 三(二). Either all records are restored or none.
    Raises WrongState, which names the record, if it is not expired or its time is over.
    """
    now = await governing.load(change.session)
    rows = [await find_record(change, record_id) for record_id in sorted(set(request.record_ids))]
    before = [row.model_dump(mode="json") for row in rows]
    for row in rows:
        await _restore(change, row, now)
    await save_records(change, rows, Cause(events.CAUSE_RESTORED, request.ground))
    for place in {of_this_record(row) for row in rows}:
        await look(change, place)
    for row, was in zip(rows, before, strict=True):
        after = row.model_dump(mode="json")
        name = f"record/{row.record_id}"
        change.audit("restore_record", name, before=was, after=after, ground=request.ground)
    return pb.RestoreRecordsResponse(records=map(wire.record, rows))


async def _restore(change: Change, row: Record, now: GoverningTexts) -> None:
    if row.status is not RecordStatus.EXPIRED:
        zh, en = "该记录没有从档案中删除", "The record has not left the archive"
        raise WrongState(zh, en, record=row.record_id, status=row.status)
    row.status, row.status_on = await _status_before(change, row)
    owner = await change.session.get_one(Subject, row.subject_id)
    if end := end_of(row, owner, now, change.today):
        zh = f"保存期已于{end[0]}届满（{end[1]}），不能恢复"
        en = f"Its time ended on {end[0]} ({end[1]}); it cannot be restored"
        raise WrongState(zh, en, record=row.record_id)


async def _status_before(change: Change, row: Record) -> tuple[RecordStatus, date | None]:
    """The status and its day in the last version of a record before it expired."""
    versions = (
        select(RecordVersion.state)
        .where(col(RecordVersion.record_id) == row.record_id)
        .order_by(col(RecordVersion.version).desc())
    )
    for state in (await change.session.exec(versions)).all():
        if state["status"] != RecordStatus.EXPIRED:
            day = state.get("status_on")
            return RecordStatus(state["status"]), date.fromisoformat(day) if day else None
    zh, en = "没有到期前的版本", "There is no version from before it expired"
    raise WrongState(zh, en, record=row.record_id)
