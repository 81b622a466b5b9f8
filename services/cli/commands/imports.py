"""Batches of imports, and sending a file as one."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from plumbing.chunks import pieces
from plumbing.client import new_request_id
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.exporting import armed, writing
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Data, Export, Limit

PIECE = 256 * 1024  # bytes of a file per message
FAULTS_SHOWN = 20
FAULTS_KEPT = 1000
batch_app = typer.Typer(no_args_is_help=True, help="导入批次 | import batches")
BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="批次 id")]
STATES = {
    "checked": "仅检查",
    "applied": "已导入",
    "refused": "已退回",
    "unchanged": "无变化",
    "undone": "已撤销",
    "receiving": "报送中",
    "awaiting_approval": "待批准",
    "rejected": "未批准",
    "discarded": "已放弃",
    "expired": "逾期失效",
}


@dataclass(frozen=True)
class Mapped:
    """How to read a file: its columns, constants and values."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    placeholders: Sequence[str] = ()
    file_missing: bool = False


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(batch_app, name="batch")


def header_of(
    family: str,
    name: str,
    mapped: Mapped,
    *,
    bureau: str = "",
    mode: str = "all_or_nothing",
    baseline: bool = False,
    sheet: str = "",
) -> pb.ImportHeader:
    """The first message of an upload."""
    return pb.ImportHeader(
        request_id=new_request_id(),
        family=family,
        file_name=name,
        bureau=bureau,
        columns=mapped.columns,
        constants=mapped.constants,
        values=mapped.values,
        mode=mode,
        baseline=baseline,
        placeholder_owners=mapped.placeholders,
        file_missing=mapped.file_missing,
        sheet=sheet,
    )


async def upload(
    client: Client, header: pb.ImportHeader, content: bytes, *, progress: bool = False
) -> pb.Batch:
    """Sends a file in pieces and returns its batch."""
    shown = Progress(disable=not (progress and show.console.is_terminal), transient=True)
    with shown:
        task = shown.add_task(f"上传 {header.file_name}", total=len(content))

        async def parts() -> AsyncIterator[pb.ImportFileRequest]:
            yield pb.ImportFileRequest(header=header)
            for piece in pieces(content, PIECE):
                yield pb.ImportFileRequest(content=piece)
                shown.advance(task, len(piece))

        answer: pb.ImportFileResponse = await client.imports.ImportFile(parts())
        return answer.batch


async def faults_of(client: Client, batch_id: str, limit: int) -> pb.ListFaultsResponse:
    """What was wrong with a batch."""
    wanted = pb.ListFaultsRequest(batch_id=batch_id, page_size=limit)
    answer: pb.ListFaultsResponse = await client.imports.ListFaults(wanted)
    return answer


def show_batch(batch: pb.Batch) -> None:
    """A batch as a card."""
    lines = {
        "批次": batch.batch_id,
        "文件": f"{batch.file_name}（{batch.encoding}）",
        "结果": STATES.get(batch.state, batch.state),
        "行数": batch.rows,
        "新增或变更": batch.changed,
        "无变化": batch.unchanged,
        "未收下": batch.rejected,
        "待核实": batch.in_review,
        "重复的型号与编号": batch.repeated_serials,
        **_estimate(batch),
        "批准或退回人": batch.decided_by,
        "理由": batch.reasons,
    }
    show.card("导入", lines)


def _estimate(batch: pb.Batch) -> dict[str, str]:
    if not batch.HasField("estimate"):
        return {}
    found = batch.estimate
    alerts = f"{found.alerts} 件，涉及器具 {found.instruments} 件；上限 {found.alert_share:.0%}"
    drops = f"{found.drops} 个，已评级主体 {found.graded} 个；上限 {found.drop_share:.0%}"
    seen = found.digest if batch.state == "awaiting_approval" else ""
    lines = {"将新触发预警": alerts, "将使等级下降": drops, "所见（批准时提供）": seen}
    return lines | _approval(batch)


def _approval(batch: pb.Batch) -> dict[str, str]:
    """Who may approve a batch that is held, or that a check found would be held."""
    if not batch.approving_bureau:
        return {}
    held = "导入时须经" if batch.would_be_held else "须经"
    bureau = f"{batch.approving_bureau} 或其上级机关的单位负责人批准"
    names = "、".join(batch.approvers) or "目前没有这样的账号"
    return {"批准": f"{held} {bureau}", "可批准的人": names}


def show_faults(faults: Iterable[pb.RowFault]) -> None:
    """Faults as a table, warnings marked."""
    rows = [
        (_place(f), f.column, f.value[:40], "提示" if f.warning else "错误", f.message_zh)
        for f in faults
    ]
    if rows:
        show.table("逐格检查", ("行", "列", "内容", "", "说明"), rows)


def _place(fault: pb.RowFault) -> str:
    if fault.chunk:
        return f"第 {fault.chunk} 块第 {fault.item} 项"
    if fault.sheet:
        return f"工作表“{fault.sheet}” 第 {fault.row} 行 {fault.cell}".rstrip()
    return str(fault.row)


def write_rows(path: Path, content: bytes) -> None:
    """Writes CSV as it is, or into a workbook where the file is to be one."""
    if path.suffix.lower() != ".xlsx":
        path.write_bytes(content)
        return
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    heads, *rows = ([armed(cell) for cell in row] for row in csv.reader(text))
    with writing(path, "未收下的行", heads) as writer:
        for row in rows:
            writer.write(row)


@batch_app.command("list")
def batch_list(
    limit: Limit = 50, export: Export = None, data: Data = None, as_json: AsJson = False
) -> None:
    """列出导入批次，新的在前。 Lists import batches, newest first."""
    wanted = pb.ListBatchesRequest(page_size=limit)
    answer = listed(lambda client: client.imports.ListBatches, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (
            b.batch_id,
            b.family,
            b.file_name,
            STATES.get(b.state, b.state),
            b.rows,
            b.changed,
            b.rejected,
        )
        for b in answer.batches
    ]
    show.table("导入批次", ("id", "类别", "文件", "结果", "行数", "变更", "未收下"), rows)


@batch_app.command("faults")
def batch_faults(
    batch: BatchId,
    limit: Limit = 100,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """逐格列出一个批次的错误。 Lists what was wrong with a batch, cell by cell."""
    wanted = pb.ListFaultsRequest(batch_id=batch, page_size=limit)
    answer = listed(lambda client: client.imports.ListFaults, wanted, data, export)
    if as_json:
        show.json_out(answer)
    else:
        show_faults(answer.faults)


@batch_app.command("rejected")
def batch_rejected(
    batch: BatchId,
    out: Annotated[Path, typer.Argument(dir_okay=False, help="写入的 .csv 或 .xlsx 文件 | file")],
    data: Data = None,
) -> None:
    """取回未收下的行，末列为原因，改好后可再导入。 Returns the rows not taken, with the reasons."""
    wanted = pb.GetRejectedRowsRequest(batch_id=batch)
    answer = with_client(data, lambda client: client.imports.GetRejectedRows(wanted))
    write_rows(out, answer.content)
    show.console.print(f"已写入 {out}")


@batch_app.command("undo")
def batch_undo(
    batch: BatchId,
    ground: Annotated[str, typer.Option("--ground", help="理由 | why")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """撤销一个批次，恢复到导入之前。 Undoes a batch: what it changed is as it was before."""
    request = pb.UndoBatchRequest(request_id=new_request_id(), batch_id=batch, ground=ground)
    answer = with_client(data, lambda client: client.imports.UndoBatch(request))
    if as_json:
        show.json_out(answer)
    else:
        show_batch(answer.batch)
