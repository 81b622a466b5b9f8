"""What a person says of a permit on file: that it was revoked or cancelled, or is in force."""

from __future__ import annotations

from datetime import date

from law.errors import Fault, WrongState
from plumbing import validation
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import permits_pb2 as pb
from services.registry.announce_changes import Cause, save_permits
from services.registry.commands.targets import refuse_any
from services.registry.permits.queries import IN_FORCE, entry, find
from services.registry.permits.tables import Permit


async def end_permit(change: Change, request: pb.EndPermitRequest) -> pb.EndPermitResponse:
    """Marks a permit as revoked, withdrawn, annulled or cancelled, or takes that back.

    Raises NotFound if there is none, NotPermitted outside the caller's scope, WrongState if it is
    in that state already, and InvalidInput for a day before the decision or after today.
    """
    row, owner = await find(change, request.permit_id, lock=True)
    ended = "" if request.ended == IN_FORCE else request.ended
    if row.ended == ended:
        zh, en = "该许可已经是这一状态", "The permit is in that state already"
        raise WrongState(zh, en, permit_id=row.permit_id)
    before = row.model_dump(mode="json")
    row.ended = ended
    row.ended_on = _day(row, request.ended_on, change.today) if ended else None
    row.ended_ground = request.ground if ended else ""
    cause = events.CAUSE_WITHDRAWN if ended else events.CAUSE_REINSTATED
    await save_permits(change, [row], Cause(cause, request.ground))
    object_, after = f"permit/{row.permit_id}", row.model_dump(mode="json")
    action = "end_permit" if ended else "reinstate_permit"
    change.audit(action, object_, before=before, after=after, ground=request.ground)
    return pb.EndPermitResponse(permit=entry(row, owner, change.today))


def _day(row: Permit, written: str, today: date) -> date:
    day = validation.day(written, "ended_on") or today
    if not row.decided_on <= day <= today:
        zh, en = "须在许可决定日期与今天之间", "must lie between the decision and today"
        refuse_any([Fault("ended_on", zh, en)])
    return day
