"""The record of a release: its commit, its last moment, and hashes of its files.

The contract and the databases of a release are recorded in other files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

RELEASED = Path(__file__).resolve().parents[2] / "tests/evolution/released"
MIGRATIONS = "services/*/migrations/[0-9]*.py"
HISTORIES = "tests/workflows/histories/*.json"


@dataclass(frozen=True)
class Release:
    """A release: its commit, its last moment, and the hashes of files that may never change.

    `moment` is the time of the platform's clock at the end of the recording, as ISO 8601 text.
    """

    commit: str
    moment: str
    migrations: Mapping[str, str]  # path → SHA-256
    histories: Mapping[str, str]
    retired: Sequence[str]  # `service.table.column` that the code no longer used

    @property
    def at(self) -> datetime:
        """The time of the platform's clock at the end of the recording, with its time zone."""
        return datetime.fromisoformat(self.moment)

    def head(self, service: str) -> str:
        """Returns the number of the newest migration of a service in the release."""
        names = [Path(path).name for path in self.migrations if f"/{service}/" in path]
        return max(names).partition("_")[0]

    def write(self, target: Path = RELEASED) -> None:
        """Writes the record to the file `release.json` in the folder `target`."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True)
        (target / "release.json").write_text(text + "\n", encoding="utf-8")


def read(source: Path = RELEASED) -> Release:
    """Reads the record of the last release from the folder `source`."""
    return Release(**json.loads((source / "release.json").read_text(encoding="utf-8")))


def hashes(root: Path, pattern: str) -> dict[str, str]:
    """Returns the SHA-256 of every file below `root` that matches the pattern, by relative path."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.glob(pattern))
    }
