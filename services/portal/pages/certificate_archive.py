"""The certificates in force as a list, and all of them, or those chosen, as one archive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import partial

import grpc
from starlette.responses import Response, StreamingResponse

from plumbing.archives import packed
from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.file_kinds import FileKind
from plumbing.identity import Role
from protos.registry.v1 import certificates_pb2 as pb
from protos.registry.v1.registry_pb2 import Subject
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    show,
)
from services.portal.pages import calibration_files, filters
from services.portal.pages.certificate_files import pieces, read
from services.portal.pages.forms import is_day
from services.portal.pages.packed_files import Held, with_list
from services.portal.pages.reading import subject_names, today
from services.portal.pages.transfers import attachment
from services.portal.visit import Visit
from services.portal.wording import N_

PAGE_SIZE = 200
Owned = tuple[pb.CertificateEntry, str]


async def listing(visit: Visit) -> Response:
    """Shows the certificates in force of an operator, or of all that staff may see."""
    words = visit.words
    shown: Listing[Owned] = Listing(
        path="/certificate-files",
        title=N_("证书文件"),
        counted=N_("共 {total} 份，第 {first}–{last} 份"),
        columns=[
            Column(N_("证书编号"), partial(_number, visit)),
            Column(N_("器具"), lambda row: _instrument(visit, row[0])),
            *([] if visit.has(Role.OPERATOR) else [Column(N_("使用单位"), lambda row: row[1])]),
            Column(N_("使用状态"), lambda row: words.instrument_state(row[0].instrument_state)),
            Column(N_("检定机构"), lambda row: row[0].verification.verification.institution),
            Column(
                N_("有效期至"), lambda row: day_of(row[0].verification.verification.valid_until)
            ),
            Column(N_("文件"), _file),
        ],
        read=partial(_read, visit),
        empty=N_("还没有这样的证书文件。检定机构上传以后，就能在这里下载。"),
        filters=await _filters(visit),
    )
    return await show(visit, shown, "certificates/list.html")


async def archive(visit: Visit) -> Response:
    """Sends the certificates that the list's filters select as one ZIP with a list of them.

    The calibrations that the filters select come after them, unless a validity is asked for, which
    a calibration has not; asked for alone, only they are sent.
    """
    asked = Asked({one.name: one.read(visit) for one in await _filters(visit)}, "", PAGE_SIZE, "")
    first = await _read(visit, asked)  # a refusal gets its status before anything is sent
    day = await today(visit)
    alone = visit.query("what") == "calibrations"
    name = visit.say(N_("校准证书") if alone else N_("检定证书"))
    headers = attachment(f"{name}-{day}.zip")
    files = _selected(visit, asked, None if alone else first)
    content = packed(with_list(visit, files, datetime.fromisoformat(day)))
    return StreamingResponse(content, media_type="application/zip", headers=headers)


async def _selected(visit: Visit, asked: Asked, first: Chunk[Owned] | None) -> AsyncIterator[Held]:
    if first is not None:
        async for entry, firm in _all(visit, asked, first):
            yield await _held(visit, entry, firm)
    if not (asked["valid_from"] or asked["valid_to"]):
        async for one in calibration_files.held(visit, asked.filters, PAGE_SIZE):
            yield one


async def _held(visit: Visit, entry: pb.CertificateEntry, firm: str) -> Held:
    certificate = entry.certificate
    start = await _start(visit, certificate)
    return Held(
        file_id=certificate.certificate_id,
        wanted_name=entry.verification.verification.certificate_no
        or certificate.certificate_id[:8],
        extension=FileKind(certificate.kind).extension,
        sent=certificate.uploaded_at.ToDatetime(SHANGHAI),
        pieces=pieces(visit, start) if start else None,
        row=_row(visit, entry, firm),
    )


async def _all(visit: Visit, asked: Asked, chunk: Chunk[Owned]) -> AsyncIterator[Owned]:
    while True:
        for row in chunk.rows:
            yield row
        if not chunk.next_token:
            return
        chunk = await _read(
            visit, Asked(asked.filters, asked.order_by, asked.page_size, chunk.next_token)
        )


async def _start(visit: Visit, certificate: pb.Certificate) -> pb.ReadCertificateResponse | None:
    try:
        return await read(visit, certificate.certificate_id, 0)
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.NOT_FOUND:
            raise
        return None


def _row(visit: Visit, entry: pb.CertificateEntry, firm: str) -> Sequence[str]:
    """A row of the list in the archive, without the name of the file and the remark."""
    held, certificate = entry.verification, entry.certificate
    verification = held.verification
    return (
        verification.certificate_no,
        firm,
        visit.words.instrument_type(held.type_code),
        held.serial_no,
        verification.institution,
        visit.words.result(verification.result),
        verification.verified_on,
        verification.valid_until,
        str(certificate.version),
        str(certificate.size),
        certificate.sha256,
    )


async def _read(visit: Visit, asked: Asked) -> Chunk[Owned]:
    own = visit.person.subject_id if visit.has(Role.OPERATOR) else asked["subject"]
    request = pb.ListCertificatesRequest(
        subject_id=own,
        state=asked["state"],
        type_code=asked["type"],
        valid_until_from=_written_day(asked["valid_from"]),
        valid_until_to=_written_day(asked["valid_to"]),
        institution=asked["institution"],
        **asked.paging,
    )
    answer = await ask(visit.services.certificates.ListCertificates(request))
    ids = (one.verification.subject_id for one in answer.certificates)
    firms = await subject_names(visit, ids)
    rows = [(one, _firm(firms, one)) for one in answer.certificates]
    return chunk_of(answer, rows)


def _firm(firms: Mapping[str, Subject], entry: pb.CertificateEntry) -> str:
    firm = firms.get(entry.verification.subject_id)
    return firm.name if firm else ""


async def _filters(visit: Visit) -> list[Filter]:
    return [
        filters.of_states(visit),
        await filters.types_on_file(visit, "type", N_("类型")),
        Filter("valid_from", N_("有效期自（如 2026-10-01）"), asks="valid_until_from"),
        Filter("valid_to", N_("有效期止（如 2026-12-31）"), asks="valid_until_to"),
        Filter("institution", N_("检定机构名称中有")),
        *([] if visit.has(Role.OPERATOR) else [Filter("subject", N_("使用单位的信用代码"))]),
    ]


def _number(visit: Visit, row: Owned) -> Cell:
    verification = row[0].verification.verification
    number = verification.certificate_no or visit.say(N_("没有编号"))
    return Cell(number, link=f"/verifications/{verification.verification_id}")


def _instrument(visit: Visit, entry: pb.CertificateEntry) -> str:
    held = entry.verification
    return f"{visit.words.instrument_type(held.type_code)} {held.serial_no}"


def _file(row: Owned) -> Cell:
    certificate = row[0].certificate
    link = f"/certificates/{certificate.certificate_id}/file"
    return Cell(certificate.kind.upper(), link=link)


def _written_day(typed: str) -> str:
    return typed if is_day(typed) else ""
