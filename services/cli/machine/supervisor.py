"""Supervises one process: starts it, restarts it after a growing pause if it dies, stops it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from plumbing import security_log
from services.cli.machine.launcher import Child, Launcher

PROBE_EVERY = 0.1  # seconds between two probes for readiness
LOG_LIMIT = 16 * 1024 * 1024
SECURITY_LOGS_KEPT = 4
SECURITY_MARK = '"{}": "{}"'.format(*security_log.MARK).encode()


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


class LogFile:
    """A log file that is renamed when it is full; `kept` full ones stay, the oldest goes."""

    def __init__(self, path: Path, kept: int = 1) -> None:
        self.path, self._kept = path, kept

    def append(self, content: bytes) -> None:
        """Writes to the end of the file, of a new one if it is full."""
        if self.path.exists() and self.path.stat().st_size > LOG_LIMIT:
            self._rename()
        with self.path.open("ab") as file:
            file.write(content)

    def _rename(self) -> None:
        full = [self.path.with_suffix(f".log.{number}") for number in range(1, self._kept + 1)]
        for newer, older in reversed(list(pairwise([self.path, *full]))):
            if newer.exists():
                os.replace(newer, older)


class Output:
    """Writes the output of a process to its log file, and passes each line to a function.

    Lines of the security log are written to `security.log` beside it too, which all processes
    share: the log of a process is soon turned over when many call it.
    """

    def __init__(self, path: Path, on_line: Callable[[str], None]) -> None:
        self._log = LogFile(path)
        self._security = LogFile(path.with_name("security.log"), SECURITY_LOGS_KEPT)
        self._on_line = on_line
        self._rest = b""
        self.last: deque[str] = deque(maxlen=5)

    async def follow(self, stream: asyncio.StreamReader) -> None:
        """Reads the output of a process until the process closes it."""
        while chunk := await stream.read(65_536):
            self._log.append(chunk)
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._pass_on(line)
        if self._rest:
            self._pass_on(self._rest)
            self._rest = b""

    def _pass_on(self, line: bytes) -> None:
        if SECURITY_MARK in line:
            self._security.append(line + b"\n")
        text = line.decode(errors="replace").rstrip()
        self.last.append(text)
        self._on_line(text)


class Supervised:
    """A process that is restarted when it dies; cancelling the task of `keep_running` stops it."""

    def __init__(
        self,
        spec: ProcessSpec,
        launcher: Launcher,
        log: Path,
        observer: Observer,
        backoff: Backoff,
    ) -> None:
        self.spec = spec
        self.ready = asyncio.Event()
        self.starts = 0
        self.failed_starts = 0  # in a row, without having been ready
        self._launcher = launcher
        self._observer = observer
        self._backoff = backoff
        self._output = Output(log, lambda text: observer.line(spec.name, text))
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
            healthy = await self._live()
            self.failed_starts = 0 if healthy else self.failed_starts + 1
            pause = self._backoff.pause(pause, healthy)
            self._report_death(pause)
            await asyncio.sleep(pause)

    async def kill(self) -> None:
        """Ends the process with SIGKILL, like a crash; it is then restarted."""
        if pid := self.pid:
            os.killpg(pid, signal.SIGKILL)
            await self._gone.wait()

    async def _live(self) -> float:
        """Runs the process once; returns the number of seconds that it was ready."""
        self.starts += 1
        self._process = process = await self._launcher.start(self.spec)
        assert process.stdout is not None  # noqa: S101 - it was asked for
        self._gone.clear()
        try:
            async with asyncio.TaskGroup() as tasks:
                output = tasks.create_task(self._output.follow(process.stdout))
                watch = tasks.create_task(self._watch())
                try:
                    await process.wait()
                finally:
                    watch.cancel()
                    await self._end(process)
                    await asyncio.wait({output}, timeout=1)  # the rest of its output
        finally:
            healthy = self._forget_ready()
            self._gone.set()
        return healthy

    async def _watch(self) -> None:
        # Another process cannot set an event of this one, so it is probed again and again.
        while not await self.spec.is_ready():  # noqa: ASYNC110
            await asyncio.sleep(PROBE_EVERY)
        self._ready_since = asyncio.get_running_loop().time()
        self.failed_starts = 0
        self.ready.set()
        if self.starts > 1:
            self._observer.news(f"{self.spec.name} 已恢复", f"{self.spec.name} is back")

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
            f"{self.spec.name} ended ({status}), starting it again in {pause:g} s{last}",
        )
