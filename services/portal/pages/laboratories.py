"""Pages of laboratories: the list, one with its records, and the forms about it."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import laboratories_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, day_of
from services.portal.listing import show as show_list
from services.portal.pages.forms import is_day, told
from services.portal.pages.transfers import UPLOAD_SECONDS, file_of_rows
from services.portal.visit import Visit
from services.portal.wording import N_

PATH, IMPORT_PATH = "/laboratories", "/laboratories/import"
_NEEDED = {
    "name": N_("请填写实验室的名称"),
    "document_no": N_("请填写授权文号"),
    "valid_from": N_("请填写授权的第一日，例如 2026-01-01"),
    "valid_until": N_("请填写授权的最后一日，例如 2030-12-31"),
}
_FIELDS = ("name", "site", "document_no", "valid_from", "valid_until")


async def listing(visit: Visit) -> Response:
    """Shows the laboratories that the visitor may see, by name."""
    shown: Listing[pb.Laboratory] = Listing(
        path=PATH,
        title=N_("实验室"),
        columns=[
            Column(N_("名称"), lambda one: Cell(one.name, link=f"{PATH}/{one.laboratory_id}")),
            Column(N_("检定机构"), lambda one: one.institution),
            Column(N_("地点"), lambda one: one.site),
            Column(N_("授权文号"), lambda one: one.document_no),
            Column(
                N_("授权至"), lambda one: Cell(day_of(one.valid_until), note=_state(visit, one))
            ),
        ],
        read=partial(_read, visit),
        empty=N_("没有登记实验室。单位负责人在检定机构的页面登记。"),
        filters=[Filter("institution", N_("检定机构全称"), asks="institution_id")],
    )
    return await show_list(visit, shown, "laboratories/list.html")


def _state(visit: Visit, one: pb.Laboratory) -> str:
    return "" if one.authorised else visit.say(N_("今天没有授权"))


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Laboratory]:
    request = pb.ListLaboratoriesRequest(institution_id=asked["institution"], **asked.paging)
    answer = await ask(visit.services.laboratories.ListLaboratories(request))
    return chunk_of(answer, answer.laboratories)


async def one(visit: Visit) -> Response:
    """Shows a laboratory with what its sensors recorded, the newest hour first."""
    laboratory = await _find(visit, visit.path("laboratory_id"))

    async def read(asked: Asked) -> Chunk[pb.EnvironmentRecord]:
        request = pb.ListEnvironmentRequest(
            laboratory_id=laboratory.laboratory_id,
            first_day=asked["first_day"],
            last_day=asked["last_day"],
            **asked.paging,
        )
        answer = await ask(visit.services.laboratories.ListEnvironment(request))
        return chunk_of(answer, answer.records)

    shown: Listing[pb.EnvironmentRecord] = Listing(
        path=f"{PATH}/{laboratory.laboratory_id}",
        title=laboratory.name,
        columns=[
            Column(N_("时间"), lambda row: row.hour.replace("T", " ")),
            Column(N_("传感器"), lambda row: row.sensor),
            Column(N_("温度（℃）"), lambda row: row.temperature, numeric=True),
            Column(N_("相对湿度（%）"), lambda row: row.humidity, numeric=True),
        ],
        read=read,
        empty=N_("没有温湿度记录。"),
        filters=[
            Filter("first_day", N_("从哪天起（如 2026-01-01）")),
            Filter("last_day", N_("到哪天")),
        ],
    )
    return await show_list(
        visit,
        shown,
        "laboratories/one.html",
        laboratory=laboratory,
        state=_state(visit, laboratory) or visit.say(N_("有效")),
        done=visit.just_done("done") == "yes",
    )


async def new(visit: Visit) -> Response:
    """Asks for a laboratory of an institution, and registers it."""
    institution = visit.field("institution_id") or visit.query("institution")
    if not institution:
        return visit.redirect("/institutions")
    return await _keep(visit, pb.Laboratory(institution_id=institution))


async def change(visit: Visit) -> Response:
    """Asks for the site and the authorisation of a laboratory, and changes it; its name stays."""
    return await _keep(visit, await _find(visit, visit.path("laboratory_id")))


async def _keep(visit: Visit, present: pb.Laboratory) -> Response:
    if visit.request.method == "GET":
        return _form(visit, present, {name: getattr(present, name) for name in _FIELDS})
    values = {name: visit.field(name) for name in _FIELDS}
    values["name"] = present.name or values["name"]
    errors = {name: visit.say(text) for name, text in _NEEDED.items() if not values[name]}
    for name in ("valid_from", "valid_until"):
        if not is_day(values[name]):
            errors[name] = visit.say(_NEEDED[name])
    if errors:
        return _form(visit, present, visit.form, 422, errors=errors)
    content = pb.Laboratory(
        laboratory_id=present.laboratory_id,
        institution_id=present.institution_id,
        version=visit.whole("version") or 0,
    )
    for name, value in values.items():
        setattr(content, name, value)
    request = pb.PutLaboratoryRequest(request_id=visit.request_id(), laboratory=content)
    try:
        answer = await ask(visit.services.laboratories.PutLaboratory(request))
    except Refusal as refusal:
        return _form(visit, present, visit.form, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{answer.laboratory.laboratory_id}?done=yes")


def _form(
    visit: Visit, present: pb.Laboratory, form: Any, status: int = 200, **values: Any
) -> Response:
    return visit.page(
        "laboratories/put.html", status=status, laboratory=present, form=form, **values
    )


async def release(visit: Visit) -> Response:
    """Asks whether anybody may find a laboratory of one's own, and releases it or takes it back."""
    laboratory = await _find(visit, visit.path("laboratory_id"))
    if visit.request.method == "GET":
        return visit.page("laboratories/release.html", laboratory=laboratory)
    request = pb.ReleaseLaboratoryRequest(
        request_id=visit.request_id(),
        laboratory_id=laboratory.laboratory_id,
        released=visit.field("act") == "release",
        version=visit.whole("version") or 0,
    )
    try:
        await ask(visit.services.laboratories.ReleaseLaboratory(request))
    except Refusal as refusal:
        refused = told(visit, refusal)
        return visit.page("laboratories/release.html", status=422, laboratory=laboratory, **refused)
    return visit.redirect(f"{PATH}/{laboratory.laboratory_id}?done=yes")


async def from_file(visit: Visit) -> Response:
    """Sends the records of a file; one with a faulty row sends nothing."""
    chosen = visit.field("laboratory_id") or visit.query("laboratory")
    if not chosen:
        return visit.redirect(PATH)
    laboratory = await _find(visit, chosen)

    def send(content: bytes) -> Awaitable[pb.ImportEnvironmentResponse]:
        request = pb.ImportEnvironmentRequest(
            request_id=visit.request_id(),
            laboratory_id=laboratory.laboratory_id,
            content=content,
            ground=visit.field("ground"),
        )
        return visit.services.laboratories.ImportEnvironment(request, timeout=UPLOAD_SECONDS)

    return await file_of_rows(
        visit, "laboratories/import.html", send, laboratory=laboratory, form=visit.form
    )


async def _find(visit: Visit, laboratory_id: str) -> pb.Laboratory:
    request = pb.GetLaboratoryRequest(laboratory_id=laboratory_id)
    return (await ask(visit.services.laboratories.GetLaboratory(request))).laboratory
