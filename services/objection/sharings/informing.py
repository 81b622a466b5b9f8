"""Informs those with whom records were shared of what a case did to the records.

Each sharing hears of a case once: by mail where its receiver has an address, else by a letter that
somebody sends and records. Doing it again informs nobody twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlmodel import select

from law.terms.ledger import start
from law.terms.workdays import edition
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from services.objection.clients import Clients
from services.objection.effects import effects_of, grade_changed
from services.objection.letters import Office, office_of
from services.objection.schedule import due_on
from services.objection.sharings.concerned import sharings_of
from services.objection.sharings.tables import ReceiverNotice, SharedRecord, Sharing
from services.objection.sharings.texts import SHARING_CITE, what_a_case_did
from services.objection.steps import aggregate_of, locked_case
from services.objection.tables import Case, CaseStep

CORRECT_SHARED = "shared_data_correction"  # the term, 5 working days (S4 三(三))
INFORMED = "inform_receivers"  # the step of a case


async def facts_for_notices(clients: Clients, case: Case) -> tuple[str, Office]:
    """Returns the name of the subject of a case and its bureau, from the registry."""
    subject = await clients.subject(case.subject_id, case.acting_for)
    return subject.name, await office_of(case, clients)


async def inform(
    change: Change, case_id: str, subject: str, office: Office
) -> list[ReceiverNotice]:
    """Issues the notices of a carried-out case that its receivers have not got, and returns them.

    The step stands in the case, with the names. Does nothing where nothing was shared.
    """
    case = await locked_case(change, case_id)
    informed = select(ReceiverNotice.sharing_id).where(ReceiverNotice.case_id == case.case_id)
    known = set((await change.session.exec(informed)).all())
    waiting = [
        one for one in await sharings_of(change.session, case) if one.sharing_id not in known
    ]
    notices = [await _issue(change, case, one, subject, office) for one in waiting]
    if notices:
        _note(change, case, notices)
    return notices


def is_carried_out(case: Case) -> bool:
    """Returns whether a case has changed what was shared, so that its receivers are to be informed.

    Either records, or the grade, which the correction of an instrument changes too.
    """
    return case.grade_after is not None and (bool(effects_of(case)) or grade_changed(case))


async def _issue(
    change: Change, case: Case, sharing: Sharing, subject: str, office: Office
) -> ReceiverNotice:
    links = select(SharedRecord.record_id).where(SharedRecord.sharing_id == sharing.sharing_id)
    linked = (await change.session.exec(links)).all()
    title, body, named = what_a_case_did(case, sharing, linked, subject, office)
    notice = ReceiverNotice(
        notice_id=str(uuid.uuid4()),
        case_id=case.case_id,
        sharing_id=sharing.sharing_id,
        bureau=case.bureau,
        receiver=sharing.receiver,
        email=sharing.email,
        contact=sharing.contact,
        record_ids=named,
        title=title,
        body=body,
        issued_at=change.at,
        due_on=last_day(change),
    )
    await send(change, notice)
    return notice


def last_day(change: Change) -> date:
    """Returns the last day to tell receivers of a change of today (S4 三(三))."""
    return due_on(start(CORRECT_SHARED, change.today, edition()))


async def send(change: Change, notice: ReceiverNotice) -> None:
    """Stores a new notice, and has it mailed if its receiver has an address."""
    change.session.add(notice)
    if not notice.email:
        return
    event = events.ReceiverMailDue(
        mail_id=notice.notice_id,
        case_id=notice.case_id,
        bureau=notice.bureau,
        email=notice.email,
        title=notice.title,
        body=notice.body,
    )
    await change.announce(event, aggregate=notice.object, bureau=notice.bureau)


def _note(change: Change, case: Case, notices: Sequence[ReceiverNotice]) -> None:
    names = (f"{one.receiver}（{'邮件' if one.email else '须人工送达'}）" for one in notices)
    actor, note = change.on_behalf_of, "、".join(names)
    change.session.add(
        CaseStep(
            case_id=case.case_id,
            step=INFORMED,
            at=change.at,
            actor=actor,
            cite=SHARING_CITE,
            note=note,
        )
    )
    after = {"notices": [one.notice_id for one in notices]}
    change.audit(
        f"{case.kind}.inform_receivers",
        aggregate_of(case),
        after=after,
        ground=SHARING_CITE,
        bureau=case.bureau,
    )
