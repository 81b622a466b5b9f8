"""Repairs and broken seals that owners noted: told to the bureau of the instrument once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.upkeep import kind_of
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.database import unindexed
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from services.alerts.notices.issue import Matter, issue
from services.alerts.notices.listing import first_ones, named
from services.alerts.notices.tables import UntoldUpkeep
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, Instrument, Notice, NoticeKind, Subject

NAMED = 100  # in one digest; the page of upkeep has the others
IDS_PER_QUERY = 500
_Noted = tuple[UntoldUpkeep, Instrument, Subject]


async def upkeep_noted(change: Change, received: Received[registry.UpkeepNoted]) -> None:
    """Keeps an entry of which the bureau of the instrument is to be told; drops one taken back."""
    event = received.message
    if event.taken_back:
        await _forget(change, [event.upkeep_id])
        return
    row = UntoldUpkeep(
        upkeep_id=event.upkeep_id,
        instrument_id=event.instrument_id,
        kind=event.kind,
        done_on=date.fromisoformat(event.done_on),
    )
    await change.session.merge(row)


async def issue_upkeep(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues the digest of what owners noted; returns the notice in a list, or none.

    What is about an instrument that is no longer on file is forgotten.
    """
    office = await change.session.get(Bureau, bureau)
    every: Any = (
        select(UntoldUpkeep, Instrument, Subject)
        .join(Instrument, col(Instrument.instrument_id) == UntoldUpkeep.instrument_id)
        .join(Subject, col(Subject.subject_id) == Instrument.subject_id)
        .where(unindexed(col(Instrument.bureau)) == bureau)
        .order_by(col(UntoldUpkeep.done_on), col(UntoldUpkeep.upkeep_id))
    )
    rows: list[_Noted] = [*await change.session.exec(every)]
    if office is None or not rows:
        return []
    told = [row for row in rows if not row[1].removed]
    notices = list[Notice]()
    if told:
        key, text, about = f"upkeep/{bureau}/{on}", _digest(on, told), Matter("upkeep")
        notice = await issue(change, NoticeKind.UPKEEP, key, office, bureau, text, about)
        if notice is None:
            return []
        notices = [notice]
    await _forget(change, [row.upkeep_id for row, _, _ in rows])
    return notices


async def _forget(change: Change, upkeep_ids: Sequence[str]) -> None:
    connection = await change.session.connection()
    for ids in chunks(upkeep_ids, IDS_PER_QUERY):
        told = sa.delete(UntoldUpkeep).where(col(UntoldUpkeep.upkeep_id).in_(ids))
        await connection.execute(told)


def _digest(on: date, rows: Sequence[_Noted]) -> Text:
    return Text(
        f"使用单位登记的修理和签封损坏：{len(rows)} 条（{on}）",
        body(
            "使用单位登记了下列修理、签封损坏：",
            *first_ones(rows, NAMED, _noted, "另有 {n} 条，见平台“维护和签封记录”。"),
            "强制检定的器具重新检定合格以前不得使用，请核对。",
        ),
    )


def _noted(noted: _Noted) -> str:
    row, instrument, owner = noted
    return f"{owner.name}，{named(instrument)}：{row.done_on} {_kind(row.kind)}"


def _kind(code: str) -> str:
    known = kind_of(code)
    return known.value.zh if known else code
