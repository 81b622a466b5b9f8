"""Permits of metrology: the list of all that the visitor may see, one subject's, and one permit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from starlette.responses import Response

from law.errors import NotFound, NotInForce
from law.measures.rule import Measure, measures
from law.permits import matters
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.grading.v1 import grading_pb2 as grading
from protos.registry.v1 import permits_pb2 as pb
from services.portal.listing import (
    PAGE_SIZE,
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
from services.portal.pages.forms import told
from services.portal.pages.reading import today
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/permits"
STATES = {
    "in_force": N_("有效"),
    "to_come": N_("未到有效期"),
    "expired": N_("已过有效期"),
    "ended": N_("已终止"),
}
ENDS = {
    "revoked": N_("许可被撤销"),
    "withdrawn": N_("许可被撤回"),
    "annulled": N_("许可被吊销"),
    "cancelled": N_("许可被注销"),
    "in_force": N_("恢复有效：此前登记有误"),
}
# How far ahead the list looks for permits that end; the pages offer these, no text names them.
_ENDING = {
    "30": N_("30 天内到期"),
    "90": N_("90 天内到期"),
    "180": N_("180 天内到期"),
}


async def listing(visit: Visit) -> Response:
    """Shows the permits that the visitor may see, the latest decision first."""
    return await show(visit, await _listing(visit, PATH), "permits/list.html")


async def of_subject(visit: Visit, subject_id: str) -> Listing[pb.PermitEntry]:
    """Returns the list of the permits of one subject."""
    return await _listing(visit, f"/subjects/{subject_id}/permits", subject_id)


async def _listing(visit: Visit, path: str, subject_id: str = "") -> Listing[pb.PermitEntry]:
    say, day = visit.say, await today(visit)
    whose = [] if subject_id or visit.has(Role.OPERATOR) else [Column(N_("主体"), _subject)]
    return Listing(
        path=path,
        title=N_("计量行政许可"),
        columns=[
            Column(N_("许可事项"), partial(_matter, visit)),
            *whose,
            Column(N_("文书号"), lambda row: row.permit.document_no),
            Column(N_("许可机关"), lambda row: row.permit.authority),
            Column(N_("决定日期"), lambda row: day_of(row.permit.decided_on)),
            Column(N_("有效期至"), partial(_until, visit, day)),
            Column(N_("状态"), lambda row: say(STATES[row.state])),
        ],
        read=partial(_read, visit, subject_id),
        empty=N_("没有这样的计量行政许可。许可随双公示行政许可文件导入，或者由办案人员登记。"),
        filters=[
            Filter("state", N_("状态"), [*STATES.items()]),
            Filter("ending", N_("到期"), [*_ENDING.items()]),
            Filter("matter", N_("许可事项"), _matters(visit)),
            Filter("q", N_("名称、文号、内容中有"), asks="contains"),
        ],
    )


def _matters(visit: Visit) -> list[tuple[str, str]]:
    return [(one.value.id, matter(visit, one.value.id)) for one in matters()]


def matter(visit: Visit, code: str) -> str:
    """Returns the name of a kind of permit in the visitor's language; the code if unknown."""
    known = {one.value.id: one.value for one in matters()}.get(code)
    if known is None:
        return code
    return known.zh if visit.words.lang == "zh" else known.en[:1].upper() + known.en[1:]


def _matter(visit: Visit, row: pb.PermitEntry) -> Cell:
    own = row.permit
    name = own.certificate_name or own.document_name
    return Cell(matter(visit, own.matter), link=f"{PATH}/{own.permit_id}", note=name)


def _subject(row: pb.PermitEntry) -> Cell:
    return Cell(row.subject_name, link=f"/subjects/{row.permit.subject_id}")


def _until(visit: Visit, day: str, row: pb.PermitEntry) -> Cell:
    own = row.permit
    if own.open_ended:
        return Cell(visit.say(N_("长期")))
    note = visit.words.days_left(own.valid_until, day) if own.valid_until else ""
    return Cell(day_of(own.valid_until), note=note)


async def _read(visit: Visit, subject_id: str, asked: Asked) -> Chunk[pb.PermitEntry]:
    request = pb.ListPermitsRequest(
        subject_id=subject_id,
        state=asked["state"],
        ends_within_days=int(asked["ending"] or 0),
        matter=asked["matter"],
        contains=asked["q"],
        **asked.paging,
    )
    answer = await ask(visit.services.permits.ListPermits(request))
    return chunk_of(answer, answer.permits)


async def in_force_of(visit: Visit, subject_id: str) -> Sequence[pb.PermitEntry]:
    """Returns the permits of a subject that are in force today, as many as a page shows."""
    request = pb.ListPermitsRequest(subject_id=subject_id, state="in_force", page_size=PAGE_SIZE)
    return (await ask(visit.services.permits.ListPermits(request))).permits


def measures_of(ruleset_id: str, grade: str, on: str) -> Sequence[Measure]:
    """Returns what a grade means for the permits of a subject on a day (R-157, R-159 to R-161).

    It informs the official who decides. Empty where the text says nothing of it on that day.
    """
    if not grade:
        return ()
    try:
        return [
            one for one in measures(ruleset_id, grade, date.fromisoformat(on)) if one.of_permits
        ]
    except (NotFound, NotInForce):
        return ()


async def measures_today(visit: Visit, grade: grading.Grade | None) -> Sequence[Measure]:
    """Returns what the grade of a subject means for its permits today."""
    if grade is None:
        return ()
    return measures_of(grade.ruleset_id, grade.grade, await today(visit))


async def one(visit: Visit) -> Response:
    """Shows one permit; the form of a caseworker says that it ended, or that it has not."""
    if visit.request.method == "GET":
        return await _page(visit)
    if errors := _faults(visit):
        return await _page(visit, 422, errors=errors)
    request = pb.EndPermitRequest(
        request_id=visit.request_id(),
        permit_id=visit.path("permit_id"),
        ended=visit.field("ended"),
        ended_on=visit.field("ended_on"),
        ground=visit.field("ground"),
    )
    try:
        await ask(visit.services.permits.EndPermit(request))
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{visit.path('permit_id')}?said=yes")


def _faults(visit: Visit) -> dict[str, str]:
    errors = {}
    if visit.field("ended") not in ENDS:
        errors["ended"] = visit.say(N_("请选择一项"))
    if not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据"))
    return errors


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetPermitRequest(permit_id=visit.path("permit_id"))
    entry = (await ask(visit.services.permits.GetPermit(request))).permit
    return visit.page(
        "permits/one.html",
        status=status,
        entry=entry,
        one=entry.permit,
        matter=matter(visit, entry.permit.matter),
        state=visit.say(STATES[entry.state]),
        ended=visit.say(ENDS[entry.permit.ended]) if entry.permit.ended else "",
        ends=_ends(visit, entry.permit),
        said=visit.just_done("said") == "yes",
        entered=visit.just_done("entered") == "yes",
        form=visit.form,
        back=list_address(visit, PATH),
        **values,
    )


def _ends(visit: Visit, own: pb.Permit) -> Sequence[tuple[str, str]]:
    """What a caseworker may say of a permit: how it ended, or that it has not after all."""
    if not visit.has(Role.CASEWORKER):
        return ()
    codes = ["in_force"] if own.ended else [code for code in ENDS if code != "in_force"]
    return [(code, visit.say(ENDS[code])) for code in codes]
