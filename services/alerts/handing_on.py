"""Alerts that nobody was told of go with their instrument to another owner, or another bureau.

The digest of such an alert is then of the new owner, in the name of its bureau, and the former
owner gets no mail about what is not its own any more (S4 四(一)).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.chunks import chunks
from services.alerts.escalation.red_alerts import ON_INSTRUMENT
from services.alerts.tables import Alert, Instrument
from services.alerts.watch import lock

IDS_PER_QUERY = 500
_HANDED_ON = col(Alert.notice_id).is_(None) & sa.or_(
    col(Alert.subject_id) != Instrument.subject_id, col(Alert.bureau) != Instrument.bureau
)


async def hand_on(change: Change, instrument_ids: Collection[str]) -> None:
    """Gives the alerts that no notice names to the present owners and bureaus of instruments.

    The watches of the bureaus are locked, so an alert is told either before or after this change.
    """
    for ids in chunks(sorted(instrument_ids), IDS_PER_QUERY):
        await _hand_on(change, ids)


async def _hand_on(change: Change, ids: Collection[str]) -> None:
    of_these = col(Alert.instrument_id).in_(ids) & _HANDED_ON
    bureaus = select(Alert.bureau, Instrument.bureau).join(Instrument, ON_INSTRUMENT)
    found = (await change.session.exec(bureaus.where(of_these))).all()
    for bureau in sorted({one for pair in found for one in pair}):
        await lock(change, bureau)
    columns: Any = select(Alert, Instrument.subject_id, Instrument.bureau)
    rows = columns.join(Instrument, ON_INSTRUMENT).where(of_these).with_for_update(of=Alert)
    for alert, owner, bureau in (await change.session.exec(rows)).all() if found else ():
        alert.subject_id, alert.bureau = owner, bureau
    await change.session.flush()
