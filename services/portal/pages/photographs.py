"""Photographs of an instrument: their page, sending them with the filing, file and preview."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from plumbing.client import Refusal, ask, new_request_id
from plumbing.file_kinds import FileKind
from protos.registry.v1 import photographs_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal import calibration_words as named
from services.portal.pages.certificate_files import attachment
from services.portal.pages.forms import file_name, told
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/instruments/{instrument_id}/photographs"
UPLOAD_SECONDS = 600.0
PIECE_BYTES = 256 << 10


async def of_instrument(visit: Visit) -> Response:
    """Shows the photographs of an instrument, or takes further ones."""
    instrument_id = visit.path("instrument_id")
    if visit.request.method == "GET":
        return await page(visit, instrument_id)
    if not any(_chosen(visit, shows) for shows in named.SHOWN):
        return await page(visit, instrument_id, {"plate": visit.say(N_("请选择照片"))})
    if errors := await add_all(visit, instrument_id):
        return await page(visit, instrument_id, errors)
    return visit.redirect(f"/instruments/{instrument_id}/photographs?sent=yes")


async def add_all(visit: Visit, instrument_id: str) -> dict[str, str]:
    """Sends the photographs of a form to an instrument; returns the faults, by what it shows."""
    errors = {}
    for shows in named.SHOWN:
        file = _chosen(visit, shows)
        if file is not None and (fault := await _send(visit, instrument_id, shows, file)):
            errors[shows] = fault
    return errors


def _chosen(visit: Visit, shows: str) -> UploadFile | None:
    file = visit.form.get(shows)
    return file if isinstance(file, UploadFile) and file.filename else None


async def _send(visit: Visit, instrument_id: str, shows: str, file: UploadFile) -> str:
    """What was wrong with a photograph; empty if it is kept."""
    header = pb.PhotographHeader(
        request_id=new_request_id(),  # the same file twice is one photograph
        instrument_id=instrument_id,
        shows=shows,
        file_name=file_name(file),
    )
    call = visit.services.photographs.AddPhotograph(_parts(header, file), timeout=UPLOAD_SECONDS)
    try:
        await ask(call)
    except Refusal as refusal:
        faults = told(visit, refusal)
        return " ".join(dict.fromkeys([faults["refusal"], *faults["errors"].values()]))
    return ""


async def _parts(
    header: pb.PhotographHeader, file: UploadFile
) -> AsyncIterator[pb.AddPhotographRequest]:
    yield pb.AddPhotographRequest(header=header)
    while piece := await file.read(PIECE_BYTES):
        yield pb.AddPhotographRequest(content=piece)


async def found(visit: Visit, instrument_id: str) -> pb.ListPhotographsResponse:
    """Reads which photographs an instrument has."""
    request = pb.ListPhotographsRequest(instrument_id=instrument_id)
    answer: pb.ListPhotographsResponse = await ask(
        visit.services.photographs.ListPhotographs(request)
    )
    return answer


async def page(
    visit: Visit,
    instrument_id: str,
    errors: dict[str, str] | None = None,
    *,
    filed: bool = False,
) -> Response:
    """Shows the photographs of an instrument; `filed` says that it was filed just now."""
    request = registry.GetInstrumentRequest(instrument_id=instrument_id)
    answer = await ask(visit.services.registry.GetInstrument(request))
    return visit.page(
        "instruments/photographs.html",
        status=422 if errors else 200,
        instrument=answer.instrument,
        found=await found(visit, instrument_id),
        named=named,
        errors=errors or {},
        filed=filed,
        sent=visit.query("sent") == "yes",
    )


async def file(visit: Visit) -> Response:
    """Sends a photograph, which a browser stores and does not open."""
    first = await _read(visit, preview=False)
    size = first.photograph.size
    headers = attachment(first.photograph.file_name) | {"content-length": str(size)}
    return _streamed(visit, first, size, FileKind(first.photograph.kind), headers)


async def preview(visit: Visit) -> Response:
    """Sends the preview of a photograph, which holds its pixels alone."""
    first = await _read(visit, preview=True)
    if not first.content:
        raise HTTPException(404)
    headers = {"content-encoding": "identity"}
    size = first.photograph.preview_size
    return _streamed(visit, first, size, FileKind.JPEG, headers, preview=True)


def _streamed(
    visit: Visit,
    first: pb.ReadPhotographResponse,
    size: int,
    kind: FileKind,
    headers: dict[str, str],
    **which: Any,
) -> Response:
    pieces = _pieces(visit, first, size, **which)
    return StreamingResponse(pieces, media_type=kind.media_type, headers=headers)


async def _read(visit: Visit, *, preview: bool, offset: int = 0) -> pb.ReadPhotographResponse:
    request = pb.ReadPhotographRequest(
        photograph_id=visit.path("photograph_id"), offset=offset, preview=preview
    )
    answer: pb.ReadPhotographResponse = await ask(
        visit.services.photographs.ReadPhotograph(request)
    )
    return answer


async def _pieces(
    visit: Visit, first: pb.ReadPhotographResponse, size: int, *, preview: bool = False
) -> AsyncIterator[bytes]:
    sent, content = 0, first.content
    while content:
        yield content
        sent += len(content)
        content = b""
        if sent < size:
            content = (await _read(visit, preview=preview, offset=sent)).content
