"""Lets the sender of a file see which column has which field, change that, and confirm it.

The file stays with its batch until it is imported, given up, or left for too long. So what was
confirmed is applied to the file that was looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotPermitted, WrongState
from plumbing.change import Change
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.commands import MATCHING, WAITING
from services.registry.imports.batch.intake import question
from services.registry.imports.batch.learning import learn
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.families import Field
from services.registry.imports.rows.preview import Preview
from services.registry.tables import ImportBatch

# A file of the same name that was given up or refused does not replace the one before.
_GONE = ("discarded", "expired", "refused", "rejected", "undone")


def await_confirmation(change: Change, batch: ImportBatch, shown: Preview, open_days: int) -> None:
    """Keeps what is shown of a file's columns; the batch waits until its sender confirms them."""
    batch.preview, batch.state = asdict(shown), MATCHING
    keep_open(change, batch, open_days)


def keep_open(change: Change, batch: ImportBatch, open_days: int) -> None:
    """Sets the last day on which the file of a batch is kept to be imported."""
    batch.open_until = change.today + timedelta(days=open_days)


async def get_columns(view: View, request: pb.GetColumnsRequest) -> pb.GetColumnsResponse:
    """Returns the columns of a file with the fields that were confirmed, or else are proposed.

    Raises NotFound for an unknown batch, NotPermitted outside the caller's scope, and WrongState
    for a batch whose columns nobody confirms.
    """
    batch = await find_batch(view.session, view.caller, request.batch_id)
    shown = _preview(batch)
    header = pb.ImportHeader.FromString(batch.asked or b"")
    columns = list(_columns(header, shown))
    fields = mapping.fields_of(header)
    found = {column.field for column in columns}
    return pb.GetColumnsResponse(
        batch=wire.batch(batch),
        header_row=shown["header_row"],
        skipped=[pb.SkippedRow(row=row, text=text) for row, text in shown["skipped"]],
        columns=columns,
        fields=map(_field, fields.values()),
        missing=[name for name, one in fields.items() if _lacks(header, one, found)],
        hidden_rows=shown.get("hidden", 0),
        sheet=shown.get("sheet", ""),
        other_sheets=shown.get("others", ()),
        with_hidden_rows=header.hidden_rows,
        with_unknown_types=header.unknown_types,
    )


def _preview(batch: ImportBatch) -> Mapping[str, Any]:
    if batch.preview is None:
        zh, en = "此批次没有待核对的列", "The batch has no columns to confirm"
        raise WrongState(zh, en, state=batch.state)
    return batch.preview


def _columns(header: pb.ImportHeader, shown: Mapping[str, Any]) -> Iterator[pb.FileColumn]:
    confirmed = {match.column: match.field for match in header.matches}
    for one in shown["columns"]:
        column = pb.FileColumn(**one)
        if confirmed:
            column.field = confirmed.get(column.number, "")
        yield column


def _field(field: Field) -> pb.ColumnField:
    english = field.name.replace("_", " ")
    return pb.ColumnField(
        name=field.name, label_zh=field.header, label_en=english, required=field.required
    )


def _lacks(header: pb.ImportHeader, field: Field, found: set[str]) -> bool:
    return field.name not in found and mapping.is_needed(header, field)


