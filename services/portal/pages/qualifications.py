"""Calibration institutions, metrologists, examiners and experts: the register and its forms."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import people_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, day_of
from services.portal.listing import show as show_list
from services.portal.pages.forms import told
from services.portal.pages.reading import today
from services.portal.pages.transfers import UPLOAD_SECONDS, file_of_rows
from services.portal.visit import Visit
from services.portal.wording import N_

PATH, IMPORT_PATH = "/qualifications", "/qualifications/import"
KEEPERS = (Role.CASEWORKER, Role.UNIT_HEAD)
KINDS = {
    "calibration_institution": N_("校准机构"),
    "metrologist": N_("注册计量师"),
    "examiner": N_("考评员"),
    "expert": N_("行业专家"),
}
_STATES = {
    "in_force": N_("有效"),
    "to_come": N_("未到有效期"),
    "expired": N_("已过有效期"),
    "ended": N_("已终止"),
}
# How far ahead the list looks for what ends; the pages offer these, no text names them.
_ENDING = {"30": N_("30 天内到期"), "90": N_("90 天内到期"), "180": N_("180 天内到期")}
_FIELDS = (
    *("kind", "number", "name", "scope", "institution", "valid_from", "valid_until"),
    *("contact", "ended_ground", "consent"),
)
_NEEDED = {
    "kind": N_("请选择类别"),
    "number": N_("请填写证书编号"),
    "name": N_("请填写名称或者姓名"),
    "valid_from": N_("请填写有效期的第一日，例如 2026-01-01"),
}


async def listing(visit: Visit) -> Response:
    """Shows the qualifications that the visitor may see, by name or by their last day."""
    say, day = visit.say, await today(visit)
    shown: Listing[pb.Qualification] = Listing(
        path=PATH,
        title=N_("校准机构和计量人员"),
        columns=[
            Column(N_("名称或者姓名"), _name),
            Column(N_("类别"), lambda row: say(KINDS[row.kind])),
            Column(N_("证书编号"), lambda row: row.number),
            Column(N_("项目"), lambda row: row.scope),
            Column(N_("所在机构"), lambda row: row.institution),
            Column(N_("有效期至"), partial(_until, visit, day)),
            Column(N_("状态"), lambda row: say(_STATES[row.state])),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的资格。由办案人员登记，或者按文件登记。"),
        filters=[
            Filter("kind", N_("类别"), [*KINDS.items()]),
            Filter("ending", N_("到期"), [*_ENDING.items()]),
            Filter("q", N_("名称、编号、所在机构中有"), asks="contains"),
        ],
    )
    return await show_list(visit, shown, "people/list.html", keeps=visit.has(*KEEPERS))


def _name(row: pb.Qualification) -> Cell:
    return Cell(row.name, link=f"{PATH}/{row.qualification_id}")


def _until(visit: Visit, day: str, row: pb.Qualification) -> Cell:
    if not row.valid_until:
        return Cell(visit.say(N_("长期")))
    return Cell(day_of(row.valid_until), note=visit.words.days_left(row.valid_until, day))


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Qualification]:
    request = pb.ListQualificationsRequest(
        kind=asked["kind"],
        ends_within_days=int(asked["ending"] or 0),
        contains=asked["q"],
        **asked.paging,
    )
    answer = await ask(visit.services.people.ListQualifications(request))
    return chunk_of(answer, answer.qualifications)


async def new(visit: Visit) -> Response:
    """Asks for a qualification, and enters it."""
    return await _keep(visit, pb.Qualification())


async def one(visit: Visit) -> Response:
    """Shows a qualification; whoever keeps it changes it in the same form."""
    request = pb.GetQualificationRequest(qualification_id=visit.path("qualification_id"))
    found = (await ask(visit.services.people.GetQualification(request))).qualification
    return await _keep(visit, found)


async def _keep(visit: Visit, present: pb.Qualification) -> Response:
    if visit.request.method == "GET":
        return _form(visit, present, {name: getattr(present, name) for name in _FIELDS})
    errors = {name: visit.say(text) for name, text in _NEEDED.items() if not visit.field(name)}
    if errors:
        return _form(visit, present, visit.form, 422, errors=errors)
    content = pb.Qualification(
        qualification_id=present.qualification_id,
        bureau=present.bureau,
        version=visit.whole("version") or 0,
    )
    for name in _FIELDS:
        setattr(content, name, visit.field(name))
    request = pb.PutQualificationRequest(request_id=visit.request_id(), qualification=content)
    try:
        answer = await ask(visit.services.people.PutQualification(request))
    except Refusal as refusal:
        return _form(visit, present, visit.form, 422, **told(visit, refusal))
    if answer.HasField("proposal"):
        return visit.redirect(f"/proposals/{answer.proposal.proposal_id}")
    return visit.redirect(f"{PATH}/{answer.qualification.qualification_id}?done=yes")


def _form(
    visit: Visit, present: pb.Qualification, form: Any, status: int = 200, **values: Any
) -> Response:
    return visit.page(
        "people/one.html",
        status=status,
        one=present,
        form=form,
        kinds=[(code, visit.say(text)) for code, text in KINDS.items()],
        kind=visit.say(KINDS[present.kind]) if present.kind else "",
        state=visit.say(_STATES[present.state]) if present.state else "",
        keeps=visit.has(*KEEPERS),
        done=visit.just_done("done") == "yes",
        **values,
    )


async def from_file(visit: Visit) -> Response:
    """Enters and updates the qualifications of a file; one with a faulty row enters nothing."""

    def send(content: bytes) -> Awaitable[pb.ImportQualificationsResponse]:
        request = pb.ImportQualificationsRequest(request_id=visit.request_id(), content=content)
        return visit.services.people.ImportQualifications(request, timeout=UPLOAD_SECONDS)

    return await file_of_rows(visit, "people/import.html", send)
