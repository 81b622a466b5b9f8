"""Forms that add to the log of upkeep: one entry, its correction, or the rows of a file."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1 import upkeep_pb2 as pb
from services.portal.pages import upkeep
from services.portal.pages.forms import told
from services.portal.pages.reading import today
from services.portal.pages.transfers import UPLOAD_SECONDS, file_of_rows
from services.portal.visit import Visit
from services.portal.wording import N_

NEW_PATH, IMPORT_PATH = "/upkeep/new", "/upkeep/import"
_CITE = "S4 二(三)"
_CORRECTED = ("kind", "part", "done_on", "done_by", "what", "seal_no")
_NEEDED = {
    "kind": N_("请选择类别"),
    "done_on": N_("请填写日期，例如 2026-10-16"),
    "done_by": N_("请填写由谁办理或者发现，例如：某某衡器维修部"),
    "what": N_("请写明做了什么，或者发现了什么"),
}


async def add(visit: Visit) -> Response:
    """Adds an entry to the log of an instrument; with `corrects`, one that corrects another."""
    chosen = visit.field("instrument") or visit.query("instrument")
    corrects = visit.field("corrects") or visit.query("corrects")
    if not chosen and not corrects:
        return visit.redirect("/instruments")
    former = await _former(visit, corrects)
    chosen = former.instrument_id if former else chosen
    if visit.request.method == "GET":
        return await _form(visit, chosen, former)
    if errors := _faults(visit, corrects):
        return await _form(visit, chosen, former, 422, errors=errors)
    request = pb.RecordUpkeepRequest(
        request_id=visit.request_id(), upkeep=_entry(visit, chosen, corrects)
    )
    try:
        answer = await ask(visit.services.upkeep.RecordUpkeep(request))
    except Refusal as refusal:
        return await _form(visit, chosen, former, 422, **told(visit, refusal))
    upkeep_id, file = answer.entry.upkeep.upkeep_id, visit.form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        try:
            await upkeep.send_file(visit, upkeep_id, new_request_id(), file)
        except Refusal as refusal:  # the entry stands; only its file is missing
            shown = {"entered": True, "request_id": new_request_id(), **told(visit, refusal)}
            return await upkeep.page(visit, upkeep_id, 422, **shown)
    return visit.redirect(f"{upkeep.PATH}/{upkeep_id}?added=yes")


async def _former(visit: Visit, corrects: str) -> pb.Upkeep | None:
    if not corrects:
        return None
    request = pb.GetUpkeepRequest(upkeep_id=corrects)
    return (await ask(visit.services.upkeep.GetUpkeep(request))).entry.upkeep


def _faults(visit: Visit, corrects: str) -> dict[str, str]:
    needed = _NEEDED | ({"ground": N_("请写明更正的理由")} if corrects else {})
    return {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}


def _entry(visit: Visit, instrument_id: str, corrects: str) -> pb.Upkeep:
    entry = pb.Upkeep(instrument_id=instrument_id, corrects=corrects)
    for name in (*_CORRECTED, "ground"):
        setattr(entry, name, visit.field(name))
    return entry


async def _form(
    visit: Visit, chosen: str, former: pb.Upkeep | None, status: int = 200, **values: Any
) -> Response:
    request = registry.GetInstrumentRequest(instrument_id=chosen)
    instrument = (await ask(visit.services.registry.GetInstrument(request))).instrument
    given = {name: getattr(former, name) for name in _CORRECTED} if former else {}
    filled = {name: visit.field(name) for name in (*_CORRECTED, "ground")}
    form = filled if visit.request.method == "POST" else given
    return visit.page(
        "upkeep/new.html",
        status=status,
        instrument=instrument,
        former=former,
        kinds=upkeep.kind_names(visit),
        form=form,
        today=await today(visit),
        longest=visit.portal.settings.certificate_max_bytes >> 20,
        cite=_CITE,
        **values,
    )


async def from_file(visit: Visit) -> Response:
    """Adds the entries of a workbook or CSV file; one with a faulty row adds nothing."""

    def send(content: bytes) -> Awaitable[pb.ImportUpkeepResponse]:
        request = pb.ImportUpkeepRequest(request_id=visit.request_id(), content=content)
        return visit.services.upkeep.ImportUpkeep(request, timeout=UPLOAD_SECONDS)

    return await file_of_rows(visit, "upkeep/import.html", send)
