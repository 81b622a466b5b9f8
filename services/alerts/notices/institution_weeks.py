"""The weekly digest of what is due from an institution, for those that want one.

It lists what is overdue, what falls due before the next one, and the orders since the last one.
What becomes overdue in between is told at once (`institution_mails`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import institutions_pb2
from services.alerts.escalation.tables import UNENDED
from services.alerts.notice_kinds import INSTITUTION
from services.alerts.notices.institution_mails import to_institution
from services.alerts.notices.issue import existing_keys
from services.alerts.notices.preferences import weekdays_due
from services.alerts.notices.to_institutions import issue_to_institution
from services.alerts.tables import (
    TO_REPORT,
    AwaitedOrder,
    DigestPreference,
    Institution,
    Instrument,
    Notice,
    Rhythm,
    Verification,
)

NAMED = 200  # in one digest; the platform has the others
_RUNGS = ("overdue", "nearly_due", "new")
_WEEK = timedelta(days=7)


async def issue_weeks(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues the weekly digests due on a day to the institutions that a bureau keeps.

    Those whose day of the week the watch missed get theirs as well, unless they had one since.
    """
    weekdays = await weekdays_due(change.session, bureau, on)
    own = sa.literal(INSTITUTION) + col(Institution.institution_id)
    wished: Any = (
        select(Institution, DigestPreference.weekday)
        .join(DigestPreference, col(DigestPreference.subject_id) == own)
        .where(
            col(Institution.bureau) == bureau,
            col(DigestPreference.rhythm) == Rhythm.WEEKLY,
            col(DigestPreference.weekday).in_(weekdays),
        )
        .order_by(col(Institution.name))
    )
    notices = list[Notice]()
    for one, weekday in (await change.session.exec(wished)).all():
        day = weekdays[weekday]
        if await _had(change, one, day, on):
            continue
        due = await _due_from(change, one, on, since=day - _WEEK)
        if due.total:
            key = _key(one, on)
            notice = await issue_to_institution(change, key, one, to_institution(due))
            notices += [notice] if notice else []
    return notices


async def _had(change: Change, one: Institution, since: date, on: date) -> bool:
    """Whether an institution had a digest for one of these days, which the watch may not know."""
    days = (since + timedelta(days=later) for later in range((on - since).days + 1))
    keys = [f"{INSTITUTION}{_key(one, day)}" for day in days]
    return bool(await existing_keys(change.session, keys))


def _key(one: Institution, on: date) -> str:
    return f"week/{one.institution_id}/{on}"


async def _due_from(
    change: Change, one: Institution, on: date, since: date
) -> registry.InstitutionDue:
    """What is due on a day; new orders are those of the days from `since`, the last digest."""
    items = [
        *await _orders(change, one.name, on, since),
        *await _certificates(change, one.name, on),
    ]
    items.sort(key=lambda item: (_RUNGS.index(item.rung), item.due_on))
    return registry.InstitutionDue(
        institution=institutions_pb2.Institution(
            institution_id=one.institution_id, name=one.name, bureau=one.bureau
        ),
        on=on.isoformat(),
        items=items[:NAMED],
        total=len(items),
        overdue=sum(item.rung == "overdue" for item in items),
    )


async def _orders(
    change: Change, institution: str, on: date, since: date
) -> Sequence[registry.DueFromInstitution]:
    rows = await change.session.exec(
        select(AwaitedOrder)
        .where(
            sa.text(UNENDED),
            col(AwaitedOrder.institution) == institution,
            sa.or_(col(AwaitedOrder.due_on) < on + _WEEK, col(AwaitedOrder.applied_on) >= since),
        )
        .order_by(col(AwaitedOrder.due_on), col(AwaitedOrder.order_id))
    )
    return [
        registry.DueFromInstitution(
            kind="order",
            rung=_rung(row.due_on or date.max, on),
            type_code=row.type_code,
            serial_no=row.serial_no,
            due_on=row.due_on.isoformat() if row.due_on else "",
        )
        for row in rows
    ]


async def _certificates(
    change: Change, institution: str, on: date
) -> Sequence[registry.DueFromInstitution]:
    rows: Any = (
        select(Verification, Instrument)
        .join(Instrument, col(Instrument.instrument_id) == col(Verification.instrument_id))
        .where(
            sa.text(TO_REPORT),
            col(Verification.institution) == institution,
            col(Verification.report_by) < on + _WEEK,
        )
        .order_by(col(Verification.report_by), col(Verification.verification_id))
    )
    return [
        registry.DueFromInstitution(
            kind="certificate",
            rung=_rung(verification.report_by, on),
            type_code=instrument.type_code,
            serial_no=instrument.serial_no,
            certificate_no=verification.certificate_no,
            due_on=verification.report_by.isoformat(),
        )
        for verification, instrument in await change.session.exec(rows)
    ]


def _rung(due_on: date, on: date) -> str:
    if due_on < on:
        return "overdue"
    return "nearly_due" if due_on < on + _WEEK else "new"
