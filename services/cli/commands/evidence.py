"""Commands for files as evidence in cases: sends one, and saves one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.output import answer, show
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.objection.v1 import evidence_pb2

PIECE_BYTES = 256 << 10


def evidence_upload(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="文件 | the file")
    ],
    case: Annotated[str, typer.Option("--case-id", help="案件 | the case")] = "",
    subject: Annotated[
        str, typer.Option("--subject-id", help="还没有案件时的主体 | the subject, before a case")
    ] = "",
    description: Annotated[
        str, typer.Option("--description", help="证明什么 | what it shows")
    ] = "",
    classification: Annotated[
        str,
        typer.Option(
            "--classification", help="谁可以看：case_file、confidential 或 internal | who sees it"
        ),
    ] = "",
    purpose: Annotated[
        str,
        typer.Option("--purpose", help="修复申请的承诺书 promise 或证明 proof | paper of a repair"),
    ] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """上传案件的证据文件；不写案件的，留待提出案件时附上。

    Sends a file as evidence in a case, or for a case that is still to be lodged.
    """
    from protos.objection.v1 import evidence_pb2 as pb  # noqa: PLC0415 - only this command

    header = pb.EvidenceHeader(
        request_id=new_request_id(),
        case_id=case,
        subject_id=subject,
        file_name=file.name[:200],
        description=description,
        classification=classification,
        purpose=purpose,
    )

    async def messages() -> AsyncIterator[evidence_pb2.UploadEvidenceRequest]:
        yield pb.UploadEvidenceRequest(header=header)
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                yield pb.UploadEvidenceRequest(content=piece)

    async def sent(client: Client) -> evidence_pb2.UploadEvidenceResponse:
        return await client.evidence.UploadEvidence(messages())

    answer.print_response(with_client(data, sent), as_json=as_json)


def evidence_save(
    evidence: Annotated[str, typer.Argument(metavar="EVIDENCE", help="证据文件的 id | the file")],
    to: Annotated[Path, typer.Option("--to", dir_okay=False, help="写入的文件 | file to write to")],
    data: Data = None,
) -> None:
    """把证据文件存到本机。

    Saves a file of a case on this machine.
    """
    from protos.objection.v1 import evidence_pb2 as pb  # noqa: PLC0415 - only this command

    async def save(client: Client) -> None:
        with to.open("wb") as content:
            while True:
                request = pb.ReadEvidenceRequest(evidence_id=evidence, offset=content.tell())
                piece = (await client.evidence.ReadEvidence(request)).content
                if not piece:
                    return
                content.write(piece)

    with_client(data, save)
    show.done(str(to), str(to))
