"""Commands for the files of certificates: sends one, and saves one."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.commands.pieces import SavedFile, SentFile, name_of, parts_of, save
from services.cli.output import answer
from services.cli.output.options import AsJson, Data


def certificate_upload(
    file: SentFile,
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
        file_name=name_of(file),
        reason=reason,
    )
    parts = parts_of(file, pb.UploadCertificateRequest, header)
    sent = with_client(data, lambda client: client.certificates.UploadCertificate(parts))
    answer.print_response(sent, as_json=as_json)


def certificate_save(
    certificate: Annotated[
        str, typer.Argument(metavar="CERTIFICATE", help="证书文件的 id | the certificate")
    ],
    to: SavedFile,
    data: Data = None,
) -> None:
    """把证书文件存到本机。

    Saves the file of a certificate on this machine.
    """
    from protos.registry.v1 import certificates_pb2 as pb  # noqa: PLC0415 - only this command

    def piece(client: Client, offset: int) -> Awaitable[pb.ReadCertificateResponse]:
        request = pb.ReadCertificateRequest(certificate_id=certificate, offset=offset)
        return client.certificates.ReadCertificate(request)

    save(piece, to, data)
