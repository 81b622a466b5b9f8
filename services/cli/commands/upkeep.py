"""Commands for the files of the log of upkeep: rows of entries, and photographs."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.commands.pieces import SavedFile, SentFile, name_of, parts_of, save
from services.cli.output import answer
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.registry.v1 import upkeep_pb2


def upkeep_import(file: SentFile, data: Data = None, as_json: AsJson = False) -> None:
    """按 .xlsx 或 CSV 文件登记维护、修理和签封。

    Adds the entries of a workbook or CSV file to the log, or none if a row is wrong.
    """
    from protos.registry.v1 import upkeep_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ImportUpkeepRequest(request_id=new_request_id(), content=file.read_bytes())

    async def sent(client: Client) -> upkeep_pb2.ImportUpkeepResponse:
        return await client.upkeep.ImportUpkeep(request)

    answer.print_response(with_client(data, sent), as_json=as_json)


def upkeep_attach(
    file: SentFile,
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="维护和签封记录的 id | the entry")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """为一条维护和签封记录添加照片或者文件。

    Adds a photograph or another file to an entry.
    """
    from protos.registry.v1 import upkeep_pb2 as pb  # noqa: PLC0415 - only this command

    header = pb.UpkeepFileHeader(
        request_id=new_request_id(), upkeep_id=entry, file_name=name_of(file)
    )
    parts = parts_of(file, pb.UploadUpkeepFileRequest, header)
    sent = with_client(data, lambda client: client.upkeep.UploadUpkeepFile(parts))
    answer.print_response(sent, as_json=as_json)


def upkeep_save(
    file: Annotated[str, typer.Argument(metavar="FILE", help="文件的 id | the file")],
    to: SavedFile,
    data: Data = None,
) -> None:
    """把记录的文件存到本机。

    Saves a file of an entry on this machine.
    """
    from protos.registry.v1 import upkeep_pb2 as pb  # noqa: PLC0415 - only this command

    def piece(client: Client, offset: int) -> Awaitable[pb.ReadUpkeepFileResponse]:
        request = pb.ReadUpkeepFileRequest(file_id=file, offset=offset)
        return client.upkeep.ReadUpkeepFile(request)

    save(piece, to, data)
