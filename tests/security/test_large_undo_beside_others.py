"""The attackers are a caseworker and a head: they load thousands of rows, and undo them again.

The register of one machine has one writer at a time. Others write and read while the former rows
are compared and written beside; nobody ever sees a part of the batch undone, and no event tells of
a part.
"""

from __future__ import annotations

import asyncio
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.events.outbox import Outbox
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.tables import Subject
from tests.integration.registry.conftest import _settings, nats_url, registry  # noqa: F401
from tests.integration.registry.import_files import header, send, subject_rows, table, undo
from tests.integration.registry.running_registry import DISTRICT, RunningRegistry, put_subject
from tests.patience import PATIENCE_SECONDS

ROWS = 8000
WRITTEN_MEANWHILE = 5


async def test_others_write_and_read_while_a_large_batch_is_undone(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    await registry.bureau()
    mark = uuid4().hex[:8]
    content = table(*subject_rows(*(f"{mark}{n}" for n in range(ROWS)), bureau=DISTRICT))
    attacker = registry.client(Role.CASEWORKER, name="attacker")
    batch = await send(attacker, header("subjects"), content)
    whole = await in_force(registry, mark, batch)
    assert whole[0] == ROWS
    undoing = asyncio.create_task(undo(attacker, batch))
    other = registry.client(Role.CASEWORKER, name="other")
    written, seen = 0, {whole}
    while not undoing.done():
        # Refused as busy, it would raise an error.
        answer = await other.registry.PutSubject(put_subject(), timeout=PATIENCE_SECONDS)
        own = pb.GetSubjectRequest(subject_id=answer.subject.subject_id)
        assert (await other.registry.GetSubject(own)).subject == answer.subject
        seen.add(await in_force(registry, mark, batch))
        written += 1
    assert (await undoing).state == "undone"
    gone = await in_force(registry, mark, batch)
    assert gone == (0, 2 * whole[1])
    assert seen <= {whole, gone}
    assert written >= WRITTEN_MEANWHILE


async def in_force(
    registry: RunningRegistry,  # noqa: F811
    mark: str,
    batch: pb.Batch,
) -> tuple[int, int]:
    """How many of the batch's subjects are in force, and how many events tell of the batch."""
    of_batch = select(sa.func.count()).where(
        col(Subject.name).startswith(mark), sa.not_(col(Subject.removed))
    )
    told = select(sa.func.count()).where(Outbox.aggregate == f"batch/{batch.batch_id}")
    async with registry.database.snapshot() as session:
        return (await session.exec(of_batch)).one(), (await session.exec(told)).one()
