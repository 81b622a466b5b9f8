"""Starts the child processes of a platform; the kernel kills them when this process dies.

A program is executed. A Python module is forked from a process that has loaded it already (see
`fork_server`), which saves most of the time of a start and of the memory.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from weakref import WeakSet

from plumbing.private_files import OWNER_ONLY

if TYPE_CHECKING:
    from services.cli.machine.supervisor import ProcessSpec

DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")
FORK_SERVER = "services.cli.machine.fork_server"
PR_SET_CHILD_SUBREAPER = 36


class Child(Protocol):
    """A child process; its standard output and standard error are one stream."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...

    async def wait(self) -> int: ...
    def terminate(self) -> None: ...


class Launcher:
    """Starts processes whose files only their owner can read, in one directory.

    `modules` are those that may be started by forking.
    """

    def __init__(self, directory: Path, modules: Iterable[str]) -> None:
        self._directory = directory
        self._modules = list(modules) if sys.platform == "linux" else []
        self._turn = asyncio.Lock()
        self._server: Child | None = None
        self._orders: socket.socket | None = None
        self._forked: WeakSet[Forked] = WeakSet()

    async def start(self, spec: ProcessSpec) -> Child:
        """Starts a process; if its module cannot be forked, from its command."""
        if spec.module not in self._modules:
            return await self._execute(spec)
        forking = asyncio.create_task(self._fork(spec))
        try:
            forked = await asyncio.shield(forking)
        except asyncio.CancelledError:
            if unwanted := await forking:
                os.killpg(unwanted.pid, signal.SIGKILL)
            raise
        return forked or await self._execute(spec)

    async def close(self) -> None:
        """Ends the process from which others were forked, and reads no more output of those."""
        await self._end_server()
        for forked in self._forked:
            forked.stop_reading()
        await asyncio.sleep(0)  # in which the pipes close

    async def _end_server(self) -> None:
        if self._orders:
            self._orders.close()
            self._orders = None
        if self._server:
            await self._server.wait()
            self._server = None

    async def _execute(self, spec: ProcessSpec) -> Child:
        return await asyncio.create_subprocess_exec(
            *_bound_to_this_process(spec.command),
            env=spec.environment,
            cwd=self._directory,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            umask=OWNER_ONLY,
            start_new_session=True,  # Ctrl-C in the terminal is for the supervisor alone
        )

    async def _fork(self, spec: ProcessSpec) -> Child | None:
        """Has a module forked; None if the server has died, and then the next call starts it."""
        async with self._turn:
            if self._orders is None:
                self._orders = await self._serve(spec)
            reader, writer = os.pipe()
            try:
                pid = await self._ask(self._orders, spec, writer)
            finally:
                os.close(writer)
            if pid:
                forked = await Forked.of(pid, reader)
                self._forked.add(forked)
                return forked
            os.close(reader)
            await self._end_server()
            return None

    async def _serve(self, spec: ProcessSpec) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        command = (sys.executable, "-P", "-m", FORK_SERVER, str(theirs.fileno()), *self._modules)
        with theirs:
            self._server = await asyncio.create_subprocess_exec(
                *_bound_to_this_process(command),
                env=spec.environment,
                cwd=self._directory,
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
                pass_fds=[theirs.fileno()],
                umask=OWNER_ONLY,
                start_new_session=True,
            )
        return ours

    async def _ask(self, orders: socket.socket, spec: ProcessSpec, output: int) -> int:
        """Returns the id of the new process, or 0 if the server does not answer any more."""
        order = {
            "name": spec.name,
            "module": spec.module,
            "environment": json.dumps(dict(spec.environment)),
            "directory": str(self._directory),
        }
        with suppress(OSError), adopting_orphans():
            socket.send_fds(orders, [json.dumps(order).encode()], [output])
            return int(await asyncio.get_running_loop().sock_recv(orders, 64) or 0)
        return 0


class Forked:
    """A child process that another process forked for this one."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader, pipe: asyncio.BaseTransport) -> None:
        self.pid, self._pipe = pid, pipe
        self.stdout: asyncio.StreamReader | None = stdout
        self.returncode: int | None = None
        self._ended = asyncio.Event()
        self._file = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._file, self._reap)

    @classmethod
    async def of(cls, pid: int, output: int) -> Forked:
        """Watches the process with an id; `output` is the file to read its output from."""
        loop = asyncio.get_running_loop()
        stream = asyncio.StreamReader()
        pipe = os.fdopen(output, "rb", buffering=0)
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), pipe
        )
        return cls(pid, stream, transport)

    async def wait(self) -> int:
        """Waits until the process has ended; returns its exit status, or minus the signal."""
        await self._ended.wait()
        assert self.returncode is not None  # noqa: S101 - it has ended
        return self.returncode

    def terminate(self) -> None:
        """Sends SIGTERM."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGTERM)

    def stop_reading(self) -> None:
        """Closes the output, which nobody reads any more."""
        self._pipe.close()

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        self._ended.set()


def _bound_to_this_process(command: Iterable[str]) -> list[str]:
    return [sys.executable, "-I", "-S", str(DIE_WITH_PARENT), str(os.getpid()), *command]


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Makes this process the parent of those of its descendants whose parents end meanwhile."""
    global _adopting  # noqa: PLW0603 - as the flag that it counts for, it is the process's own
    _adopting += 1
    _set_subreaper(True)
    try:
        yield
    finally:
        _adopting -= 1
        _set_subreaper(_adopting > 0)


_adopting = 0


def _set_subreaper(wanted: bool) -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)
