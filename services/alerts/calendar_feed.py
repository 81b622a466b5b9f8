"""The due dates of a subject or an institution behind a private address, for calendars.

Whoever knows the secret in the address may read them. The address can be renewed, which ends the
one before, or ended. Only the secret's SHA-256 is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.basis import Basis
from law.errors import NotFound, NotPermitted
from law.periods import local_day
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.identity import Caller
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts import wire
from services.alerts.due_dates import Ending, InstitutionCalendar, outlasts_others
from services.alerts.escalation.tables import UNENDED, AwaitedOrder
from services.alerts.tables import (
    TO_REPORT,
    CalendarFeed,
    CalibrationDue,
    Escalation,
    EscalationStep,
    Instrument,
    StepState,
    Subject,
    Verification,
)

MOST = 5000  # dates of each kind in one calendar
IDS_IN_QUERY = 1000


async def get_calendar_feed(
    view: View, _request: pb.GetCalendarFeedRequest
) -> pb.GetCalendarFeedResponse:
    """Returns when the caller's private address was made; empty if there is none.

    It is that of the caller's subject, or of the institution that the account names.
    """
    feed = await _feed_of(view)
    answer = pb.GetCalendarFeedResponse()
    if feed is not None:
        answer.made_at.FromDatetime(feed.made_at)
    return answer


async def renew_calendar_feed(
    change: Change, request: pb.RenewCalendarFeedRequest
) -> pb.RenewCalendarFeedResponse:
    """Makes a private address for the caller's subject or institution; an earlier address ends.

    Raises NotPermitted for an account that names no institution.
    """
    caller = change.caller
    made: dict[str, Any] = {"secret_sha256": request.secret_sha256, "made_at": change.at}
    if not caller.subject_id:
        _require_institution(caller)
        await change.session.merge(InstitutionCalendar(institution=caller.institution, **made))
    else:
        await change.session.merge(CalendarFeed(subject_id=caller.subject_id, **made))
    change.audit("renew_calendar_feed", _owner_of(caller))
    answer = pb.RenewCalendarFeedResponse()
    answer.made_at.FromDatetime(change.at)
    return answer


async def end_calendar_feed(
    change: Change, _request: pb.EndCalendarFeedRequest
) -> pb.EndCalendarFeedResponse:
    """Ends the caller's private address; does nothing if there is none."""
    feed = await _feed_of(change)
    if feed is not None:
        await change.session.delete(feed)
        change.audit("end_calendar_feed", _owner_of(change.caller))
    return pb.EndCalendarFeedResponse()


async def _feed_of(by: Change | View) -> CalendarFeed | InstitutionCalendar | None:
    caller = by.caller
    if caller.subject_id:
        return await by.session.get(CalendarFeed, caller.subject_id)
    _require_institution(caller)
    return await by.session.get(InstitutionCalendar, caller.institution)


def _require_institution(caller: Caller) -> None:
    if not caller.institution:
        zh = "您的账号没有写明检定机构，请管理员补充"
        en = "Your account names no institution; the administrator has to name it first"
        raise NotPermitted(zh, en)


def _owner_of(caller: Caller) -> str:
    if caller.subject_id:
        return f"subject/{caller.subject_id}"
    return f"institution_calendar/{caller.institution}"


async def read_calendar(view: View, request: pb.ReadCalendarRequest) -> pb.ReadCalendarResponse:
    """Returns the due dates behind a private address, the earliest first.

    Raises NotFound for an address that never existed, was renewed or has ended.
    """
    digest = hashlib.sha256(request.secret.encode()).hexdigest()
    name, found = await _behind(view, digest)
    return pb.ReadCalendarResponse(
        subject_name=name,
        due_dates=sorted(found, key=lambda due: (due.on, due.due_id)),
        on=view.today.isoformat(),
    )


