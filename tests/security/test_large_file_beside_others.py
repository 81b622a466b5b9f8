"""The attacker is an integrator, or a caseworker, who sends one file of thousands of rows.

The register of one machine has one writer at a time. Others write and read while the file is
compared and written beside; nobody ever sees a part of it, and no event tells of a part.
"""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.events.outbox import Outbox
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.tables import Subject
from tests.integration.registry.conftest import _settings, nats_url, registry  # noqa: F401
from tests.integration.registry.import_files import header, start, subject_rows, table
from tests.integration.registry.running_registry import DISTRICT, RunningRegistry, put_subject
from tests.patience import PATIENCE_SECONDS

ROWS = 8000
WRITTEN_MEANWHILE = 5


async def test_others_write_and_read_while_a_large_file_is_taken_in(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    await registry.bureau()
    mark = uuid4().hex[:8]
    content = table(*subject_rows(*(f"{mark}{n}" for n in range(ROWS)), bureau=DISTRICT))
    attacker = registry.client(Role.INTEGRATOR, name="attacker")
    batch = await start(attacker, header("subjects"), content)
    written, seen = Counter[str](), set[tuple[int, bool]]()
    other = registry.client(Role.CASEWORKER, name="other")
    request = pb.GetBatchRequest(batch_id=batch.batch_id)
    while batch.state == "waiting":
        # Refused as busy, it would raise an error.
        answer = await other.registry.PutSubject(put_subject(), timeout=PATIENCE_SECONDS)
        own = pb.GetSubjectRequest(subject_id=answer.subject.subject_id)
        assert (await other.registry.GetSubject(own)).subject == answer.subject
        batch = (await attacker.imports.GetBatch(request)).batch
        written[batch.progress.step] += 1
        seen.add(await in_force(registry, mark, batch))
    assert (batch.state, batch.changed) == ("applied", ROWS)
    assert written["apply"] >= WRITTEN_MEANWHILE
    assert seen <= {(0, False), (ROWS, True)}
    assert await in_force(registry, mark, batch) == (ROWS, True)


async def in_force(
    registry: RunningRegistry,  # noqa: F811
    mark: str,
    batch: pb.Batch,
) -> tuple[int, bool]:
    """How many of the file's subjects are in force, and whether an event tells of them."""
    of_file = select(sa.func.count()).where(col(Subject.name).startswith(mark))
    told = select(Outbox.seq).where(Outbox.aggregate == f"batch/{batch.batch_id}").limit(1)
    async with registry.database.snapshot() as session:
        subjects = (await session.exec(of_file)).one()
        return subjects, (await session.exec(told)).first() is not None
