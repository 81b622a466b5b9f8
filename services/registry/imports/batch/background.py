"""Processes batches in the background, so that nobody has to wait at the page that sent them."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import uuid4

import structlog
from sqlmodel import col, select

from law.errors import LawError
from plumbing.change import Change, Changes
from plumbing.database_away import DATABASE_AWAY
from plumbing.grpc_errors import Away
from plumbing.long_work import LongWork
from plumbing.settings import Settings
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch.approvers import AWAITING
from services.registry.imports.batch.commands import WAITING, close, require_scope
from services.registry.imports.batch.files import Files
from services.registry.imports.batch.intake import (
    Intake,
    Upload,
    question,
    read_upload,
    sender_of,
    sent_as,
)
from services.registry.imports.batch.learning import learned
from services.registry.imports.batch.matching import await_confirmation, keep_open
from services.registry.imports.batch.processing import Processor, Ready, process
from services.registry.imports.batch.quota import Quota, require_room
from services.registry.imports.batch.type_names import names_for
from services.registry.imports.impact.grade_drops import Grader
from services.registry.imports.progress import Progress, UnderWay
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.rows.preview import preview
from services.registry.institutions.reporting import require_named
from services.registry.tables import ImportBatch

BROKEN = "平台内部错误，未导入任何内容；请联系平台管理员"
log = structlog.get_logger()


async def start_imports(
    change: Change, header: pb.ImportHeader, *, files: Files, quota: Quota
) -> pb.StartImportResponse:
    """Stores each sheet of a file as a batch that waits to be processed.

    Raises NotPermitted outside the caller's scope, InvalidInput for a bureau that is not in the
    register, and Busy above the quota.
    """
    batches = [
        await _start(change, one, content, digest, quota)
        for (one, content), digest in zip(files, files.digests, strict=True)
    ]
    several = header.sheets or header.all_sheets
    return pb.StartImportResponse(
        batch=batches[0], batches=batches if several else (), skipped_sheets=files.skipped
    )


async def _start(
    change: Change, header: pb.ImportHeader, content: bytes, digest: str, quota: Quota
) -> pb.Batch:
    await require_scope(change, header)
    await require_named(change.session, change.caller)
    await require_room(change, quota)
    bureau = header.bureau or change.caller.bureau
    batch = ImportBatch(
        batch_id=uuid4().hex,
        family=header.family,
        file_name=header.file_name,
        state=WAITING,
        baseline=header.baseline,
        bureau=bureau,
        imported_by=change.on_behalf_of,
        imported_at=change.at,
        encoding="",
        sha256=digest,
        question=question(header, digest, bureau),
        sheet=header.sheet,
        asked=header.SerializeToString(),
        sent_as=sent_as(change.caller),
        bytes_held=len(content),
    )
    change.session.add(batch)
    await change.session.flush()
    await pieces.keep(change.session, batch.batch_id, content)
    change.audit("start_import", f"import/{batch.batch_id}", after={"family": header.family})
    return wire.batch(batch)


class Background:
    """Processes the batches that wait, the oldest first; each comes into force as a whole.

    `under_way` tells how far the present one has come.
    """

    def __init__(self, changes: Changes, grader: Grader, settings: Settings) -> None:
        self._changes, self._file_limits = changes, FileLimits.of(settings)
        self._processor = Processor.of(changes, grader, settings)
        self._open_days = settings.import_open_days
        self.under_way = UnderWay()
        work = LongWork(changes.database, "imports", self._oldest, self._process)
        self.run, self.wake = work.run, work.wake

    async def _oldest(self) -> str | None:
        waiting = select(ImportBatch.batch_id).where(ImportBatch.state == WAITING)
        oldest = waiting.order_by(col(ImportBatch.imported_at), col(ImportBatch.batch_id)).limit(1)
        async with self._changes.database.snapshot() as session:
            return (await session.exec(oldest)).first()

    async def _process(self, batch_id: str) -> None:
        try:
            await self._read_and_apply(batch_id, self.under_way.begin(batch_id))
        except (Away, *DATABASE_AWAY):
            raise  # it is tried again
        except LawError as error:
            await self._give_up(batch_id, error.zh)
        except Exception:  # one bad batch must not stop the batches behind it
            log.exception("imports.failed", batch=batch_id)
            await self._give_up(batch_id, BROKEN)
        finally:
            self.under_way.end(batch_id)

    async def _read_and_apply(self, batch_id: str, progress: Progress) -> None:
        async with self._changes.database.snapshot() as session:
            batch = await session.get_one(ImportBatch, batch_id)
            content = await pieces.content(session, batch_id)
            names = await names_for(session, batch.bureau)
        header = pb.ImportHeader.FromString(batch.asked or b"")
        if header.confirm_columns and await self._shown(batch, header, content):
            return
        today = self._changes.clock.today()
        upload = await read_upload(header, content, today, self._file_limits, batch.sha256, names)

        async def finish(ready: Ready | None) -> None:
            async with self._changes.change(intake.caller) as change:
                await self._process_waiting(change, batch_id, intake, ready)

        sender, draft = sender_of(batch), partial(_draft, batch_id=batch_id, upload=upload)
        limits = self._processor.limits
        intake = Intake(header, upload, sender, sender, draft, limits, progress=progress)
        await self._processor.process(intake, finish)

    async def _shown(self, batch: ImportBatch, header: pb.ImportHeader, content: bytes) -> bool:
        """Whether the columns now wait to be confirmed; a file that cannot be read is refused."""
        async with self._changes.database.snapshot() as session:
            known = await learned(session, batch)
        try:
            shown = await asyncio.to_thread(preview, header, content, self._file_limits, known)
        except BadFile:
            return False
        async with self._changes.change(sender_of(batch)) as change:
            waiting = await _still_waiting(change, batch.batch_id)
            if waiting is not None:
                await_confirmation(change, waiting, shown, self._open_days)
        return True

    async def _process_waiting(
        self, change: Change, batch_id: str, intake: Intake, ready: Ready | None
    ) -> None:
        batch = await _still_waiting(change, batch_id)
        if batch is None or ready is None:
            return
        _note_content(batch, intake.upload)
        confirmed = batch.preview is not None
        if confirmed and intake.header.mode == "check":
            keep_open(change, batch, self._open_days)
        else:
            batch.open_until = None
            await pieces.drop(change.session, batch_id)
        await process(change, batch, ready)
        if batch.state not in ("applied", AWAITING):
            after = {"state": batch.state, "rows": batch.rows, "rejected": batch.rejected}
            change.audit("check_import", f"import/{batch_id}", after=after)

    async def _give_up(self, batch_id: str, reasons: str) -> None:
        async with self._changes.database.snapshot() as session:
            sender = sender_of(await session.get_one(ImportBatch, batch_id))
        async with self._changes.change(sender) as change:
            batch = await change.session.get_one(ImportBatch, batch_id, with_for_update=True)
            if batch.state == WAITING:
                await close(change, batch, "refused", "refuse_import", reasons)


async def _draft(change: Change, batch_id: str, upload: Upload) -> ImportBatch | None:
    batch = await change.session.get_one(ImportBatch, batch_id)
    change.session.expunge(batch)
    _note_content(batch, upload)
    return batch if batch.state == WAITING else None


async def _still_waiting(change: Change, batch_id: str) -> ImportBatch | None:
    """The batch, locked; None if its sender has given it up."""
    batch = await change.session.get_one(ImportBatch, batch_id, with_for_update=True)
    return batch if batch.state == WAITING else None


def _note_content(batch: ImportBatch, upload: Upload) -> None:
    batch.rows, batch.encoding = upload.file.rows, upload.file.encoding
    batch.header, batch.sheet = list(upload.file.names), upload.file.sheet
