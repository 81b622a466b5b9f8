"""The command by which an operator files the new instruments of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.commands.pieces import SentFile
from services.cli.output import show
from services.cli.output.names import Names
from services.cli.output.options import AsJson, Data
from services.cli.output.views import table

if TYPE_CHECKING:
    from protos.registry.v1 import registry_pb2

REFUSED = 1


def instrument_import(
    file: SentFile,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="只核对，不登记 | only check, file nothing")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """经营者按 .xlsx 或 CSV 文件登记本单位的新器具（备案）；有出厂编号的，再交一次不重复登记。

    Files the new instruments of an operator's workbook or CSV file, or none if a row is wrong;
    those with a serial number are filed once if it is sent again. `import template instruments`
    writes an empty file to fill in. With --check-only, exits with 1 if a row would be refused.
    """
    from protos.registry.v1 import registry_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ImportInstrumentsRequest(
        request_id=new_request_id(), content=file.read_bytes(), check_only=check_only
    )

    async def sent(client: Client) -> registry_pb2.ImportInstrumentsResponse:
        return await client.imports.ImportInstruments(request)

    response = with_client(data, sent)
    if as_json:
        show.json_out(response)
    else:
        _print(response, check_only=check_only)
    if response.refused:
        raise typer.Exit(REFUSED)


def _print(response: registry_pb2.ImportInstrumentsResponse, *, check_only: bool) -> None:
    """Prints what was filed, or would be, and what is refused."""
    filed, known = len(response.filed), len(response.known)
    if response.unread.headings:
        show.done(response.unread.message_zh, response.unread.message_en)
    if filed:
        show.console.print(table(response.filed, Names(), response.filed[0].DESCRIPTOR))
    if response.refused:
        faults = [(f"rows.{one.row}", one.message_zh, one.message_en) for one in response.refused]
        show.refuse("文件有误，不能登记", "The file would be refused", faults)
        return
    zh, en = ("可以登记", "would file") if check_only else ("已登记", "filed")
    show.done(f"{zh} {filed} 台，以前已登记 {known} 台", f"{en} {filed}, on file before {known}")
