"""One process of the platform: started, watched, restarted after a growing pause, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")
ASK_EVERY = 0.1  # seconds between two questions whether a process is ready
LOG_LIMIT = 16 * 1024 * 1024


class Observer(Protocol):
    """Who is told what happens. Nothing here needs a terminal."""

    def line(self, process: str, text: str) -> None:
        """A process wrote a line."""

    def news(self, zh: str, en: str) -> None:
        """The platform itself has something to say."""


class Silent:
    """An observer that keeps to itself."""

    def line(self, process: str, text: str) -> None: ...

    def news(self, zh: str, en: str) -> None: ...


@dataclass(frozen=True)
class ProcessSpec:
    """How one process is run, and how one sees that it is ready."""

    name: str
    command: tuple[str, ...]  # begins with an absolute path
    environment: Mapping[str, str]
    is_ready: Callable[[], Awaitable[bool]]
    after: tuple[str, ...] = ()  # which processes must be ready first
    stop_rank: int = 0  # lower ranks stop first
    grace: float = 5.0  # seconds from SIGTERM to SIGKILL


@dataclass(frozen=True)
class Backoff:
    """How long to wait before a process that died is started again."""

    first: float = 0.5
    longest: float = 15.0
    forgiven_after: float = 30.0  # seconds of health after which earlier deaths don't count

    def pause(self, previous: float, healthy: float) -> float:
        """The pause after a life that was healthy for so many seconds."""
        if not previous or healthy >= self.forgiven_after:
            return self.first
        return min(previous * 2, self.longest)


class Output:
    """What a process writes: all of it in its log file, line by line to the observer."""

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell
        self._rest = b""
        self.last: deque[str] = deque(maxlen=5)

    async def follow(self, stream: asyncio.StreamReader) -> None:
        """Reads until the process has closed its output."""
        while chunk := await stream.read(65_536):
            self._append(chunk)
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._hand_on(line)
        if self._rest:
            self._hand_on(self._rest)
            self._rest = b""

    def _append(self, chunk: bytes) -> None:
        if self._path.exists() and self._path.stat().st_size > LOG_LIMIT:
            os.replace(self._path, self._path.with_suffix(".log.1"))
        with self._path.open("ab") as file:
            file.write(chunk)

    def _hand_on(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        self.last.append(text)
        self._tell(text)


class Supervised:
    """One process kept running. To stop it, cancel the task that runs `keep_running`."""

    def __init__(self, spec: ProcessSpec, data_dir: Path, observer: Observer, backoff: Backoff):
        self.spec = spec
        self.ready = asyncio.Event()
        self.starts = 0
        self.failed_starts = 0  # in a row, without having been ready
        self._data_dir = data_dir
        self._observer = observer
        self._backoff = backoff
        self._output = Output(
            data_dir / "logs" / f"{spec.name}.log", lambda text: observer.line(spec.name, text)
        )
        self._process: Process | None = None
        self._gone = asyncio.Event()
        self._gone.set()
        self._ready_since: float | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs now, if one does."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def cpu_seconds(self) -> float:
        """The processor time its present life has used; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            return 0.0
        user, system = fields[11:13]  # utime and stime, counted after the name
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    async def keep_running(self, peers: Mapping[str, Supervised]) -> None:
        """Runs the process until cancelled; a cancelled one is stopped before this returns."""
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
        """Ends the process with SIGKILL, as a crash would; it is then started again."""
        if pid := self.pid:
            os.killpg(pid, signal.SIGKILL)
            await self._gone.wait()

    async def _live(self) -> float:
        """One life of the process. Returns for how many seconds it was ready."""
        self._process = process = await self._start()
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
                    await asyncio.wait({output}, timeout=1)  # its last words
        finally:
            healthy = self._forget_ready()
            self._gone.set()
        return healthy

    async def _start(self) -> Process:
        self.starts += 1
        tether = (sys.executable, "-I", "-S", str(DIE_WITH_PARENT), str(os.getpid()))
        return await asyncio.create_subprocess_exec(
            *tether,
            *self.spec.command,
            env=self.spec.environment,
            cwd=self._data_dir,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is for the supervisor alone
        )

    async def _watch(self) -> None:
        # A process outside can only be asked; there is no event of ours that it could set.
        while not await self.spec.is_ready():  # noqa: ASYNC110
            await asyncio.sleep(ASK_EVERY)
        self._ready_since = asyncio.get_running_loop().time()
        self.failed_starts = 0
        self.ready.set()
        if self.starts > 1:
            self._observer.news(f"{self.spec.name} 已恢复", f"{self.spec.name} is back")

    async def _end(self, process: Process) -> None:
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
