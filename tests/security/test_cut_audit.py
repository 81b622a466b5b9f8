"""The attacker keeps the database and cuts the newest entries off, or all of them.

They can write every table of one service and restart it; they have neither the databases of the
other services nor a checkpoint that was kept outside.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from plumbing.audit import ChainCut, Sealer
from plumbing.change import Changes
from plumbing.checkpoints.making import Checkpoints
from plumbing.checkpoints.signed_note import Signer
from plumbing.checkpoints.witness import Witness
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Role
from plumbing.service import Findings
from protos.operations.v1 import operations_pb2 as pb
from tests.e2e.running_platform import until
from tests.integration.conftest import NatsServer, NewDatabase, new_database
from tests.integration.registry.running_registry import (
    STARTS,
    RunningRegistry,
    ready,
    sandbox,
    started,
)
from tests.nursery import ForkedProcess
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases
from tests.security.audited_register import AuditedRegister, register

__all__ = ["new_database"]


@pytest.fixture
async def audited(tmp_path: Path, databases: Databases) -> AsyncIterator[AuditedRegister]:
    async with register(tmp_path, databases) as made:
        yield made


async def cut(audited: AuditedRegister, after: int) -> None:
    await audited.sql("DELETE FROM audit_entry WHERE sequence > :last", last=after)


async def test_the_sealer_knows_what_it_has_linked(audited: AuditedRegister) -> None:
    await cut(audited, 4)
    await audited.put("330109")
    with pytest.raises(ChainCut):
        await audited.sealer.seal()


async def test_a_sealer_that_starts_anew_knows_the_last_checkpoint(
    audited: AuditedRegister,
) -> None:
    await audited.checkpoints.make()  # each hour, and whenever a service stops
    await cut(audited, 4)
    await audited.put("330109")
    with pytest.raises(ChainCut):
        await Sealer(audited.database).seal()
    with pytest.raises(ChainCut):
        await audited.checkpoints.make()
    assert ("checkpoint/6", "below_checkpoint") in await audited.check()


async def test_what_the_cut_entries_wrote_is_left_without_proof(audited: AuditedRegister) -> None:
    await cut(audited, 4)
    assert await audited.check() == [
        ("bureau/330104", "row.unknown"),
        ("bureau/330105", "row.unknown"),
    ]


async def test_a_chain_begun_anew_is_refused_by_its_witnesses(
    tmp_path: Path, databases: Databases, new_database: NewDatabase
) -> None:
    nats = NatsServer(tmp_path)
    nats.start()
    settings = sandbox(tmp_path, free_port(), nats.url, databases)
    database = await new_database("alerts")
    try:
        with started(settings) as process:
            await ready(settings, process)
            registry = RunningRegistry(settings)
            witness = witness_of(registry, database)
            await registry.bureau()
            await sign(registry)
            await witness.round()
            assert await rewritten(witness) == []
            stop(process)
        await begin_anew(registry.database)
        with started(settings) as process:
            await ready(settings, process)
            await sign(registry)
            assert await rewritten(witness) == ["checkpoint/registry"]
            await registry.close()
    finally:
        nats.kill()


def witness_of(registry: RunningRegistry, database: Database) -> Witness:
    """Another service that keeps the registry's checkpoints."""
    clock = FixedClock(STARTS)
    own = Checkpoints("alerts", database, clock, lambda: Signer("quanheng/alerts", bytes(32)))
    client = registry.client(Role.ADMINISTRATOR, bureau="")
    return Witness(Changes(database, clock), own, ["registry"], lambda _: client.operations, 3600)


async def sign(registry: RunningRegistry) -> None:
    """Waits until the registry has linked everything, and lets it sign a checkpoint."""
    stub = registry.client(Role.ADMINISTRATOR, bureau="").operations

    async def linked() -> bool | None:
        walk = await stub.VerifyAudit(pb.VerifyAuditRequest())
        return (walk.sealed > 0 and walk.unsealed == 0) or None

    await until(linked)
    assert (await stub.GetCheckpoint(pb.GetCheckpointRequest(fresh=True))).size > 0


async def rewritten(witness: Witness) -> list[str]:
    findings = Findings()
    await witness.check(findings)
    assert {one.name for one in findings.problems} <= {"audit.rewritten"}
    return [one.object for one in findings.problems]


def stop(process: ForkedProcess) -> None:
    process.terminate()
    assert process.wait(PATIENCE_SECONDS) == 0


async def begin_anew(database: Database) -> None:
    """The attacker empties the audit; at its start the registry begins a new one."""
    async with database.transaction() as session:
        for table in ("audit_row", "audit_entry", "audit_tile", "audit_checkpoint"):
            await (await session.connection()).execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608
