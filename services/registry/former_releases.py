"""What earlier releases put on file and announced to nobody; it is announced at a start.

Other services know only what they are told: without this, an institution of before could keep no
webhooks, the days of calibrations would stand in no owner's calendar, and nobody would be reminded
of what ends. A second announcement says nothing new.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.audit import AuditEntry
from plumbing.change import Change, Changes
from plumbing.events.leadership import exclusively
from plumbing.identity import service_caller
from protos.registry.v1 import events_pb2 as events
from services.registry.announce_changes import Cause, announce_batch
from services.registry.calibrations.due import set_due
from services.registry.calibrations.tables import Calibration, CalibrationCycle
from services.registry.endings import (
    announce_ending,
    of_authorisation,
    of_laboratory,
    of_qualification,
)
from services.registry.institutions import wire
from services.registry.institutions.tables import Authorisation, Institution
from services.registry.laboratories.tables import Laboratory
from services.registry.people.tables import Qualification
from services.registry.permits.tables import ENDING, Permit
from services.registry.tables import Subject
from services.registry.wire import permit as permit_wire

CYCLES_AT_ONCE = 200
_CALLER = service_caller("registry")
_ACTION, _OF_INSTITUTIONS, _OF_ENDINGS = "announce_earlier", "institutions", "endings"
_OF_ENDINGS_AGAIN, _UPDATED = "endings again", timedelta(days=1)  # no update lasts longer


async def announce_earlier(changes: Changes) -> None:
    """Announces the institutions and last days that no release has announced yet."""
    await _announce_once(changes, _OF_INSTITUTIONS, _announce_institutions)
    await _announce_once(changes, _OF_ENDINGS, _announce_endings)
    last = ""
    while found := await _cycles(changes, last):
        last = found[-1]
        async with changes.change(_CALLER) as change:
            for instrument_id in found:
                await set_due(change, instrument_id)
            change.audit(_ACTION, "calibrations", after={"instruments": len(found)})


async def announce_again(changes: Changes) -> None:
    """Announces all last days once more, a day after the first time.

    Replicas of a former release, which announce none, may have changed some meanwhile.
    """
    marks = col(AuditEntry.action) == _ACTION, col(AuditEntry.object) == _OF_ENDINGS
    async with changes.database.snapshot() as session:
        first = (await session.exec(select(AuditEntry.at).where(*marks).limit(1))).first()
    if first is not None and first + _UPDATED <= changes.clock.now():
        await _announce_once(changes, _OF_ENDINGS_AGAIN, _announce_endings)


async def _announce_once(
    changes: Changes, what: str, announce: Callable[[Change], Awaitable[int]]
) -> None:
    """Has something announced once, if there is any; an audit entry says so, and of how much."""
    async with changes.database.snapshot() as session:
        if await _is_done(session, what):
            return
    async with changes.change(_CALLER) as change:
        # Replicas that start at once take turns; the later ones find it done.
        await exclusively(change.session, _ACTION)
        if await _is_done(change.session, what):
            return
        if number := await announce(change):
            change.audit(_ACTION, what, after={what: number})


async def _announce_institutions(change: Change) -> int:
    # Locked, so that a change of one at the same time is announced after this.
    query = select(Institution).order_by(col(Institution.institution_id)).with_for_update()
    rows = (await change.session.exec(query)).all()
    for row in rows:
        event = events.InstitutionsChanged(institutions=[wire.institution(row)])
        object_ = f"institution/{row.institution_id}"
        await change.announce(event, aggregate=object_, bureau=row.bureau)
    return len(rows)


async def _announce_endings(change: Change) -> int:
    """Announces the last days of authorisations, laboratories, qualifications and permits."""
    number = 0
    for table, of_row in ((Authorisation, of_authorisation), (Laboratory, of_laboratory)):
        rows: Any = select(table, Institution).join(
            Institution, col(Institution.institution_id) == table.institution_id
        )
        for row, institution in (await change.session.exec(rows.with_for_update(of=table))).all():
            await announce_ending(change, of_row(row, institution))
            number += 1
    for one in (await change.session.exec(select(Qualification).with_for_update())).all():
        await announce_ending(change, of_qualification(one))
        number += 1
    return number + await _announce_permits(change)


async def _announce_permits(change: Change) -> int:
    ending = select(Permit, Subject.bureau).join(Subject).where(sa.text(ENDING))
    rows = (await change.session.exec(ending.with_for_update(of=Permit))).all()
    told = ((bureau, permit_wire(permit)) for permit, bureau in rows)
    await announce_batch(change, events.PermitsChanged, "permits", told, Cause(batch_id=_ACTION))
    return len(rows)


async def _is_done(session: AsyncSession, what: str) -> bool:
    marks = col(AuditEntry.action) == _ACTION, col(AuditEntry.object) == what
    return (
        await session.exec(select(AuditEntry.entry_id).where(*marks).limit(1))
    ).first() is not None


async def _cycles(changes: Changes, last: str) -> list[str]:
    """The next instruments with a day of calibration that was never announced."""
    with_day = sa.select(col(Calibration.instrument_id)).where(col(Calibration.due_on).is_not(None))
    query = (
        select(CalibrationCycle.instrument_id)
        .where(
            col(CalibrationCycle.instrument_id) > last,
            col(CalibrationCycle.due_version) == 0,
            col(CalibrationCycle.months) > 0,
            col(CalibrationCycle.instrument_id).in_(with_day),
        )
        .order_by(col(CalibrationCycle.instrument_id))
        .limit(CYCLES_AT_ONCE)
    )
    async with changes.database.snapshot() as session:
        return [*await session.exec(query)]
