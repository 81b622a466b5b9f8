"""The red alerts of first loads of which nobody was told yet: how many, since when, and the list.

A first load alarms nobody on its day. What stands red then stays here until somebody other than the
person who made the load releases it (`first_notices`). An instrument that was never verified is
added by the first watch after the load, and is untold since the load like the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import Basis
from law.colours.rule import Colour
from law.periods import local_day, start_of
from plumbing import paging, row_scope
from plumbing.database import unindexed
from plumbing.identity import Caller
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts import wire
from services.alerts.applying import APPLIES
from services.alerts.escalation.red_alerts import ON_INSTRUMENT
from services.alerts.instrument_filters import OWNER, in_street
from services.alerts.tables import UNTOLD_RED, Alert, Instrument, Subject


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

    `before` limits them to those that were loaded, or recorded, before that day began.
    """
    loaded, recorded = col(Instrument.quiet_on), col(Alert.raised_at)
    counted = untold(sa.select(sa.func.count(), sa.func.min(loaded), sa.func.min(recorded)))
    if bureau:
        counted = counted.where(col(Instrument.bureau) == bureau)
    if before:
        counted = counted.where((recorded < start_of(before)) | (loaded < before))
    number, first_load, oldest = (await (await session.connection()).execute(counted)).one()
    return Standing(number, _since(first_load, oldest) if oldest else None)


def _since(loaded: date | None, recorded: datetime) -> date:
    """The day since which nobody was told: of the load, or of the record if that came before."""
    return min(loaded or date.max, local_day(recorded))


async def list_untold(view: View, request: pb.ListUntoldRequest) -> pb.ListUntoldResponse:
    """Lists the untold red alerts within the caller's scope, those recorded first coming first."""
    chosen: Any = select(Alert, Instrument, Subject)
    rows = untold(chosen).where(*meant(view.caller, request.of))
    page, token = await paging.page(
        view.session, request, rows, Alert.alert_id, key=lambda row: (row[0].alert_id,)
    )
    count = await paging.count(view.session, request, rows, token)
    alerts = [_message(view, *row) for row in page]
    to_come = 0 if request.page_token else await _to_come(view, request.of)
    return pb.ListUntoldResponse(alerts=alerts, next_page_token=token, to_come=to_come, **count)


async def _to_come(view: View, of: pb.Untold) -> int:
    """How many instruments of first loads that were never verified the next watch will add."""
    red = col(Alert.colour) == Colour.RED
    recorded = sa.select(col(Alert.alert_id)).where(ON_INSTRUMENT, APPLIES, red)
    counted = sa.select(sa.func.count()).select_from(Instrument).outerjoin(Subject, OWNER)
    waiting = counted.where(
        *meant(view.caller, of),
        col(Instrument.watched),
        # Stating that it has no date lets the index find them among a million others.
        col(Instrument.standing) == Basis.UNVERIFIED,
        col(Instrument.valid_until).is_(None),
        col(Instrument.quiet_on) >= col(Instrument.since),
        ~recorded.correlate(Instrument).exists(),
    )
    return int((await (await view.session.connection()).execute(waiting)).scalar_one())


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
        days_untold=(view.today - _since(instrument.quiet_on, alert.raised_at)).days,
        own_load=instrument.quiet_by == view.caller.account_id,
    )


def untold(columns: Any) -> Any:
    """Returns a query of columns of the untold red alerts that apply, their instruments, owners."""
    joined = columns.select_from(Alert).join(Instrument, ON_INSTRUMENT)
    return joined.outerjoin(Subject, OWNER).where(sa.text(UNTOLD_RED), APPLIES)


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
        yield in_street(of.street)
    if of.subject_id:
        yield unindexed(col(Instrument.subject_id)) == of.subject_id
