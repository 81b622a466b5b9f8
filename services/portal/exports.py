"""Long lists become files in the background, so that nobody has to wait at the list's page.

A file is written by this process and kept for an hour in a temporary folder; only the session that
asked for it may fetch it. It is a copy of what services hold: if the process ends, the file is
written anew when somebody asks again.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from plumbing.spreadsheets import Cell
from services.portal import list_files
from services.portal.list_files import Read

LONG = 10_000  # rows; a shorter list is sent at once
KEPT_SECONDS = 3600.0
log = structlog.get_logger()


@dataclass
class Export:
    """The file of one list: for which session and from which address, and how far it has come.

    `total` is the number of its rows; 0 where nobody counted them before they are written.
    """

    owner: str
    address: str
    title: str
    kind: str  # csv or xlsx
    total: int
    export_id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    done: int = 0
    state: str = "writing"  # then ready or failed
    began: float = field(default_factory=time.monotonic)
    folder: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="quanheng-export-"), repr=False
    )

    @property
    def path(self) -> Path:
        """The file, which is there when the state is `ready`."""
        return Path(self.folder.name) / f"list.{self.kind}"


class Exports:
    """The files of long lists that this process writes or keeps."""

    def __init__(self) -> None:
        self._all: dict[str, Export] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, export: Export, headings: Sequence[str], read: Read) -> Export:
        """Begins to write a file; returns the one that is being written if it is the same list."""
        self._forget_old()
        for known in self.of(export.owner):
            same = (known.address, known.kind) == (export.address, export.kind)
            if same and known.state == "writing":
                export.folder.cleanup()
                return known
        self._all[export.export_id] = export
        task = asyncio.create_task(_write(export, headings, read))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return export

    def find(self, export_id: str, owner: str) -> Export | None:
        """Returns a file by its id; None if there is none or it is another session's."""
        export = self._all.get(export_id)
        return export if export is not None and export.owner == owner else None

    def of(self, owner: str) -> list[Export]:
        """Returns the files of a session, the newest first."""
        own = [export for export in self._all.values() if export.owner == owner]
        return sorted(own, key=lambda export: -export.began)

    async def close(self) -> None:
        """Stops writing and removes every file."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for export in self._all.values():
            export.folder.cleanup()

    def _forget_old(self) -> None:
        ends = time.monotonic() - KEPT_SECONDS
        for export in [one for one in self._all.values() if one.began < ends]:
            if export.state != "writing":
                export.folder.cleanup()
                del self._all[export.export_id]


async def _write(export: Export, headings: Sequence[str], read: Read) -> None:
    async def counted(page_token: str) -> tuple[Sequence[Sequence[Cell]], str]:
        rows, token = await read(page_token)
        export.done += len(rows)
        return rows, token

    try:
        await list_files.write(export.path, export.title, headings, counted)
        export.state, export.total = "ready", export.done
    except Exception:  # whoever waits is told; the page of the list says why, if asked again
        log.exception("export.failed", address=export.address)
        export.state = "failed"
