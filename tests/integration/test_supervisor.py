"""`quanheng up` on real engines: order, readiness, crashes, stopping and refusals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import grpc
import pytest
from grpc_health.v1 import health, health_pb2_grpc
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from law.errors import InvalidInput, NotFound, WrongState
from plumbing.clock import SandboxClock, local_date
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import tls_of
from plumbing.events.subjects import Stream, ensure_streams
from plumbing.settings import Settings
from services.cli.machine.directory import is_held, running_settings
from services.cli.machine.platform import SANDBOX_START, NotReady, Platform
from services.cli.machine.supervisor import Backoff, ProcessSpec
from services.cli.machine.up import Screen, run
from services.cli.output.console import PlainConsole
from tests.integration.platforms import (
    Notes,
    children_of,
    commands_naming,
    runs,
    stand_ins,
    until,
)
from tests.lengths import at_length
from tests.patience import PATIENCE_SECONDS

QUICK = Backoff(first=0.05, longest=0.2)
Sandbox = partial(Platform, sandbox=True, usual_ports=False, services=stand_ins)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def platform(tmp_path: Path, notes: Notes) -> AsyncIterator[Platform]:
    async with Sandbox(tmp_path / "data", observer=notes, backoff=QUICK) as running:
        await running.wait_ready(PATIENCE_SECONDS)
        yield running


def pids(platform: Platform) -> dict[str, int | None]:
    return {name: part.pid for name, part in platform.processes.items()}


async def names_alive_until(
    end: asyncio.Task[None], known: dict[str, int | None]
) -> AsyncIterator[set[str]]:
    """Looks again and again which processes still run, until the task has ended."""
    while not end.done():
        yield {name for name, pid in known.items() if pid and runs(pid)}
        await asyncio.wait({end}, timeout=0.02)
    end.result()


async def test_a_ready_platform_answers_and_stopping_it_leaves_nothing(tmp_path: Path) -> None:
    platform = Sandbox(tmp_path / "data")
    await platform.start()
    await platform.wait_ready(PATIENCE_SECONDS)
    assert set(platform.processes) == {"nats", "temporal", "mailbox", "registry"}
    ran = [pid for pid in pids(platform).values() if pid]
    assert len(ran) == 4
    await platform.stop()
    assert [pid for pid in ran if runs(pid)] == []
    assert list(commands_naming(str(tmp_path))) == []
    assert not (platform.data_dir / "lock").exists()
    assert not (platform.data_dir / "endpoints.json").exists()


async def test_engines_are_set_to_lose_nothing(platform: Platform) -> None:
    with urlopen(f"http://{platform.monitor}/varz") as answer:  # noqa: ASYNC210
        jetstream = json.load(answer)["jetstream"]["config"]
    assert jetstream["sync_always"] is True
    assert Path(jetstream["store_dir"]).is_relative_to(platform.data_dir)
    wal = platform.data_dir / "temporal" / "temporal.db-wal"
    assert wal.exists()


async def test_temporal_keeps_histories_and_knows_the_search_attributes(platform: Platform) -> None:
    client = await Client.connect(platform.settings.temporal_address)
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace="default")
    )
    assert described.config.workflow_execution_retention_ttl.ToTimedelta().days == 90
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="default")
    )
    kinds = (
        IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    )
    found = listed.custom_attributes
    assert (found["AggregateId"], found["DueAt"]) == kinds
    assert {found[name] for name in ("Bureau", "CaseKind", "CaseState")} == {kinds[0]}


async def test_other_commands_find_the_running_platform(platform: Platform) -> None:
    found = running_settings(platform.data_dir)
    assert found == platform.settings.model_copy(update={"smtp_url": found.smtp_url})


async def test_what_a_killed_platform_wrote_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_text('{"settings": {}}')
    (tmp_path / "lock").write_text("1")
    with pytest.raises(NotFound, match="No platform is running"):
        running_settings(tmp_path)


async def test_a_second_platform_on_the_directory_is_refused(platform: Platform) -> None:
    with pytest.raises(WrongState, match=f"in use by process {os.getpid()}"):
        await Sandbox(platform.data_dir).start()
    assert (platform.data_dir / "endpoints.json").exists()
    await platform.wait_ready(PATIENCE_SECONDS)


async def test_the_command_says_in_both_languages_who_has_the_directory(platform: Platform) -> None:
    command = [sys.executable, "-m", "services.cli", "up", "--sandbox", "--data"]
    second = await asyncio.create_subprocess_exec(*command, platform.data_dir, stderr=PIPE)
    output = (await second.communicate())[1].decode()
    assert second.returncode == 1
    assert f"正由进程 {os.getpid()} 使用" in output
    assert f"in use by process {os.getpid()}" in output
    assert "Traceback" not in output


async def test_a_process_that_dies_is_started_again_alone(platform: Platform, notes: Notes) -> None:
    before = pids(platform)
    await platform.kill("registry")
    assert not platform.processes["registry"].ready.is_set()
    await platform.wait_ready(PATIENCE_SECONDS)
    after = pids(platform)
    assert after["registry"] != before["registry"]
    assert {**after, "registry": 0} == {**before, "registry": 0}
    assert any("registry ended (-9)" in news for news in notes.news_lines)
    assert any("registry is back" in news for news in notes.news_lines)


async def test_after_kill_9_of_everything_nothing_acknowledged_is_lost(platform: Platform) -> None:
    before = pids(platform)
    known = Credentials.of(platform.settings.keys_dir, "registry")
    connection = await connect(platform.settings.nats_url, known, tls_of(platform.settings))
    await ensure_streams(connection.jetstream(), "registry")
    await connection.jetstream().publish("registry.v1.kept", b"still here")
    await connection.close()
    client = await Client.connect(platform.settings.temporal_address)
    await client.start_workflow("Waits", id="waits", task_queue="nobody")

    await platform.kill_everything()
    await platform.wait_ready(PATIENCE_SECONDS)

    assert not set(before.values()) & set(pids(platform).values())
    connection = await connect(platform.settings.nats_url, known, tls_of(platform.settings))
    message = await connection.jetstream().get_msg(Stream.REGISTRY, 1)
    await connection.close()
    assert message.data == b"still here"
    client = await Client.connect(platform.settings.temporal_address)
    assert (await client.get_workflow_handle("waits").describe()).id == "waits"


@pytest.fixture
async def command(tmp_path: Path) -> AsyncIterator[Process]:
    """A process that runs `quanheng up`, after it has printed that it is ready."""
    script = str(Path(__file__).with_name("run_platform.py"))
    running = await asyncio.create_subprocess_exec(
        sys.executable, script, str(tmp_path / "data"), stdout=PIPE
    )
    assert running.stdout
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "everything is ready" not in (await running.stdout.readline()).decode():
            assert not running.stdout.at_eof()
    yield running
    if running.returncode is None:
        running.kill()
        await running.wait()


async def test_kill_9_of_the_supervisor_leaves_no_orphan_and_the_next_one_goes_on(
    command: Process, tmp_path: Path
) -> None:
    children = list(children_of(command.pid))
    assert len(children) == 5  # four parts, and the process that forks
    command.kill()
    await command.wait()
    await until(lambda: not any(runs(pid) for pid in children))
    async with Sandbox(tmp_path / "data") as again:
        await again.wait_ready(PATIENCE_SECONDS)


@pytest.mark.parametrize(
    "number", at_length([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], signal.SIGTERM)
)
async def test_asked_to_stop_the_command_says_where_things_were_and_ends_well(
    command: Process, tmp_path: Path, number: signal.Signals
) -> None:
    children = list(children_of(command.pid))
    command.send_signal(number)
    output = (await command.communicate())[0].decode()
    assert command.returncode == 0
    assert not any(runs(pid) for pid in children)
    assert not (tmp_path / "data" / "lock").exists()
    for part in ("registry", "tls://127.0.0.1:", "smtp://127.0.0.1:", str(tmp_path / "data")):
        assert part in output
    assert "everything has stopped" in output


async def test_when_nobody_reads_its_words_the_platform_goes_on_and_still_stops_in_order(
    tmp_path: Path,
) -> None:
    reader, writer = os.pipe()
    script = str(Path(__file__).with_name("run_platform.py"))
    running = await asyncio.create_subprocess_exec(
        sys.executable, script, str(tmp_path / "data"), stdout=writer
    )
    os.close(writer)
    os.close(reader)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_held(tmp_path / "data") or len(list(children_of(running.pid))) < 5:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(running.wait(), PATIENCE_SECONDS) == 0
    assert not (tmp_path / "data" / "lock").exists()
    assert list(commands_naming(str(tmp_path))) == []


async def test_a_taken_port_is_left_alone_and_the_change_is_told(
    tmp_path: Path, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        monkeypatch.setenv("QUANHENG_REGISTRY_ADDRESS", f"127.0.0.1:{taken}")
        async with Sandbox(tmp_path / "data", observer=notes, usual_ports=True) as platform:
            await platform.wait_ready(PATIENCE_SECONDS)
            address = platform.settings.registry_address
    port = address.rsplit(":", 1)[1]
    assert int(port) != taken
    assert any(
        f"port {taken} is taken by process {os.getpid()} (" in news for news in notes.news_lines
    )


async def test_a_part_that_lost_its_port_to_another_process_is_not_ready_and_the_holder_is_named(
    platform: Platform, notes: Notes
) -> None:
    """A second platform on the machine took the port of a service that had just died."""
    port = int(platform.settings.registry_address.rsplit(":", 1)[1])
    await platform.kill("registry")
    async with _stranger_on(port):
        await until(lambda: platform.processes["registry"].starts >= 4)
        assert not platform.processes["registry"].ready.is_set()
        with pytest.raises(NotReady, match="QUANHENG_REGISTRY_ADDRESS") as told:
            await platform.wait_ready(PATIENCE_SECONDS)
        assert f"端口 {port} 被进程 {os.getpid()} (" in told.value.zh
    held = f"port {port} is held by process {os.getpid()} ("
    assert any(held in news for news in notes.news_lines)
    await platform.wait_ready(PATIENCE_SECONDS)


@asynccontextmanager
async def _stranger_on(port: int) -> AsyncIterator[None]:
    """Answers on a port as a healthy service would."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    yield
    await server.stop(None)


