"""Reminders of the terms of cases, told to a bureau in one mail where several come together.

After an outage or a jump of the clock the terms of hundreds of cases are due at one moment. Each
reminder is kept when it is announced. Once no other has come for some seconds, all that the bureau
was not told of go into one notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

import sqlalchemy as sa
import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.objection import municipal_bureau
from law.terms.data import Told
from plumbing.change import Change, Changes
from plumbing.chunks import chunks
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.envelope import Received
from plumbing.events.leadership import exclusively
from plumbing.identity import service_caller
from protos.objection.v1 import events_pb2 as objection
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.texts import term_reminders
from services.alerts.tables import UNTOLD, Bureau, NoticeKind, TermNote

# Our own values, not the law's: how long nothing more must have come, and the longest wait at all.
QUIET = timedelta(seconds=4)
LONGEST = timedelta(minutes=1)
LOOK_EVERY_SECONDS = 2.0
NOTES_PER_NOTICE = 500
log = structlog.get_logger()


async def term_rung_reached(change: Change, received: Received[objection.TermRungReached]) -> None:
    """Keeps a reminder of the term of a case, of which its bureau is to be told.

    The bureau of the city is told as well where the reminder is addressed to it.

    After an extension of the term the same reminder is announced again, and told again.
    """
    case, event_id = received.message.case, str(received.id)
    await known(change.session, Bureau, case.bureau)
    bureaus = {case.bureau: event_id}
    if Told.MUNICIPAL_BUREAU in received.message.tells:
        bureaus.setdefault(await _city(change.session, case.bureau), f"{event_id}/city")
    change.session.add_all(
        TermNote(
            event_id=id_,
            bureau=bureau,
            case_id=case.case_id,
            case_number=case.number,
            message_zh=received.message.message_zh,
            at=change.at,
        )
        for bureau, id_ in bureaus.items()
    )


async def _city(session: AsyncSession, bureau: str) -> str:
    """The code of the city's bureau above a bureau; the bureau itself if none is known."""
    found = await session.exec(select(Bureau.code).where(col(Bureau.code).endswith("00")))
    return municipal_bureau(bureau, set(found))


class TermDigests:
    """Tells bureaus of the reminders that wait, each in one notice."""

    def __init__(self, changes: Changes, look_every: float = LOOK_EVERY_SECONDS) -> None:
        self._changes, self._look_every = changes, look_every

    async def run(self) -> NoReturn:
        """Looks again and again for reminders to be told of; runs in the background, never ends.

        Waits while the database cannot be reached or has no room.
        """
        while True:
            try:
                for bureau in await self._due():
                    await self.tell(bureau)
            except DATABASE_AWAY as error:
                log.info("term_digests.waiting", error=str(error)[:200])
            await asyncio.sleep(self._look_every)

    async def tell(self, bureau: str) -> None:
        """Issues one notice of all reminders that a bureau was not told of; none without any.

        More than 500 are told in several notices.
        """
        untold = select(TermNote).where(sa.text(UNTOLD), col(TermNote.bureau) == bureau)
        in_order = untold.order_by(col(TermNote.at), col(TermNote.case_number))
        async with self._changes.change(service_caller("alerts")) as change:
            await exclusively(change.session, "term digests")
            for chunk in chunks((await change.session.exec(in_order)).all(), NOTES_PER_NOTICE):
                await _issue(change, chunk)

    async def _due(self) -> list[str]:
        """The bureaus of which no further reminder has come for a while, or that wait for long."""
        now = self._changes.clock.now()
        untold = select(TermNote.bureau, TermNote.at).where(sa.text(UNTOLD))
        moments: dict[str, list[datetime]] = {}
        async with self._changes.database.snapshot() as session:
            for bureau, at in await session.exec(untold):
                moments.setdefault(bureau, []).append(at)
        return [
            bureau
            for bureau, at in moments.items()
            if now - max(at) >= QUIET or now - min(at) >= LONGEST
        ]


async def _issue(change: Change, notes: Sequence[TermNote]) -> None:
    first = notes[0]
    bureau = await known(change.session, Bureau, first.bureau)
    alone = len(notes) == 1
    text = term_reminders([(note.case_number, note.message_zh) for note in notes])
    matter = Matter(f"case/{first.case_id}" if alone else "")
    key = f"term/{first.case_id}/{first.event_id}"
    notice = await issue(change, NoticeKind.TERM, key, bureau, first.bureau, text, matter)
    for note in notes:
        note.notice_id = notice.notice_id if notice is not None else ""
