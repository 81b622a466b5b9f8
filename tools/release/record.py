"""What the record of a release holds beside its contract and databases."""

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
    """A release: its commit, the platform's last moment, and hashes of files never to change."""

    commit: str
    moment: str
    migrations: Mapping[str, str]  # path → SHA-256
    histories: Mapping[str, str]
    retired: Sequence[str]  # `service.table.column` that the code no longer used

    @property
    def at(self) -> datetime:
        """The platform's last moment before it was recorded, as an aware datetime."""
        return datetime.fromisoformat(self.moment)

    def head(self, service: str) -> str:
        """The number of the newest migration that the release had for a service."""
        names = [Path(path).name for path in self.migrations if f"/{service}/" in path]
        return max(names).partition("_")[0]

    def write(self, target: Path = RELEASED) -> None:
        """Writes the record to `release.json` in a folder."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True)
        (target / "release.json").write_text(text + "\n", encoding="utf-8")


def read(source: Path = RELEASED) -> Release:
    """The record of the last release."""
    return Release(**json.loads((source / "release.json").read_text(encoding="utf-8")))


def hashes(root: Path, pattern: str) -> dict[str, str]:
    """The SHA-256 of every file that matches a pattern, by its path in the checkout."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.glob(pattern))
    }