async def test_a_process_that_ignores_sigterm_neither_holds_up_nor_upsets_the_stop(
    tmp_path: Path,
) -> None:
    platform = Sandbox(tmp_path / "data", services=partial(stand_ins, manner="stubborn"))
    await platform.start()
    await platform.wait_ready(PATIENCE_SECONDS)
    stopping = asyncio.create_task(platform.stop())
    seen = [alive async for alive in names_alive_until(stopping, pids(platform))]
    assert {"registry", "temporal", "nats"} <= seen[0]
    assert all("temporal" in alive for alive in seen if "registry" in alive)
    assert all("nats" in alive for alive in seen if "temporal" in alive)
    assert list(commands_naming(str(tmp_path))) == []


async def test_a_process_that_keeps_dying_is_named_with_its_last_words(
    tmp_path: Path, notes: Notes
) -> None:
    broken = partial(stand_ins, manner="broken")
    async with Sandbox(tmp_path / "d", services=broken, observer=notes, backoff=QUICK) as platform:
        await until(lambda: platform.processes["registry"].starts >= 4)
        with pytest.raises(NotReady, match=r"registry"):
            await platform.wait_ready(patience=0.2)
    pauses = [news.split("again in ")[1].split(" s")[0] for news in notes.news_lines]
    assert pauses[:3] == ["0.05", "0.1", "0.2"]
    assert "stand-in: I am broken" in notes.news_lines[0]
    assert "I am broken" in (tmp_path / "d" / "logs" / "registry.log").read_text()