async def _behind(view: View, digest: str) -> tuple[str, list[pb.DueDate]]:
    """Whose the address with this digest is, by name, and the due dates."""
    of_subject = select(CalendarFeed).where(col(CalendarFeed.secret_sha256) == digest)
    feed = (await view.session.exec(of_subject)).first()
    subject = await view.session.get(Subject, feed.subject_id) if feed else None
    if subject is not None and not subject.removed:
        return subject.name, [
            *await _verifications(view, await _instruments(view, subject.subject_id)),
            *await _calibrations(view, subject.subject_id),
            *_of_steps(await _steps(view, subject.subject_id)),
            *await _appointments(view, subject.subject_id),
            *await _endings(view, col(Ending.subject_id) == subject.subject_id),
        ]
    of_one = select(InstitutionCalendar).where(col(InstitutionCalendar.secret_sha256) == digest)
    own = (await view.session.exec(of_one)).first()
    if own is None:
        raise NotFound("没有这个日历地址，可能已经更换", "There is no such calendar address")
    return own.institution, [
        *await _orders(view, own.institution),
        *await _certificates(view, own.institution),
        *await _endings(view, col(Ending.institution) == own.institution),
    ]


async def _orders(view: View, institution: str) -> list[pb.DueDate]:
    """The open orders of an institution, each with the last day of what it does next."""
    rows = await view.session.exec(
        select(AwaitedOrder)
        .where(col(AwaitedOrder.institution) == institution, sa.text(UNENDED))
        .order_by(col(AwaitedOrder.due_on), col(AwaitedOrder.order_id))
        .limit(MOST)
    )
    return [
        pb.DueDate(
            due_id=f"order/{row.order_id}",
            kind="order",
            on=row.due_on.isoformat() if row.due_on else "",
            type_code=row.type_code,
            serial_no=row.serial_no,
            version=row.version,
            order_id=row.order_id,
        )
        for row in rows
    ]


async def _appointments(view: View, subject_id: str) -> list[pb.DueDate]:
    """The days appointed for the verification of a subject's instruments."""
    rows = await view.session.exec(
        select(AwaitedOrder)
        .join(Instrument, col(Instrument.instrument_id) == col(AwaitedOrder.instrument_id))
        .where(
            sa.text(UNENDED),
            col(Instrument.subject_id) == subject_id,
            col(AwaitedOrder.appointed_on).is_not(None),
        )
        .order_by(col(AwaitedOrder.appointed_on), col(AwaitedOrder.order_id))
        .limit(MOST)
    )
    return [
        pb.DueDate(
            due_id=f"appointment/{row.order_id}",
            kind="appointment",
            on=wire.text(row.appointed_on),
            type_code=row.type_code,
            serial_no=row.serial_no,
            version=row.version,
            order_id=row.order_id,
        )
        for row in rows
    ]


async def _certificates(view: View, institution: str) -> list[pb.DueDate]:
    """The certificates that an institution has not uploaded, each with its last day."""
    rows: Any = (
        select(Verification, Instrument)
        .join(Instrument, col(Instrument.instrument_id) == col(Verification.instrument_id))
        .where(sa.text(TO_REPORT), col(Verification.institution) == institution)
        .order_by(col(Verification.report_by), col(Verification.verification_id))
        .limit(MOST)
    )
    return [
        pb.DueDate(
            due_id=f"certificate/{row.verification_id}",
            kind="certificate_upload",
            on=wire.text(row.report_by),
            type_code=instrument.type_code,
            serial_no=instrument.serial_no,
            version=row.version,
            verification_id=row.verification_id,
        )
        for row, instrument in await view.session.exec(rows)
    ]


async def _endings(view: View, held: sa.ColumnElement[bool]) -> list[pb.DueDate]:
    """The last days of permits, authorisations and qualifications, but of those renewed since."""
    rows = await view.session.exec(
        select(Ending)
        .where(held, col(Ending.last_day).is_not(None), outlasts_others())
        .order_by(col(Ending.last_day), col(Ending.kind), col(Ending.ending_id))
        .limit(MOST)
    )
    return [
        pb.DueDate(
            due_id=f"ending/{row.kind}/{row.ending_id}",
            kind=row.kind,
            on=wire.text(row.last_day),
            name=row.what,
            version=row.version,
        )
        for row in rows
    ]


