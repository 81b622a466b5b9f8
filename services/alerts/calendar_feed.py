"""The due dates of a subject behind a private address, for the calendars of its people.

Whoever knows the secret in the address may read them. The address can be renewed, which ends the
one before, or ended. Only the secret's SHA-256 is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.basis import Basis
from law.errors import NotFound
from law.periods import local_day
from plumbing.change import Change
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.tables import (
    CalendarFeed,
    CalibrationDue,
    Escalation,
    EscalationStep,
    Instrument,
    StepState,
    Subject,
)

MOST = 5000  # dates of each kind in one calendar


async def get_calendar_feed(
    view: View, _request: pb.GetCalendarFeedRequest
) -> pb.GetCalendarFeedResponse:
    """Returns when the private address of the caller's subject was made; empty if there is none."""
    feed = await view.session.get(CalendarFeed, view.caller.subject_id)
    answer = pb.GetCalendarFeedResponse()
    if feed is not None:
        answer.made_at.FromDatetime(feed.made_at)
    return answer


async def renew_calendar_feed(
    change: Change, request: pb.RenewCalendarFeedRequest
) -> pb.RenewCalendarFeedResponse:
    """Makes a private address for the caller's subject; an earlier address ends."""
    own = change.caller.subject_id
    feed = CalendarFeed(subject_id=own, secret_sha256=request.secret_sha256, made_at=change.at)
    await change.session.merge(feed)
    change.audit("renew_calendar_feed", f"subject/{own}")
    answer = pb.RenewCalendarFeedResponse()
    answer.made_at.FromDatetime(change.at)
    return answer


async def end_calendar_feed(
    change: Change, _request: pb.EndCalendarFeedRequest
) -> pb.EndCalendarFeedResponse:
    """Ends the private address of the caller's subject; does nothing if there is none."""
    feed = await change.session.get(CalendarFeed, change.caller.subject_id)
    if feed is not None:
        await change.session.delete(feed)
        change.audit("end_calendar_feed", f"subject/{feed.subject_id}")
    return pb.EndCalendarFeedResponse()


async def read_calendar(view: View, request: pb.ReadCalendarRequest) -> pb.ReadCalendarResponse:
    """Returns the due dates behind a private address, the earliest first.

    Raises NotFound for an address that never existed, was renewed or has ended.
    """
    digest = hashlib.sha256(request.secret.encode()).hexdigest()
    feeds = await view.session.exec(
        select(CalendarFeed).where(col(CalendarFeed.secret_sha256) == digest)
    )
    feed = feeds.first()
    subject = await view.session.get(Subject, feed.subject_id) if feed else None
    if subject is None or subject.removed:
        raise NotFound("没有这个日历地址，可能已经更换", "There is no such calendar address")
    found = [
        *_verifications(await _instruments(view, subject.subject_id)),
        *await _calibrations(view, subject.subject_id),
        *_of_steps(await _steps(view, subject.subject_id)),
    ]
    return pb.ReadCalendarResponse(
        subject_name=subject.name,
        due_dates=sorted(found, key=lambda due: (due.on, due.due_id)),
        on=view.today.isoformat(),
    )


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


def _verifications(instruments: list[Instrument]) -> Iterator[pb.DueDate]:
    for row in instruments:
        if row.valid_until is not None:
            yield pb.DueDate(
                due_id=f"instrument/{row.instrument_id}",
                kind="verification",
                on=row.valid_until.isoformat(),
                instrument_id=row.instrument_id,
                type_code=row.type_code,
                serial_no=row.serial_no,
                version=row.version,
            )


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


async def _steps(view: View, subject_id: str) -> list[EscalationStep]:
    rows = await view.session.exec(
        select(EscalationStep)
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
    return list(rows)


def _of_steps(steps: list[EscalationStep]) -> Iterator[pb.DueDate]:
    for step in steps:
        due_id, escalation = f"step/{step.step_id}", step.escalation_id
        if step.state is StepState.APPOINTED and step.meets_at is not None:
            day = local_day(step.meets_at).isoformat()
            yield pb.DueDate(due_id=due_id, kind="interview", on=day, escalation_id=escalation)
        elif (last := step.correct_by or _undertaken(step)) is not None:
            day = last.isoformat()
            yield pb.DueDate(due_id=due_id, kind="correction", on=day, escalation_id=escalation)


def _undertaken(step: EscalationStep) -> date | None:
    """The last day of an undertaking of which the outcome is open; None without one."""
    return None if step.undertaking_outcome else step.undertaking_by
