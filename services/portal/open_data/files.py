"""Writes the files of public data, and keeps each for a short time.

A file is written whole before it is sent: only then is its ETag known, and a service that is away
gives an error page instead of half a file.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plumbing.spreadsheets import CsvRows
from services.portal.clients import Services
from services.portal.open_data.dataset import Dataset, Value

KEEP_SECONDS = 300.0
_BATCH = 1000  # rows that are written at once


@dataclass(frozen=True)
class PublicFile:
    """A written file: its path, its ETag, the day on which its data is public, and its age."""

    path: Path
    etag: str
    day: str
    written_at: float

    def is_fresh(self, day: str) -> bool:
        """Returns whether the file may still be sent on a day of the platform's clock."""
        return self.day == day and time.monotonic() - self.written_at < KEEP_SECONDS


@dataclass
class PublicFiles:
    """The files of public data that were written lately, in a temporary folder."""

    _written: dict[str, list[PublicFile]] = field(default_factory=lambda: defaultdict(list))
    _writing: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    @cached_property
    def _folder(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(prefix="quanheng-open-data-")

    def remove(self) -> None:
        """Deletes the files and their folder; does nothing if no file was written yet."""
        if "_folder" in self.__dict__:
            self._folder.cleanup()

    async def get(self, dataset: Dataset, kind: str, services: Services, day: str) -> PublicFile:
        """Returns the file of a data set in a format, as it is public on a day.

        It is written anew if it is older than five minutes. Raises Refusal if a service is away.
        """
        name = dataset.file(kind)
        async with self._writing[name]:
            kept = self._written[name]
            if not (kept and kept[-1].is_fresh(day)):
                kept.append(await self._write(dataset, kind, services, day))
                for old in kept[:-2]:  # somebody may still be reading the one before
                    old.path.unlink(missing_ok=True)
                del kept[:-2]
            return kept[-1]

    async def _write(self, dataset: Dataset, kind: str, services: Services, day: str) -> PublicFile:
        path = Path(self._folder.name) / f"{time.monotonic_ns()}-{dataset.file(kind)}"
        digest = hashlib.sha256()
        with path.open("wb") as file:
            async for piece in _PIECES[kind](dataset, services):
                digest.update(piece)
                file.write(piece)
        return PublicFile(path, f'"{digest.hexdigest()[:32]}"', day, time.monotonic())


async def _csv(dataset: Dataset, services: Services) -> AsyncIterator[bytes]:
    """CSV in UTF-8 with a byte-order mark, so that spreadsheet programs read Chinese."""
    yield b"\xef\xbb\xbf" + _lines([[one.name for one in dataset.fields]])
    async for rows in _batches(dataset, services):
        yield _lines([[_text(value) for value in row] for row in rows])


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = CsvRows(text)
    for row in rows:
        writer.write(row)
    return text.getvalue().encode()


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value or ""


async def _json(dataset: Dataset, services: Services) -> AsyncIterator[bytes]:
    """A JSON array with one object on each line; a missing value is null."""
    before = "["
    async for rows in _batches(dataset, services):
        for row in rows:
            named = zip(dataset.fields, row, strict=True)
            values: dict[str, Any] = {one.name: _value(one.type, v) for one, v in named}
            yield f"{before}\n{json.dumps(values, ensure_ascii=False)}".encode()
            before = ","
    yield b"[]\n" if before == "[" else b"\n]\n"


def _value(kind: str, value: Value) -> Any:
    if value == "" or value is None:
        return None
    return float(str(value)) if kind == "number" else value


async def _batches(dataset: Dataset, services: Services) -> AsyncIterator[list[list[Value]]]:
    batch: list[list[Value]] = []
    async for row in dataset.read(services):
        batch.append([one.of(row) for one in dataset.fields])
        if len(batch) == _BATCH:
            yield batch
            batch = []
            await asyncio.sleep(0)  # other visitors are answered between the batches
    yield batch


_PIECES = {"csv": _csv, "json": _json}
