"""Long lists become files in the background, so that nobody has to wait at the list's page.

A process of the portal writes a file, and the portal's database keeps it for an hour, so that every
replica shows and sends it. It is sealed with a key that only the cookie of the session that asked
yields: whoever reads the database reads no list. If the process ends while it writes, the file
counts as failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import col, select

from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY
from plumbing.spreadsheets import Cell
from services.portal import list_files
from services.portal.list_files import Read
from services.portal.tables import ListExport, ListExportPiece

LONG = 10_000  # rows; a shorter list is sent at once
KEPT_FOR = timedelta(hours=1)
SILENT_FOR = timedelta(minutes=3)  # then the process that wrote the file has ended
PIECE_BYTES = 1 << 20
_NONCE_BYTES = 12
log = structlog.get_logger()


@dataclass(frozen=True)
class Wanted:
    """A file that a session asks for. `cookie` is the session's, `owner` the hash of it."""

    owner: str
    cookie: str
    address: str
    title: str
    kind: str
    total: int


class Exports:
    """The files of long lists, in the portal's own database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, wanted: Wanted, headings: Sequence[str], read: Read) -> str:
        """Begins to write a file; returns its id, or that of the same list under way."""
        await self._forget_old()
        for known in await self.of(wanted.owner):
            same = (known.address, known.kind) == (wanted.address, wanted.kind)
            if same and known.state == "writing":
                return known.export_id
        export_id, now = secrets.token_urlsafe(12), self._clock.now()
        async with self._database.transaction() as transaction:
            transaction.add(
                ListExport(
                    export_id=export_id,
                    owner=wanted.owner,
                    address=wanted.address,
                    title=wanted.title,
                    kind=wanted.kind,
                    total=wanted.total,
                    began_at=now,
                    seen_at=now,
                )
            )
        task = asyncio.create_task(self._write(export_id, wanted, headings, read))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return export_id

    async def find(self, export_id: str, owner: str) -> ListExport | None:
        """Returns a file by its id; None if there is none or it is another session's."""
        return next((one for one in await self.of(owner) if one.export_id == export_id), None)

    async def of(self, owner: str) -> list[ListExport]:
        """Returns the files of a session, the newest first."""
        now = self._clock.now()
        async with self._database.snapshot() as transaction:
            wanted = select(ListExport).where(
                ListExport.owner == owner, ListExport.began_at > now - KEPT_FOR
            )
            found = await transaction.exec(wanted.order_by(col(ListExport.began_at).desc()))
            rows = list(found)
        for row in rows:
            if row.state == "writing" and row.seen_at < now - SILENT_FOR:
                row.state = "failed"
        return rows

    async def content(self, export_id: str, cookie: str) -> AsyncIterator[bytes]:
        """Yields the file of the session that has this cookie, piece by piece."""
        seal, number = _seal(cookie, export_id), 0
        while True:
            async with self._database.snapshot() as transaction:
                piece = await transaction.get(ListExportPiece, (export_id, number))
            if piece is None:
                return
            nonce, sealed = piece.content[:_NONCE_BYTES], piece.content[_NONCE_BYTES:]
            yield seal.decrypt(nonce, sealed, _purpose(export_id, number))
            number += 1

    async def close(self) -> None:
        """Stops writing; what is not complete counts as failed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(
        self, export_id: str, wanted: Wanted, headings: Sequence[str], read: Read
    ) -> None:
        done = 0

        async def counted(page_token: str) -> tuple[Sequence[Sequence[Cell]], str]:
            nonlocal done
            rows, token = await read(page_token)
            done += len(rows)
            await self._tell(export_id, done=done)
            return rows, token

        try:
            with TemporaryDirectory(prefix="quanheng-export-") as folder:
                path = Path(folder) / f"list.{wanted.kind}"
                await list_files.write(path, wanted.title, headings, counted)
                await self._keep(export_id, wanted.cookie, path)
            await self._tell(export_id, state="ready", total=done)
        except Exception:  # whoever waits is told; the page of the list says why, if asked again
            log.exception("export.failed", address=wanted.address)
            await self._fail(export_id)
        except asyncio.CancelledError:
            await self._fail(export_id)
            raise

    async def _fail(self, export_id: str) -> None:
        with contextlib.suppress(*DATABASE_AWAY):  # then its silence tells the same
            await self._tell(export_id, state="failed")

    async def _keep(self, export_id: str, cookie: str, path: Path) -> None:
        seal, number = _seal(cookie, export_id), 0
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                nonce = secrets.token_bytes(_NONCE_BYTES)
                sealed = nonce + seal.encrypt(nonce, piece, _purpose(export_id, number))
                async with self._database.transaction() as transaction:
                    transaction.add(
                        ListExportPiece(export_id=export_id, number=number, content=sealed)
                    )
                number += 1

    async def _tell(self, export_id: str, **values: str | int) -> None:
        this = col(ListExport.export_id) == export_id
        async with self._database.transaction() as transaction:
            change = sa.update(ListExport).where(this)
            await transaction.exec(change.values(seen_at=self._clock.now(), **values))

    async def _forget_old(self) -> None:
        old = col(ListExport.began_at) < self._clock.now() - KEPT_FOR
        async with self._database.transaction() as transaction:
            ids = select(ListExport.export_id).where(old)
            pieces = col(ListExportPiece.export_id).in_(ids)
            await transaction.exec(sa.delete(ListExportPiece).where(pieces))
            await transaction.exec(sa.delete(ListExport).where(old))


def _seal(cookie: str, export_id: str) -> AESGCM:
    """The key of a file, which the database cannot yield: it has only a hash of the cookie."""
    return AESGCM(hmac.digest(cookie.encode(), f"list export {export_id}".encode(), "sha256"))


def _purpose(export_id: str, number: int) -> bytes:
    return f"{export_id}/{number}".encode()
