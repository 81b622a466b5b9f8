"""The window before an unfavourable publication, in which the subject may reply (S1 19)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.disclosure.data import ReplyWindow
from law.disclosure.publication import (
    PublicationState,
    first_day,
    public_from,
    reply_window,
)
from law.terms.workdays import DueDate, Edition
from law.texts_in_force.governing import GoverningTexts
from plumbing.change import Change
from plumbing.clock import local_date
from services.registry.publication.standing import content_of
from services.registry.publication.tables import Publication, Telling
from services.registry.publication.told import is_told
from services.registry.retention import activations as governing
from services.registry.retention.expiry import kept
from services.registry.tables import Record, RecordVersion, Subject


def window_of(record: Record, owner: Subject, now: GoverningTexts, on: date) -> ReplyWindow | None:
    """Returns the window by the text that governs the subject's archive on a day.

    Returns None for a record of good conduct, and where no text governs.
    """
    if record.kind.positive:
        return None
    ruleset_id, _ = kept(record, owner, now, on)
    return reply_window(ruleset_id, on) if ruleset_id else None


async def set_window(
    change: Change, row: Publication, record: Record, owner: Subject, told: Telling | None
) -> None:
    """Sets the first day of a released publication; without a telling it waits for one (S1 19).

    The window runs from the telling, and never from a day on which the record did not yet say what
    it says.
    """
    window = window_of(record, owner, await governing.load(change.session), change.today)
    if window is None:
        return
    row.awaits_telling = not is_told(record, told)
    row.told_on, row.public_from = None, None
    if told and told.told_on and not row.awaits_telling:
        row.told_on = told.told_on
        runs_from = max(told.told_on, await stands_since(change.session, record))
        row.public_from = public_from(window, runs_from, change.today)


@dataclass(frozen=True)
class OpenWindow:
    """A window that still runs: the released record, its owner and the first public day."""

    publication: Publication
    record: Record
    owner: Subject
    first: Callable[[Edition], DueDate]


async def open_windows(
    session: AsyncSession, today: date, *, lock: bool = False
) -> Sequence[OpenWindow]:
    """Returns the windows before a publication that still run on a day, by the record."""
    query = (
        select(Publication, Record, Subject, Telling)
        .join(Record, col(Record.record_id) == Publication.record_id)
        .join(Subject, col(Subject.subject_id) == Record.subject_id)
        .join(Telling, col(Telling.record_id) == Publication.record_id)
        .where(
            Publication.state == PublicationState.RELEASED,
            col(Publication.public_from) > today,
            sa.not_(col(Publication.awaits_telling)),
        )
        .order_by(col(Publication.record_id))
    )
    rows = (await session.exec(query.with_for_update(of=Publication) if lock else query)).all()
    now, found = await governing.load(session), []
    for row, record, owner, told in rows:
        window = window_of(record, owner, now, today)
        if window is None or told.told_on is None:
            continue
        runs_from = max(told.told_on, await stands_since(session, record))
        first = partial(first_day, window, runs_from, today)
        found.append(OpenWindow(row, record, owner, first))
    return found


async def stands_since(session: AsyncSession, record: Record) -> date:
    """Returns the day of entry, or that of the last change to what a review has to look at.

    The day of entry of a first load is that of the register it was taken from.
    """
    query = (
        select(RecordVersion)
        .where(RecordVersion.record_id == record.record_id)
        .order_by(col(RecordVersion.version).desc())
    )
    content, first = content_of(record), None
    for row in await session.exec(query):
        if content_of(Record.model_validate(row.state)) != content:
            break
        first = row
    return local_date(first.at) if first and first.version > 1 else record.entered_on
