"""Photographs of an instrument: their page, sending them with the filing, file and preview."""

from __future__ import annotations

from functools import partial

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from plumbing.client import Refusal, ask, new_request_id
from plumbing.file_kinds import FileKind
from protos.registry.v1 import photographs_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal import calibration_words as named
from services.portal.pages.forms import file_name, told
from services.portal.pages.transfers import UPLOAD_SECONDS, attachment, parts_of, pieces_of
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/instruments/{instrument_id}/photographs"


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
    call = visit.services.photographs.AddPhotograph(
        parts_of(pb.AddPhotographRequest, header, file), timeout=UPLOAD_SECONDS
    )
    try:
        await ask(call)
    except Refusal as refusal:
        faults = told(visit, refusal)
        return " ".join(dict.fromkeys([faults["refusal"], *faults["errors"].values()]))
    return ""


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
        sent=visit.just_done("sent") == "yes",
    )


async def file(visit: Visit) -> Response:
    """Sends a photograph, which a browser stores and does not open."""
    first = await _read(visit, False, 0)
    one = first.photograph
    headers = attachment(one.file_name) | {"content-length": str(one.size)}
    pieces = pieces_of(first.content, one.size, partial(_read, visit, False))
    return StreamingResponse(pieces, media_type=FileKind(one.kind).media_type, headers=headers)


async def preview(visit: Visit) -> Response:
    """Sends the preview of a photograph, which holds its pixels alone."""
    first = await _read(visit, True, 0)
    if not first.content:
        raise HTTPException(404)
    size = first.photograph.preview_size
    pieces = pieces_of(first.content, size, partial(_read, visit, True))
    headers = {"content-encoding": "identity"}
    return StreamingResponse(pieces, media_type=FileKind.JPEG.media_type, headers=headers)


async def _read(visit: Visit, preview: bool, offset: int) -> pb.ReadPhotographResponse:
    request = pb.ReadPhotographRequest(
        photograph_id=visit.path("photograph_id"), offset=offset, preview=preview
    )
    answer: pb.ReadPhotographResponse = await ask(
        visit.services.photographs.ReadPhotograph(request)
    )
    return answer
