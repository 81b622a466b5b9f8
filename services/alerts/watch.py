"""The daily watch: one SQL statement raises every alert of a bureau that is due by a day (D-06).

An alert is raised for every colour that an instrument reached, even if the platform was down on
that day, so the alerts depend only on the dates. A notice names only the most severe colour of an
instrument.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import LADDER, RED_BY_RESULT, RED_WITHOUT_DATE, Basis
from law.colours.rule import Colour, latest_reached
from plumbing.change import Change
from plumbing.chunks import chunks
from protos.alerts.v1 import events_pb2
from services.alerts import wire
from services.alerts.escalation.approval_digest import issue_approval_digest
from services.alerts.escalation.cases import match_cases
from services.alerts.notices.colour_mails import issue_digests, issue_rejected
from services.alerts.tables import Alert, Instrument, Watch

CITE = "S4 四(一)"
ALERTS_PER_EVENT = 500

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
# Without the moment of raising: we know it already, and reading it for a million rows is slow.
_RETURNED = [column for column in _ALERT.c if column.name not in ("raised_at", "notice_id")]
_INSERTED = (*_COPIED, "colour", "raised_at", "baseline", "notice_id")


@dataclass(frozen=True)
class RunCounts:
    """The numbers of alerts raised and of notices issued by one run of the daily watch."""

    alerts: int = 0
    notices: int = 0


async def watch(change: Change, bureau: str, through: date) -> RunCounts:
    """Raises every alert of a bureau due up to and including `through`, and issues the digests.

    See S4 四(一) and D-06. One call handles all days since the last handled day; a call for a day
    that was already handled changes nothing.
    """
    row = await _lock(change.session, bureau)
    if row.watched_through is not None and row.watched_through >= through:
        return RunCounts()
    raised = await _raise(
        change, through, row.watched_through, RED_WITHOUT_DATE, _INSTRUMENT.c.bureau == bureau
    )
    row.watched_through = through
    reds = {a.instrument_id for a in raised if a.colour is Colour.RED and not a.baseline}
    await match_cases(change, reds)
    notices = await issue_digests(change, bureau, through)
    notices += await issue_approval_digest(change, bureau, through)
    after = {"through": through.isoformat(), **_summary(raised), "notices": len(notices)}
    change.audit("watch", f"watch/{bureau}", after=after, ground=CITE)
    await _announce(change, raised)
    return RunCounts(len(raised), len(notices))


async def evaluate(change: Change, instruments: Collection[Instrument]) -> None:
    """Raises the alerts due for `instruments` at once, without waiting for the daily watch.

    It is called after the facts of these instruments changed and runs the same SQL statement as the
    watch. A rejection is also mailed at once.
    """
    through = await _latest_day(change, {instrument.bureau for instrument in instruments})
    scope = _INSTRUMENT.c.instrument_id.in_([i.instrument_id for i in instruments])
    raised = await _raise(change, through, None, RED_BY_RESULT, scope)
    for bureau, alerts in groupby(sorted(raised, key=_bureau), key=_bureau):
        change.audit("raise_alerts", f"watch/{bureau}", after=_summary([*alerts]), ground=CITE)
    await _announce(change, raised)
    for alert in raised:
        if alert.standing is Basis.REJECTED and not alert.baseline:
            await issue_rejected(change, alert)


async def _lock(session: AsyncSession, bureau: str) -> Watch:
    row = await session.get(Watch, bureau, with_for_update=True)
    if row is None:
        row = Watch(bureau=bureau)
        session.add(row)
    return row


async def _latest_day(change: Change, bureaus: Collection[str]) -> date:
    """The later of today and the last day that a watch of these bureaus handled.

    Locks the rows of the watches, so that a run of a watch and this change take turns.
    """
    rows = select(Watch).where(col(Watch.bureau).in_(bureaus)).with_for_update(read=True)
    days = [row.watched_through for row in (await change.session.exec(rows)).all()]
    return max([change.today, *filter(None, days)])


async def _raise(
    change: Change,
    through: date,
    beyond: date | None,
    reds: Sequence[Basis],
    scope: sa.ColumnElement[bool],
) -> Sequence[sa.Row[Any]]:
    """Inserts and returns the alerts due by `through`; without those due by `beyond`, if given."""
    await change.session.flush()
    due = [_reached(change, colour, through, beyond, scope) for colour in LADDER]
    due.append(_red_without_date(change, through, reds, scope))
    connection = await change.session.connection()
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[
        connection.dialect.name
    ]
    statement = insert(_ALERT).on_conflict_do_nothing().from_select(_INSERTED, sa.union_all(*due))
    return (await connection.execute(statement.returning(*_RETURNED))).all()


def _reached(
    change: Change,
    colour: Colour,
    through: date,
    beyond: date | None,
    scope: sa.ColumnElement[bool],
) -> sa.Select[Any]:
    # Each colour is one range of an index. An OR of the ranges would read the whole table.
    due = _INSTRUMENT.c.valid_until <= latest_reached(colour, through)
    if beyond is not None:
        due &= _INSTRUMENT.c.valid_until > latest_reached(colour, beyond)
    dated = _INSTRUMENT.c.standing == Basis.DATED
    return _alert_rows(change, colour, through).where(scope, dated, due, _INSTRUMENT.c.watched)


def _red_without_date(
    change: Change, through: date, reds: Sequence[Basis], scope: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    # These have no date. Stating that lets the index find them among a million others.
    undated = _INSTRUMENT.c.standing.in_(reds) & _INSTRUMENT.c.valid_until.is_(None)
    return _alert_rows(change, Colour.RED, through).where(scope, undated, _INSTRUMENT.c.watched)


def _alert_rows(change: Change, colour: Colour, through: date) -> sa.Select[Any]:
    silent = sa.func.coalesce(_due_when_basis_came_silently(through), sa.false())
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


async def _announce(change: Change, raised: Sequence[sa.Row[Any]]) -> None:
    """Announces the alerts raised, at most 500 in a message; those of a baseline are left out."""
    announced = sorted((alert for alert in raised if not alert.baseline), key=_bureau)
    for bureau, alerts in groupby(announced, key=_bureau):
        for chunk in chunks(alerts, ALERTS_PER_EVENT):
            event = events_pb2.AlertsRaised(alerts=[wire.alert(a, change.at) for a in chunk])
            await change.announce(event, aggregate=f"watch/{bureau}", bureau=bureau)


def _summary(raised: Sequence[sa.Row[Any]]) -> dict[str, Any]:
    ids = ",".join(str(alert.alert_id) for alert in raised)
    return {"alerts": len(raised), "digest": sha256(ids.encode()).hexdigest()}


def _bureau(alert: sa.Row[Any]) -> str:
    return str(alert.bureau)
