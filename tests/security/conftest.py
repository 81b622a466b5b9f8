"""A real platform, started by an operator who did not think of the other users of the machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from plumbing.private_files import OWNER_ONLY
from services.cli.machine.platform import Platform
from tests.integration.platforms import Notes
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine can open; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="quanheng-open-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def news() -> Notes:
    """What the platform said while it started."""
    return Notes()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real_platform(open_folder: Path, news: Notes) -> AsyncIterator[Platform]:
    """A real platform without a mail server, on a directory that others could read before."""
    data = open_folder / "data"
    (data / "keys").mkdir(parents=True)
    left = data / "keys" / "left.secret"
    left.write_text("left behind by a restored backup")
    for path in (data, data / "keys", left):
        path.chmod(0o755)
    before = os.umask(OWNER_ONLY)  # as `quanheng up` does
    async with Platform(data, usual_ports=False, portal=True, observer=news) as platform:
        await platform.wait_ready(PATIENCE_SECONDS)
        yield platform
    os.umask(before)
