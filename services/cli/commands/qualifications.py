"""The command that enters the qualifications of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.output import answer
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.registry.v1 import people_pb2


def qualification_import(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="文件 | the file")
    ],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按 .xlsx 或 CSV 文件登记校准机构、注册计量师、考评员和专家。

    Enters and updates the qualifications of a workbook or CSV file.
    """
    from protos.registry.v1 import people_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ImportQualificationsRequest(request_id=new_request_id(), content=file.read_bytes())

    async def sent(client: Client) -> people_pb2.ImportQualificationsResponse:
        return await client.people.ImportQualifications(request)

    answer.print_response(with_client(data, sent), as_json=as_json)
