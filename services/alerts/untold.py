"""The red alerts of first loads of which nobody was told yet: how many, since when, and the list.

A first load alarms nobody on its day. What stands red then stays here until somebody other than the
person who made the load releases it (`first_notices`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.periods import local_day, start_of
from plumbing import paging, row_scope
from plumbing.database import unindexed
from plumbing.identity import Caller
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts import wire
from services.alerts.applying import APPLIES
from services.alerts.escalation.red_alerts import ON_INSTRUMENT
from services.alerts.tables import UNTOLD_RED, Alert, Instrument, Subject

_OWNER = col(Subject.subject_id) == col(Instrument.subject_id)


@dataclass(frozen=True)
class Standing:
    """How many red alerts of first loads a bureau has told nobody of, and the day of the oldest."""

    alerts: int
    since: date | None

    def days(self, on: date) -> int:
        """Returns for how many whole days the oldest alert has been untold on a day; 0 if none."""
        return (on - self.since).days if self.since else 0


async def standing(
    session: AsyncSession, *, bureau: str = "", before: date | None = None
) -> Standing:
    """Counts the untold red alerts, by default of all bureaus and days.

    `before` limits them to those recorded before that day began.
    """
    counted = untold(sa.select(sa.func.count(), sa.func.min(col(Alert.raised_at))))
    if bureau:
        counted = counted.where(col(Instrument.bureau) == bureau)
    if before:
        counted = counted.where(col(Alert.raised_at) < start_of(before))
    number, oldest = (await (await session.connection()).execute(counted)).one()
    return Standing(number, local_day(oldest) if oldest else None)


async def list_untold(view: View, request: pb.ListUntoldRequest) -> pb.ListUntoldResponse:
    """Lists the untold red alerts within the caller's scope, those recorded first coming first."""
    chosen: Any = select(Alert, Instrument, Subject)
    rows = untold(chosen).where(*meant(view.caller, request.of))
    page, token = await paging.page(
        view.session, request, rows, Alert.alert_id, key=lambda row: (row[0].alert_id,)
    )
    count = await paging.count(view.session, request, rows, token)
    alerts = [_message(view, *row) for row in page]
    return pb.ListUntoldResponse(alerts=alerts, next_page_token=token, **count)


def _message(
    view: View, alert: Alert, instrument: Instrument, owner: Subject | None
) -> pb.UntoldAlert:
    message = wire.alert(alert, alert.raised_at)
    message.subject_id, message.bureau = instrument.subject_id, instrument.bureau
    return pb.UntoldAlert(
        alert=message,
        subject_name=owner.name if owner else "",
        sector=owner.sector if owner else "",
        address=owner.address if owner else "",
        days_untold=(view.today - local_day(alert.raised_at)).days,
        own_load=instrument.quiet_by == view.caller.account_id,
    )


def untold(columns: Any) -> Any:
    """Returns a query of columns of the untold red alerts that apply, their instruments, owners."""
    joined = columns.select_from(Alert).join(Instrument, ON_INSTRUMENT)
    return joined.outerjoin(Subject, _OWNER).where(sa.text(UNTOLD_RED), APPLIES)


def meant(caller: Caller, of: pb.Untold) -> Iterator[sa.ColumnElement[bool]]:
    """Yields the conditions for the alerts that a request means, within the caller's scope."""
    yield row_scope.covered(caller, Instrument.bureau)
    if of.bureau:
        yield row_scope.of_bureau(of.bureau, Instrument.bureau)
    if of.type_code:
        yield col(Instrument.type_code) == of.type_code
    if of.sector:
        yield col(Subject.sector) == of.sector
    if of.street:
        yield col(Subject.address).icontains(of.street, autoescape=True)
    if of.subject_id:
        yield unindexed(col(Instrument.subject_id)) == of.subject_id
