"""Pages of one verification's certificate: its versions, a new file, and the file itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from plumbing.archives import plain_name
from plumbing.client import Refusal, ask
from plumbing.file_kinds import FileKind
from plumbing.identity import Role
from protos.registry.v1 import certificates_pb2 as pb
from protos.registry.v1 import laboratories_pb2 as laboratories
from services.portal.address import STAFF
from services.portal.laboratory_words import FINDINGS
from services.portal.pages.forms import file_name, told
from services.portal.pages.reading import account_names, subject
from services.portal.pages.transfers import UPLOAD_SECONDS, attachment, parts_of, pieces_of
from services.portal.visit import Visit
from services.portal.wording import N_


async def one(visit: Visit) -> Response:
    """Shows a verification with every version of its certificate, and the form for a new file."""
    return await page(visit, visit.path("verification_id"))


async def upload(visit: Visit) -> Response:
    """Takes the file of a certificate; a file that is refused leaves the form as it was filled."""
    verification_id = visit.field("verification_id")
    if visit.request.method == "GET" or not verification_id:
        raise HTTPException(404)
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        errors = {"file": visit.say(N_("请选择证书文件"))}
        return await page(visit, verification_id, 422, errors=errors)
    header = pb.CertificateHeader(
        request_id=visit.request_id(),
        verification_id=verification_id,
        file_name=file_name(file),
        reason=visit.field("reason"),
    )
    call = visit.services.certificates.UploadCertificate(
        parts_of(pb.UploadCertificateRequest, header, file), timeout=UPLOAD_SECONDS
    )
    try:
        await ask(call)
    except Refusal as refusal:
        return await page(visit, verification_id, 422, **told(visit, refusal))
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


async def read(visit: Visit, certificate_id: str, offset: int) -> pb.ReadCertificateResponse:
    """Reads a piece of a certificate's file."""
    request = pb.ReadCertificateRequest(certificate_id=certificate_id, offset=offset)
    answer: pb.ReadCertificateResponse = await ask(
        visit.services.certificates.ReadCertificate(request)
    )
    return answer


def pieces(visit: Visit, first: pb.ReadCertificateResponse) -> AsyncIterator[bytes]:
    """Yields a certificate's file piece by piece, from its first piece on."""
    certificate = first.certificate
    further = partial(read, visit, certificate.certificate_id)
    return pieces_of(first.content, certificate.size, further)


async def page(visit: Visit, verification_id: str, status: int = 200, **values: Any) -> Response:
    """Shows a verification with its certificates, and what records say of where it was done."""
    request = pb.GetCertificatesRequest(verification_id=verification_id)
    found = await ask(visit.services.certificates.GetCertificates(request))
    return visit.page(
        "certificates/one.html",
        status=status,
        found=found,
        verification=found.verification.verification,
        **await _environment(visit, verification_id),
        owner=await subject(visit, found.verification.subject_id),
        longest=visit.portal.settings.certificate_max_bytes >> 20,
        form=visit.form,
        sent=visit.just_done("sent") == "yes",
        noted=visit.just_done("noted") == "yes",
        **values,
    )


async def _environment(visit: Visit, verification_id: str) -> dict[str, Any]:
    if not visit.has(Role.VERIFICATION_INSTITUTION, *STAFF):
        return {}
    request = laboratories.GetEnvironmentMarkRequest(verification_id=verification_id)
    answer = await ask(visit.services.laboratories.GetEnvironmentMark(request))
    finding = FINDINGS.get(answer.mark.finding, "")
    by = answer.mark.noted_by
    return {
        "environment": answer,
        "finding": visit.say(finding) if finding else "",
        "noted_by": (await account_names(visit, [by])).get(by, ""),
    }
