"""Child processes, executed and forked: both are started, watched and ended alike."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from plumbing.settings import PORTAL, SERVICES, Settings
from services.cli.machine.engines import portal_spec, service_specs
from services.cli.machine.launcher import Child, Launcher
from services.cli.machine.supervisor import ProcessSpec
from tests.integration.platforms import children_of, runs, until
from tests.patience import PATIENCE_SECONDS

FORKABLE = "tests.integration.forkable"
IN_BOTH_WAYS = pytest.mark.parametrize("module", ["", FORKABLE])


@pytest.fixture
async def launcher(tmp_path: Path) -> AsyncIterator[Launcher]:
    launcher = Launcher(tmp_path, [FORKABLE, "tests.integration.no_such_module"])
    yield launcher
    await launcher.close()


def spec(module: str, end: str = "0", name: str = "forkable") -> ProcessSpec:
    async def ready() -> bool:
        return True

    command = (sys.executable, "-P", "-m", FORKABLE)
    return ProcessSpec(name, command, {**os.environ, "END": end}, ready, module=module)  # noqa: TID251


async def said(child: Child) -> dict[str, Any]:
    assert child.stdout is not None
    line = await asyncio.wait_for(child.stdout.readline(), PATIENCE_SECONDS)
    place: dict[str, Any] = json.loads(line)
    return place


async def ended(child: Child) -> int:
    return await asyncio.wait_for(child.wait(), PATIENCE_SECONDS)


def servers() -> list[int]:
    """The processes from which children are forked; those have other names."""
    places = {pid: Path(f"/proc/{pid}") for pid in children_of(os.getpid())}
    return [
        pid
        for pid, place in places.items()
        if b"fork_server" in (place / "cmdline").read_bytes()
        and (place / "comm").read_text() != "forkable\n"
    ]


@IN_BOTH_WAYS
async def test_a_child_is_ours_in_its_directory_and_a_session_of_its_own(
    launcher: Launcher, tmp_path: Path, module: str
) -> None:
    child = await launcher.start(spec(module))
    assert await said(child) == {
        "directory": str(tmp_path),
        "arguments": [],
        "session": child.pid,
        "pid": child.pid,
        "parent": os.getpid(),
        "input": "",
    }
    assert await ended(child) == 0


@IN_BOTH_WAYS
@pytest.mark.parametrize(("end", "status"), [("0", 0), ("7", 7), ("raise", 1)])
async def test_how_a_child_ended_is_known(
    launcher: Launcher, module: str, end: str, status: int
) -> None:
    child = await launcher.start(spec(module, end))
    await said(child)
    assert await ended(child) == status == child.returncode
    assert child.stdout is not None
    assert (b"ZeroDivisionError" in await child.stdout.read()) == (end == "raise")


@IN_BOTH_WAYS
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_signal_that_ends_a_child_is_known(
    launcher: Launcher, module: str, number: signal.Signals
) -> None:
    child = await launcher.start(spec(module, "wait"))
    await said(child)
    if number == signal.SIGTERM:
        child.terminate()
    else:
        os.killpg(child.pid, number)
    assert await ended(child) == -number


@IN_BOTH_WAYS
async def test_children_die_with_this_process(tmp_path: Path, module: str) -> None:
    script = (
        "import asyncio, sys, pathlib\n"
        "from tests.integration.test_launcher import FORKABLE, Launcher, spec\n"
        "async def main():\n"
        f"    child = await Launcher(pathlib.Path({str(tmp_path)!r}), [FORKABLE]).start("
        f"spec({module!r}, 'wait'))\n"
        "    print((await child.stdout.readline()).decode(), flush=True)\n"
        "    await asyncio.sleep(1000)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=PIPE)
    assert parent.stdout is not None
    pid = json.loads(await asyncio.wait_for(parent.stdout.readline(), PATIENCE_SECONDS))["pid"]
    assert runs(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: not runs(pid))


@pytest.mark.parametrize(
    "server", ["tests.integration.conftest.NatsServer(folder)", "tests.postgres.PostgresServer()"]
)
async def test_killed_tests_leave_no_server_behind(tmp_path: Path, server: str) -> None:
    script = (
        "import time, pathlib, tests.integration.conftest, tests.postgres\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        f"server = {server}\n"
        "server.start()\n"
        "print(server._process.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    tests = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=PIPE)
    assert tests.stdout is not None
    pid = int(await asyncio.wait_for(tests.stdout.readline(), PATIENCE_SECONDS))
    assert runs(pid)
    tests.kill()
    await tests.wait()
    await until(lambda: not runs(pid))


async def test_a_module_that_cannot_be_loaded_says_so_where_its_lines_go(
    launcher: Launcher,
) -> None:
    child = await launcher.start(spec("tests.integration.no_such_module"))
    assert child.stdout is not None
    assert b"No module named 'tests.integration.no_such_module'" in await child.stdout.read()
    assert await ended(child) == 1


async def test_without_the_process_that_forks_children_go_on_and_are_started(
    launcher: Launcher,
) -> None:
    first = await launcher.start(spec(FORKABLE, "wait"))
    await said(first)
    [server] = servers()
    os.kill(server, signal.SIGKILL)
    await until(lambda: not runs(server))
    executed = await launcher.start(spec(FORKABLE))
    assert (await said(executed))["pid"] == executed.pid
    assert await ended(executed) == 0
    forked = await launcher.start(spec(FORKABLE))
    await said(forked)
    assert servers() != [server]
    assert first.returncode is None
    first.terminate()
    await ended(first)


async def test_a_start_that_is_given_up_leaves_no_child(launcher: Launcher) -> None:
    others = set(children_of(os.getpid()))
    starting = asyncio.create_task(launcher.start(spec(FORKABLE, "wait")))
    await asyncio.sleep(0)  # it has begun
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await until(lambda: set(children_of(os.getpid())) - others == set(servers()) - others)


async def test_closing_leaves_no_process(tmp_path: Path) -> None:
    launcher = Launcher(tmp_path, [FORKABLE])
    await ended(await launcher.start(spec(FORKABLE)))
    assert len(servers()) == 1
    await launcher.close()
    assert servers() == []


def test_what_the_services_load_starts_no_thread(tmp_path: Path) -> None:
    """A thread would not survive the fork; nor would what gRPC and Temporal keep beside it."""
    settings = Settings(data_dir=tmp_path)
    modules = [spec.module for spec in [*service_specs(settings), portal_spec(settings)]]
    assert modules == [f"services.{name}.__main__" for name in (*SERVICES, PORTAL)]
    script = "import os, sys, importlib\nfor m in sys.argv[1:]: importlib.import_module(m)\n"
    script += "print(len(os.listdir('/proc/self/task')), len(os.listdir('/proc/self/fd')))"
    alone = _run("import os; print(1, len(os.listdir('/proc/self/fd')))")
    assert _run(script, *modules) == alone


def _run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
