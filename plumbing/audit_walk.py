"""Verifies the audit chain of a database from its first link, in portions.

Every hash is computed again: of entries, links, the rows that entries cover, and the Merkle roots
of checkpoints. An entry without salt claims to be erased; an erasing entry must name it.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.audit import (
    BATCH,
    GENESIS,
    SEALED,
    AuditCheckpoint,
    AuditEntry,
    digest_of,
    unsealed,
)
from plumbing.checkpoints import merkle
from plumbing.checkpoints.links import leaf_of, link_of
from plumbing.checkpoints.signed_note import NoteInvalid, open_checkpoint
from plumbing.database import Database
from plumbing.row_digests import AuditRow, Summary

ERASE = "erase_audit"
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Walk:
    """The result of verifying the audit chain; `breaks` lists each wrong object and the reason."""

    sealed: int
    unsealed: int
    head: str
    breaks: tuple[tuple[str, str], ...]


async def verify(database: Database, public_key: str = "") -> Walk:
    """Verifies the audit chain of a database from its first link by computing every hash again.

    With the public key it also verifies the signatures of the checkpoints.
    """
    async with database.snapshot() as session:
        walker = _Walker({one.size: one for one in await _checkpoints(session)}, public_key)
        async for entries in _portions(session):
            summaries = await _summaries(session, entries)
            for entry in entries:
                walker.step(entry, summaries.get(entry.entry_id or 0, ""))
        waiting = await unsealed(session)
    return Walk(walker.sequence, waiting, walker.previous, tuple(walker.ended()))


async def _checkpoints(session: AsyncSession) -> Sequence[AuditCheckpoint]:
    return (await session.exec(select(AuditCheckpoint))).all()


async def _portions(session: AsyncSession) -> AsyncIterator[Sequence[AuditEntry]]:
    sequence = col(AuditEntry.sequence)
    after: int | None = 0
    while True:
        query = select(AuditEntry).where(SEALED, sequence > after).order_by(sequence).limit(BATCH)
        entries = (await session.exec(query)).all()
        if not entries:
            return
        yield entries
        after = entries[-1].sequence
        session.expunge_all()


async def _summaries(session: AsyncSession, entries: Sequence[AuditEntry]) -> dict[int, str]:
    """The digest over the stored digests of rows, by entry."""
    ids = [entry.entry_id for entry in entries]
    query = (
        select(AuditRow.entry_id, AuditRow.table_name, AuditRow.row_key, AuditRow.digest)
        .where(col(AuditRow.entry_id).in_(ids))
        .order_by(col(AuditRow.entry_id), col(AuditRow.place))
    )
    found: dict[int, Summary] = defaultdict(Summary)
    rows = await session.stream(query)
    async for portion in rows.partitions(ROWS_AT_ONCE):
        for entry_id, table, key, digest in portion:
            found[entry_id].add(table, key, digest)
    return {entry_id: summary.hexdigest() for entry_id, summary in found.items()}


@dataclass
class _Walker:
    """Goes along the chain, entry by entry, and collects what is wrong."""

    checkpoints: dict[int, AuditCheckpoint]
    public_key: str
    sequence: int = 0
    previous: str = GENESIS
    breaks: list[tuple[str, str]] = field(default_factory=list)
    _tree: merkle.Frontier = field(default_factory=merkle.Frontier)
    _erased: dict[int, tuple[str, str]] = field(default_factory=dict)  # sequence → name, remains
    _named: dict[int, str] = field(default_factory=dict)  # sequence → remains

    def step(self, entry: AuditEntry, rows: str) -> None:
        """Verifies the next entry; `rows` is the digest computed over its stored rows."""
        self.sequence += 1
        name = f"audit/{entry.entry_id}"
        self.breaks += [(name, why) for why in self._faults(entry, rows)]
        self._note_erasure(entry, name)
        self.sequence, self.previous = entry.sequence or self.sequence, entry.link or ""
        self._tree.add(merkle.leaf_hash(leaf_of(self.previous)))
        self._meet_checkpoint()

    def ended(self) -> Iterator[tuple[str, str]]:
        """Yields everything that is wrong, after the last entry."""
        yield from self.breaks
        for sequence, (name, remains) in self._erased.items():
            if sequence not in self._named:
                yield name, "erased_without_entry"
            elif self._named[sequence] != remains:
                yield name, "erased_differs"
        for size in self.checkpoints:
            if size > self.sequence:
                yield f"checkpoint/{size}", "below_checkpoint"

    def _faults(self, entry: AuditEntry, rows: str) -> list[str]:
        expected = link_of(entry.previous or "", entry.sequence or 0, entry.digest)
        checks = {
            "missing_before": entry.sequence == self.sequence,
            "previous_differs": entry.previous == self.previous,
            "link_differs": entry.link == expected,
            "content_differs": not entry.salt or digest_of(entry) == entry.digest,
            "rows_differ": entry.rows_digest == rows,
        }
        return [name for name, holds in checks.items() if not holds]

    def _note_erasure(self, entry: AuditEntry, name: str) -> None:
        if not entry.salt:
            self._erased[entry.sequence or 0] = (name, remains_of(entry))
        elif entry.action == ERASE and entry.after:
            self._named[int(entry.after["sequence"])] = str(entry.after["remains"])

    def _meet_checkpoint(self) -> None:
        checkpoint = self.checkpoints.get(self.sequence)
        if checkpoint is None:
            return
        name, root = f"checkpoint/{checkpoint.size}", self._tree.root()
        if (checkpoint.link, checkpoint.root) != (self.previous, root.hex()):
            self.breaks.append((name, "checkpoint_differs"))
        elif self.public_key and not _is_signed(checkpoint, root, self.public_key):
            self.breaks.append((name, "signature_differs"))


def _is_signed(checkpoint: AuditCheckpoint, root: bytes, public_key: str) -> bool:
    try:
        signed = open_checkpoint(checkpoint.note, public_key)
    except NoteInvalid:
        return False
    return (signed.size, signed.root) == (checkpoint.size, root)


def remains_of(entry: AuditEntry) -> str:
    """Returns the SHA-256 of what remains of an entry once its text and salt are erased."""
    content: list[Any] = [
        entry.at.isoformat(),
        entry.actor,
        sorted(entry.roles),
        entry.on_behalf_of,
        entry.action,
        entry.object,
        entry.rows_digest,
        *([entry.bureau] if entry.bureau else []),  # entries of earlier releases have none
    ]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
