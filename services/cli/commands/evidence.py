"""Commands for files as evidence in cases: sends one, and saves one."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.commands.pieces import SavedFile, SentFile, name_of, parts_of, save
from services.cli.output import answer
from services.cli.output.options import AsJson, Data


def evidence_upload(
    file: SentFile,
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
        file_name=name_of(file),
        description=description,
        classification=classification,
        purpose=purpose,
    )
    parts = parts_of(file, pb.UploadEvidenceRequest, header)
    sent = with_client(data, lambda client: client.evidence.UploadEvidence(parts))
    answer.print_response(sent, as_json=as_json)


def evidence_save(
    evidence: Annotated[str, typer.Argument(metavar="EVIDENCE", help="证据文件的 id | the file")],
    to: SavedFile,
    data: Data = None,
) -> None:
    """把证据文件存到本机。

    Saves a file of a case on this machine.
    """
    from protos.objection.v1 import evidence_pb2 as pb  # noqa: PLC0415 - only this command

    def piece(client: Client, offset: int) -> Awaitable[pb.ReadEvidenceResponse]:
        request = pb.ReadEvidenceRequest(evidence_id=evidence, offset=offset)
        return client.evidence.ReadEvidence(request)

    save(piece, to, data)
