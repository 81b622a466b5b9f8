"""The watch: one set-based transition that raises every alert due by a day (D-06).

The ladder is whole: every colour an instrument passed has its row, whether the platform was up on
that day or not, so that alerts follow from facts alone; a notice names only the most severe.
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
from protos.alerts.v1 import events_pb2
from services.alerts import wire
from services.alerts.escalation import cases as escalations
from services.alerts.escalation.digest import issue_approvals
from services.alerts.notices import issue as notices
from services.alerts.tables import Alert, Instrument, Watch

CITE = "S4 四(一)"
ALERTS_PER_EVENT = 500

_ALERT: sa.Table = Alert.__table__  # type: ignore[attr-defined]
_INSTRUMENT: sa.Table = Instrument.__table__  # type: ignore[attr-defined]
_KEPT = (
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
# Not the moment they were raised: it is ours, and a million moments are long to read.
_RETURNED = [column for column in _ALERT.c if column.name not in ("raised_at", "notice_id")]
_FILLED = (*_KEPT, "colour", "raised_at", "baseline", "notice_id")


@dataclass(frozen=True)
class Watched:
    """What one run of the watch did."""

    alerts: int = 0
    notices: int = 0


async def watch(change: Change, bureau: str, through: date) -> Watched:
    """Raises every alert of a bureau due up to and including a day, and tells the operators.

    S4 四(一); D-06. Missed days are caught up; a day watched already changes nothing.
    """
    row = await _lock(change.session, bureau)
    if row.watched_through is not None and row.watched_through >= through:
        return Watched()
    raised = await _raise(
        change, through, row.watched_through, RED_WITHOUT_DATE, _INSTRUMENT.c.bureau == bureau
    )
    row.watched_through = through
    reds = {a.instrument_id for a in raised if a.colour is Colour.RED and not a.baseline}
    await escalations.settle(change, reds)
    told = await notices.issue_digests(change, bureau, through)
    told += await issue_approvals(change, bureau, through)
    after = {"through": through.isoformat(), **_summary(raised), "notices": len(told)}
    change.audit("watch", f"watch/{bureau}", after=after, ground=CITE)
    await _announce(change, raised)
    return Watched(len(raised), len(told))


async def evaluate(change: Change, instruments: Collection[Instrument]) -> None:
    """Raises at once what is due for instruments of which something new became known.

    The same transition as the watch's, for these alone; a rejection is told at once as well.
    """
    through = await _latest_day(change, {instrument.bureau for instrument in instruments})
    these = _INSTRUMENT.c.instrument_id.in_([i.instrument_id for i in instruments])
    raised = await _raise(change, through, None, RED_BY_RESULT, these)
    for bureau, alerts in groupby(sorted(raised, key=_bureau), key=_bureau):
        change.audit("raise_alerts", f"watch/{bureau}", after=_summary([*alerts]), ground=CITE)
    await _announce(change, raised)
    for alert in raised:
        if alert.standing is Basis.REJECTED and not alert.baseline:
            await notices.issue_rejected(change, alert)


async def _lock(session: AsyncSession, bureau: str) -> Watch:
    row = await session.get(Watch, bureau, with_for_update=True)
    if row is None:
        row = Watch(bureau=bureau)
        session.add(row)
    return row


async def _latest_day(change: Change, bureaus: Collection[str]) -> date:
    """Today, or the day a watch has come to. A watch under way is waited for, and waits for us."""
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
    """Inserts the alerts that became due after `beyond`, of all time if None; returns them."""
    await change.session.flush()
    due = [_reached(change, colour, through, beyond, scope) for colour in LADDER]
    due.append(_red_without_date(change, through, reds, scope))
    connection = await change.session.connection()
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[
        connection.dialect.name
    ]
    statement = insert(_ALERT).on_conflict_do_nothing().from_select(_FILLED, sa.union_all(*due))
    return (await connection.execute(statement.returning(*_RETURNED))).all()


def _reached(
    change: Change,
    colour: Colour,
    through: date,
    beyond: date | None,
    scope: sa.ColumnElement[bool],
) -> sa.Select[Any]:
    # Ranges of an index, joined by UNION ALL: an OR of them would read the whole table.
    due = _INSTRUMENT.c.valid_until <= latest_reached(colour, through)
    if beyond is not None:
        due &= _INSTRUMENT.c.valid_until > latest_reached(colour, beyond)
    dated = _INSTRUMENT.c.standing == Basis.DATED
    return _alerts(change, colour, through).where(scope, dated, due, _INSTRUMENT.c.watched)


def _red_without_date(
    change: Change, through: date, reds: Sequence[Basis], scope: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    # No date decides here; saying so lets the index find these few among a million others.
    undated = _INSTRUMENT.c.standing.in_(reds) & _INSTRUMENT.c.valid_until.is_(None)
    return _alerts(change, Colour.RED, through).where(scope, undated, _INSTRUMENT.c.watched)


def _alerts(change: Change, colour: Colour, through: date) -> sa.Select[Any]:
    silent = sa.func.coalesce(_due_when_it_came_silently(through), sa.false())
    return sa.select(
        *(_INSTRUMENT.c[name] for name in _KEPT),
        sa.literal(colour, _ALERT.c.colour.type).label("colour"),
        sa.literal(change.at, _ALERT.c.raised_at.type).label("raised_at"),
        silent.label("baseline"),
        sa.case((silent, ""), else_=sa.null()).label("notice_id"),
    )


def _due_when_it_came_silently(through: date) -> sa.ColumnElement[bool]:
    quiet_on, unverified = _INSTRUMENT.c.quiet_on, _INSTRUMENT.c.standing == Basis.UNVERIFIED
    return (quiet_on >= through) | (unverified & (quiet_on >= _INSTRUMENT.c.since))


async def _announce(change: Change, raised: Sequence[sa.Row[Any]]) -> None:
    """Says what was raised, up to 500 a message; nobody hears of a baseline."""
    told = sorted((alert for alert in raised if not alert.baseline), key=_bureau)
    for bureau, group in groupby(told, key=_bureau):
        alerts = [*group]
        for start in range(0, len(alerts), ALERTS_PER_EVENT):
            some = alerts[start : start + ALERTS_PER_EVENT]
            event = events_pb2.AlertsRaised(alerts=[wire.alert(a, change.at) for a in some])
            await change.announce(event, aggregate=f"watch/{bureau}", bureau=bureau)


def _summary(raised: Sequence[sa.Row[Any]]) -> dict[str, Any]:
    ids = ",".join(str(alert.alert_id) for alert in raised)
    return {"alerts": len(raised), "digest": sha256(ids.encode()).hexdigest()}


def _bureau(alert: sa.Row[Any]) -> str:
    return str(alert.bureau)