async def confirm_columns(
    change: Change, request: pb.ConfirmColumnsRequest
) -> pb.ConfirmColumnsResponse:
    """Notes which column has which field; the file is then checked or imported in the background.

    The columns of a batch that was only checked can be confirmed again, the same or others. Raises
    NotFound for an unknown batch, NotPermitted for another sender's, WrongState for a batch whose
    file is no longer kept, or was replaced by one sent later, and InvalidInput for a column or a
    field that is matched twice, an unknown one, or a required field without a column.
    """
    batch = await find_batch(change.session, change.caller, request.batch_id, lock=True)
    if batch.imported_by != change.on_behalf_of:
        zh, en = "各列由上传文件的人核对", "Whoever sent the file confirms its columns"
        raise NotPermitted(zh, en)
    shown = _preview(batch)
    if batch.open_until is None or batch.state == WAITING:
        raise WrongState("此文件已不能再导入", "The file is kept no longer", state=batch.state)
    await _require_latest(change, batch, request.seen)
    header = pb.ImportHeader.FromString(batch.asked or b"")
    if request.sheet and request.sheet != shown.get("sheet"):
        _show_sheet(batch, header, request.sheet, shown)
        return pb.ConfirmColumnsResponse(batch=wire.batch(batch))
    _check(header, request, shown)
    await learn(change, batch, shown, request)
    del header.matches[:]
    header.matches.extend(request.matches)
    header.mode, header.confirm_columns = request.mode, False
    header.hidden_rows, header.header_row = request.hidden_rows, shown["header_row"]
    header.unknown_types = request.unknown_types
    batch.asked, batch.state = header.SerializeToString(), WAITING
    batch.question = question(header, batch.sha256, batch.bureau)
    matches = {match.field: match.column for match in request.matches}
    after = {"columns": matches, "mode": request.mode}
    change.audit("confirm_columns", f"import/{batch.batch_id}", after=after)
    return pb.ConfirmColumnsResponse(batch=wire.batch(batch))


def _show_sheet(
    batch: ImportBatch, header: pb.ImportHeader, sheet: str, shown: Mapping[str, Any]
) -> None:
    """Has the columns of another sheet shown; they are confirmed anew."""
    if sheet not in shown.get("others", ()):
        zh, en = "工作簿没有这个工作表", "the workbook has no such sheet"
        raise InvalidInput(faults=[Fault("sheet", zh, en)])
    header.sheet, header.confirm_columns, header.header_row = sheet, True, 0
    del header.matches[:]
    batch.asked, batch.state, batch.preview = header.SerializeToString(), WAITING, None


async def _require_latest(change: Change, batch: ImportBatch, seen: str) -> None:
    """Refuses a confirmation of another file, and of one that the sender has replaced meanwhile."""
    later = select(ImportBatch.batch_id).where(
        ImportBatch.imported_by == batch.imported_by,
        ImportBatch.family == batch.family,
        ImportBatch.file_name == batch.file_name,
        ImportBatch.sha256 != batch.sha256,
        col(ImportBatch.imported_at) > batch.imported_at,
        col(ImportBatch.state).not_in(_GONE),
    )
    newest = (
        await change.session.exec(later.order_by(col(ImportBatch.imported_at).desc()))
    ).first()
    if newest is not None or seen != batch.sha256:
        raise WrongState(
            "同名的文件后来又上传过，内容不同；请核对后来的一份，仍要用这一份的，请重新上传",
            "A file of this name was sent later with other content; confirm the columns of that"
            " one, or send this one again",
            batch_id=newest or batch.batch_id,
        )


def _check(
    header: pb.ImportHeader, request: pb.ConfirmColumnsRequest, shown: Mapping[str, Any]
) -> None:
    faults = list(mapping.match_faults(header.family, request.matches))
    if not request.matches:
        faults.append(Fault("matches", "请至少选择一列", "choose at least one column"))
    numbers = {one["number"] for one in shown["columns"]}
    faults += [
        Fault(f"matches.{match.column}", "文件没有此列", "the file has no such column")
        for match in request.matches
        if match.column not in numbers
    ]
    found = {match.field for match in request.matches}
    faults += [
        Fault(
            f"missing.{field.name}",
            f"缺少必填项“{field.header}”：请选择它在哪一列",
            f"no column has {field.name!r}, which every row needs",
        )
        for field in mapping.fields_of(header).values()
        if _lacks(header, field, found)
    ]
    if faults:
        zh, en = "各列的对应有误", "The columns cannot be matched in this way"
        raise InvalidInput(zh, en, faults=faults)
