"""The audit chain: records who changed which object, and on what legal ground (D-10).

An entry is committed in the same transaction as the change that it records. It covers the digests
of the rows that the change wrote (`plumbing/row_digests.py`). Within one second, one sealer per
service links new entries into the chain in the order of their ids, so writers never wait for the
chain. `plumbing/audit_walk.py` verifies the chain.

The chain stores salted digests: the text and the salt of an entry can be erased later without
breaking a link (C-03). Each erasure is an entry itself, which names what was erased.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.checkpoints.links import link_of
from plumbing.database import (
    Database,
    JsonColumn,
    PlumbingTable,
    SerialColumn,
    connection_of,
)
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.leadership import exclusively
from plumbing.identity import Caller
from plumbing.metrics.counted import AUDIT_SEALED
from plumbing.row_digests import WrittenRows

GENESIS = "0" * 64
SEAL_EVERY_SECONDS = 0.5
TURN_SECONDS = 20.0  # after that the database is taken to be away
IDLE_ROUNDS = 10  # without a commit of this process, before the database is asked again
BATCH = 500
# SQLite numbers an entry anew whose predecessor somebody has cut off; its rows may still be there.
WRITE_ROWS = sa.text(
    "INSERT INTO audit_row (entry_id, place, table_name, row_key, digest)"
    " VALUES (:entry_id, :place, :table_name, :row_key, :digest)"
    " ON CONFLICT (entry_id, place) DO UPDATE SET table_name = excluded.table_name,"
    " row_key = excluded.row_key, digest = excluded.digest"
)
log = structlog.get_logger()


class AuditEntry(PlumbingTable, table=True):
    """A database row that records one change.

    `Sealer` sets `sequence`, `previous` and `link` when it links the row into the audit chain.
    """

    __tablename__ = "audit_entry"

    entry_id: int | None = Field(default=None, sa_column=sa.Column(SerialColumn, primary_key=True))
    at: datetime
    actor: str = Field(index=True)
    roles: list[str] = Field(sa_type=JsonColumn)
    on_behalf_of: str = ""
    action: str
    object: str = Field(index=True)
    before: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    after: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    ground: str = ""
    # The digest over the digests of the rows that the change wrote; empty if it wrote none.
    rows_digest: str = Field(default="", sa_column_kwargs={"server_default": ""})
    # Which bureau it concerns; empty for what concerns the platform.
    bureau: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    salt: str = ""  # empty once erased
    digest: str
    sequence: int | None = Field(default=None, sa_type=sa.BigInteger, unique=True)
    previous: str | None = None
    link: str | None = None


@dataclass
class NewEntry:
    """An audit entry that is not written yet; its fields are the columns of the same names."""

    at: datetime
    actor: str
    roles: list[str]
    on_behalf_of: str
    action: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    ground: str
    bureau: str = ""
    rows_digest: str = ""
    salt: str = field(default_factory=lambda: secrets.token_hex(16))
    digest: str = ""


def entry_of(
    caller: Caller,
    at: datetime,
    action: str,
    object_: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    ground: str = "",
) -> NewEntry:
    """Returns an audit entry that is not written yet.

    `before` and `after` are the recorded values of the object; `ground` is the legal ground.
    """
    roles = [str(role) for role in sorted(caller.roles)]
    return NewEntry(
        at, caller.account_id, roles, caller.on_behalf_of, action, object_, before, after, ground
    )


_INSERT = sa.insert(AuditEntry).returning(col(AuditEntry.entry_id))


async def write(session: AsyncSession, entries: Sequence[NewEntry], written: WrittenRows) -> None:
    """Writes audit entries in the open transaction; the last one covers the rows written.

    A sealer links the entries into the chain later.
    """
    if written:
        entries[-1].salt, entries[-1].rows_digest = written.salt, written.summary()
    connection = await connection_of(session)
    entry_id = 0
    for entry in entries:
        entry.digest = digest_of(entry)
        entry_id = int((await connection.execute(_INSERT, vars(entry))).scalar_one() or 0)
    if written.staged:
        await written.staged.move_digests(session, entry_id)
    if rows := written.rows(entry_id):
        await connection.execute(WRITE_ROWS, rows)


def digest_of(entry: AuditEntry | NewEntry) -> str:
    """Returns the SHA-256 of the salt and the content of an audit entry, in hexadecimal."""
    return _sha256(content_of(entry))


def content_of(entry: AuditEntry | NewEntry) -> str:
    """Returns the salt and the content of an audit entry as the JSON text that is hashed."""
    content = [
        entry.salt,
        entry.at.isoformat(),
        entry.actor,
        sorted(entry.roles),
        entry.on_behalf_of,
        entry.action,
        entry.object,
        entry.before,
        entry.after,
        entry.ground,
    ]
    if entry.rows_digest:  # entries of earlier releases have none
        content.append(entry.rows_digest)
    if entry.bureau:  # likewise
        content.append(f"bureau {entry.bureau}")
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class ChainCut(Exception):
    """Raised where entries that were sealed, or covered by a checkpoint, are gone or altered."""


class Sealer:
    """Links committed audit entries of one database into the audit chain.

    Only one sealer works on a database at a time. It links nothing more where the chain no longer
    has what this sealer linked itself, or what the last checkpoint covers: the entries then wait,
    which `check` reports.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._linked = (0, GENESIS)

    async def run(self) -> None:
        """Links new audit entries until cancelled; retries while the database is unavailable."""
        while True:
            commits = self._database.commits
            sealed = await self._try()
            AUDIT_SEALED.inc(sealed)
            if sealed < BATCH:
                await self._next_commit(commits)

    async def _try(self) -> int:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                return await self.seal()
        except DATABASE_AWAY as error:  # or busy; no entry is lost by waiting
            log.warning("audit.seal_failed", error=str(error))
        except ChainCut as error:
            log.exception("audit.chain_cut", error=str(error))
        return 0

    async def _next_commit(self, commits: int) -> None:
        """Waits for a commit of this process, or some seconds for those of others."""
        for _ in range(IDLE_ROUNDS):
            await asyncio.sleep(SEAL_EVERY_SECONDS)
            if self._database.commits != commits:
                return

    async def seal(self) -> int:
        """Links up to 500 unlinked audit entries into the chain; returns how many it linked.

        Raises ChainCut if the chain has lost entries.
        """
        async with self._database.snapshot() as session:
            waiting = await unsealed(session)
        if not waiting:
            return 0
        async with self._database.transaction() as session:
            await exclusively(session, "audit seal")
            await self._require_whole(session)
            sequence, previous = await head(session)
            connection, links = await connection_of(session), []
            for entry_id, digest in await connection.execute(_NEXT_UNSEALED):
                sequence += 1
                link = link_of(previous, sequence, digest)
                places = {"place": sequence, "link_before": previous, "own_link": link}
                links.append({"of_entry": entry_id, **places})
                previous = link
            if links:
                await connection.execute(_SEAL, links)
        self._linked = (sequence, previous)
        return len(links)

    async def _require_whole(self, session: AsyncSession) -> None:
        newest = await newest_checkpoint(session)
        anchors = [self._linked, *([(newest.size, newest.link)] if newest else [])]
        for sequence, link in anchors:
            if sequence and await link_at(session, sequence) != link:
                raise ChainCut(f"Entry {sequence} of the audit chain is gone or altered")


