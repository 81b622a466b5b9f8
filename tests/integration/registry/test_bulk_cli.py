"""`quanheng import bulk` goes on by itself where it was cut off, and sends nothing twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from law.errors import InvalidInput
from plumbing.clock import SystemClock
from plumbing.identity import Caller, Role
from plumbing.tokens import Signer, make_keys
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import Client, fixed_token
from services.cli.commands import bulk as command
from services.registry.identity.tables import Account
from tests.integration.registry.import_files import instruments_of, undo
from tests.integration.registry.running_registry import DISTRICT, RunningRegistry, running, sandbox
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases

ITEMS, IN_CHUNK = 240, 2


async def test_a_file_is_pushed_through_a_crash(
    nats_url: str, tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "ITEMS_IN_CHUNK", IN_CHUNK)
    settings = sandbox(tmp_path, free_port(), nats_url, databases)
    registry, asked = RunningRegistry(settings), _asked()
    async with running(settings) as process:
        owner = await registry.subject()
        lines = (
            {"owner": owner.credit_code, "type_code": "WATER", "serial_no": f"{n:05d}"}
            for n in range(ITEMS)
        )
        load = command.Load(_written(tmp_path, lines), "instruments")
        assert (load.items, len(load.digests)) == (ITEMS, ITEMS // IN_CHUNK)
        client = await _client(registry)
        pushing = asyncio.create_task(command.pushed(client, load, asked))
        await _until_under_way(registry, pushing)
        process.kill()
    async with running(settings):
        batch = await pushing
        assert (batch.state, batch.rows, batch.changed) == ("applied", ITEMS, ITEMS)
        caseworker = registry.client(Role.CASEWORKER)
        assert len(await instruments_of(caseworker, owner)) == ITEMS
        # The same command once more finds the same batch; after an undoing it makes a new one.
        assert await command.pushed(client, load, asked) == batch
        await undo(caseworker, batch)
        again = await command.pushed(client, load, asked)
        assert again.state == "applied"
        assert again.batch_id != batch.batch_id
        await client.close()
    await registry.close()


def test_lines_that_are_no_items_are_named(tmp_path: Path) -> None:
    file = tmp_path / "items.jsonl"
    lines = ('{"owner": "a", "points": 7, "verified": true}', "[]", '{"owned": ""}', "{", "")
    file.write_text("\n".join(lines))
    with pytest.raises(InvalidInput) as caught:
        command.Load(file, "records")
    assert [fault.field for fault in caught.value.faults] == ["line 2", "line 3", "line 4"]
    file.write_text(lines[0])
    [[item]] = command.Load(file, "records").chunks()
    assert (item.owner, item.points, item.verified, item.final) == ("a", "7", "true", "")
    file.write_text("\n")
    with pytest.raises(InvalidInput):
        command.Load(file, "records")


def _asked() -> bulk.OpenBulkBatchRequest:
    return bulk.OpenBulkBatchRequest(
        family="instruments", name=uuid4().hex, bureau=DISTRICT, mode="all_or_nothing"
    )


def _written(folder: Path, lines: Iterable[Mapping[str, str]]) -> Path:
    file = folder / "meters.jsonl"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    return file


async def _client(registry: RunningRegistry) -> Client:
    settings, caller = registry.settings, Caller("s", "s", frozenset({Role.INTEGRATOR}), DISTRICT)
    account = Account(
        account_id=caller.account_id,
        name=caller.name,
        display_name="合成报送程序",
        roles=sorted(caller.roles),
        bureau=DISTRICT,
        password_hash="",
        created_at=SystemClock().now(),
    )
    async with registry.database.transaction() as session:
        session.add(account)
    signer = Signer(make_keys(settings.keys_dir, ()), SystemClock(), settings.token_life)
    return Client(settings, fixed_token(signer.issue(caller)[0]))


async def _until_under_way(registry: RunningRegistry, pushing: asyncio.Task[pb.Batch]) -> None:
    client = registry.client(Role.CASEWORKER)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            assert not pushing.done(), pushing.result()
            listed = (await client.imports.ListBatches(pb.ListBatchesRequest())).batches
            if any(one.rows > ITEMS // 5 for one in listed):
                return
            await asyncio.sleep(0.01)
