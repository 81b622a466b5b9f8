"""The command that enters the institutions and authorisations of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.output import answer, show
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.registry.v1 import institutions_pb2


def institution_import(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="文件 | the file")
    ],
    check_only: Annotated[
        bool, typer.Option("--check-only", help="只核对，不登记 | only check, enter nothing")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按 .xlsx 或 CSV 文件登记检定机构和它们的授权，或者更新。

    Enters and updates institutions and their authorisations from a workbook or CSV.
    """
    from protos.registry.v1 import institutions_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ImportAuthorisationsRequest(
        request_id=new_request_id(), content=file.read_bytes(), check_only=check_only
    )

    async def sent(client: Client) -> institutions_pb2.ImportAuthorisationsResponse:
        return await client.institutions.ImportAuthorisations(request)

    answer.print_response(with_client(data, sent), as_json=as_json)
    if check_only and not as_json:
        show.done("只核对了，没有登记", "Only checked; nothing was entered")
