"""A file that puts into use what was never verified: told before, and red at once (S4 四(一))."""

from __future__ import annotations

from uuid import uuid4

from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import table, upload
from tests.integration.registry.running_registry import RunningRegistry, outbox, verify

COLUMNS = ("使用单位", "器具类型", "出厂编号", "状态")


async def unverified(registry: RunningRegistry, batch: pb.Batch) -> list[str]:
    """The instruments that a batch announced as put into use although never verified."""
    told = await outbox(registry.database, f"batch/{batch.batch_id}")
    changed = [one for one in told if isinstance(one, events.InstrumentsChanged)]
    return [key for one in changed for key in one.unverified_in_use]


async def test_it_is_told_before_and_alarmed_at_once(registry: RunningRegistry) -> None:
    owner, client = await registry.subject(), registry.client(Role.CASEWORKER)
    never, passed, new = (
        await registry.instrument(owner),
        await registry.instrument(owner),
        uuid4().hex,
    )
    await client.registry.RecordVerification(verify(passed.instrument_id))
    serials = (never.serial_no, passed.serial_no, new)
    used = table(COLUMNS, *((owner.credit_code, "FUEL", one, "在用") for one in serials))
    checked = await upload(client, "instruments", used, mode="check")
    assert checked.estimate.unverified == 2, "one on file, and the new one"
    batch = await upload(client, "instruments", used)
    assert (batch.state, batch.estimate.unverified) == ("applied", 2)
    # The verification of the new one may come with the next file: the watch looks at night.
    assert await unverified(registry, batch) == [never.instrument_id]


async def test_a_first_load_alarms_nobody(registry: RunningRegistry) -> None:
    owner, client = await registry.subject(), registry.client(Role.CASEWORKER)
    filed = await registry.instrument(owner)
    rows = table(COLUMNS, (owner.credit_code, "FUEL", filed.serial_no, "在用"))
    batch = await upload(client, "instruments", rows, baseline=True)
    assert await unverified(registry, batch) == []
