"""Commands that take in files: `quanheng import FILE`, and `quanheng import template`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import Client, with_client
from services.cli.commands.imports import (
    FAULTS_KEPT,
    FAULTS_SHOWN,
    Mapped,
    faults_of,
    header_of,
    show_batch,
    show_faults,
    upload,
    write_rows,
)
from services.cli.output import show
from services.cli.output.options import AsJson, Bureau, Data

FILE = "file"


class _FileByDefault(TyperGroup):
    """`import FILE` is `import file FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if not args or args[0] in known else [FILE, *args])


import_app = typer.Typer(
    cls=_FileByDefault,
    no_args_is_help=True,
    help="导入文件：quanheng import 文件 --family 类别 | import a file",
)


class Form(StrEnum):
    """Formats of a template."""

    XLSX = "xlsx"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    import_app.command(FILE)(import_)
    import_app.command("template")(template)
    app.add_typer(import_app, name="import")


def template(
    family: Annotated[
        str,
        typer.Argument(
            metavar="FAMILY",
            help="类别：bureaus | subjects | instruments | verifications | records",
        ),
    ],
    form: Annotated[Form, typer.Option("--format", help="格式 | format")] = Form.XLSX,
    output: Annotated[
        Path | None, typer.Option("--output", dir_okay=False, help="写入的文件 | file to write")
    ] = None,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="含首次建档时才读取的列 | of a first load")
    ] = False,
    data: Data = None,
) -> None:
    """取一份空白模板：表头、下拉选项、文本格式和字段说明；填好后直接导入。

    Writes an empty file with the columns of a family, explained; filled in, it is imported so.
    """
    wanted = pb.GetTemplateRequest(family=family, format=form, baseline=baseline)
    answer = with_client(data, lambda client: client.imports.GetTemplate(wanted))
    path = output or Path(f"{family}.{form}")
    path.write_bytes(answer.content)
    show.console.print(f"已写入 {path}", soft_wrap=True)


def import_(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="工作簿或 CSV 文件 | file"),
    ],
    family: Annotated[
        str, typer.Option(help="类别：bureaus | subjects | instruments | verifications | records")
    ],
    bureau: Bureau = "",
    sheet: Annotated[str, typer.Option("--sheet", help="工作表，默认第一个有内容的 | sheet")] = "",
    column: Annotated[
        list[str] | None, typer.Option("--map", help="字段=列名，可多次 | field=column")
    ] = None,
    constant: Annotated[
        list[str] | None, typer.Option("--const", help="字段=值，可多次 | field=value")
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option("--value", help="字段:文件值=登记值 | field:value=value")
    ] = None,
    placeholder: Annotated[
        list[str] | None, typer.Option("--placeholder", help="占位单位名 | placeholder owner")
    ] = None,
    mode: Annotated[
        str, typer.Option(help="方式：all_or_nothing | good_rows | check")
    ] = "all_or_nothing",
    baseline: Annotated[bool, typer.Option("--baseline", help="首次建档，不触发预警")] = False,
    file_missing: Annotated[
        bool, typer.Option("--file-missing", help="为检定记录一并建立主体和器具")
    ] = False,
    rejected: Annotated[
        Path | None, typer.Option("--rejected", help="未收下的行写入此 .csv 或 .xlsx | not taken")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """导入一个工作簿或 CSV 文件；逐格报告错误，同一文件再导入不改变任何内容。

    Imports a workbook or CSV file; every bad cell is reported, and the same file twice changes
    nothing. `import template` gives an empty file to fill in.
    """
    mapped = Mapped(
        _pairs(column), _pairs(constant), _pairs(value), placeholder or (), file_missing
    )
    header = header_of(
        family, file.name, mapped, bureau=bureau, mode=mode, baseline=baseline, sheet=sheet
    )
    content = file.read_bytes()
    taken = with_client(data, lambda client: _take(client, header, content, progress=not as_json))
    if rejected and taken.rejected:
        write_rows(rejected, taken.rejected)
    _show(taken, as_json=as_json)
    if taken.batch.state == "refused" or (mode == "check" and taken.batch.rejected):
        raise typer.Exit(1)


@dataclass(frozen=True)
class Taken:
    """What became of a file: its batch, its faults, and the rows not taken as a file."""

    batch: pb.Batch
    faults: pb.ListFaultsResponse
    rejected: bytes


async def _take(
    client: Client, header: pb.ImportHeader, content: bytes, *, progress: bool
) -> Taken:
    batch = await upload(client, header, content, progress=progress)
    faults = await faults_of(client, batch.batch_id, FAULTS_KEPT)
    return Taken(batch, faults, await _rejected_rows(client, batch))


def _show(taken: Taken, *, as_json: bool) -> None:
    if as_json:
        show.json_out({"batch": show.plain(taken.batch), **show.plain(taken.faults)})
    else:
        show_batch(taken.batch)
        show_faults(taken.faults.faults[:FAULTS_SHOWN])


async def _rejected_rows(client: Client, batch: pb.Batch) -> bytes:
    if not batch.rejected:
        return b""
    wanted = pb.GetRejectedRowsRequest(batch_id=batch.batch_id)
    return bytes((await client.imports.GetRejectedRows(wanted)).content)


def _pairs(said: Sequence[str] | None) -> dict[str, str]:
    pairs = [one.partition("=") for one in said or ()]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise typer.BadParameter(f"应写作 名称=值：{'、'.join(wrong)}")
    return {name: value for name, _, value in pairs}
