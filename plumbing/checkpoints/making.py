"""Makes signed checkpoints of one service's audit chain, and the proofs that rest on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing import audit
from plumbing.audit import AuditCheckpoint, ChainCut
from plumbing.checkpoints.keys import signer_of
from plumbing.checkpoints.signed_note import Checkpoint, Signer
from plumbing.checkpoints.tree import Tree
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.events.leadership import exclusively
from plumbing.private_files import write_private
from plumbing.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True)
class Checkpoints:
    """Makes and proves the checkpoints of one service.

    Each new one is also written to a file in `directory`, if that is not None.
    """

    service: str
    database: Database
    clock: Clock
    signer: Callable[[], Signer]
    directory: Path | None = None

    @classmethod
    def of(cls, service: str, settings: Settings, database: Database, clock: Clock) -> Checkpoints:
        """Creates the maker for a service with the key, the name and the directory of settings."""

        def signer() -> Signer:
            return signer_of(settings.keys_dir, settings.checkpoint_origin, service)

        directory = Path(settings.checkpoint_dir) if settings.checkpoint_dir else None
        return cls(service, database, clock, signer, directory)

    def public_key(self) -> str:
        """Returns the public key as text; empty while the service has no key."""
        try:
            return self.signer().public_key
        except FileNotFoundError:
            return ""

    async def make(self) -> AuditCheckpoint | None:
        """Signs a checkpoint of everything linked so far; returns the newest one.

        Makes none if nothing was linked since. Returns None for an empty chain. Raises ChainCut if
        the chain has lost entries, and FileNotFoundError without a key.
        """
        async with self.database.transaction() as session:
            await exclusively(session, "audit checkpoint")
            newest = await audit.newest_checkpoint(session)
            size, link = await audit.head(session)
            if newest is not None:
                await _require_grown(session, newest, size)
            if size == (newest.size if newest else 0):
                return newest
            made = await self._sign(session, size, link)
            session.add(made)
        log.info("audit.checkpoint", size=size, root=made.root)
        self._write(made)
        return made

    async def _sign(self, session: AsyncSession, size: int, link: str) -> AuditCheckpoint:
        signer, tree = self.signer(), Tree(session, size)
        await tree.grow()
        checkpoint = Checkpoint(signer.name, size, await tree.root())
        return AuditCheckpoint(
            size=size,
            root=checkpoint.root.hex(),
            link=link,
            note=signer.sign(checkpoint.text()),
            at=self.clock.now(),
        )

    def _write(self, made: AuditCheckpoint) -> None:
        """Writes the note to the directory; a full or absent disk is logged and stops nothing."""
        if self.directory is None:
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            name = f"{self.service}-{made.size:012d}.checkpoint"
            write_private(self.directory / name, made.note)
        except OSError as error:
            log.warning("audit.checkpoint_not_written", error=str(error))


async def _require_grown(session: AsyncSession, newest: AuditCheckpoint, size: int) -> None:
    if size < newest.size or await audit.link_at(session, newest.size) != newest.link:
        raise ChainCut(f"The audit chain no longer has what checkpoint {newest.size} covers")


async def consistency(session: AsyncSession, former: int, size: int) -> list[bytes]:
    """Returns the proof that the checkpoint of `size` continues the chain of `former` entries.

    An empty former chain needs no proof. Raises NotFound if the chain was never that long.
    """
    if not 0 <= former <= size:
        raise NotFound("审计链没有这么长", "The audit chain is not that long")
    return await Tree(session, size).consistency(former) if former else []
