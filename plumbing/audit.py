"""The audit chain: records who changed which object, and on what legal ground (D-10).

An entry is committed in the same transaction as the change that it records. Within one second, one
sealer per service links new entries into the chain in the order of their ids, so writers never wait
for the chain. The chain stores salted digests: the text and the salt of an entry can be erased
later without breaking a link (C-03).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import DATABASE_AWAY, Database, JsonColumn, PlumbingTable, SerialColumn
from plumbing.events.leadership import exclusively
from plumbing.identity import Caller
from plumbing.metrics.counted import AUDIT_SEALED

GENESIS = "0" * 64
SEAL_EVERY_SECONDS = 0.5
IDLE_ROUNDS = 10  # without a commit of this process, before the database is asked again
BATCH = 500
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
    salt: str = ""  # empty once erased
    digest: str
    sequence: int | None = Field(default=None, sa_type=sa.BigInteger, unique=True)
    previous: str | None = None
    link: str | None = None


def enter(
    session: AsyncSession,
    caller: Caller,
    at: datetime,
    action: str,
    object_: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    ground: str = "",
) -> None:
    """Adds an audit entry to the open transaction of `session`; a sealer links it later.

    `before` and `after` are the recorded values of the object; `ground` is the legal ground.
    """
    entry = AuditEntry(
        at=at,
        actor=caller.account_id,
        roles=sorted(caller.roles),
        on_behalf_of=caller.on_behalf_of,
        action=action,
        object=object_,
        before=before,
        after=after,
        ground=ground,
        salt=secrets.token_hex(16),
        digest="",
    )
    entry.digest = digest_of(entry)
    session.add(entry)


def digest_of(entry: AuditEntry) -> str:
    """Returns the SHA-256 of the salt and the content of an audit entry, in hexadecimal."""
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
    return _sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def link_of(previous: str, sequence: int, digest: str) -> str:
    """Returns the hexadecimal SHA-256 of a previous link, a sequence number and an entry digest."""
    return _sha256(f"{previous}:{sequence}:{digest}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Sealer:
    """Links committed audit entries of one database into the audit chain.

    Only one sealer works on a database at a time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Links new audit entries until cancelled; retries while the database is unavailable."""
        while True:
            commits = self._database.commits
            try:
                sealed = await self.seal()
                AUDIT_SEALED.inc(sealed)
            except DATABASE_AWAY as error:  # or busy; no entry is lost by waiting
                log.warning("audit.seal_failed", error=str(error))
                sealed = 0
            if sealed < BATCH:
                await self._next_commit(commits)

    async def _next_commit(self, commits: int) -> None:
        """Waits for a commit of this process, or some seconds for those of others."""
        for _ in range(IDLE_ROUNDS):
            await asyncio.sleep(SEAL_EVERY_SECONDS)
            if self._database.commits != commits:
                return

    async def seal(self) -> int:
        """Links up to 500 unlinked audit entries into the chain; returns how many it linked."""
        async with self._database.snapshot() as session:
            waiting = await _unsealed(session)
        if not waiting:
            return 0
        async with self._database.transaction() as session:
            await exclusively(session, "audit seal")
            sequence, previous = await _head(session)
            entries = (
                await session.exec(
                    select(AuditEntry)
                    .where(_UNSEALED)
                    .order_by(col(AuditEntry.entry_id))
                    .limit(BATCH)
                )
            ).all()
            for entry in entries:
                sequence += 1
                entry.sequence, entry.previous = sequence, previous
                entry.link = previous = link_of(previous, sequence, entry.digest)
            return len(entries)


_UNSEALED = col(AuditEntry.sequence).is_(None)


async def _unsealed(session: AsyncSession) -> int:
    counted = select(sa.func.count()).select_from(AuditEntry).where(_UNSEALED)
    return (await session.exec(counted)).one()


async def _head(session: AsyncSession) -> tuple[int, str]:
    newest = select(AuditEntry).where(~_UNSEALED).order_by(col(AuditEntry.sequence).desc()).limit(1)
    last = (await session.exec(newest)).first()
    return (last.sequence or 0, last.link or GENESIS) if last else (0, GENESIS)


@dataclass(frozen=True)
class Walk:
    """The result of verifying the audit chain; `breaks` lists each wrong entry and the reason."""

    sealed: int
    unsealed: int
    head: str
    breaks: tuple[tuple[str, str], ...]


async def verify(database: Database) -> Walk:
    """Verifies the audit chain of a database from its first link by computing every hash again."""
    breaks: list[tuple[str, str]] = []
    sequence, previous = 0, GENESIS
    async with database.snapshot() as session:
        unsealed = await _unsealed(session)
        walk = select(AuditEntry).where(~_UNSEALED).order_by(col(AuditEntry.sequence))
        for entry in (await session.exec(walk.execution_options(yield_per=BATCH))).all():
            sequence += 1
            breaks += [
                (f"audit/{entry.entry_id}", why) for why in _faults(entry, sequence, previous)
            ]
            sequence, previous = entry.sequence or sequence, entry.link or ""
    return Walk(sequence, unsealed, previous, tuple(breaks))


def _faults(entry: AuditEntry, sequence: int, previous: str) -> list[str]:
    checks = {
        "missing_before": entry.sequence == sequence,
        "previous_differs": entry.previous == previous,
        "link_differs": entry.link
        == link_of(entry.previous or "", entry.sequence or 0, entry.digest),
        "content_differs": not entry.salt or digest_of(entry) == entry.digest,
    }
    return [name for name, holds in checks.items() if not holds]
