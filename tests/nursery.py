"""A process that has loaded the services once, from which those of all tests are forked.

Loading the code is most of the processor time of a start. A platform of the tests forks its own
fork server from here instead of executing it, and is otherwise what `quanheng up` runs. How that
executes one is seen where the tests start it as a program, as in `tests/browser`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from plumbing.private_files import OWNER_ONLY
from plumbing.settings import PORTAL, SERVICES, Settings, child_environment
from services.cli.machine import fork_server
from services.cli.machine.launcher import Forked, Launcher, adopting_orphans
from services.cli.machine.supervisor import ProcessSpec
from tests.bound import bound

MODULES = [f"services.{name}.__main__" for name in (*SERVICES, PORTAL)]
HERE = "tests.nursery"
# What the command line loads when it is used.
COMMANDS = ["services.cli.client", "services.cli.commands.asking", "tests.commands"]


class Nursery:
    """Forks modules for this process, which is their parent. It ends with this process."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-P", "-m", HERE, str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(
                bound(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                umask=OWNER_ONLY,
                start_new_session=True,
            )

    def fork(
        self, module: str, name: str, environment: dict[str, str], folder: Path, output: int
    ) -> int:
        """Runs a module's `main` in a child that writes to a file; returns the child's id."""
        order = {
            "name": name,
            "module": module,
            "environment": json.dumps(environment),
            "directory": str(folder),
        }
        with adopting_orphans():
            socket.send_fds(self._orders, [json.dumps(order).encode()], [output])
            pid = int(self._orders.recv(64) or 0)
        assert pid, f"{module} was not forked: the nursery ended ({self._process.poll()})"
        return pid


@cache
def nursery() -> Nursery:
    """The nursery of this process, which the first test starts that needs it."""
    return Nursery()


class QuickLauncher(Launcher):
    """A launcher whose fork server has its code from the nursery."""

    async def _serve(self, spec: ProcessSpec) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        reader, writer = os.pipe()  # of a server that writes nothing
        os.close(writer)
        with theirs:
            environment = dict(spec.environment)
            pid = nursery().fork(HERE, "server", environment, self._directory, theirs.fileno())
        self._server = server = await Forked.of(pid, reader)
        self._forked.add(server)
        return ours


class ForkedProcess:
    """A child of this process, forked by the nursery; as one of `subprocess`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, or minus the signal that ended it; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, seconds: float | None = None) -> int:
        """The same, once it has ended; fails if that takes longer."""
        if self.returncode is None:
            file = os.pidfd_open(self.pid)
            ended, _, _ = select.select([file], [], [], seconds)
            os.close(file)
            assert ended, f"{self.pid} still runs"
        status = self.poll()
        assert status is not None
        return status

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Sends SIGTERM, unless it has ended."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Sends SIGKILL, unless it has ended."""
        self.send_signal(signal.SIGKILL)


@contextmanager
def service(name: str, settings: Settings) -> Iterator[ForkedProcess]:
    """A service as a process of its own, with its log in the data directory; killed at the end."""
    with (settings.data_dir / f"{name}.log").open("ab") as log:
        environment = child_environment(settings)
        module = f"services.{name}.__main__"
        pid = nursery().fork(module, name, environment, Path.cwd(), log.fileno())
    process = ForkedProcess(pid)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Serves as the fork server of one platform: its orders come where others write output."""
    orders = socket.socket(fileno=os.dup(1))
    nothing = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nothing, number)
    os.close(nothing)
    fork_server.main(orders, [])


if __name__ == "__main__":
    fork_server.main(socket.socket(fileno=int(sys.argv[1])), [*MODULES, *COMMANDS, HERE])
