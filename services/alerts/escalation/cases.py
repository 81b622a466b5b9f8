"""Escalation cases: how red alerts of a subject open and close them (S4 四(二), R-130).

A case opens with the first red alert that applies to a subject, and closes when none applies any
more. Both happen in the transaction that raises the alert or stores the cure of the instrument; the
workflow of the case starts after that transaction. A baseline alert neither opens a case nor
prevents its closing, because nobody was informed of the alert.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import Colour
from law.escalation import Step, due_on, rung
from law.terms.workdays import CITE as WORKING_DAYS
from law.terms.workdays import DueDate, Edition, edition
from plumbing.calendars.servicer import OpenTerm
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.events.leadership import exclusively
from plumbing.view import View
from protos.alerts.v1 import events_pb2
from services.alerts.applying import APPLIES
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.texts import RedLine, closed
from services.alerts.inserting import insert_new
from services.alerts.notices import english
from services.alerts.notices.issue import Matter, contact_of, issue
from services.alerts.tables import (
    Alert,
    Escalation,
    EscalationAlert,
    EscalationState,
    EscalationStep,
    Instrument,
    NoticeKind,
    StepState,
    Subject,
)

CITE = "S4 四(二)"
CASES_PER_EVENT = 500
IDS_PER_QUERY = 1000
UNDECIDED = (StepState.PROPOSED, StepState.DEFERRED)
PENDING = (*UNDECIDED, StepState.APPOINTED)
# In SQL: a red alert of which somebody is told, and which still applies to its instrument.
RED_APPLIES = (col(Alert.colour) == Colour.RED) & ~col(Alert.baseline) & APPLIES
ON_INSTRUMENT = col(Instrument.instrument_id) == col(Alert.instrument_id)

_ESCALATION_ALERT: sa.Table = EscalationAlert.__table__  # type: ignore[attr-defined]
RedAlert = tuple[int, str, str]  # its number, the present owner of its instrument, the bureau


async def match_cases(
    change: Change, instruments: Collection[str], subjects: Collection[str] = ()
) -> None:
    """Opens, extends and closes escalation cases so that they agree with the red alerts that apply.

    `instruments` are the ids of instruments with a changed basis, a changed owner or a new alert;
    `subjects` are the ids of their present and former owners. A lock allows only one call at a time
    on the whole platform.
    """
    if not instruments and not subjects:
        return
    await exclusively(change.session, "escalations")
    await _settle(change, await _red_alerts(change.session, instruments), subjects)


async def add_to_cases(change: Change, alerts: Sequence[RedAlert]) -> None:
    """Opens or extends the escalation cases of the owners of red alerts just raised.

    The alerts were raised by this change for the present basis of their instruments, so they apply
    and no row is read again. The lock is that of `match_cases`.
    """
    if alerts:
        await exclusively(change.session, "escalations")
        await _settle(change, alerts, ())


async def _settle(change: Change, alerts: Sequence[RedAlert], subjects: Collection[str]) -> None:
    """Makes the cases of these subjects, and of the owners of these alerts, agree with them."""
    red = {owner for _, owner, _ in alerts}
    cases = await _open_cases(change.session, red.union(subjects))
    opened = await _open(change, [alert for alert in alerts if alert[1] not in cases])
    await _add_alerts(change.session, alerts, cases | opened)
    # A case with one of these alerts, which apply, is not cured.
    for case in await _cured(change.session, [c for o, c in cases.items() if o not in red]):
        await _close(change, case)
    await _move_to_bureaus(change, [case for case in cases.values() if case.closed_at is None])


async def _red_alerts(session: AsyncSession, instruments: Collection[str]) -> list[RedAlert]:
    alerts: list[RedAlert] = []
    for chunk in chunks(instruments, IDS_PER_QUERY):
        columns = (col(Alert.alert_id), col(Instrument.subject_id), col(Instrument.bureau))
        query = select(*columns).join(Instrument, ON_INSTRUMENT)
        rows = await session.exec(query.where(col(Alert.instrument_id).in_(chunk), RED_APPLIES))
        alerts += [(number or 0, owner, bureau) for number, owner, bureau in rows]
    return alerts


async def _open_cases(session: AsyncSession, owners: Collection[str]) -> dict[str, Escalation]:
    cases: dict[str, Escalation] = {}
    for chunk in chunks(sorted(owners), IDS_PER_QUERY):
        query = select(Escalation).where(col(Escalation.subject_id).in_(chunk), is_open())
        rows = await session.exec(query.with_for_update())
        cases |= {case.subject_id: case for case in rows}
    return cases


def is_open() -> sa.ColumnElement[bool]:
    """Returns the SQL condition that an escalation case is open."""
    return col(Escalation.closed_at).is_(None)


async def _open(change: Change, alerts: Sequence[RedAlert]) -> dict[str, Escalation]:
    """Opens a case for every owner of these alerts."""
    bureaus = {owner: bureau for _, owner, bureau in alerts}
    episodes = await _episodes(change.session, bureaus)
    cases = {o: _case(change, o, bureau, episodes[o] + 1) for o, bureau in bureaus.items()}
    change.session.add_all(cases.values())
    by_bureau: defaultdict[str, list[Escalation]] = defaultdict(list)
    for case in cases.values():
        by_bureau[case.bureau].append(case)
    for bureau, opened in sorted(by_bureau.items()):
        ids = ",".join(case.escalation_id for case in opened)
        after = {"escalations": len(opened), "digest": sha256(ids.encode()).hexdigest()}
        change.audit("open_escalations", f"watch/{bureau}", after=after, ground=CITE)
        await announce(change, f"watch/{bureau}", opened)
    return cases


async def _episodes(session: AsyncSession, owners: Collection[str]) -> Mapping[str, int]:
    last: defaultdict[str, int] = defaultdict(int)
    for chunk in chunks(owners, IDS_PER_QUERY):
        query = select(Escalation.subject_id, sa.func.max(Escalation.episode))
        rows = await session.exec(
            query.where(col(Escalation.subject_id).in_(chunk)).group_by(Escalation.subject_id)
        )
        last.update(rows.all())
    return last


def _case(change: Change, subject_id: str, bureau: str, episode: int) -> Escalation:
    first = rung(Step.REMINDER, change.today)
    return Escalation(
        escalation_id=f"{subject_id}/{episode}",
        subject_id=subject_id,
        episode=episode,
        bureau=bureau,
        state=EscalationState.WAITING,
        step=first.step,
        waits_from=change.today,
        due_on=due_on(first, change.today, edition()).date,
        opened_at=change.at,
    )


async def _add_alerts(
    session: AsyncSession, alerts: Iterable[RedAlert], cases: Mapping[str, Escalation]
) -> None:
    """Adds each alert to the case of its owner, unless it belongs to it already."""
    pairs = [
        {"escalation_id": cases[owner].escalation_id, "alert_id": alert}
        for alert, owner, _ in alerts
    ]
    if pairs:
        connection = await session.connection()
        await connection.execute(insert_new(connection, _ESCALATION_ALERT), pairs)


async def _cured(session: AsyncSession, cases: Collection[Escalation]) -> list[Escalation]:
    """Those of the cases of which no alert applies any more."""
    uncured: set[str] = set()
    for chunk in chunks(cases, IDS_PER_QUERY):
        ids = [case.escalation_id for case in chunk]
        rows = await session.exec(
            select(Escalation.escalation_id)
            .distinct()
            .join(EscalationAlert, of_case())
            .join(Alert, col(Alert.alert_id) == col(EscalationAlert.alert_id))
            .join(Instrument, ON_INSTRUMENT)
            .where(col(Escalation.escalation_id).in_(ids), RED_APPLIES, IS_OWNED)
        )
        uncured.update(rows.all())
    return [case for case in cases if case.escalation_id not in uncured]


def of_case() -> sa.ColumnElement[bool]:
    """Returns the SQL join condition that an alert belongs to an escalation case."""
    return col(EscalationAlert.escalation_id) == col(Escalation.escalation_id)


# In SQL: the instrument still belongs to the subject of the case. COALESCE keeps the database from
# searching by owner: one owner may have 100,000 meters and a single case.
IS_OWNED = sa.func.coalesce(col(Instrument.subject_id), "") == col(Escalation.subject_id)


async def _close(change: Change, case: Escalation) -> None:
    """Closes a case at any step; a step that waits for approval or an interview becomes void."""
    lines = await red_lines(change.session, case)
    pending = select(EscalationStep).where(
        col(EscalationStep.escalation_id) == case.escalation_id,
        col(EscalationStep.state).in_(PENDING),
    )
    steps = (await change.session.exec(pending)).all()
    appointed = any(step.state is StepState.APPOINTED for step in steps)
    for step in steps:
        step.state = StepState.VOID
    before = snapshot(case)
    case.state, case.closed_at = EscalationState.CLOSED, change.at
    case.waits_from, case.due_on = None, None
    await save(change, case, "close_escalation", before, CITE)
    await _notify_of_closing(change, case, lines, interview_cancelled=appointed)


async def _notify_of_closing(
    change: Change, case: Escalation, lines: Sequence[RedLine], *, interview_cancelled: bool
) -> None:
    subject = await change.session.get(Subject, case.subject_id)
    # A subject that got no notice of the alerts gets none of the end either.
    # A deregistered subject is told of the deregistration itself.
    if subject is None or subject.unwatched or not any(line.notified for line in lines):
        return
    contact = await contact_of(change.session, case.bureau)
    about = (subject.name, change.today, lines, contact)
    text = closed(*about, interview_cancelled=interview_cancelled)
    in_english = partial(english.closed, *about, interview_cancelled=interview_cancelled)
    key = f"escalation/{case.escalation_id}/closed"
    matter, kind = Matter(f"escalation/{case.escalation_id}"), NoticeKind.ESCALATION
    await issue(change, kind, key, subject, case.bureau, text, matter, in_english=in_english)


async def red_lines(session: AsyncSession, case: Escalation) -> list[RedLine]:
    """Returns the instruments whose red alerts belong to a case, each with its present basis."""
    columns = (Instrument, sa.func.max(col(Alert.notice_id)), sa.func.max(_red_applies_as_number()))
    rows = await session.exec(
        select(*columns)
        .join(Alert, ON_INSTRUMENT)
        .join(EscalationAlert, col(EscalationAlert.alert_id) == col(Alert.alert_id))
        .where(col(EscalationAlert.escalation_id) == case.escalation_id)
        .group_by(col(Instrument.instrument_id))
        .order_by(col(Instrument.instrument_id))
    )
    return [_red_line(row, case, notified=bool(n), red=bool(red)) for row, n, red in rows]


def _red_line(row: Instrument, case: Escalation, *, notified: bool, red: bool) -> RedLine:
    gone = row.removed or row.subject_id != case.subject_id
    return RedLine(
        row.type_code,
        row.serial_no,
        row.standing,
        row.valid_until,
        notified,
        red and not gone,
        gone,
    )


def _red_applies_as_number() -> sa.ColumnElement[int]:
    return sa.case((RED_APPLIES, 1), else_=0)


async def _move_to_bureaus(change: Change, cases: Sequence[Escalation]) -> None:
    """Moves each case to the bureau that its subject belongs to now."""
    for chunk in chunks(cases, IDS_PER_QUERY):
        ids = [case.subject_id for case in chunk]
        rows = await change.session.exec(
            select(Subject.subject_id, Subject.bureau).where(col(Subject.subject_id).in_(ids))
        )
        bureaus = dict(rows.all())
        for case in chunk:
            if (bureau := bureaus.get(case.subject_id, case.bureau)) != case.bureau:
                before, case.bureau = snapshot(case), bureau
                await save(change, case, "move_escalation", before, "S4 一(四)")


async def derive_again(change: Change, case: Escalation) -> None:
    """Computes the due day of a case again by the newest calendar and ladder (CIVIL-CODE 201).

    A changed due day is stored, audited and announced. A due day that a person set does not change.
    """
    if (day := counted_due_on(case)) != case.due_on:
        before, case.due_on = snapshot(case), day
        await save(change, case, "move_due_day", before, WORKING_DAYS)


def counted_due_on(case: Escalation) -> date | None:
    """Returns the due day of a case's step, computed by the newest calendar and escalation ladder.

    A due day that a person set is returned unchanged. None if no step is waiting for its day.
    """
    if case.waits_from is None:
        return case.due_on
    return _counted(case.step, case.waits_from, edition()).date


def _counted(step: Step, since: date, calendar: Edition) -> DueDate:
    return due_on(rung(step, since), since, calendar)


async def open_terms(view: View) -> AsyncIterator[OpenTerm]:
    """Yields the steps of escalation cases that wait for a counted day."""
    query = (
        select(Escalation)
        .where(is_open(), col(Escalation.waits_from).is_not(None))
        .order_by(col(Escalation.escalation_id))
    )
    for case in await view.session.exec(query):
        if case.waits_from is not None:
            last = partial(_counted, case.step, case.waits_from)
            yield OpenTerm("escalation", case.escalation_id, case.step, case.bureau, last)


async def save(
    change: Change, case: Escalation, action: str, before: dict[str, Any], ground: str
) -> None:
    """Stores a changed escalation case under its next version; audits and announces the change."""
    case.version += 1
    change.session.add(case)
    object_ = f"escalation/{case.escalation_id}"
    change.audit(action, object_, before=before, after=snapshot(case), ground=ground)
    await announce(change, object_, [case])


def snapshot(case: Escalation) -> dict[str, Any]:
    """Returns the fields of an escalation case as JSON values, for the audit entry."""
    return case.model_dump(mode="json")


async def announce(change: Change, aggregate: str, cases: Sequence[Escalation]) -> None:
    """Announces opened or changed escalation cases of one bureau, at most 500 in an event."""
    for chunk in chunks(cases, CASES_PER_EVENT):
        event = events_pb2.EscalationsChanged(escalations=map(wire_escalations.case, chunk))
        await change.announce(event, aggregate=aggregate, bureau=chunk[0].bureau)
