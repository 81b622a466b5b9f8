"""Records a release, with which the next release is compared.

Run `make released` on the commit to be released, as the last step before the release. Writes the
wire contract, the databases of the services after typical work of a bureau, and hashes of the
migrations and recorded histories, which may never be edited again. Only the last release is stored.
The recorded code is the code that Python imports, so an older commit can be recorded from a clone:
`PYTHONPATH=<clone> python -m tools.release`, run in the clone.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import services
from plumbing import migrations
from plumbing.settings import SERVICES
from tools.release import contract, databases, story
from tools.release.record import HISTORIES, MIGRATIONS, RELEASED, Release, hashes


def main() -> None:
    """Records the release. Exits with 1 if there are uncommitted changes in the recorded code."""
    root = Path(services.__path__[0]).parent
    if changed := _git(
        root, "status", "--porcelain", "--", "protos", "services", "plumbing", "law"
    ):
        sys.exit(f"commit first; these differ from what would be recorded:\n{changed}")
    RELEASED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="quanheng-release-") as scratch:
        moment = asyncio.run(story.live(Path(scratch)))
        databases.dump(Path(scratch), RELEASED)
    contract.record(root, RELEASED / contract.RECORDED.name)
    Release(
        commit=_git(root, "rev-parse", "HEAD"),
        moment=moment.isoformat(),
        migrations=hashes(root, MIGRATIONS),
        histories=hashes(root, HISTORIES),
        retired=[
            f"{name}.{column}" for name in SERVICES for column in sorted(migrations.retired(name))
        ],
    ).write()


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words],  # noqa: S607 - whichever git made the checkout
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the Temporal SDK can abort an interpreter that exits in the ordinary way
