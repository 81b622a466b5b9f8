"""The command for the access log: who signed in, was refused, exported, or read whose data."""

from __future__ import annotations

from typing import Annotated

import typer

from protos.operations.v1 import operations_pb2 as operations
from services.cli.commands.platform import ServiceName
from services.cli.output import answer
from services.cli.output.options import AsJson, Data, Export, Limit

_KINDS = "sign_in sign_in_begun sign_in_failed refused export read"


def access_list(
    service: ServiceName,
    account: Annotated[
        str, typer.Option("--account", help="用户名或账号id | login name or account id")
    ] = "",
    kind: Annotated[str, typer.Option("--kind", help=f"类别 | kind: {_KINDS}")] = "",
    object_: Annotated[
        str, typer.Option("--object", help="对象，如 record/…、subject/… | object")
    ] = "",
    source: Annotated[str, typer.Option("--source", help="网络地址 | network address")] = "",
    from_day: Annotated[str, typer.Option("--from", help="自某日起 | from this day")] = "",
    to_day: Annotated[str, typer.Option("--to", help="至某日止 | to this day")] = "",
    limit: Limit = 20,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出访问日志：登录、被拒绝、导出、查阅。新的在前，审计员用。

    Lists the access log of a service: sign-ins, refusals, exports and reads. The newest come first;
    for auditors.
    """
    request = operations.ListAccessRequest(
        account=account,
        kind=kind,
        object=object_,
        source=source,
        from_day=from_day,
        to_day=to_day,
        page_size=limit,
    )
    answer.call(
        lambda client: client.operations[service].ListAccess,
        request,
        data,
        as_json=as_json,
        export=export,
    )
