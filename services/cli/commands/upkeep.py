"""Commands for the files of the log of upkeep: rows of entries, and photographs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.commands.certificates import PIECE_BYTES
from services.cli.output import answer, show
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.registry.v1 import upkeep_pb2

_File = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="文件 | the file")
]


def upkeep_import(file: _File, data: Data = None, as_json: AsJson = False) -> None:
    """按 .xlsx 或 CSV 文件登记维护、修理和签封。

    Adds the entries of a workbook or CSV file to the log, or none if a row is wrong.
    """
    from protos.registry.v1 import upkeep_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ImportUpkeepRequest(request_id=new_request_id(), content=file.read_bytes())

    async def sent(client: Client) -> upkeep_pb2.ImportUpkeepResponse:
        return await client.upkeep.ImportUpkeep(request)

    answer.print_response(with_client(data, sent), as_json=as_json)


def upkeep_attach(
    file: _File,
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="维护和签封记录的 id | the entry")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """为一条维护和签封记录添加照片或者文件。

    Adds a photograph or another file to an entry.
    """
    from protos.registry.v1 import upkeep_pb2 as pb  # noqa: PLC0415 - only this command

    header = pb.UpkeepFileHeader(
        request_id=new_request_id(), upkeep_id=entry, file_name=file.name[:200]
    )

    async def messages() -> AsyncIterator[upkeep_pb2.UploadUpkeepFileRequest]:
        yield pb.UploadUpkeepFileRequest(header=header)
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                yield pb.UploadUpkeepFileRequest(content=piece)

    async def sent(client: Client) -> upkeep_pb2.UploadUpkeepFileResponse:
        return await client.upkeep.UploadUpkeepFile(messages())

    answer.print_response(with_client(data, sent), as_json=as_json)


def upkeep_save(
    file: Annotated[str, typer.Argument(metavar="FILE", help="文件的 id | the file")],
    to: Annotated[Path, typer.Option("--to", dir_okay=False, help="写入的文件 | file to write to")],
    data: Data = None,
) -> None:
    """把记录的文件存到本机。

    Saves a file of an entry on this machine.
    """
    from protos.registry.v1 import upkeep_pb2 as pb  # noqa: PLC0415 - only this command

    async def save(client: Client) -> None:
        with to.open("wb") as content:
            while True:
                request = pb.ReadUpkeepFileRequest(file_id=file, offset=content.tell())
                piece = (await client.upkeep.ReadUpkeepFile(request)).content
                if not piece:
                    return
                content.write(piece)

    with_client(data, save)
    show.done(str(to), str(to))