async def test_a_slow_start_is_waited_for_as_long_as_it_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = partial(stand_ins, manner="held")
    async with Sandbox(tmp_path / "data", services=held) as platform:
        moves = iter(range(1_000_000))
        monkeypatch.setattr(platform, "_progress", lambda: [("registry", 1, next(moves))])
        ready = asyncio.create_task(platform.wait_ready(patience=0.2))
        await asyncio.wait({ready}, timeout=1.0)
        assert not ready.done()  # five times its patience
        (platform.data_dir / "go").touch()
        await ready
        assert platform.processes["nats"].cpu_seconds > 0


async def test_one_that_does_nothing_is_given_up_and_its_log_is_named(tmp_path: Path) -> None:
    held = partial(stand_ins, manner="held")
    async with Sandbox(tmp_path / "data", services=held) as platform:
        await until(platform.processes["nats"].ready.is_set)
        await until(platform.processes["temporal"].ready.is_set)
        with pytest.raises(NotReady, match=r"Not ready: .*registry; the logs are in .*data/logs"):
            await platform.wait_ready(patience=0.5)


async def test_an_error_of_a_probe_itself_comes_out(tmp_path: Path) -> None:
    async def wrong() -> bool:
        raise ZeroDivisionError

    def with_wrong_probe(settings: Settings) -> list[ProcessSpec]:
        return [replace(spec, is_ready=wrong) for spec in stand_ins(settings)]

    platform = Sandbox(tmp_path / "data", services=with_wrong_probe)
    await platform.start()
    with pytest.raises(ExceptionGroup) as caught:
        await platform.wait_ready(PATIENCE_SECONDS)
    assert caught.group_contains(ZeroDivisionError)
    with pytest.raises(ExceptionGroup):
        await platform.stop()
    assert list(commands_naming(str(tmp_path))) == []


