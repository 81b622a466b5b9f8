"""What a person says of a permit: what was decided, that it was revoked, or is in force."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, WrongState
from law.evidence import SubjectKind
from law.identity import document_key
from plumbing import validation
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import permits_pb2 as pb
from services.registry import lookup
from services.registry.announce_changes import ENTERED, Cause, save_permits
from services.registry.commands.targets import find_subject, refuse_any, require_version
from services.registry.permits.authorities import Authorities
from services.registry.permits.content import PermitContent, read_content
from services.registry.permits.queries import IN_FORCE, entry, find
from services.registry.permits.tables import Permit
from services.registry.tables import Subject
from services.registry.validation import reader_of


async def put_permit(change: Change, request: pb.PutPermitRequest) -> pb.PutPermitResponse:
    """Enters a permit of metrology of an organisation, or corrects one on file (S4 二(二)).

    It stays with its subject, and how it ended stays as `end_permit` set it. Raises InvalidInput
    for faulty content, for one of a natural person and for a correction without a ground, NotFound
    for an unknown permit or subject, NotPermitted outside the caller's scope, AlreadyExists for a
    decision that is on file, and WrongState if the request's version is not the present one.
    """
    message, faults = request.permit, list[Fault]()
    content = read_content(reader_of(message, "permit", faults), change.today)
    if not (message.permit_id or message.subject_id):
        faults.append(Fault("permit.subject_id", "请写明主体", "say whose permit it is"))
        refuse_any(faults)
    row, owner = await _target(change, message)
    await _check_target(change, request, row, owner, content, faults)
    refuse_any(faults)
    require_version(row.version if row else 0, message.version)
    await _require_new(change, owner, content, except_permit=row.permit_id if row else "")
    before, ground = row.model_dump(mode="json") if row else None, request.ground.strip()
    if row is None:
        row = Permit(
            permit_id=uuid4().hex,
            subject_id=owner.subject_id,
            entered_on=change.today,
            entered_by=change.on_behalf_of,
            **asdict(content),
        )
    row.sqlmodel_update(asdict(content))
    await save_permits(change, [row], Cause(events.CAUSE_CORRECTED, ground) if before else ENTERED)
    after = row.model_dump(mode="json")
    change.audit("put_permit", f"permit/{row.permit_id}", before=before, after=after, ground=ground)
    return pb.PutPermitResponse(permit=entry(row, owner, change.today))


async def _target(change: Change, message: pb.Permit) -> tuple[Permit | None, Subject]:
    if message.permit_id:
        return await find(change, message.permit_id, lock=True)
    return None, await find_subject(change, message.subject_id)


async def _check_target(
    change: Change,
    request: pb.PutPermitRequest,
    row: Permit | None,
    owner: Subject,
    content: PermitContent,
    faults: list[Fault],
) -> None:
    """Adds a fault for what does not go with the subject, or with the permit on file."""
    if owner.kind is SubjectKind.NATURAL_PERSON:
        zh, en = "自然人的许可不登记", "a permit of a natural person is not entered"
        faults.append(Fault("permit.subject_id", zh, en))
    if row is None:
        return
    given = request.permit.subject_id
    if given and await lookup.subject_id(change, given) != row.subject_id:
        zh, en = "主体不能更改，请另行登记", "the subject stays; enter another permit"
        faults.append(Fault("permit.subject_id", zh, en))
    if row.ended_on and content.decided_on > row.ended_on:
        zh, en = "不得晚于终止日期", "must not be after the day on which it ended"
        faults.append(Fault("permit.decided_on", zh, en))
    if not request.ground.strip():
        zh, en = "更正须写明依据", "a correction needs a ground"
        faults.append(Fault("ground", zh, en))


async def _require_new(
    change: Change, owner: Subject, content: PermitContent, *, except_permit: str
) -> None:
    """Raises AlreadyExists if another permit of the subject is on the same decision."""
    of_subject = select(Permit).where(
        Permit.subject_id == owner.subject_id, sa.not_(col(Permit.removed))
    )
    rows = [one.model_dump() for one in await change.session.exec(of_subject)]
    given = asdict(content)
    authorities = Authorities([*rows, given])
    decision = document_key(content.document_no), authorities.of(given)
    for one in rows:
        same = (one["number_key"], authorities.of(one)) == decision
        if same and one["permit_id"] != except_permit:
            zh = f"这一许可已经登记（{one['document_no']}），请打开后更正"
            en = f"The permit {one['document_no']} is on file; open and correct it"
            raise AlreadyExists(zh, en, permit_id=one["permit_id"])


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
