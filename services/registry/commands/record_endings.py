"""Commands that apply the decision of a case to records: repair, or stopped disclosure.

Only the objection service may call these commands.
"""

from __future__ import annotations

from collections.abc import Sequence

from law.errors import WrongState
from law.evidence import RecordStatus
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import Cause, save_records
from services.registry.commands.acting_for import require_decider, require_repairer
from services.registry.commands.targets import find_record
from services.registry.sameness.finding import look_at_known
from services.registry.sameness.places import of_this_record
from services.registry.tables import Record


async def repair_records(
    change: Change, request: pb.RepairRecordsRequest
) -> pb.RepairRecordsResponse:
    """Marks adverse records as repaired: from today on they no longer count (S3 20; S4 四(四)).

    Records that are no longer active are not changed. Raises WrongState for a positive record.
    """
    rows = await _records(change, request.record_ids)
    for row in rows:
        await require_repairer(change, row)
    if any(row.kind.positive for row in rows):
        raise WrongState("守信信息不适用信用修复", "Only adverse records can be repaired")
    active = [row for row in rows if row.status is RecordStatus.ACTIVE]
    before = _states(active)
    for row in active:
        row.status, row.status_on = RecordStatus.REPAIRED, change.today
    await save_records(change, active, Cause(events.CAUSE_REPAIRED, request.ground))
    await look_at_known(change, map(of_this_record, active))
    _audit(change, "repair_record", active, before, request.ground)
    return pb.RepairRecordsResponse(records=map(wire.record, rows))


async def stop_disclosure(
    change: Change, request: pb.StopDisclosureRequest
) -> pb.StopDisclosureResponse:
    """Stops the public disclosure of records; they stay on file and still count (S4 五(三))."""
    rows = await _records(change, request.record_ids)
    disclosed = [row for row in rows if not row.disclosure_stopped]
    for row in disclosed:
        await require_decider(change, row)
    before = _states(disclosed)
    for row in disclosed:
        row.disclosure_stopped = True
    await save_records(change, disclosed, Cause(events.CAUSE_DISCLOSURE_STOPPED, request.ground))
    _audit(change, "stop_disclosure", disclosed, before, request.ground)
    return pb.StopDisclosureResponse(records=map(wire.record, rows))


async def _records(change: Change, record_ids: Sequence[str]) -> list[Record]:
    return [await find_record(change, record_id) for record_id in sorted(set(record_ids))]


def _states(rows: Sequence[Record]) -> list[dict[str, object]]:
    return [row.model_dump(mode="json") for row in rows]


def _audit(
    change: Change,
    action: str,
    rows: Sequence[Record],
    before: Sequence[dict[str, object]],
    ground: str,
) -> None:
    for row, was in zip(rows, before, strict=True):
        after = row.model_dump(mode="json")
        change.audit(action, f"record/{row.record_id}", before=was, after=after, ground=ground)
