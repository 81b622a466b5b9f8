"""Whom a circular of alerts told of whom, as sharings; and that a subject came off the list.

So an authority that was told hears of repairs and changed grades as any receiver does (ADR 0042).
Handling an event again changes nothing.
"""

from __future__ import annotations

from datetime import UTC
from uuid import NAMESPACE_URL, uuid4, uuid5

from sqlmodel import col, select

from law.periods import local_day
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.alerts.v1 import circulars_pb2 as circulars
from protos.alerts.v1.events_pb2 import CircularEntryEnded, CircularIssued, CircularOffice
from services.objection.letters import Office
from services.objection.sharings import texts
from services.objection.sharings.concerned import was_before
from services.objection.sharings.informing import (
    inform,
    is_carried_out,
    last_day,
    send,
)
from services.objection.sharings.tables import ReceiverNotice, Sharing
from services.objection.sharings.ways import Way
from services.objection.tables import Case, Joining

CITE = "S1 12(三)"


async def circular_issued(change: Change, received: Received[CircularIssued]) -> None:
    """Enters a sharing for each subject of which an authority was told by a circular.

    A case that was carried out after the circular, and was heard of first, is told of at once.
    """
    event = received.message
    for entry in event.entries:
        subject_id = await _present(change, entry.subject_id)
        known = select(Sharing.sharing_id).where(Sharing.source == _source(event, entry))
        entered = set((await change.session.exec(known)).all())
        told = [_sharing(event, entry, one, subject_id) for one in event.receivers]
        new = [one for one in told if one.sharing_id not in entered]
        if not new:
            continue
        change.session.add_all(new)
        await change.session.flush()
        change.audit(
            "share",
            f"circular/{event.circular_id}",
            after={"subject_id": subject_id, "receivers": [one.receiver for one in new]},
            ground=event.cite or CITE,
            bureau=event.office.bureau,
        )
        await _catch_up(change, new[0], entry.subject_name, _office(event.office))


def _source(event: CircularIssued | CircularEntryEnded, entry: circulars.CircularEntry) -> str:
    return f"{event.circular_id}/{entry.entry_id}"


def _sharing(
    event: CircularIssued,
    entry: circulars.CircularEntry,
    to: circulars.CircularReceiver,
    subject_id: str,
) -> Sharing:
    at, source = event.at.ToDatetime(UTC), _source(event, entry)
    return Sharing(
        sharing_id=str(uuid5(NAMESPACE_URL, f"circular/{source}/{to.authority_id}")),
        bureau=event.office.bureau,
        subject_id=subject_id,
        record_ids=[],
        with_grade=True,
        receiver=to.name,
        email=to.email,
        contact="，".join(filter(None, (to.address, to.contact))),
        way=Way.CIRCULAR,
        shared_on=local_day(at),
        document=event.number,
        purpose="、".join(to.uses),
        entered_by="",
        entered_at=at,
        source=source,
    )


async def _present(change: Change, subject_id: str) -> str:
    """The subject itself, or the one that it was joined to meanwhile."""
    joining = await change.session.get(Joining, subject_id)
    return joining.present_id if joining else subject_id


async def _catch_up(change: Change, sharing: Sharing, subject: str, office: Office) -> None:
    """Tells of the cases that were carried out between a circular and its being heard of."""
    decided = select(Case).where(
        col(Case.subject_id) == sharing.subject_id, col(Case.grade_after).is_not(None)
    )
    for case in await change.session.exec(decided.order_by(col(Case.decided_at))):
        if is_carried_out(case) and was_before(sharing, case):
            await inform(change, case.case_id, subject, office)


async def circular_entry_ended(change: Change, received: Received[CircularEntryEnded]) -> None:
    """Tells each authority that got a circular that it is no ground any more for a subject."""
    event = received.message
    rows = select(Sharing).where(
        Sharing.source == _source(event, event.entry), col(Sharing.ended_at).is_(None)
    )
    sharings = (await change.session.exec(rows.order_by(col(Sharing.sharing_id)))).all()
    told = select(ReceiverNotice.sharing_id).where(
        ReceiverNotice.case_id == "",
        col(ReceiverNotice.sharing_id).in_([one.sharing_id for one in sharings]),
    )
    known = set((await change.session.exec(told)).all())
    office, name = _office(event.office), event.entry.subject_name
    for sharing in sharings:
        if sharing.sharing_id in known:
            continue
        write = texts.grade_ended if event.of_grade else texts.off_the_list
        title, body = write(sharing, name, event.reasons, office)
        notice = ReceiverNotice(
            notice_id=str(uuid4()),
            case_id="",
            sharing_id=sharing.sharing_id,
            bureau=sharing.bureau,
            receiver=sharing.receiver,
            email=sharing.email,
            contact=sharing.contact,
            record_ids=[],
            title=title,
            body=body,
            issued_at=change.at,
            due_on=last_day(change),
        )
        await send(change, notice)
        change.audit(
            "inform_of_ending",
            notice.object,
            after={"notice": notice.notice_id, "receiver": notice.receiver},
            ground=f"{event.cite or CITE}; {texts.CORRECTION_CITE}",
            bureau=notice.bureau,
        )


def _office(office: CircularOffice) -> Office:
    return Office(office.name, office.department, office.phone, office.email)
