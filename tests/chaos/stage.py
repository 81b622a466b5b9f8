"""The machine of a campaign: a small disk, a mail server, and a platform that can be killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from law.errors import NotFound
from plumbing.settings import Settings
from services.cli.machine.directory import is_held, running_settings
from services.cli.machine.port_holders import holder_of
from tests.bound import bound
from tests.integration.platforms import runs
from tests.patience import PATIENCE_SECONDS

DISK_MEBIBYTES = 600
SPARE_KIBIBYTES = (16, 48, 128, 512)  # what is left on a full disk, the least that can be had
ENGINES = {"nats": "nats_url", "temporal": "temporal_address"}
SERVICES = ("registry", "grading", "objection", "alerts")


class Disk:
    """A disk in memory that can be filled up: mounted where the user may, else a plain folder."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEBIBYTES}m", "tmpfs", str(place)]
        able = shutil.which("mount") is not None
        self.can_be_filled = able and not subprocess.run(mount, check=False).returncode

    def fill(self) -> bool:
        """Leaves next to no room, by making the disk smaller; returns whether that worked."""
        for spare in SPARE_KIBIBYTES:  # more is written meanwhile
            usage = os.statvfs(self.place)
            used = (usage.f_blocks - usage.f_bfree) * usage.f_frsize // 1024
            if self._resize(f"{used + spare}k"):
                return True
        return False

    def empty(self) -> None:
        """Gives the room back."""
        self._resize(f"{DISK_MEBIBYTES}m")

    def remove(self) -> None:
        if self.can_be_filled:
            subprocess.run(["umount", "-l", str(self.place)], check=True)  # noqa: S607

    def _resize(self, size: str) -> bool:
        command = ["mount", "-o", f"remount,size={size}", str(self.place)]
        if not self.can_be_filled:
            return False
        return not subprocess.run(command, check=False, capture_output=True).returncode


class Stage:
    """The platform as one process with its children, all of which can be killed."""

    def __init__(self, disk: Disk, log: Path, smtp_url: str) -> None:
        self.disk, self._log, self._smtp_url = disk, log, smtp_url
        self.data = disk.place / "data"
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the platform, without waiting until it answers."""
        module = ["-m", "tests.chaos.run_platform"]
        command = [sys.executable, *module, str(self.data), self._smtp_url]
        with self._log.open("ab") as log:
            self._supervisor = subprocess.Popen(bound(command), stdout=log, stderr=log)

    @property
    def runs(self) -> bool:
        return self._supervisor is not None and self._supervisor.poll() is None

    @property
    def settings(self) -> Settings | None:
        """How the platform is reached; None while it does not run."""
        try:
            return running_settings(self.data)
        except (NotFound, OSError, ValueError):
            return None

    def kill(self, *names: str) -> list[str]:
        """Kills parts of the platform with SIGKILL; returns those that ran."""
        pids = {name: pid for name in names if (pid := self._pid(name))}
        for pid in pids.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return [*pids]

    async def kill_all(self) -> None:
        """Kills the supervisor with SIGKILL, and waits until the kernel has ended the rest."""
        pids = [self._pid(name) for name in (*SERVICES, *ENGINES)]
        if self._supervisor is not None:
            self._supervisor.kill()
            await asyncio.to_thread(self._supervisor.wait)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while is_held(self.data) or any(pid and runs(pid) for pid in pids):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    def lose(self, engine: str) -> None:
        """Deletes the store of an engine."""
        place = {"nats": self.data / "nats" / "jetstream", "temporal": self.data / "temporal"}
        shutil.rmtree(place[engine], ignore_errors=True)

    async def stop(self) -> int:
        """Stops the platform in order; returns its exit status."""
        if self._supervisor is None:
            return 0
        self._supervisor.terminate()
        return await asyncio.to_thread(self._supervisor.wait)

    def _pid(self, name: str) -> int | None:
        settings = self.settings
        if settings is None:
            return None
        address = getattr(settings, ENGINES[name]) if name in ENGINES else settings.address(name)
        holder = holder_of(int(address.rsplit(":", 1)[1]))
        return int(holder.split()[0]) if holder else None