async def test_a_process_stuck_since_the_disk_was_full_is_started_again_once_there_is_room(
    tmp_path: Path, notes: Notes
) -> None:
    def stuck_at_first(settings: Settings) -> list[ProcessSpec]:
        return [replace(one, stuck_after="serving") for one in stand_ins(settings)]

    async with Sandbox(
        tmp_path / "data", services=stuck_at_first, observer=notes, backoff=QUICK
    ) as platform:
        await until(lambda: platform.processes["registry"].starts >= 2)
    assert any("room on the disk again, restarting registry" in one for one in notes.news_lines)


async def test_a_process_that_is_no_longer_supervised_ends_the_command_with_its_fault(
    tmp_path: Path, notes: Notes
) -> None:
    failing = asyncio.Event()

    def with_probe_that_breaks(settings: Settings) -> list[ProcessSpec]:
        [spec] = stand_ins(settings)

        async def probe() -> bool:
            if failing.is_set():
                raise ZeroDivisionError
            return await spec.is_ready()

        return [replace(spec, is_ready=probe)]

    platform = Sandbox(tmp_path / "data", services=with_probe_that_breaks, backoff=QUICK)
    running = asyncio.create_task(run(platform, Screen(PlainConsole(quiet=True), quiet=True)))
    await until(lambda: bool(platform.processes) and not platform._late())
    failing.set()
    await platform.kill("registry")
    with pytest.raises(ExceptionGroup) as caught:
        await running
    assert caught.group_contains(ZeroDivisionError)
    assert list(commands_naming(str(tmp_path))) == []


async def test_a_sandbox_starts_on_its_day_and_keeps_its_time(platform: Platform) -> None:
    clock = SandboxClock(platform.settings.clock_file)
    assert local_date(clock.now()) == SANDBOX_START


@pytest.mark.parametrize("sandbox", [True, False])
async def test_neither_kind_of_directory_becomes_the_other(tmp_path: Path, sandbox: bool) -> None:
    if sandbox:
        (tmp_path / "registry.db").touch()
    else:
        SandboxClock.create(tmp_path / "sandbox-clock.json", datetime(2026, 9, 14, tzinfo=UTC))
    with pytest.raises(InvalidInput):
        await Platform(tmp_path, sandbox=sandbox, services=stand_ins).start()
    assert not (tmp_path / "lock").exists()
