"""Releases the first notices of a first load, in portions that a bureau chooses.

A released alert is told in a digest and opens the follow-up of its owner like any other red alert
(S4 四(一), 四(二)).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import InvalidInput, NotPermitted
from plumbing.change import Change
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts import wire
from services.alerts.escalation.cases import add_to_cases
from services.alerts.escalation.holding import release
from services.alerts.notices.colour_mails import issue_digests
from services.alerts.tables import Alert, Instrument
from services.alerts.untold import meant, untold
from services.alerts.watch import CITE, announce_told, lock, summary

MOST = 1000  # alerts that one call releases
_OF_ALERT: Any = sa.select(*(col(getattr(Alert, name)) for name in wire.RAISED_COLUMNS))


async def release_untold(
    change: Change, request: pb.ReleaseUntoldRequest
) -> pb.ReleaseUntoldResponse:
    """Releases a portion of the untold red alerts: digests are issued, escalation cases opened.

    Alerts of a first load that the caller made are left to another person. Raises InvalidInput if
    the request chooses no portion, and NotPermitted if there are only alerts of such loads.
    """
    if not (request.alert_ids or request.at_most or request.of.ListFields()):
        raise InvalidInput(
            "请指明放行哪一批：类型、行业、街道、主体、台数之一，或者逐台指明",
            "Choose a portion: by type, sector, street, subject or number, or name the alerts",
            field="at_most",
        )
    wanted = [*meant(change.caller, request.of)]
    if request.alert_ids:
        wanted.append(col(Alert.alert_id).in_([int(one) for one in request.alert_ids]))
    others = col(Instrument.quiet_by) != change.on_behalf_of
    chosen: Any = select(Alert, Instrument.subject_id, Instrument.bureau)
    rows = untold(chosen).where(*wanted, others).order_by(col(Instrument.bureau), Alert.alert_id)
    limited = rows.limit(request.at_most or MOST).with_for_update(of=Alert)
    portion = (await change.session.exec(limited)).all()
    owners = set[str]()
    for bureau, found in groupby(portion, key=lambda row: row[2]):
        owners |= await _release(change, bureau, [*found])
    left, own = await _left(change.session, wanted, others)
    if not portion and own:
        raise NotPermitted(
            "这些器具由您首次建档导入，须由另一人放行首次告知",
            "You made this first load: another person releases its first notices",
        )
    return pb.ReleaseUntoldResponse(
        released=len(portion), subjects=len(owners), left=left, own_loads=own
    )


async def _release(change: Change, bureau: str, rows: Sequence[Any]) -> set[str]:
    """Releases alerts of one bureau; returns the present owners of their instruments."""
    await lock(change, bureau)
    for alert, owner, _ in rows:
        alert.subject_id, alert.bureau = owner, bureau
        alert.baseline, alert.notice_id = False, None
        alert.released_at, alert.released_by = change.at, change.on_behalf_of
    await change.session.flush()
    ids = [alert.alert_id for alert, _, _ in rows]
    told = await _as_raised(change.session, ids)
    await add_to_cases(change, [(a.alert_id, a.subject_id, a.bureau) for a in told])
    owners = {owner for _, owner, _ in rows}
    await release(change, owners)
    await issue_digests(change, bureau, change.today, (), only=owners)
    audited = f"watch/{bureau}"
    change.audit("release_first_notices", audited, after=summary(told), ground=CITE, bureau=bureau)
    await announce_told(change, bureau, told)
    return owners


async def _as_raised(session: AsyncSession, ids: Collection[int]) -> Sequence[sa.Row[Any]]:
    chosen = _OF_ALERT.where(col(Alert.alert_id).in_(ids)).order_by(col(Alert.alert_id))
    rows: Sequence[sa.Row[Any]] = (await (await session.connection()).execute(chosen)).all()
    return rows


async def _left(
    session: AsyncSession,
    wanted: Sequence[sa.ColumnElement[bool]],
    others: sa.ColumnElement[bool],
) -> tuple[int, int]:
    """How many of the alerts are left, and how many of these belong to loads of the caller."""
    own = sa.func.sum(sa.case((others, 0), else_=1))
    counted = untold(sa.select(sa.func.count(), own)).where(*wanted)
    left, of_caller = (await (await session.connection()).execute(counted)).one()
    return left, of_caller or 0
