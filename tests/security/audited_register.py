"""A register written by audited changes, and what somebody does who has its database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import audit_walk, migrations
from plumbing.audit import GENESIS, SEALED, AuditEntry, Sealer, digest_of
from plumbing.change import Changes
from plumbing.checkpoints.links import link_of
from plumbing.checkpoints.making import Checkpoints
from plumbing.checkpoints.signed_note import Signer
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.row_checks import check_rows, take_stock
from plumbing.service import Findings
from services.registry.tables import Bureau
from tests.postgres import Databases

SIGNER = Signer("quanheng/registry", bytes(range(32)))
CASEWORKER = Caller("account/7", "zhou", frozenset({Role.CASEWORKER}), "330106")


class AuditedRegister:
    """The register, and what `check` says of its audit and its rows."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FixedClock(datetime(2026, 9, 14, 1, tzinfo=UTC))
        self.changes = Changes(database, self.clock)
        self.checkpoints = Checkpoints("registry", database, self.clock, lambda: SIGNER)
        self.sealer = Sealer(database)

    async def put(self, code: str, name: str = "合成市场监管局") -> None:
        """An audited change."""
        async with self.changes.change(CASEWORKER) as change:
            await change.session.merge(Bureau(code=code, name=name, version=1))
            change.audit("put_bureau", f"bureau/{code}", after={"name": name}, ground="合成依据")

    async def seal(self) -> None:
        """Links everything, as the running service does."""
        while await self.sealer.seal():
            pass

    async def check(self) -> list[tuple[str, str]]:
        """What is wrong: objects and reasons."""
        findings = Findings()
        tables = migrations.watched_tables("registry")
        async with self.database.snapshot() as session:
            await check_rows(session, tables, findings)
        rows = [(one.object, one.name) for one in findings.problems]
        return [*(await audit_walk.verify(self.database, SIGNER.public_key)).breaks, *rows]

    async def sql(self, statement: str, **values: Any) -> None:
        """What the attacker does, who has the database."""
        async with self.database.transaction() as session:
            await (await session.connection()).execute(sa.text(statement), values)

    async def forge_chain(self) -> None:
        """The attacker computes all digests and links anew, as the code that is public does."""
        query = select(AuditEntry).where(SEALED).order_by(col(AuditEntry.sequence))
        previous = GENESIS
        async with self.database.transaction() as session:
            for number, entry in enumerate((await session.exec(query)).all(), start=1):
                entry.sequence, entry.previous, entry.digest = number, previous, digest_of(entry)
                entry.link = previous = link_of(previous, number, entry.digest)

    async def entries(self) -> Sequence[AuditEntry]:
        """The audit entries, in order."""
        async with self.database.snapshot() as session:
            query = select(AuditEntry).order_by(col(AuditEntry.entry_id))
            return (await session.exec(query)).all()


@asynccontextmanager
async def register(folder: Path, databases: Databases) -> AsyncIterator[AuditedRegister]:
    """A register with five audited changes, all linked, and nothing wrong."""
    database = await databases.migrated(folder, "registry")
    made = AuditedRegister(database)
    await take_stock(made.changes, "registry", migrations.watched_tables("registry"))
    for number in range(1, 6):
        await made.put(f"33010{number}")
    await made.seal()
    assert await made.check() == []
    yield made
    await database.close()