class AuditCheckpoint(PlumbingTable, table=True):
    """A signed checkpoint: the chain's length, its Merkle root and last link at a moment.

    `root` is in hexadecimal; `note` is the signed text (`plumbing/checkpoints/`).
    """

    __tablename__ = "audit_checkpoint"

    size: int = Field(
        primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    root: str
    link: str
    note: str
    at: datetime


async def newest_checkpoint(session: AsyncSession) -> AuditCheckpoint | None:
    """Returns the checkpoint that covers most of the chain; None before the first."""
    newest = select(AuditCheckpoint).order_by(col(AuditCheckpoint.size).desc()).limit(1)
    return (await session.exec(newest)).first()


_UNSEALED = col(AuditEntry.sequence).is_(None)
SEALED = ~_UNSEALED
_NEXT_UNSEALED = (
    sa.select(col(AuditEntry.entry_id), col(AuditEntry.digest))
    .where(_UNSEALED)
    .order_by(col(AuditEntry.entry_id))
    .limit(BATCH)
)
_SEAL = (
    sa.update(AuditEntry)
    .where(col(AuditEntry.entry_id) == sa.bindparam("of_entry"))
    .values(
        sequence=sa.bindparam("place"),
        previous=sa.bindparam("link_before"),
        link=sa.bindparam("own_link"),
    )
)


async def unsealed(session: AsyncSession) -> int:
    """Returns how many audit entries are not linked yet."""
    counted = select(sa.func.count()).select_from(AuditEntry).where(_UNSEALED)
    return (await session.exec(counted)).one()


async def link_at(session: AsyncSession, sequence: int) -> str | None:
    """Returns the link of the entry with a sequence number; None if there is no such entry."""
    links = select(AuditEntry.link).where(col(AuditEntry.sequence) == sequence)
    return (await session.exec(links)).first()


async def head(session: AsyncSession) -> tuple[int, str]:
    """Returns the sequence number and the link of the last linked entry."""
    newest = select(AuditEntry).where(SEALED).order_by(col(AuditEntry.sequence).desc()).limit(1)
    last = (await session.exec(newest)).first()
    return (last.sequence or 0, last.link or GENESIS) if last else (0, GENESIS)
