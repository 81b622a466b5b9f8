"""Commands for the files of certificates: sends one, and saves one."""

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
    from protos.registry.v1 import certificates_pb2

PIECE_BYTES = 256 << 10


def certificate_upload(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="文件 | the file")
    ],
    verification: Annotated[
        str, typer.Argument(metavar="VERIFICATION", help="检定的 id | the verification")
    ],
    reason: Annotated[
        str, typer.Option("--reason", help="更换已有文件的理由 | why it replaces a file")
    ] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """上传一次检定的证书文件。

    Sends the file of a verification's certificate.
    """
    from protos.registry.v1 import certificates_pb2 as pb  # noqa: PLC0415 - only this command

    header = pb.CertificateHeader(
        request_id=new_request_id(),
        verification_id=verification,
        file_name=file.name[:200],
        reason=reason,
    )

    async def messages() -> AsyncIterator[certificates_pb2.UploadCertificateRequest]:
        yield pb.UploadCertificateRequest(header=header)
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                yield pb.UploadCertificateRequest(content=piece)

    async def sent(client: Client) -> certificates_pb2.UploadCertificateResponse:
        return await client.certificates.UploadCertificate(messages())

    answer.print_response(with_client(data, sent), as_json=as_json)


def certificate_save(
    certificate: Annotated[
        str, typer.Argument(metavar="CERTIFICATE", help="证书文件的 id | the certificate")
    ],
    to: Annotated[Path, typer.Option("--to", dir_okay=False, help="写入的文件 | file to write to")],
    data: Data = None,
) -> None:
    """把证书文件存到本机。

    Saves the file of a certificate on this machine.
    """
    from protos.registry.v1 import certificates_pb2 as pb  # noqa: PLC0415 - only this command

    async def save(client: Client) -> None:
        with to.open("wb") as content:
            while True:
                request = pb.ReadCertificateRequest(
                    certificate_id=certificate, offset=content.tell()
                )
                piece = (await client.certificates.ReadCertificate(request)).content
                if not piece:
                    return
                content.write(piece)

    with_client(data, save)
    show.done(str(to), str(to))
