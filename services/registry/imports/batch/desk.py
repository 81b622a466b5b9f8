"""What taking in a batch needs besides the transaction, handed to its servicers as one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from plumbing.change import Changes
from plumbing.settings import Settings
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.batch.intake import Upload, foreseen
from services.registry.imports.impact.alarms import Drops, Shares
from services.registry.imports.impact.grade_drops import Grader
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.rows import file as reading

T = TypeVar("T")


@dataclass(frozen=True)
class ImportDesk:
    """Where batches are taken in. `open_days` are those a batch may be left lying half sent."""

    changes: Changes
    grader: Grader
    max_bytes: int
    limits: FileLimits
    shares: Shares
    open_days: int

    @classmethod
    def of(cls, changes: Changes, grader: Grader, settings: Settings) -> ImportDesk:
        """That of a deployment."""
        return cls(
            changes,
            grader,
            settings.import_max_bytes,
            FileLimits.of(settings),
            Shares.of(settings),
            settings.import_open_days,
        )

    async def read(self, header: pb.ImportHeader, content: bytes, digest: str = "") -> Upload:
        """Reads content: long work, so before any transaction and off the event loop."""
        today = self.changes.clock.today()
        read = await asyncio.to_thread(reading.read, header, content, today, self.limits)
        return Upload(content, digest or hashlib.sha256(content).hexdigest(), read)

    async def foreseen(self, work: Callable[[Drops], Awaitable[T]]) -> T:
        """Does work that may need to know how many grades would fall."""
        return await foreseen(self.grader, work)
