"""Supervises one process: starts it, restarts it after a growing pause if it dies, stops it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from plumbing.full_disk import has_room
from services.cli.machine.launcher import Child, Launcher
from services.cli.machine.logs import Output
from services.cli.machine.port_holders import holder_of, holds

PROBE_EVERY = 0.1  # seconds between two probes for readiness
LOOK_FOR_ROOM_EVERY = 1.0


class Observer(Protocol):
    """Receives the output lines of processes and news about them; `quanheng up` prints both."""

    def line(self, process: str, text: str) -> None:
        """Receives one output line of a process."""

    def news(self, zh: str, en: str) -> None:
        """Receives a message, in Chinese and English, about a process or the platform."""


class Silent:
    """An observer that ignores all output and news."""

    def line(self, process: str, text: str) -> None: ...

    def news(self, zh: str, en: str) -> None: ...


@dataclass(frozen=True)
class ProcessSpec:
    """How to start and stop one process, and how to check that it is ready."""

    name: str
    command: tuple[str, ...]  # begins with an absolute path
    environment: Mapping[str, str]
    is_ready: Callable[[], Awaitable[bool]]
    after: tuple[str, ...] = ()  # which processes must be ready first
    stop_rank: int = 0  # lower ranks stop first
    grace: float = 5.0  # seconds from SIGTERM to SIGKILL
    module: str = ""  # the Python module that the command runs, if its `main` may be forked
    ports: tuple[int, ...] = ()  # on which the process itself must listen to be ready
    prepare: Callable[[], None] | None = None  # makes what the process needs, before each start
    stuck_after: str = ""  # a line with this text says that it found no room, and never tries again


@dataclass(frozen=True)
class Backoff:
    """The pauses, in seconds, before a process that died is started again."""

    first: float = 0.5
    longest: float = 15.0
    forgiven_after: float = 30.0  # seconds of readiness after which earlier deaths no longer count

    def pause(self, previous: float, healthy: float) -> float:
        """Returns the pause, in seconds, before a process that died is started again.

        `previous` is the pause before; `healthy` is for how many seconds the process was ready.
        """
        if not previous or healthy >= self.forgiven_after:
            return self.first
        return min(previous * 2, self.longest)


class Supervised:
    """A process that is restarted when it dies; cancelling the task of `keep_running` stops it."""

    def __init__(
        self,
        spec: ProcessSpec,
        launcher: Launcher,
        log: Path,
        observer: Observer,
        backoff: Backoff,
        logs_kept: int = 1,
        logs_days: int = 0,
    ) -> None:
        self.spec = spec
        self.ready = asyncio.Event()
        self.starts = 0
        self.failed_starts = 0  # in a row, without having been ready
        self._launcher = launcher
        self._observer = observer
        self._backoff = backoff
        self._output = Output(log, self._on_line, logs_kept, logs_days)
        self._directory = log.parent
        self._stuck = asyncio.Event()
        self._process: Child | None = None
        self._gone = asyncio.Event()
        self._gone.set()
        self._ready_since: float | None = None

    @property
    def pid(self) -> int | None:
        """The id of the running process; None if it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def cpu_seconds(self) -> float:
        """Seconds of processor time that the running process has used; 0 if unknown."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        user, system = fields[11:13]  # utime and stime, counted after the name
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    async def keep_running(self, peers: Mapping[str, Supervised]) -> None:
        """Starts the process and restarts it whenever it dies; stops it when cancelled.

        Before each start, waits until the peers that it depends on are ready.
        """
        pause = 0.0
        while True:
            for name in self.spec.after:
                await peers[name].ready.wait()
            healthy = await self._live_or_not()
            self.failed_starts = 0 if healthy else self.failed_starts + 1
            pause = self._backoff.pause(pause, healthy)
            self._report_death(pause)
            await asyncio.sleep(pause)

    async def kill(self) -> None:
        """Ends the process with SIGKILL, like a crash; it is then restarted."""
        if pid := self.pid:
            os.killpg(pid, signal.SIGKILL)
            await self._gone.wait()

    async def _live_or_not(self) -> float:
        """As `_live`; a process that the machine has no room for counts as one that died."""
        try:
            return await self._live()
        except* OSError as group:
            zh, en = f"{self.spec.name} 未能启动：{group}", f"{self.spec.name} did not start"
            self._observer.news(zh, en)
        return 0.0

    def reload(self) -> None:
        """Makes the process read its configuration and certificates again, if it runs."""
        if pid := self.pid:
            os.kill(pid, signal.SIGHUP)

    async def _live(self) -> float:
        """Runs the process once; returns the number of seconds that it was ready."""
        self.starts += 1
        if self.spec.prepare is not None:
            self.spec.prepare()
        self._process = process = await self._launcher.start(self.spec)
        assert process.stdout is not None  # noqa: S101 - it was asked for
        self._gone.clear()
        self._stuck.clear()  # before a line of the new process is read
        try:
            async with asyncio.TaskGroup() as tasks:
                output = tasks.create_task(self._output.follow(process.stdout))
                watches = [tasks.create_task(w) for w in (self._watch(), self._free(process))]
                try:
                    await process.wait()
                finally:
                    for watch in watches:
                        watch.cancel()
                    await self._end(process)
                    await asyncio.wait({output}, timeout=1)  # the rest of its output
        finally:
            healthy = self._forget_ready()
            self._gone.set()
        return healthy

    async def _watch(self) -> None:
        # Another process cannot set an event of this one, so it is probed again and again.
        while not (self._listens() and await self.spec.is_ready()):  # noqa: ASYNC110
            await asyncio.sleep(PROBE_EVERY)
        self._ready_since = asyncio.get_running_loop().time()
        self.failed_starts = 0
        self.ready.set()
        if self.starts > 1:
            self._observer.news(f"{self.spec.name} 已恢复", f"{self.spec.name} is back")

    def _listens(self) -> bool:
        """Whether the process itself has its ports, and not a stranger who would answer for it."""
        return all(map(self._has, self.spec.ports)) and self.pid is not None

    def strangers(self) -> list[tuple[int, str]]:
        """Returns the ports of the process that others hold, each with its holder."""
        held = ((port, holder_of(port)) for port in self.spec.ports if not self._has(port))
        return [(port, who) for port, who in held if who]

    def _has(self, port: int) -> bool:
        return self.pid is not None and holds(self.pid, port)

    def _told_strangers(self) -> str:
        """Who holds ports that the process needs, in both languages; empty if nobody does."""
        held = self.strangers()
        zh = [f"；端口 {port} 被进程 {who} 占用" for port, who in held]
        en = [f"; port {port} is held by process {who}" for port, who in held]
        return "".join([*zh, *en])

    def _on_line(self, text: str) -> None:
        if self.spec.stuck_after and self.spec.stuck_after in text:
            self._stuck.set()
        self._observer.line(self.spec.name, text)

    async def _free(self, process: Child) -> None:
        """Ends a process that is stuck since the disk was full, once there is room again."""
        await self._stuck.wait()
        while not has_room(self._directory):  # noqa: ASYNC110 - nobody tells when there is
            await asyncio.sleep(LOOK_FOR_ROOM_EVERY)
        zh, en = "磁盘已有空间", "there is room on the disk again"
        self._observer.news(f"{zh}，重启 {self.spec.name}", f"{en}, restarting {self.spec.name}")
        process.terminate()

    async def _end(self, process: Child) -> None:
        if process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(self.spec.grace):
                await process.wait()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def _forget_ready(self) -> float:
        since, self._ready_since = self._ready_since, None
        self.ready.clear()
        return 0.0 if since is None else asyncio.get_running_loop().time() - since

    def _report_death(self, pause: float) -> None:
        status = self._process.returncode if self._process else None
        last = "".join(f"\n    {line}" for line in self._output.last)
        self._observer.news(
            f"{self.spec.name} 已退出（{status}），{pause:g} 秒后重启",
            f"{self.spec.name} ended ({status}), starting it again in {pause:g} s"
            f"{self._told_strangers()}{last}",
        )
