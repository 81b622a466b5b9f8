"""A register's database without a process around it, which takes in files and undoes them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from sqlmodel import select

from plumbing.change import Change, Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.commands import import_file
from services.registry.imports.batch.imported_rows import TABLES
from services.registry.imports.batch.intake import Upload
from services.registry.imports.batch.processing import Processor
from services.registry.imports.batch.undo import Undoing, Undone, undo
from services.registry.imports.impact.estimate import Limits
from services.registry.imports.impact.grade_drops import GradingService
from services.registry.imports.plan.plan import Kind
from services.registry.imports.rows.file import read_file
from services.registry.tables import ImportFault
from tests.integration.registry.import_files import header
from tests.integration.registry.running_registry import DISTRICT, OTHER_DISTRICT, STARTS

CALLER = Caller("caseworker", "caseworker", frozenset({Role.CASEWORKER}), "330100")
ADMINISTRATOR = Caller("admin", "admin", frozenset({Role.ADMINISTRATOR}), "330100")
NOBODY_IS_ASKED = Limits(1, 1, 10**6)
BUREAUS = (DISTRICT, OTHER_DISTRICT)
Content = dict[str, dict[str, Mapping[str, Any]]]


async def released(
    change: Change, request: pb.UndoBatchRequest, undone: Undone
) -> pb.UndoBatchResponse:
    """Undoes a batch, as when a second person has released it."""
    batch = await find_batch(change.session, change.caller, request.batch_id, lock=True)
    await undo(change, batch, request.ground, undone)
    return pb.UndoBatchResponse(batch=wire.batch(batch))


class Register:
    """A register's database, without a process around it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.changes = Changes(database, FixedClock(STARTS))
        grading = GradingService(grpc.aio.insecure_channel("127.0.0.1:9"))
        self._processor = Processor(self.changes, grading, NOBODY_IS_ASKED, folder)
        self._undoing = Undoing(self.changes, folder)

    async def take(self, family: str, content: bytes, **values: Any) -> pb.Batch:
        """Imports a file."""
        head = header(family, **{"mode": "good_rows", **values})
        upload = Upload(content, new_request_id(), read_file(head, content, STARTS.date()))
        caller = ADMINISTRATOR if family == "bureaus" else CALLER
        return (await import_file(self._processor, caller, head, upload)).batch

    async def faults(self, batch: pb.Batch) -> list[tuple[int, str, str]]:
        """The row, reason and explanation of each fault of a batch."""
        of_batch = select(ImportFault).where(ImportFault.batch_id == batch.batch_id)
        async with self.database.snapshot() as session:
            found = (await session.exec(of_batch)).all()
        return [(one.row, one.reason, one.message_zh) for one in found if not one.warning]

    async def undo(self, batch: pb.Batch) -> pb.Batch:
        """Undoes a batch."""
        request = pb.UndoBatchRequest(
            request_id=new_request_id(), batch_id=batch.batch_id, ground="随机检验"
        )

        async def finish(undone: Undone | None) -> pb.Batch:
            assert undone is not None
            command = partial(released, undone=undone)
            answer = await self.changes.once(CALLER, request, command, pb.UndoBatchResponse)
            return answer.batch

        return await self._undoing.undo(CALLER, request, finish, released=True)

    async def content(self) -> Content:
        """Everything on file in the register, without its versions."""
        content: Content = {}
        async with self.database.snapshot() as session:
            for kind in Kind:
                table = TABLES[kind]
                rows = (await session.exec(select(table.model))).all()
                content[kind] = {
                    getattr(row, table.key): row.model_dump(exclude={"version"})
                    for row in rows
                    if not row.removed
                }
        return content

    async def versions(self) -> dict[str, int]:
        """The version of every row, removed ones included."""
        versions: dict[str, int] = {}
        async with self.database.snapshot() as session:
            for table in TABLES.values():
                rows = (await session.exec(select(table.model))).all()
                versions |= {getattr(row, table.key): row.version for row in rows}
        return versions
