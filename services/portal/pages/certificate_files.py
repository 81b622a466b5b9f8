"""Pages of one verification's certificate: its versions, a new file, and the file itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from plumbing.archives import plain_name
from plumbing.client import Refusal, ask
from plumbing.file_kinds import FileKind
from protos.registry.v1 import certificates_pb2 as pb
from services.portal.pages.forms import file_name, told
from services.portal.pages.reading import subject
from services.portal.visit import Visit
from services.portal.wording import N_

UPLOAD_SECONDS = 600.0
PIECE_BYTES = 256 << 10


async def one(visit: Visit) -> Response:
    """Shows a verification with every version of its certificate, and the form for a new file."""
    return await _page(visit, visit.path("verification_id"))


async def upload(visit: Visit) -> Response:
    """Takes the file of a certificate; a file that is refused leaves the form as it was filled."""
    verification_id = visit.field("verification_id")
    if visit.request.method == "GET" or not verification_id:
        raise HTTPException(404)
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        errors = {"file": visit.say(N_("请选择证书文件"))}
        return await _page(visit, verification_id, 422, errors=errors)
    header = pb.CertificateHeader(
        request_id=visit.request_id(),
        verification_id=verification_id,
        file_name=file_name(file),
        reason=visit.field("reason"),
    )
    call = visit.services.certificates.UploadCertificate(
        _parts(header, file), timeout=UPLOAD_SECONDS
    )
    try:
        await ask(call)
    except Refusal as refusal:
        return await _page(visit, verification_id, 422, **told(visit, refusal))
    return visit.redirect(f"/verifications/{verification_id}?sent=yes")


async def file(visit: Visit) -> Response:
    """Sends the file of a certificate."""
    first = await read(visit, visit.path("certificate_id"), 0)
    certificate = first.certificate
    kind = FileKind(certificate.kind)
    stem = plain_name(certificate.file_name.rpartition(".")[0] or certificate.file_name)
    headers = {
        **attachment(f"{stem}.{kind.extension}"),
        "content-length": str(certificate.size),
    }
    return StreamingResponse(pieces(visit, first), media_type=kind.media_type, headers=headers)


def attachment(name: str) -> dict[str, str]:
    """Returns the headers with which a browser stores a file and does not open it."""
    # It is compressed already; `identity` keeps the middleware from doing so again.
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return {"content-disposition": disposition, "content-encoding": "identity"}


async def read(visit: Visit, certificate_id: str, offset: int) -> pb.ReadCertificateResponse:
    """Reads a piece of a certificate's file."""
    request = pb.ReadCertificateRequest(certificate_id=certificate_id, offset=offset)
    answer: pb.ReadCertificateResponse = await ask(
        visit.services.certificates.ReadCertificate(request)
    )
    return answer


async def pieces(visit: Visit, first: pb.ReadCertificateResponse) -> AsyncIterator[bytes]:
    """Yields a certificate's file piece by piece, from its first piece on."""
    sent, content = 0, first.content
    while content:
        yield content
        sent += len(content)
        content = b""
        if sent < first.certificate.size:
            content = (await read(visit, first.certificate.certificate_id, sent)).content


async def _parts(
    header: pb.CertificateHeader, file: UploadFile
) -> AsyncIterator[pb.UploadCertificateRequest]:
    yield pb.UploadCertificateRequest(header=header)
    while piece := await file.read(PIECE_BYTES):
        yield pb.UploadCertificateRequest(content=piece)


async def _page(visit: Visit, verification_id: str, status: int = 200, **values: Any) -> Response:
    request = pb.GetCertificatesRequest(verification_id=verification_id)
    found = await ask(visit.services.certificates.GetCertificates(request))
    return visit.page(
        "certificates/one.html",
        status=status,
        found=found,
        verification=found.verification.verification,
        owner=await subject(visit, found.verification.subject_id),
        longest=visit.portal.settings.certificate_max_bytes >> 20,
        form=visit.form,
        sent=visit.query("sent") == "yes",
        **values,
    )
