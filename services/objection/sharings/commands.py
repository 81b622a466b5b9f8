"""The commands on sharings: entered, ended, and a notice sent by hand."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound, WrongState
from plumbing import validation
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import sharings_pb2 as pb
from services.objection.letters import Office
from services.objection.serving.proof import day_of_service
from services.objection.sharings.concerned import was_before
from services.objection.sharings.informing import inform, is_carried_out
from services.objection.sharings.numbers import numbers_of
from services.objection.sharings.tables import ReceiverNotice, SharedRecord, Sharing
from services.objection.sharings.texts import SHARING_CITE
from services.objection.sharings.ways import Way
from services.objection.sharings.wire import notice_message, sharing_message
from services.objection.tables import Case


@dataclass(frozen=True)
class Shared:
    """What the registry says of the records that are shared, read before the command.

    `letter` is the title and the text that the platform mails; `offices` are all bureaus, by
    code.
    """

    subject_id: str
    subject: str
    bureau: str
    record_ids: Sequence[str]
    letter: tuple[str, str]
    offices: Mapping[str, Office]


async def record_sharing(
    change: Change, request: pb.RecordSharingRequest, *, shared: Shared
) -> pb.RecordSharingResponse:
    """Enters a sharing; the platform mails the records as they are now where that is the way.

    What was shared otherwise may be of before a case changed it: its receiver is informed at once
    of the cases that were carried out on that day or since. Raises NotPermitted outside the
    caller's scope, and InvalidInput for a day after today, a receiver or purpose that is blank, and
    a mail without an address.
    """
    change.caller.require_bureau(shared.bureau)
    row = Sharing(
        sharing_id=str(uuid.uuid4()),
        bureau=shared.bureau,
        subject_id=shared.subject_id,
        record_ids=list(shared.record_ids),
        with_grade=request.with_grade,
        receiver=request.receiver.strip(),
        email=request.email,
        contact=request.contact.strip(),
        way=request.way,
        shared_on=_shared_on(change, request),
        document=request.document.strip(),
        purpose=request.purpose.strip(),
        entered_by=change.on_behalf_of,
        entered_at=change.at,
    )
    change.session.add(row)
    change.session.add_all(
        SharedRecord(record_id=one, sharing_id=row.sharing_id) for one in row.record_ids
    )
    await change.session.flush()
    _audit(change, row, "share")
    if row.way == Way.PLATFORM:
        await _mail(change, row, *shared.letter)
    notices = [] if row.way == Way.PLATFORM else await _inform(change, row, shared)
    return pb.RecordSharingResponse(
        sharing=sharing_message(row),
        notices=[notice_message(notice, number) for notice, number in notices],
    )


async def end_sharing(change: Change, request: pb.EndSharingRequest) -> pb.EndSharingResponse:
    """Ends a sharing, whose receiver then hears of nothing more.

    Raises NotFound if there is none, NotPermitted outside the caller's scope, and WrongState for
    one that was ended.
    """
    row = await find_by_id(change.session, Sharing, request.sharing_id, lock=True)
    if row is None:
        raise NotFound("没有这项共享登记", "There is no such sharing", sharing=request.sharing_id)
    change.caller.require_bureau(row.bureau)
    if row.ended_at is not None:
        raise WrongState("这项共享登记已经终止", "This sharing was ended", sharing=row.sharing_id)
    if not request.reasons.strip():
        raise InvalidInput(faults=[Fault("reasons", "须写明", "This text is required")])
    row.ended_at, row.ended_by = change.at, change.on_behalf_of
    row.ended_reasons = request.reasons.strip()
    change.session.add(row)
    _audit(change, row, "end_sharing")
    return pb.EndSharingResponse(sharing=sharing_message(row))


async def record_notice_sent(
    change: Change, request: pb.RecordNoticeSentRequest
) -> pb.RecordNoticeSentResponse:
    """Records that a notice was sent to its receiver by hand; so may one whose mail did not arrive.

    Raises NotFound if there is none, NotPermitted outside the caller's scope, WrongState for one
    that was sent by hand, and InvalidInput for a day before the notice or after today and
    for a missing proof.
    """
    row = await find_by_id(change.session, ReceiverNotice, request.notice_id, lock=True)
    if row is None:
        raise NotFound("没有这份告知", "There is no such notice", notice=request.notice_id)
    change.caller.require_bureau(row.bureau)
    if row.sent_on is not None:
        raise WrongState("这份告知已经发出", "This notice was sent", notice=row.notice_id)
    given = ("sent_on", request.sent_on, request.remark)
    row.sent_on = day_of_service(change, *given, row.issued_at)
    row.means, row.remark = request.means, request.remark.strip()
    row.recorded_by, row.recorded_at = change.on_behalf_of, change.at
    change.session.add(row)
    change.audit(
        "send_receiver_notice",
        row.object,
        after={"notice": row.notice_id, "means": row.means, "sent_on": row.sent_on.isoformat()},
        ground=SHARING_CITE,
        bureau=row.bureau,
    )
    numbers = await numbers_of(change.session, [row])
    return pb.RecordNoticeSentResponse(notice=notice_message(row, numbers[row.notice_id]))


def _shared_on(change: Change, request: pb.RecordSharingRequest) -> date:
    """The day of the sharing; raises InvalidInput with every fault of the request."""
    faults: list[Fault] = []
    by_platform = request.way == Way.PLATFORM
    today = change.today
    day = validation.day(request.shared_on, "shared_on") if request.shared_on else None
    if by_platform:
        day = day or today
    if day is None or day > today or (by_platform and day != today):
        zh, en = "应是今天或者以前的日期", "must be today or before"
        faults.append(Fault("shared_on", zh, en))
    if by_platform and not request.email:
        zh, en = "由平台发送的，须填写电子邮箱", "needed for what the platform sends"
        faults.append(Fault("email", zh, en))
    faults += [
        Fault(name, "须写明", "This text is required")
        for name in ("receiver", "purpose")
        if not getattr(request, name).strip()
    ]
    if faults or day is None:
        raise InvalidInput(faults=faults)
    return day


async def _mail(change: Change, row: Sharing, title: str, body: str) -> None:
    event = events.ReceiverMailDue(
        mail_id=row.sharing_id, bureau=row.bureau, email=row.email, title=title, body=body
    )
    await change.announce(event, aggregate=f"sharing/{row.sharing_id}", bureau=row.bureau)


async def _inform(change: Change, row: Sharing, shared: Shared) -> list[tuple[ReceiverNotice, str]]:
    """The notices of the cases that were carried out since the records were shared."""
    decided = select(Case).where(
        col(Case.subject_id) == row.subject_id, col(Case.grade_after).is_not(None)
    )
    cases = (await change.session.exec(decided.order_by(col(Case.decided_at)))).all()
    notices = []
    for case in cases:
        if is_carried_out(case) and was_before(row, case):
            office = shared.offices[case.bureau]
            issued = await inform(change, case.case_id, shared.subject, office)
            notices += [(one, case.number) for one in issued]
    return notices


def _audit(change: Change, row: Sharing, action: str) -> None:
    after = row.model_dump(mode="json", include={"record_ids", "receiver", "way", "shared_on"})
    change.audit(
        action, f"sharing/{row.sharing_id}", after=after, ground=SHARING_CITE, bureau=row.bureau
    )
