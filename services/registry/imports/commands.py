"""Taking in a file: one transaction in which it is compared with the register and applied."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import select

from law.errors import Fault, InvalidInput, NotPermitted
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.commands.finding import require_bureau_exists
from services.registry.imports import things, wire
from services.registry.imports.families import FamilyName
from services.registry.imports.plan import Context, Plan
from services.registry.imports.plan_fleet import plan_instruments, plan_records
from services.registry.imports.plan_register import plan_bureaus, plan_subjects
from services.registry.imports.plan_verifications import plan_verifications
from services.registry.imports.reading import Read
from services.registry.saving import Why, chunks
from services.registry.tables import ImportBatch, ImportFault, RejectedRow

PLANS: Mapping[FamilyName, Callable[[Context], Awaitable[Plan]]] = {
    FamilyName.BUREAUS: plan_bureaus,
    FamilyName.SUBJECTS: plan_subjects,
    FamilyName.INSTRUMENTS: plan_instruments,
    FamilyName.VERIFICATIONS: plan_verifications,
    FamilyName.RECORDS: plan_records,
}
ROWS_AT_ONCE = 5000


@dataclass(frozen=True)
class Upload:
    """A file as it came, and what was read of it."""

    content: bytes
    sha256: str
    read: Read


async def import_file(
    upload: Upload, change: Change, header: pb.ImportHeader
) -> pb.ImportFileResponse:
    """Takes in a file in the mode its header asks for; nothing is ever half-applied.

    Raises NotPermitted outside the caller's scope, InvalidInput for a bureau the register does
    not know. What is wrong with rows is no error: the batch tells.
    """
    await _require_scope(change, header)
    batch = _batch(change, header, upload)
    if await _applied_before(change, batch):
        batch.state, batch.unchanged = "unchanged", upload.read.rows
        change.session.add(batch)
        return pb.ImportFileResponse(batch=wire.batch(batch))
    plan = await _plan(change, header, upload.read)
    _count(batch, plan, upload.read, header.mode)
    change.session.add(batch)
    await change.session.flush()
    await _keep_faults(change, batch.batch_id, upload)
    if batch.state == "applied":
        why = Why(events.CAUSE_IMPORTED, header.file_name, batch.batch_id, header.baseline)
        change.audit("import", f"import/{batch.batch_id}", after=_told(batch, plan))
        await things.apply(change, plan, why)
    return pb.ImportFileResponse(batch=wire.batch(batch))


async def _require_scope(change: Change, header: pb.ImportHeader) -> None:
    caller = change.caller
    if header.family == FamilyName.BUREAUS and not caller.has(Role.ADMINISTRATOR, Role.SERVICE):
        raise NotPermitted("机关由平台管理员导入", "Bureaus are imported by the administrator")
    if header.bureau:
        caller.require_bureau(header.bureau)
        await require_bureau_exists(change, header.bureau, "header.bureau")
    elif caller.is_service:
        raise InvalidInput(faults=[Fault("header.bureau", "必填", "is required")])
    elif not caller.bureau:
        raise NotPermitted("您的账号不属于任何机关", "Your account belongs to no bureau")


def _batch(change: Change, header: pb.ImportHeader, upload: Upload) -> ImportBatch:
    bureau = header.bureau or change.caller.bureau
    return ImportBatch(
        batch_id=uuid4().hex,
        family=header.family,
        file_name=header.file_name,
        state="checked",
        rows=upload.read.rows,
        baseline=header.baseline,
        bureau=bureau,
        imported_by=change.on_behalf_of,
        imported_at=change.at,
        encoding=upload.read.encoding,
        sha256=upload.sha256,
        question=_question(header, upload.sha256, bureau),
        header=list(upload.read.names),
        sheet=upload.read.sheet,
    )


def _question(header: pb.ImportHeader, sha256: str, bureau: str) -> str:
    said = [
        header.family,
        sha256,
        bureau,
        dict(header.columns),
        dict(header.constants),
        dict(header.values),
        sorted(header.placeholder_owners),
        header.file_missing,
        header.sheet,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


async def _applied_before(change: Change, batch: ImportBatch) -> bool:
    """Whether the same was asked and taken whole. Rows once rejected are worth another look."""
    same = select(ImportBatch.batch_id).where(
        ImportBatch.question == batch.question,
        ImportBatch.state == "applied",
        ImportBatch.rejected == 0,
    )
    return (await change.session.exec(same)).first() is not None


async def _plan(change: Change, header: pb.ImportHeader, read: Read) -> Plan:
    if read.notes.header_is_bad:
        return Plan()
    plan = await PLANS[FamilyName(header.family)](Context(change, header, read))
    plan.drop(read.notes.bad_rows)
    return plan


def _count(batch: ImportBatch, plan: Plan, read: Read, mode: str) -> None:
    bad = read.notes.bad_rows
    unusable = read.notes.header_is_bad
    batch.rejected = read.rows if unusable else len(bad)
    batch.unchanged = 0 if unusable else len(plan.unchanged - bad)
    batch.changed = 0 if unusable else read.rows - batch.rejected - batch.unchanged
    batch.in_review = len(plan.in_review - bad)
    batch.repeated_serials = len(plan.repeated)
    if mode == "check":
        batch.state = "checked"
    elif unusable or (bad and mode == "all_or_nothing"):
        batch.state, batch.changed, batch.unchanged = "refused", 0, 0
    else:
        batch.state = "applied" if any(plan.things.values()) else "unchanged"


async def _keep_faults(change: Change, batch_id: str, upload: Upload) -> None:
    notes = upload.read.notes
    faults = (
        {
            "batch_id": batch_id,
            "number": number,
            "row": note.row,
            "column": note.column,
            "cell": note.cell,
            "value": note.value,
            "reason": note.reason,
            "message_zh": note.zh,
            "message_en": note.en,
            "warning": note.warning,
        }
        for number, note in enumerate(notes.in_order(), 1)
    )
    connection = await change.session.connection()
    for portion in chunks(faults, ROWS_AT_ONCE):
        await connection.execute(sa.insert(ImportFault), portion)
    why: dict[int, list[str]] = defaultdict(list)
    for note in notes.in_order():
        if not note.warning:
            why[note.row].append(f"{note.column}：{note.zh}" if note.column else note.zh)
    rejected = (
        {"batch_id": batch_id, "row": row.number, "cells": row.cells, "why": "；".join(said)}
        for row in upload.read.rejected(notes.bad_rows)
        if (said := why[row.number])
    )
    for portion in chunks(rejected, ROWS_AT_ONCE):
        await connection.execute(sa.insert(RejectedRow), portion)


def _told(batch: ImportBatch, plan: Plan) -> dict[str, object]:
    ids = sorted(one.thing_id for things_ in plan.things.values() for one in things_)
    counted = {kind.value: len(made) for kind, made in plan.things.items() if made}
    return {
        **batch.model_dump(mode="json", exclude={"header", "question"}),
        "things": counted,
        "digest_of_ids": hashlib.sha256("\n".join(ids).encode()).hexdigest(),
    }
