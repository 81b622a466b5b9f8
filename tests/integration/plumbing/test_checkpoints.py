"""Checkpoints of a chain: its tree grows in tiles, and proofs hold by the definition."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from plumbing import audit, audit_walk
from plumbing.audit import AuditCheckpoint, AuditEntry, ChainCut, Sealer
from plumbing.change import Changes
from plumbing.checkpoints import tree
from plumbing.checkpoints.making import Checkpoints, consistency
from plumbing.checkpoints.merkle import check_consistency, check_inclusion, leaf_hash
from plumbing.checkpoints.signed_note import Signer, open_checkpoint
from plumbing.checkpoints.tree import AuditTile, Tree
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role

CALLER = Caller("account/7", "zhou", frozenset({Role.CASEWORKER}), "330106")
CLOCK = FixedClock(datetime(2026, 9, 14, 1, tzinfo=UTC))
SIGNER = Signer("quanheng/test", bytes(range(32)))


def checkpoints(database: Database, folder: Path | None = None) -> Checkpoints:
    return Checkpoints("test", database, CLOCK, lambda: SIGNER, folder)


async def grow(database: Database, by: int) -> None:
    """Adds entries to the chain and links them."""
    async with Changes(database, CLOCK).change(CALLER) as change:
        for number in range(by):
            change.audit("test", f"thing/{number}")
    sealer = Sealer(database)
    while await sealer.seal():
        pass


async def leaves(database: Database) -> list[bytes]:
    links = select(AuditEntry.link).order_by(col(AuditEntry.sequence))
    async with database.snapshot() as session:
        return [bytes.fromhex(link or "") for link in await session.exec(links)]


def defined(hashes: list[bytes]) -> bytes:
    """The root by the definition of RFC 6962, without the code that is tested."""
    if len(hashes) == 1:
        return sha256(b"\x00" + hashes[0]).digest()
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + defined(hashes[:middle]) + defined(hashes[middle:])).digest()


async def test_each_checkpoint_has_the_root_of_the_definition_and_a_signature(
    database: Database, tmp_path: Path
) -> None:
    maker = checkpoints(database, tmp_path / "kept")
    assert await maker.make() is None
    for by in (1, 2, 4, 300):
        await grow(database, by)
        made = await maker.make()
        assert made is not None
        shown, links = open_checkpoint(made.note, SIGNER.public_key), await leaves(database)
        assert (shown.size, shown.root) == (len(links), defined(links))
        kept = tmp_path / "kept" / f"test-{made.size:012d}.checkpoint"
        assert kept.read_text() == made.note
    again = await maker.make()
    assert again is not None
    assert again.size == 307
    assert (await audit_walk.verify(database, SIGNER.public_key)).breaks == ()


async def test_every_proof_leads_to_the_root(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "WIDTH", 4)  # three levels of tiles in a small tree
    await grow(database, 70)
    links = await leaves(database)
    async with database.transaction() as session:
        await Tree(session, 70).grow()
    async with database.snapshot() as session:
        stored = (await session.exec(select(AuditTile.level))).all()
        assert {level: stored.count(level) for level in set(stored)} == {1: 17, 2: 4, 3: 1}
        for size in (1, 3, 4, 5, 16, 17, 63, 64, 70):
            root = defined(links[:size])
            for index in range(size):
                proof = await Tree(session, size).inclusion(index)
                check_inclusion(index, size, leaf_hash(links[index]), proof, root)
            for former in range(1, size + 1):
                grown = await consistency(session, former, size)
                check_consistency(former, size, grown, defined(links[:former]), root)
        with pytest.raises(NotFound):
            await consistency(session, 71, 70)


async def test_the_tree_grows_without_reading_what_it_has_hashed(database: Database) -> None:
    await grow(database, 600)
    await checkpoints(database).make()
    await grow(database, 10)
    read: list[int] = []

    class Counted(Tree):
        async def _leaves(self, place: int, count: int) -> list[bytes]:
            read.append(count)
            return await super()._leaves(place, count)

    async with database.transaction() as session:
        counted = Counted(session, 610)
        await counted.grow()
        assert await counted.root() == defined(await leaves(database))
    assert sum(read) == 610 - 2 * tree.WIDTH


async def test_nothing_is_signed_or_linked_below_the_last_checkpoint(database: Database) -> None:
    await grow(database, 5)
    maker = checkpoints(database)
    await maker.make()
    async with database.transaction() as session:
        cut = sa.text("DELETE FROM audit_entry WHERE sequence > 3")
        await (await session.connection()).execute(cut)
    async with Changes(database, CLOCK).change(CALLER) as change:
        change.audit("test", "thing/after")
    with pytest.raises(ChainCut):
        await Sealer(database).seal()
    with pytest.raises(ChainCut):
        await maker.make()
    async with database.snapshot() as session:
        assert await audit.unsealed(session) == 1
        assert len((await session.exec(select(AuditCheckpoint))).all()) == 1
