"""The command to import a file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from law.errors import InvalidInput
from plumbing.chunks import pieces
from plumbing.client import Refusal, new_request_id, refusal_of
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import Client, with_client
from services.cli.commands import choices
from services.cli.commands.rejected_rows import write_rows
from services.cli.output import answer, show
from services.cli.output.names import Names
from services.cli.output.options import AsJson, Bureau, Data
from services.cli.output.to_file import in_a_folder
from services.cli.output.views import table

CHUNK_BYTES = 256 * 1024  # of a file, a message
FAULTS_SHOWN = 20
FAULTS_KEPT = 1000
REFUSED, HELD = 1, 3  # exit codes: some rows were not taken; the batch waits for approval
NOT_IMPORTED = "setup"  # a workbook that `quanheng setup` reads
FAMILIES = {c: zh for c, zh in choices.some("family").items() if c != NOT_IMPORTED}
MODES = choices.some("mode")


@dataclass(frozen=True)
class ColumnMapping:
    """How to read an import file: which column or which fixed value fills each field.

    columns: field → name of the column.
    constants: field → value of this field in every row.
    values: `field:value in the file` → value to register.
    placeholders: owner names that stand for no real subject.
    file_missing: whether to register subjects and instruments that verifications name and the
    register does not know.
    unknown_types: whether to take types of instruments that the catalogue does not have.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    placeholders: Sequence[str] = ()
    file_missing: bool = False
    unknown_types: bool = False

    @classmethod
    def from_file(cls, path: Path) -> ColumnMapping:
        """Reads a mapping from a JSON file with one object; its keys are the fields of this class.

        Raises InvalidInput if the file cannot be read or contains something else.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise InvalidInput(f"{path} 不是映射文件", f"{path} is no mapping: {error}") from error

    def with_more(self, given: ColumnMapping) -> ColumnMapping:
        """Returns this mapping extended by `given`, which takes priority for equal keys."""
        return ColumnMapping(
            {**self.columns, **given.columns},
            {**self.constants, **given.constants},
            {**self.values, **given.values},
            [*self.placeholders, *given.placeholders],
            self.file_missing or given.file_missing,
            self.unknown_types or given.unknown_types,
        )


Family = Annotated[
    str,
    typer.Option(
        "--family",
        help=f"类别：{choices.listed(FAMILIES)} | family",
        parser=choices.parser(FAMILIES),
    ),
]
Mode = Annotated[
    str,
    typer.Option(
        "--mode", help=f"方式：{choices.listed(MODES)} | mode", parser=choices.parser(MODES)
    ),
]
Baseline = Annotated[
    bool, typer.Option("--baseline", help="首次建档，不触发预警 | a first load alarms nobody")
]
FileMissing = Annotated[
    bool, typer.Option("--file-missing", help="为检定记录一并建立主体和器具 | file what lacks")
]
Sheets = Annotated[
    list[str] | None,
    typer.Option("--sheet", help="工作表，可多次，默认第一个有内容的 | sheet, repeatable"),
]
AllSheets = Annotated[
    bool, typer.Option("--all-sheets", help="工作簿的全部工作表，各为一个批次 | every sheet")
]
HiddenRows = Annotated[
    bool, typer.Option("--hidden-rows", help="也读取隐藏和筛选掉的行 | read hidden rows too")
]
UnknownTypes = Annotated[
    bool,
    typer.Option(
        "--unknown-types", help="目录没有的器具按周期检定收下 | take types not in the catalogue"
    ),
]
MappingFile = Annotated[
    Path | None, typer.Option("--mapping", help="列映射的 JSON 文件 | file with a mapping")
]
Columns = Annotated[
    list[str] | None, typer.Option("--map", help="字段=列名，可多次 | field=column")
]
Constants = Annotated[
    list[str] | None, typer.Option("--const", help="字段=值，可多次 | field=value")
]
CellValues = Annotated[
    list[str] | None, typer.Option("--value", help="字段:文件值=登记值 | field:value=value")
]
Placeholders = Annotated[
    list[str] | None, typer.Option("--placeholder", help="占位单位名 | placeholder owner")
]
Rejected = Annotated[
    Path | None,
    typer.Option(
        "--rejected", callback=in_a_folder, help="未收下的行写入此 .csv 或 .xlsx | not taken"
    ),
]


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="工作簿或 CSV 文件 | file"
        ),
    ],
    family: Family,
    bureau: Bureau = "",
    sheet: Sheets = None,
    all_sheets: AllSheets = False,
    hidden_rows: HiddenRows = False,
    unknown_types: UnknownTypes = False,
    mapping: MappingFile = None,
    column: Columns = None,
    constant: Constants = None,
    value: CellValues = None,
    placeholder: Placeholders = None,
    mode: Mode = "all_or_nothing",
    baseline: Baseline = False,
    file_missing: FileMissing = False,
    rejected: Rejected = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """导入一个工作簿或 CSV 文件；逐格报告错误，同一文件再导入不改变任何内容。

    Imports a workbook or CSV file and reports every faulty cell; importing the same file again
    changes nothing. `import template` writes an empty file to fill in. Exits with 1 if a sheet or a
    row was rejected, with 3 if the batch waits for approval.
    """
    base = ColumnMapping.from_file(mapping) if mapping else ColumnMapping()
    given = ColumnMapping(
        *(_pairs(column), _pairs(constant), _pairs(value), placeholder or ()),
        *(file_missing, unknown_types),
    )
    content = file.read_bytes()
    headers = [
        header_of(
            family,
            file.name,
            base.with_more(given),
            bureau=bureau,
            mode=mode,
            baseline=baseline,
            sheet=name,
            hidden_rows=hidden_rows,
        )
        for name in _names_of_sheets(file, sheet or [], every=all_sheets)
    ]
    results, refused = with_client(
        data, lambda client: _import_each(client, headers, content, not as_json)
    )
    if rejected:
        _write_rejected(rejected, results)
    _end(results, refused, as_json=as_json)


def _names_of_sheets(file: Path, named: Sequence[str], *, every: bool) -> Sequence[str]:
    """The sheets to read: those named, every one that holds something, or the first one as ""."""
    if named and every:
        zh, en = "--sheet 和 --all-sheets 只能用一个", "--sheet or --all-sheets, not both"
        raise typer.BadParameter(f"{zh} | {en}", param_hint="--sheet")
    if not every:
        return named or [""]
    try:
        book = CalamineWorkbook.from_path(str(file))
    except CalamineError:
        return [""]
    visible = [one.name for one in book.sheets_metadata if one.visible is SheetVisibleEnum.Visible]
    return [name for name in visible if book.get_sheet_by_name(name).to_python(nrows=1)] or [""]


async def _import_each(
    client: Client, headers: Sequence[pb.ImportHeader], content: bytes, show_progress: bool
) -> tuple[list[ImportResult], list[tuple[str, Refusal]]]:
    """Imports each sheet as a batch of its own, in the order of the sheets.

    Returns the results, and the sheets that were refused with the reason; the others go on. Raises
    AioRpcError if the only one is refused.
    """
    results, refused = [], []
    for one in headers:
        try:
            results.append(await _import(client, one, content, show_progress=show_progress))
        except grpc.aio.AioRpcError as error:
            if len(headers) == 1:
                raise
            refused.append((one.sheet, refusal_of(error)))
    return results, refused


def _write_rejected(path: Path, results: Sequence[ImportResult]) -> None:
    """Writes the rejected rows of each batch to a file; of several, with the sheet in its name."""
    for result in results:
        if result.rejected_rows:
            of_sheet = path.with_stem(f"{path.stem}-{result.batch.sheet}")
            write_rows(path if len(results) == 1 else of_sheet, result.rejected_rows)


def _end(
    results: Sequence[ImportResult], refused: Sequence[tuple[str, Refusal]], *, as_json: bool
) -> None:
    """Prints what came of each sheet, and ends the command by typer.Exit where not all is in."""
    if as_json and len(results) + len(refused) > 1:
        show.json_out([_told(result) for result in results])
    else:
        for result in results:
            print_result(result, as_json=as_json)
    codes = [exit_code(result.batch) for result in results]
    for name, one in refused:
        zh, en = f"工作表“{name}”没有导入：{one.message_zh}", f"not imported: {one.message_en}"
        show.refuse(zh, f"The sheet “{name}” was {en}", one.faults)
    if status := REFUSED if refused else max(codes):
        raise typer.Exit(status)


@dataclass(frozen=True)
class ImportResult:
    """The result of an import: the batch, its faults, and the rejected rows as a CSV file.

    `faults` are the first ones, errors before hints; `kinds` counts all of them by kind.
    """

    batch: pb.Batch
    faults: pb.ListFaultsResponse
    kinds: pb.CountFaultsResponse
    rejected_rows: bytes = b""

    @classmethod
    async def of(cls, client: Client, batch: pb.Batch, rejected_rows: bytes = b"") -> ImportResult:
        """Reads the faults of a batch."""
        faults = await faults_of(client, batch.batch_id, FAULTS_KEPT)
        kinds = await client.imports.CountFaults(pb.CountFaultsRequest(batch_id=batch.batch_id))
        return cls(batch, faults, kinds, rejected_rows)


def exit_code(batch: pb.Batch) -> int:
    """Returns 1 if the batch was refused or has rejected rows, 3 if it awaits approval, else 0."""
    if batch.state == "refused" or batch.rejected:
        return REFUSED
    return HELD if batch.state == "awaiting_approval" else 0


def print_result(result: ImportResult, *, as_json: bool) -> None:
    """Prints the batch and its faults, as a block and a table or as JSON.

    Many faults are printed by kind, errors before hints, with the first places of each kind.
    """
    if as_json:
        show.json_out(_told(result))
        return
    show_batch(result.batch)
    if sum(kind.faults for kind in result.kinds.kinds) <= FAULTS_SHOWN:
        show_faults(result.faults.faults)
        return
    show.console.print(table(result.kinds.kinds, Names(), pb.FaultKind.DESCRIPTOR))
    command = f"quanheng batch faults {result.batch.batch_id} --export faults.xlsx"
    show.done(f"逐条写入文件：{command}", f"all of them, one by one: {command}")


def _told(result: ImportResult) -> dict[str, Any]:
    told = {**show.plain(result.faults), **show.plain(result.kinds)}
    return {"batch": show.plain(result.batch), **told}


async def _import(
    client: Client, header: pb.ImportHeader, content: bytes, *, show_progress: bool
) -> ImportResult:
    batch = await upload(client, header, content, show_progress=show_progress)
    if not batch.rejected:
        return await ImportResult.of(client, batch)
    request = pb.GetRejectedRowsRequest(batch_id=batch.batch_id)
    rows = (await client.imports.GetRejectedRows(request)).content
    return await ImportResult.of(client, batch, rows)


def _pairs(texts: Sequence[str] | None) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts or ()]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise typer.BadParameter(f"应写作 名称=值 | must be NAME=VALUE：{'、'.join(wrong)}")
    return {name: value for name, _, value in pairs}


def header_of(
    family: str,
    name: str,
    mapping: ColumnMapping,
    *,
    bureau: str = "",
    mode: str = "all_or_nothing",
    baseline: bool = False,
    sheet: str = "",
    hidden_rows: bool = False,
) -> pb.ImportHeader:
    """Builds the first message of an upload, with a new request id."""
    return pb.ImportHeader(
        request_id=new_request_id(),
        family=family,
        file_name=name,
        bureau=bureau,
        columns=mapping.columns,
        constants=mapping.constants,
        values=mapping.values,
        mode=mode,
        baseline=baseline,
        placeholder_owners=mapping.placeholders,
        file_missing=mapping.file_missing,
        sheet=sheet,
        hidden_rows=hidden_rows,
        unknown_types=mapping.unknown_types,
    )


async def upload(
    client: Client, header: pb.ImportHeader, content: bytes, *, show_progress: bool = False
) -> pb.Batch:
    """Sends the content of a file to the registry in chunks and returns the resulting batch."""
    from rich.progress import Progress  # noqa: PLC0415 - only an upload needs it

    progress = Progress(disable=not (show_progress and show.console.is_terminal), transient=True)
    with progress:
        task = progress.add_task(f"上传 {header.file_name}", total=len(content))

        async def messages() -> AsyncIterator[pb.ImportFileRequest]:
            yield pb.ImportFileRequest(header=header)
            for chunk in pieces(content, CHUNK_BYTES):
                yield pb.ImportFileRequest(content=chunk)
                progress.advance(task, len(chunk))

        response: pb.ImportFileResponse = await client.imports.ImportFile(messages())
        return response.batch


async def faults_of(client: Client, batch_id: str, limit: int) -> pb.ListFaultsResponse:
    """Reads the faults of a batch, at most `limit` of them."""
    request = pb.ListFaultsRequest(batch_id=batch_id, page_size=limit)
    response: pb.ListFaultsResponse = await client.imports.ListFaults(request)
    return response


def show_batch(batch: pb.Batch) -> None:
    """Prints a batch as a block, one line for each field."""
    answer.print_response(pb.GetBatchResponse(batch=batch), as_json=False)


def show_faults(faults: Iterable[pb.RowFault]) -> None:
    """Prints faults as a table; prints nothing if there are no faults."""
    if rows := list(faults):
        show.console.print(table(rows, Names(), pb.RowFault.DESCRIPTOR))