async def _instruments(view: View, subject_id: str) -> list[Instrument]:
    rows = await view.session.exec(
        select(Instrument)
        .where(
            col(Instrument.subject_id) == subject_id,
            col(Instrument.standing) == Basis.DATED,
            col(Instrument.watched),
        )
        .order_by(col(Instrument.valid_until), col(Instrument.instrument_id))
        .limit(MOST)
    )
    return list(rows)


async def _verifications(view: View, instruments: list[Instrument]) -> list[pb.DueDate]:
    changed = await _changes_of_verifications(view, [row.instrument_id for row in instruments])
    return [
        pb.DueDate(
            due_id=f"instrument/{row.instrument_id}",
            kind="verification",
            on=row.valid_until.isoformat(),
            instrument_id=row.instrument_id,
            type_code=row.type_code,
            serial_no=row.serial_no,
            version=row.version + changed.get(row.instrument_id, 0),
        )
        for row in instruments
        if row.valid_until is not None
    ]


async def _changes_of_verifications(view: View, instrument_ids: list[str]) -> dict[str, int]:
    """How often the verifications of each instrument were recorded or changed; it only grows."""
    of_each = col(Verification.instrument_id)
    connection, found = await view.session.connection(), dict[str, int]()
    for ids in chunks(instrument_ids, IDS_IN_QUERY):
        summed = sa.select(of_each, sa.func.sum(col(Verification.version))).where(of_each.in_(ids))
        totals = await connection.execute(summed.group_by(of_each))
        found |= {instrument_id: int(total) for instrument_id, total in totals}
    return found


async def _calibrations(view: View, subject_id: str) -> list[pb.DueDate]:
    rows = await view.session.exec(
        select(CalibrationDue, Instrument)
        .join(Instrument, col(Instrument.instrument_id) == col(CalibrationDue.instrument_id))
        .where(
            col(Instrument.subject_id) == subject_id,
            col(Instrument.standing).not_in((Basis.OUT_OF_USE, Basis.REMOVED)),
            col(Instrument.watched),
            col(CalibrationDue.due_on).is_not(None),
        )
        .order_by(col(CalibrationDue.due_on), col(CalibrationDue.instrument_id))
        .limit(MOST)
    )
    return [
        pb.DueDate(
            due_id=f"calibration/{row.instrument_id}",
            kind="calibration",
            on=due.due_on.isoformat() if due.due_on else "",
            instrument_id=row.instrument_id,
            type_code=row.type_code,
            serial_no=row.serial_no,
            version=due.due_version,
        )
        for due, row in rows
    ]


async def _steps(view: View, subject_id: str) -> Sequence[tuple[EscalationStep, Escalation]]:
    rows = await view.session.exec(
        select(EscalationStep, Escalation)
        .join(Escalation, col(Escalation.escalation_id) == col(EscalationStep.escalation_id))
        .where(
            col(Escalation.subject_id) == subject_id,
            col(Escalation.closed_at).is_(None),
            sa.or_(
                col(EscalationStep.correct_by).is_not(None),
                col(EscalationStep.state) == StepState.APPOINTED,
                col(EscalationStep.undertaking_by).is_not(None),
            ),
        )
        .order_by(col(EscalationStep.step_id))
    )
    return rows.all()


def _of_steps(steps: Sequence[tuple[EscalationStep, Escalation]]) -> Iterator[pb.DueDate]:
    for step, case in steps:
        due = pb.DueDate(
            due_id=f"step/{step.step_id}", escalation_id=case.escalation_id, version=case.version
        )
        if step.state is StepState.APPOINTED and step.meets_at is not None:
            due.kind, due.on = "interview", local_day(step.meets_at).isoformat()
            due.at.FromDatetime(step.meets_at)
            due.place = step.place
            yield due
        elif (last := step.correct_by or _undertaken(step)) is not None:
            due.kind, due.on = "correction", last.isoformat()
            yield due


def _undertaken(step: EscalationStep) -> date | None:
    """The last day of an undertaking of which the outcome is open; None without one."""
    return None if step.undertaking_outcome else step.undertaking_by
