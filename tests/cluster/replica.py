"""One process of a service, as a cluster runs it: asked at its metrics port, stopped, replaced."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from plumbing.settings import Settings, child_environment
from tests.bound import bound


@dataclass
class Replica:
    """One process of a service. `code` is the folder of another release; None for the present."""

    service: str
    settings: Settings
    log: Path
    code: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = child_environment(self.settings)
        if self.code is not None:
            environment["PYTHONPATH"] = str(self.code)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                bound([sys.executable, "-P", "-m", f"services.{self.service}"]),
                env=environment,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        return self._started.pid

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def address(self) -> str:
        return self.settings.listen_address(self.service)

    @property
    def is_ready(self) -> bool:
        said = self.says()  # another release may answer with its metrics, whatever it is asked
        return said.startswith("ready") or "quanheng_ready 1.0" in said

    @property
    def leads(self) -> bool:
        return "quanheng_relay_leader 1.0" in self.says("/metrics")

    def says(self, path: str = "/ready") -> str:
        """What it answers at its metrics port."""
        address = self.settings.metrics_address(self.service)
        try:
            with urlopen(f"http://{address}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""

    def has_said(self, words: str) -> bool:
        """Whether it says that now."""
        return self.says().strip() == words

    def hang(self) -> None:
        """Stops the process where it stands: it keeps its connections and answers nobody."""
        self._started.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._started.send_signal(signal.SIGCONT)

    def end(self) -> int:
        """Ends the process as a cluster does; returns its exit code."""
        self._started.terminate()
        return self._started.wait(60)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process
