"""Commands about verifications."""

from __future__ import annotations

from typing import Annotated

import typer

from protos.registry.v1 import registry_pb2 as pb
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit

verification_app = typer.Typer(no_args_is_help=True, help="检定记录 | verifications")


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(verification_app, name="verification")


@verification_app.command("list")
def verification_list(
    subject: Annotated[str, typer.Option("--subject", help="主体 id")] = "",
    bureau: Bureau = "",
    limit: Limit = 100,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出检定记录及其器具。 Lists verifications with their instruments."""
    wanted = pb.ListVerificationsRequest(subject_id=subject, bureau=bureau, page_size=limit)
    answer = listed(lambda desk: desk.registry.ListVerifications, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    heads = ("类型", "出厂编号", "检定日期", "结果", "有效期至", "证书编号")
    show.table("检定记录", heads, map(_row, answer.verifications))


def _row(entry: pb.VerificationEntry) -> tuple[str, ...]:
    said = entry.verification
    return (
        *(entry.type_code, entry.serial_no, said.verified_on),
        *(said.result, said.valid_until, said.certificate_no),
    )
