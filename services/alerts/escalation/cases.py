"""Escalation cases: how red alerts of a subject open and close them (S4 四(二), R-130).

A case opens with the first red alert that applies to a subject, and closes when none applies any
more. Both happen in the transaction that raises the alert or stores the cure of the instrument; the
workflow of the case starts after that transaction. A baseline alert neither opens a case nor
prevents its closing, because nobody was informed of the alert.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.courses import RED_ALERT, Opening
from law.escalation import Step, due_on, rung
from law.terms.workdays import CITE as WORKING_DAYS
from law.terms.workdays import DueDate, Edition, edition
from plumbing.calendars.servicer import OpenTerm
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.events.leadership import exclusively
from plumbing.view import View
from services.alerts.escalation.closing import close
from services.alerts.escalation.filing import (
    IDS_PER_QUERY,
    announce,
    episodes,
    is_open,
    move_to_bureaus,
    new_case,
    save,
    snapshot,
)
from services.alerts.escalation.red_alerts import IS_OWNED, ON_INSTRUMENT, RED_APPLIES, of_case
from services.alerts.inserting import insert_new
from services.alerts.ladders.own import own_figures
from services.alerts.tables import Alert, Escalation, EscalationAlert, Instrument

CITE = "S4 四(二)"
MATTER = Opening.ALERT.value

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
        await close(change, case, CITE)
    await move_to_bureaus(change, [case for case in cases.values() if case.closed_at is None])


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
        query = select(Escalation).where(
            col(Escalation.subject_id).in_(chunk), col(Escalation.matter) == MATTER, is_open()
        )
        rows = await session.exec(query.with_for_update())
        cases |= {case.subject_id: case for case in rows}
    return cases


async def _open(change: Change, alerts: Sequence[RedAlert]) -> dict[str, Escalation]:
    """Opens a case for every owner of these alerts."""
    bureaus = {owner: bureau for _, owner, bureau in alerts}
    last = await episodes(change.session, bureaus)
    own = {one: await own_figures(change.session, one, change.today) for one in {*bureaus.values()}}
    cases = {
        owner: new_case(change, owner, bureau, last[owner] + 1, RED_ALERT, MATTER, own[bureau])
        for owner, bureau in bureaus.items()
    }
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
    return _counted(case.step, case.waits_from, case.own_days, edition()).date


def _counted(step: Step, since: date, own_days: int | None, calendar: Edition) -> DueDate:
    of_law = rung(step, since)
    counted = of_law if own_days is None else replace(of_law, days=own_days)
    return due_on(counted, since, calendar)


async def open_terms(view: View) -> AsyncIterator[OpenTerm]:
    """Yields the steps of escalation cases that wait for a counted day."""
    query = (
        select(Escalation)
        .where(is_open(), col(Escalation.waits_from).is_not(None))
        .order_by(col(Escalation.escalation_id))
    )
    for case in await view.session.exec(query):
        if case.waits_from is not None:
            last = partial(_counted, case.step, case.waits_from, case.own_days)
            yield OpenTerm("escalation", case.escalation_id, case.step, case.bureau, last)
