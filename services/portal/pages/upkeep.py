"""The log of upkeep of instruments: all entries that the visitor may see, and one entry."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from law.upkeep import kinds
from plumbing.archives import plain_name
from plumbing.client import Refusal, ask
from plumbing.file_kinds import FileKind
from plumbing.identity import Role
from protos.registry.v1 import upkeep_pb2 as pb
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    list_address,
    show,
)
from services.portal.pages.forms import file_name, told
from services.portal.pages.transfers import UPLOAD_SECONDS, attachment, parts_of, pieces_of
from services.portal.visit import Visit
from services.portal.wording import N_

PATH, FILES_PATH = "/upkeep", "/upkeep/files"
WRITERS = (Role.OPERATOR, Role.CASEWORKER, Role.INSPECTOR)
SHOWN = 10  # entries on the page of an instrument


def kind_name(visit: Visit, code: str) -> str:
    """Returns the name of a kind of entry in the visitor's language; the code if unknown."""
    known = {one.value.id: one.value for one in kinds()}.get(code)
    if known is None:
        return code
    return known.zh if visit.words.lang == "zh" else known.en[:1].upper() + known.en[1:]


def kind_names(visit: Visit) -> Sequence[tuple[str, str]]:
    """Returns the kinds of entries with their names."""
    return [(one.value.id, kind_name(visit, one.value.id)) for one in kinds()]


async def listing(visit: Visit) -> Response:
    """Shows the entries that the visitor may see, the latest first."""
    staff = not visit.has(Role.OPERATOR)
    shown: Listing[pb.UpkeepEntry] = Listing(
        path=PATH,
        title=N_("维护和签封记录"),
        columns=[
            Column(N_("日期"), partial(_day, visit)),
            Column(N_("类别"), lambda row: kind_name(visit, row.upkeep.kind)),
            Column(N_("器具"), partial(_instrument, visit)),
            *([Column(N_("使用单位"), lambda row: row.subject_name)] if staff else []),
            Column(N_("内容"), lambda row: row.upkeep.what),
            Column(N_("由谁办理"), lambda row: row.upkeep.done_by),
            Column(N_("签封编号"), lambda row: row.upkeep.seal_no),
            Column(N_("状态"), partial(_state, visit)),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的记录。在器具的页面上可以登记维护、修理和签封。"),
        filters=[
            Filter("kind", N_("类别"), kind_names(visit)),
            Filter("own", N_("单位自编号"), asks="owner_no"),
            Filter("instrument", N_("器具的平台编号"), asks="instrument_id"),
        ],
    )
    return await show(visit, shown, "upkeep/list.html", may_add=visit.has(*WRITERS))


def _day(visit: Visit, row: pb.UpkeepEntry) -> Cell:
    return Cell(day_of(row.upkeep.done_on), link=f"{PATH}/{row.upkeep.upkeep_id}")


def _instrument(visit: Visit, row: pb.UpkeepEntry) -> Cell:
    part = f" / {row.upkeep.part}" if row.upkeep.part else ""
    name = f"{visit.words.instrument_type(row.type_code)} {row.serial_no}{part}"
    return Cell(name, link=f"/instruments/{row.upkeep.instrument_id}", note=row.owner_no)


def _state(visit: Visit, row: pb.UpkeepEntry) -> str:
    if row.upkeep.corrected_by:
        return visit.say(N_("已更正"))
    return visit.say(N_("须重新检定")) if row.to_verify else ""


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.UpkeepEntry]:
    request = pb.ListUpkeepRequest(
        instrument_id=asked["instrument"],
        owner_no=asked["own"],
        kind=asked["kind"],
        **asked.paging,
    )
    answer = await ask(visit.services.upkeep.ListUpkeep(request))
    return chunk_of(answer, answer.entries)


async def of_instrument(visit: Visit, instrument_id: str) -> Sequence[pb.UpkeepEntry]:
    """Returns the latest entries of an instrument, as many as its page shows."""
    request = pb.ListUpkeepRequest(instrument_id=instrument_id, page_size=SHOWN)
    return (await ask(visit.services.upkeep.ListUpkeep(request))).entries


async def one(visit: Visit) -> Response:
    """Shows one entry with its files, and the form for another file."""
    return await page(visit, visit.path("upkeep_id"))


async def add_file(visit: Visit) -> Response:
    """Takes a photograph or another file of an entry."""
    upkeep_id = visit.field("upkeep_id")
    if visit.request.method == "GET" or not upkeep_id:
        raise HTTPException(404)
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        errors = {"file": visit.say(N_("请选择照片或者文件"))}
        return await page(visit, upkeep_id, 422, errors=errors)
    try:
        await send_file(visit, upkeep_id, visit.request_id(), file)
    except Refusal as refusal:
        return await page(visit, upkeep_id, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{upkeep_id}?sent=yes")


async def send_file(visit: Visit, upkeep_id: str, request_id: str, file: UploadFile) -> None:
    """Sends an uploaded file to its entry. Raises Refusal if the service refuses it."""
    header = pb.UpkeepFileHeader(
        request_id=request_id, upkeep_id=upkeep_id, file_name=file_name(file)
    )
    parts = parts_of(pb.UploadUpkeepFileRequest, header, file)
    await ask(visit.services.upkeep.UploadUpkeepFile(parts, timeout=UPLOAD_SECONDS))


async def file(visit: Visit) -> Response:
    """Sends a file of an entry."""
    first = await _piece(visit, visit.path("file_id"), 0)
    kind, stem = FileKind(first.file.kind), first.file.file_name.rpartition(".")[0]
    name = f"{plain_name(stem or first.file.file_name)}.{kind.extension}"
    headers = {**attachment(name), "content-length": str(first.file.size)}
    further = partial(_piece, visit, first.file.file_id)
    pieces = pieces_of(first.content, first.file.size, further)
    return StreamingResponse(pieces, media_type=kind.media_type, headers=headers)


async def _piece(visit: Visit, file_id: str, offset: int) -> pb.ReadUpkeepFileResponse:
    request = pb.ReadUpkeepFileRequest(file_id=file_id, offset=offset)
    answer: pb.ReadUpkeepFileResponse = await ask(visit.services.upkeep.ReadUpkeepFile(request))
    return answer


async def page(visit: Visit, upkeep_id: str, status: int = 200, **values: Any) -> Response:
    """Returns the page of an entry, with what a form on it was refused for."""
    found = await ask(visit.services.upkeep.GetUpkeep(pb.GetUpkeepRequest(upkeep_id=upkeep_id)))
    return visit.page(
        "upkeep/one.html",
        status=status,
        found=found,
        entry=found.entry,
        one=found.entry.upkeep,
        kind=kind_name(visit, found.entry.upkeep.kind),
        longest=visit.portal.settings.certificate_max_bytes >> 20,
        added=visit.just_done("added") == "yes",
        sent=visit.just_done("sent") == "yes",
        back=list_address(visit, PATH),
        **values,
    )
