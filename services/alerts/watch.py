"""The daily watch: one SQL statement raises every alert of a bureau that is due by a day (D-06).

An alert is raised for every colour that an instrument reached, even if the platform was down on
that day, so the alerts depend only on the dates. A notice names only the most severe colour of an
instrument. What follows from the alerts (events, cases, digests) is made from the rows that this
statement returns; none of them is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import LADDER, RED_BY_RESULT, RED_WITHOUT_DATE, Basis
from law.colours.rule import Colour, latest_reached
from law.instruments import not_periodic
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.database import enlarge_cache
from plumbing.events.leadership import exclusively
from services.alerts import wire
from services.alerts.escalation.approval_digest import issue_approval_digest
from services.alerts.escalation.cases import add_to_cases
from services.alerts.escalation.holding import release
from services.alerts.escalation.undertakings import issue_of_undertakings
from services.alerts.inserting import insert
from services.alerts.notices.arrivals import issue_arrivals
from services.alerts.notices.bureau_weeks import issue_bureau_week
from services.alerts.notices.calibrations import issue_calibrations
from services.alerts.notices.colour_mails import issue_digests, issue_rejected
from services.alerts.notices.dccs import issue_dccs
from services.alerts.notices.dead_addresses import issue_dead_addresses
from services.alerts.notices.endings import issue_endings
from services.alerts.notices.institution_weeks import issue_weeks
from services.alerts.notices.order_steps import issue_order_steps
from services.alerts.notices.results import issue_results
from services.alerts.notices.unauthorised_orders import issue_unauthorised
from services.alerts.notices.upkeep import issue_upkeep
from services.alerts.tables import NEW_WATCHES, Alert, Instrument, Notice, Watch

CITE = "S4 四(一)"
ALERTS_PER_EVENT = 500
# Of missed days, so many are handled by one transaction. Others can write between two of them.
DUE_PER_TRANSACTION = 20_000
_DAY = timedelta(days=1)
# What is told once a day besides colours: to owners and institutions, then to the bureau.
_DAILY = (
    *(issue_order_steps, issue_results, issue_calibrations, issue_endings, issue_dccs),
    issue_unauthorised,
    *(issue_weeks, issue_upkeep),
    *(issue_approval_digest, issue_arrivals, issue_dead_addresses, issue_of_undertakings),
    issue_bureau_week,  # the last: it names what the others have told the bureau
)

_ALERT: sa.Table = Alert.__table__  # type: ignore[attr-defined]
_INSTRUMENT: sa.Table = Instrument.__table__  # type: ignore[attr-defined]
_COPIED = (
    "instrument_id",
    "spell",
    "governing_id",
    "subject_id",
    "bureau",
    "type_code",
    "serial_no",
    "standing",
    "valid_until",
    "since",
)
# Only what follow-ups name: reading a column of a million rows is slow.
_RETURNED = [_ALERT.c[name] for name in wire.RAISED_COLUMNS]
_INSERTED = (*_COPIED, "colour", "raised_at", "baseline", "notice_id")
_KEY = ("instrument_id", "spell", "governing_id", "colour")


@dataclass(frozen=True)
class RunCounts:
    """The numbers of alerts raised and of notices issued by one run of the daily watch.

    `days_left` is true while days up to the one asked for wait for another call.
    """

    alerts: int = 0
    notices: int = 0
    days_left: bool = False


@dataclass(frozen=True)
class _Days:
    """The days of which alerts are raised: those after `beyond`, if given, up to `last`.

    `through` is the last day of all calls of the run. What a first load brought by then is recorded
    without a notice.
    """

    last: date
    through: date
    beyond: date | None = None

    @property
    def complete(self) -> bool:
        return self.last == self.through


async def watch(
    change: Change, bureau: str, through: date, *, at_most: int = DUE_PER_TRANSACTION
) -> RunCounts:
    """Raises every alert of a bureau due up to and including `through`, and issues the digests.

    See S4 四(一) and D-06. One call handles all days since the last handled day, unless more than
    `at_most` alerts may be due on them: then it handles fewer days, at least one, and the call that
    handles the last one issues the digests. A call for a day that was already handled changes
    nothing.
    """
    row = await lock(change, bureau)
    if row.watched_through is not None and row.watched_through >= through:
        return RunCounts()
    await enlarge_cache(change.session)
    scope = _INSTRUMENT.c.bureau == bureau
    days = await _portion(change.session, row.watched_through, through, scope, at_most)
    undated = _undated(RED_WITHOUT_DATE) if days.complete else None
    raised = await _raise(change, days, undated, scope)
    row.watched_through = days.last
    told = [alert for alert in raised if not alert.baseline]
    reds = [(a.alert_id, a.subject_id, a.bureau) for a in told if a.colour is Colour.RED]
    await add_to_cases(change, reds)
    await release(change, {owner for _, owner, _ in reds})
    notices = list[Notice]()
    if days.complete:
        notices += await issue_digests(change, bureau, through, told)
        for issue in _DAILY:
            notices += await issue(change, bureau, through)
        row.told_through = through
    after = {"through": days.last.isoformat(), **summary(raised), "notices": len(notices)}
    change.audit("watch", f"watch/{bureau}", after=after, ground=CITE)
    await announce_told(change, bureau, told)
    return RunCounts(len(raised), len(notices), days_left=not days.complete)


async def evaluate(
    change: Change, instruments: Collection[Instrument], unverified: Collection[str] = ()
) -> None:
    """Raises the alerts due for `instruments` at once, without waiting for the daily watch.

    It is called after the facts of these instruments changed and runs the same SQL statement as the
    watch. A rejection is also mailed at once. An instrument that was never verified waits for the
    watch, since its verification may be on the way, unless the register says that a person put it
    into use so: then its id is among `unverified`.
    """
    through = await _latest_day(change, {instrument.bureau for instrument in instruments})
    scope = _INSTRUMENT.c.instrument_id.in_([i.instrument_id for i in instruments])
    put_into_use = _undated([Basis.UNVERIFIED]) & _INSTRUMENT.c.instrument_id.in_(unverified)
    undated = _undated(RED_BY_RESULT) | put_into_use if unverified else _undated(RED_BY_RESULT)
    raised = await _raise(change, _Days(through, through), undated, scope)
    for bureau, group in groupby(sorted(raised, key=_bureau), key=_bureau):
        alerts = [*group]
        change.audit("raise_alerts", f"watch/{bureau}", after=summary(alerts), ground=CITE)
        await announce_told(change, bureau, [alert for alert in alerts if not alert.baseline])
    for alert in raised:
        if alert.standing is Basis.REJECTED and not alert.baseline:
            await issue_rejected(change, alert)


async def lock(change: Change, bureau: str) -> Watch:
    """Returns the watch of a bureau, locked: what raises or tells its alerts takes turns."""
    session = change.session
    row = await session.get(Watch, bureau, with_for_update=True)
    if row is None:
        await exclusively(session, NEW_WATCHES)  # another may be making it just now
        row = await session.get(Watch, bureau, with_for_update=True)
    if row is None:
        row = Watch(bureau=bureau, modes=not_periodic(change.today))
        session.add(row)
    return row


async def _latest_day(change: Change, bureaus: Collection[str]) -> date:
    """The later of today and the last day that a watch of these bureaus handled.

    Locks the rows of the watches, so that a run of a watch and this change take turns.
    """
    rows = select(Watch).where(col(Watch.bureau).in_(bureaus)).with_for_update(read=True)
    days = [row.watched_through for row in (await change.session.exec(rows)).all()]
    return max([change.today, *filter(None, days)])


async def _portion(
    session: AsyncSession,
    beyond: date | None,
    through: date,
    scope: sa.ColumnElement[bool],
    at_most: int,
) -> _Days:
    """The next days to handle: half as many again and again, until few enough alerts are due."""
    last = through
    while beyond is not None and last - beyond > _DAY:
        days = _Days(last, through, beyond)
        ranges = [sa.select(sa.literal(1)).where(scope, _due(c, days)) for c in LADDER]
        counted = select(sa.func.count()).select_from(sa.union_all(*ranges).subquery())
        if (await session.exec(counted)).one() <= at_most:
            break
        last = beyond + timedelta(days=(last - beyond).days // 2)
    return _Days(last, through, beyond)


async def _raise(
    change: Change,
    days: _Days,
    undated: sa.ColumnElement[bool] | None,
    scope: sa.ColumnElement[bool],
) -> Sequence[sa.Row[Any]]:
    """Stores and returns the alerts due on these days, and those `undated`: reds without a day.

    An alert that is there on another basis, such as a day that was corrected since, is raised anew.
    """
    await change.session.flush()
    watched = scope & _INSTRUMENT.c.watched
    due = [_alert_rows(change, c, days).where(watched, _due(c, days)) for c in LADDER]
    if undated is not None:
        due.append(_alert_rows(change, Colour.RED, days).where(watched, undated))
    connection = await change.session.connection()
    statement = insert(connection, _ALERT).from_select(
        _INSERTED, sa.union_all(*due), include_defaults=False
    )
    new, there = statement.excluded, _ALERT.c
    raised_anew = {name: new[name] for name in _INSERTED if name not in _KEY}
    statement = statement.on_conflict_do_update(
        index_elements=_KEY,
        set_=raised_anew | {"released_at": None, "released_by": ""},
        where=(there.standing != new.standing)
        | there.valid_until.is_distinct_from(new.valid_until),
    )
    return (await connection.execute(statement.returning(*_RETURNED))).all()


def _due(colour: Colour, days: _Days) -> sa.ColumnElement[bool]:
    # Each colour is one range of an index. An OR of the ranges would read the whole table.
    dated = _INSTRUMENT.c.standing == Basis.DATED
    due = dated & (_INSTRUMENT.c.valid_until <= latest_reached(colour, days.last))
    if days.beyond is not None:
        due &= _INSTRUMENT.c.valid_until > latest_reached(colour, days.beyond)
    return due


def _undated(reds: Sequence[Basis]) -> sa.ColumnElement[bool]:
    # These have no date. Stating that lets the index find them among a million others.
    return _INSTRUMENT.c.standing.in_(reds) & _INSTRUMENT.c.valid_until.is_(None)


def _alert_rows(change: Change, colour: Colour, days: _Days) -> sa.Select[Any]:
    silent = sa.func.coalesce(_due_when_basis_came_silently(days.through), sa.false())
    return sa.select(
        *(_INSTRUMENT.c[name] for name in _COPIED),
        sa.literal(colour, _ALERT.c.colour.type).label("colour"),
        sa.literal(change.at, _ALERT.c.raised_at.type).label("raised_at"),
        silent.label("baseline"),
        sa.case((silent, ""), else_=sa.null()).label("notice_id"),
    )


def _due_when_basis_came_silently(through: date) -> sa.ColumnElement[bool]:
    quiet_on, unverified = _INSTRUMENT.c.quiet_on, _INSTRUMENT.c.standing == Basis.UNVERIFIED
    return (quiet_on >= through) | (unverified & (quiet_on >= _INSTRUMENT.c.since))


async def announce_told(change: Change, bureau: str, told: Sequence[sa.Row[Any]]) -> None:
    """Announces alerts of a bureau of which somebody is told, at most 500 in a message."""
    for chunk in chunks(told, ALERTS_PER_EVENT):
        event = wire.alerts_raised(chunk, bureau, change.at)
        await change.announce(event, aggregate=f"watch/{bureau}", bureau=bureau)


def summary(raised: Sequence[sa.Row[Any]]) -> dict[str, Any]:
    """Returns how many alerts there are and a digest of their ids, for an audit entry."""
    ids = ",".join(str(alert.alert_id) for alert in raised)
    return {"alerts": len(raised), "digest": sha256(ids.encode()).hexdigest()}


def _bureau(alert: sa.Row[Any]) -> str:
    return str(alert.bureau)
