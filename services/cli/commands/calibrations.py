"""Commands that send and save the files of calibrations and photographs of instruments."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.output import answer, show
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.registry.v1 import calibrations_pb2, photographs_pb2

PIECE_BYTES = 256 << 10
_File = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="文件 | the file")
]
_To = Annotated[Path, typer.Option("--to", dir_okay=False, help="写入的文件 | file to write to")]


def calibration_upload(file: _File, data: Data = None, as_json: AsJson = False) -> None:
    """上传一份数字校准证书（DCC）；读出的内容待人确认。

    Sends a DCC; what it says waits for a person to confirm it.
    """
    from protos.registry.v1 import calibrations_pb2 as pb  # noqa: PLC0415 - only this command

    header = pb.DccHeader(request_id=new_request_id(), file_name=file.name[:200])

    async def messages() -> AsyncIterator[calibrations_pb2.UploadDccRequest]:
        yield pb.UploadDccRequest(header=header)
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                yield pb.UploadDccRequest(content=piece)

    async def sent(client: Client) -> calibrations_pb2.UploadDccResponse:
        return await client.calibrations.UploadDcc(messages())

    answer.print_response(with_client(data, sent), as_json=as_json)


def calibration_save(
    dcc: Annotated[str, typer.Argument(metavar="DCC", help="数字校准证书的 id | the DCC")],
    to: _To,
    data: Data = None,
) -> None:
    """把数字校准证书的文件存到本机。

    Saves the file of a DCC on this machine.
    """
    from protos.registry.v1 import calibrations_pb2 as pb  # noqa: PLC0415 - only this command

    async def piece(client: Client, offset: int) -> bytes:
        request = pb.ReadDccRequest(dcc_id=dcc, offset=offset)
        return (await client.calibrations.ReadDcc(request)).content

    _save(piece, to, data)


def instrument_photograph(
    instrument: Annotated[
        str, typer.Argument(metavar="INSTRUMENT", help="器具的 id | the instrument")
    ],
    file: _File,
    shows: Annotated[
        str, typer.Option("--shows", help="铭牌 plate 或登记表 form | what it shows")
    ] = "plate",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """给一件器具附上铭牌或者登记表的照片。

    Adds a photograph of its plate or form to an instrument.
    """
    from protos.registry.v1 import photographs_pb2 as pb  # noqa: PLC0415 - only this command

    header = pb.PhotographHeader(
        request_id=new_request_id(),
        instrument_id=instrument,
        shows=shows,
        file_name=file.name[:200],
    )

    async def messages() -> AsyncIterator[photographs_pb2.AddPhotographRequest]:
        yield pb.AddPhotographRequest(header=header)
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                yield pb.AddPhotographRequest(content=piece)

    async def sent(client: Client) -> photographs_pb2.AddPhotographResponse:
        return await client.photographs.AddPhotograph(messages())

    answer.print_response(with_client(data, sent), as_json=as_json)


def photograph_save(
    photograph: Annotated[
        str, typer.Argument(metavar="PHOTOGRAPH", help="照片的 id | the photograph")
    ],
    to: _To,
    data: Data = None,
) -> None:
    """把一张照片存到本机。

    Saves a photograph on this machine.
    """
    from protos.registry.v1 import photographs_pb2 as pb  # noqa: PLC0415 - only this command

    async def piece(client: Client, offset: int) -> bytes:
        request = pb.ReadPhotographRequest(photograph_id=photograph, offset=offset)
        return (await client.photographs.ReadPhotograph(request)).content

    _save(piece, to, data)


def _save(piece: Callable[[Client, int], Awaitable[bytes]], to: Path, data: Path | None) -> None:
    async def save(client: Client) -> None:
        with to.open("wb") as content:
            while found := await piece(client, content.tell()):
                content.write(found)

    with_client(data, save)
    show.done(str(to), str(to))
