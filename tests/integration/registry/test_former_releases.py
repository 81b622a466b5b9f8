"""What was on file before its announcement is announced once, at the start of a later release."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlmodel import col, select

from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock, SystemClock
from plumbing.events.outbox import Outbox
from protos.registry.v1 import calibrations_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from services.registry.calibrations.tables import CalibrationCycle
from services.registry.former_releases import announce_again, announce_earlier
from services.registry.institutions.tables import Authorisation
from tests.dcc import dcc
from tests.integration.registry.running_registry import RunningRegistry
from tests.integration.registry.test_calibrations import announced_days, confirm, operator, send


async def test_institutions_and_days_of_an_earlier_release_are_announced_once(
    registry: RunningRegistry,
) -> None:
    name = f"合成早年检定院{uuid4().hex[:8]}"
    client, filed = await registry.speaker(name, "FUEL"), await registry.instrument()
    sent = await send(client, dcc(filed.serial_no, number=f"SYN-{uuid4().hex[:10]}"))
    await confirm(client, sent.dcc.dcc_id, filed.instrument_id)
    cycle = pb.SetCalibrationCycleRequest(
        request_id=new_request_id(), instrument_id=filed.instrument_id, months=6
    )
    await operator(registry, filed).calibrations.SetCalibrationCycle(cycle)
    told = (filed.instrument_id, "2027-03-02", 1)
    assert await announced_days(registry, filed) == [told]
    async with registry.database.transaction() as session:
        row = await session.get_one(CalibrationCycle, filed.instrument_id)
        row.due_on, row.due_version = None, 0  # as the migration leaves it
    assert await institutions_told(registry, name) == 1, "when it was put on file"
    authorised = await endings_told(registry, name)
    assert [one.what for one in authorised] == ["FUEL"], "when it was put on file"
    changes = Changes(registry.database, SystemClock())
    for _ in range(2):
        await announce_earlier(changes)
    assert await announced_days(registry, filed) == [told, told]
    assert await institutions_told(registry, name) == 2
    assert await endings_told(registry, name) == authorised * 2
    # A replica of the former release changed one meanwhile and announced nothing.
    async with registry.database.transaction() as session:
        ours = col(Authorisation.authorisation_id) == authorised[0].ending_id
        changed = (await session.exec(select(Authorisation).where(ours))).one()
        changed.valid_until += timedelta(days=9)
        changed.version += 1
        until = changed.valid_until.isoformat()
    for days in (0, 2, 3):
        later = FixedClock(changes.clock.now() + timedelta(days=days))
        await announce_again(Changes(registry.database, later))
    told_again = (await endings_told(registry, name))[2:]
    assert [one.last_day for one in told_again] == [until], "once, a day after the first time"


async def endings_told(registry: RunningRegistry, name: str) -> list[events.Ending]:
    """What was announced of the authorisations of an institution, in order."""
    ours = select(Outbox.payload).where(col(Outbox.aggregate).startswith("authorisation/"))
    async with registry.database.snapshot() as session:
        found = (await session.exec(ours.order_by(col(Outbox.seq)))).all()
    told = [events.EndingsChanged.FromString(payload) for payload in found]
    return [one for event in told for one in event.endings if one.institution == name]


async def institutions_told(registry: RunningRegistry, name: str) -> int:
    """How often an institution of this name was announced."""
    ours = select(Outbox.payload).where(col(Outbox.aggregate).startswith("institution/"))
    kind = col(Outbox.headers)["ce-type"].as_string().endswith("InstitutionsChanged")
    async with registry.database.snapshot() as session:
        found = (await session.exec(ours.where(kind))).all()
    told = [events.InstitutionsChanged.FromString(payload) for payload in found]
    return sum(one.name == name for event in told for one in event.institutions)
