"""Commands that send and save the files of calibrations and photographs of instruments."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.commands.pieces import SavedFile, SentFile, name_of, parts_of, save
from services.cli.output import answer
from services.cli.output.options import AsJson, Data


def calibration_upload(file: SentFile, data: Data = None, as_json: AsJson = False) -> None:
    """上传一份数字校准证书（DCC）；读出的内容待人确认。

    Sends a DCC; what it says waits for a person to confirm it.
    """
    from protos.registry.v1 import calibrations_pb2 as pb  # noqa: PLC0415 - only this command

    header = pb.DccHeader(request_id=new_request_id(), file_name=name_of(file))
    parts = parts_of(file, pb.UploadDccRequest, header)
    sent = with_client(data, lambda client: client.calibrations.UploadDcc(parts))
    answer.print_response(sent, as_json=as_json)


def calibration_save(
    dcc: Annotated[str, typer.Argument(metavar="DCC", help="数字校准证书的 id | the DCC")],
    to: SavedFile,
    data: Data = None,
) -> None:
    """把数字校准证书的文件存到本机。

    Saves the file of a DCC on this machine.
    """
    from protos.registry.v1 import calibrations_pb2 as pb  # noqa: PLC0415 - only this command

    def piece(client: Client, offset: int) -> Awaitable[pb.ReadDccResponse]:
        request = pb.ReadDccRequest(dcc_id=dcc, offset=offset)
        return client.calibrations.ReadDcc(request)

    save(piece, to, data)


def instrument_photograph(
    instrument: Annotated[
        str, typer.Argument(metavar="INSTRUMENT", help="器具的 id | the instrument")
    ],
    file: SentFile,
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
        file_name=name_of(file),
    )
    parts = parts_of(file, pb.AddPhotographRequest, header)
    sent = with_client(data, lambda client: client.photographs.AddPhotograph(parts))
    answer.print_response(sent, as_json=as_json)


def photograph_save(
    photograph: Annotated[
        str, typer.Argument(metavar="PHOTOGRAPH", help="照片的 id | the photograph")
    ],
    to: SavedFile,
    data: Data = None,
) -> None:
    """把一张照片存到本机。

    Saves a photograph on this machine.
    """
    from protos.registry.v1 import photographs_pb2 as pb  # noqa: PLC0415 - only this command

    def piece(client: Client, offset: int) -> Awaitable[pb.ReadPhotographResponse]:
        request = pb.ReadPhotographRequest(photograph_id=photograph, offset=offset)
        return client.photographs.ReadPhotograph(request)

    save(piece, to, data)
