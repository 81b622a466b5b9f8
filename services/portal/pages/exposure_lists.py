"""Exposure lists on pages: compiled from candidates, reviewed, released, taken down, and public."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

from starlette.responses import Response

from law.escalation import exposure_rules
from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import exposure_lists_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.forms import told
from services.portal.pages.reading import (
    account_names,
    article_cell,
    bureau_names,
    subject_names,
    today,
)
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

PATH, PUBLIC_PATH = "/exposure-lists", "/notices"
CASEWORK = (Role.CASEWORKER, Role.UNIT_HEAD)
MOST_TASKS = 30
STATES = {
    "compiled": N_("待保密审查"),
    "reviewed": N_("待批准公开"),
    "released": N_("已公开"),
    "discarded": N_("已作废"),
}
ENTRY_STATES = {
    "listed": N_("已列入，尚未公开"),
    "public": N_("正在公开"),
    "struck": N_("公开前划去"),
    "taken_down": N_("已撤下"),
}


async def listing(visit: Visit) -> Response:
    """Shows the exposure lists that the visitor may see."""

    async def read(asked: Asked) -> Chunk[pb.ExposureList]:
        request = pb.ListExposureListsRequest(state=asked["state"], **asked.paging)
        answer = await ask(visit.services.exposure_lists.ListExposureLists(request))
        return chunk_of(answer, answer.lists)

    shown: Listing[pb.ExposureList] = Listing(
        path=PATH,
        title=N_("曝光名单"),
        columns=(
            Column(
                N_("名单"),
                lambda one: Cell(
                    one.number or visit.say(N_("尚未公开的名单")), link=f"{PATH}/{one.list_id}"
                ),
            ),
            Column(N_("状态"), lambda one: visit.say(STATES[one.state])),
            Column(N_("现有主体"), lambda one: len(standing(one)), numeric=True),
            Column(N_("编制时间"), lambda one: one.compiled_at.ToDatetime(SHANGHAI)),
            Column(
                N_("公开时间"),
                lambda one: (
                    one.released_at.ToDatetime(SHANGHAI) if one.HasField("released_at") else None
                ),
            ),
        ),
        read=read,
        empty=N_("还没有曝光名单。"),
        filters=(Filter("state", N_("状态"), [*STATES.items()]),),
    )
    return await show(visit, shown, "exposure/lists.html")


def standing(one: pb.ExposureList) -> list[pb.ExposureEntry]:
    """Returns the entries of a list that were not struck or taken down."""
    return [entry for entry in one.entries if entry.state in ("listed", "public")]


async def compile_list(visit: Visit) -> Response:
    """Shows the subjects with a ground for exposure, or compiles a list from the chosen ones."""
    if visit.request.method != "POST":
        return await _candidates(visit)
    chosen, verified_how = visit.fields("chosen"), visit.field("verified_how")
    errors = {}
    if not chosen:
        errors["chosen"] = visit.say(N_("请至少选择一个主体"))
    if not verified_how:
        errors["verified_how"] = visit.say(N_("请写明事实是怎样核实的"))
    if errors:
        return await _candidates(visit, errors=errors)
    request = pb.CompileExposureListRequest(
        request_id=visit.request_id(), subject_ids=chosen, verified_how=verified_how
    )
    try:
        answer = await ask(visit.services.exposure_lists.CompileExposureList(request))
    except Refusal as refusal:
        return await _candidates(visit, **_at("chosen", "subject_ids", told(visit, refusal)))
    return visit.redirect(f"{PATH}/{answer.list.list_id}")


def _at(field: str, of: str, values: dict[str, Any]) -> dict[str, Any]:
    """The faults with those of the rows `of` a request at one field of the form."""
    errors = {field if name == of else name: said for name, said in values["errors"].items()}
    return {**values, "errors": errors}


async def _candidates(visit: Visit, **values: Any) -> Response:
    words, is_zh = visit.words, visit.words.lang == "zh"
    one_subject = await subject_names(visit, [asked] if (asked := visit.query("subject")) else [])

    async def read(asked: Asked) -> Chunk[pb.ExposureCandidate]:
        request = pb.ListExposureCandidatesRequest(
            bureau=asked["bureau"], subject_id=asked["subject"], **asked.paging
        )
        answer = await ask(visit.services.exposure_lists.ListExposureCandidates(request))
        return chunk_of(answer, answer.candidates)

    def ground(row: pb.ExposureCandidate) -> Cell:
        of = row.ground
        grade = words.grade(of.ruleset_id, of.grade) if of.grade else ""
        return Cell(of.course_zh if is_zh else of.course_en, note=grade)

    def obstacles(row: pb.ExposureCandidate) -> str:
        return words.listed((one.zh if is_zh else one.en for one in row.obstacles), "；")

    shown: Listing[pb.ExposureCandidate] = Listing(
        path=f"{PATH}/new",
        title=N_("编制曝光名单"),
        columns=(
            Column(
                N_("主体"),
                lambda row: Cell(row.subject_name, link=f"/subjects/{row.subject_id}"),
            ),
            Column(N_("事由"), ground),
            Column(N_("依据"), lambda row: article_cell(words, row.ground.cite)),
            Column(N_("不能列入的原因"), obstacles),
        ),
        read=read,
        empty=N_("现在没有主体有曝光的事由。"),
        filters=(
            Filter("bureau", N_("机关"), [*(await bureau_names(visit)).items()]),
            *(Filter("subject", N_("主体"), [(key, s.name)]) for key, s in one_subject.items()),
        ),
        key=lambda row: "" if row.obstacles else row.subject_id,
    )
    given: dict[str, Any] = {"errors": {}, **values}
    chosen = visit.fields("chosen") if visit.form else [*one_subject]
    return await show(
        visit, shown, "exposure/new.html", form=visit.form or {}, chosen=chosen, **given
    )


async def one(visit: Visit) -> Response:
    """Shows a list with its entries; its forms review, release or discard it, or end an entry."""
    if visit.request.method == "GET":
        return await _page(visit)
    needed, act = _ACTS.get(visit.field("act"), _ACTS["review"])
    missing = {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}
    if missing:
        return await _page(visit, 422, errors=missing)
    try:
        await act(visit)
    except Refusal as refusal:
        return await _page(visit, 422, **_at("media", "entries", told(visit, refusal)))
    return visit.redirect(f"{PATH}/{visit.path('list_id')}")


async def _review(visit: Visit) -> None:
    request = pb.ReviewExposureListRequest(**_which(visit), findings=visit.field("findings"))
    await ask(visit.services.exposure_lists.ReviewExposureList(request))


async def _release(visit: Visit) -> None:
    request = pb.ReleaseExposureListRequest(**_which(visit), media=visit.fields("media"))
    await ask(visit.services.exposure_lists.ReleaseExposureList(request))


async def _discard(visit: Visit) -> None:
    reasons = visit.field("discard_reasons")
    request = pb.DiscardExposureListRequest(**_which(visit), reasons=reasons)
    await ask(visit.services.exposure_lists.DiscardExposureList(request))


async def _take_down(visit: Visit) -> None:
    request = pb.TakeDownExposureEntryRequest(
        request_id=visit.request_id(), entry_id=visit.field("entry"), reasons=visit.field("reasons")
    )
    await ask(visit.services.exposure_lists.TakeDownExposureEntry(request))


def _which(visit: Visit) -> dict[str, str]:
    return {"request_id": visit.request_id(), "list_id": visit.path("list_id")}


_ACTS: dict[str, tuple[dict[str, str], Callable[[Visit], Any]]] = {
    "review": ({"findings": N_("请写明审查的情况")}, _review),
    "release": ({"media": N_("请选择在哪里公开")}, _release),
    "discard": ({"discard_reasons": N_("请写明作废的理由")}, _discard),
    "take_down": (
        {"entry": N_("请选择撤下哪个主体"), "reasons": N_("请写明撤下的理由")},
        _take_down,
    ),
}


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetExposureListRequest(list_id=visit.path("list_id"))
    found = (await ask(visit.services.exposure_lists.GetExposureList(request))).list
    acted = [found.compiled_by, found.reviewed_by, found.released_by, found.discarded_by]
    people = await account_names(visit, [*acted, *(entry.ended_by for entry in found.entries)])
    media = exposure_rules(date.fromisoformat(await today(visit))).media
    is_zh = visit.words.lang == "zh"
    given: dict[str, Any] = {"errors": {}, **values}
    return visit.page(
        "exposure/one.html",
        status=status,
        found=found,
        state=visit.say(STATES[found.state]),
        states={code: visit.say(text) for code, text in ENTRY_STATES.items()},
        standing=standing(found),
        people=people,
        may=_may(visit, found),
        media=[(zh, zh if is_zh else en) for zh, en in media.items()],
        chosen=visit.fields("media") if visit.form else [],
        form=visit.form or {},
        **given,
    )


def _may(visit: Visit, found: pb.ExposureList) -> str:
    """What the visitor does next with a list: review, release, or nothing."""
    own = visit.person.account_id
    if found.state == "compiled" and visit.has(*CASEWORK) and own != found.compiled_by:
        return "review"
    acted = own in (found.compiled_by, found.reviewed_by)
    if found.state == "reviewed" and visit.has(Role.UNIT_HEAD) and not acted:
        return "release"
    return ""


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each list that waits for the visitor's review or release."""
    if not visit.has(*CASEWORK):
        return []
    waiting: list[pb.ExposureList] = []
    for state in ("compiled", "reviewed"):
        request = pb.ListExposureListsRequest(state=state, page_size=MOST_TASKS)
        waiting += (await ask(visit.services.exposure_lists.ListExposureLists(request))).lists
    sentences = {
        "review": visit.say(N_("保密审查一份曝光名单（{n} 个主体）")),
        "release": visit.say(N_("审批一份曝光名单（{n} 个主体）")),
    }
    return [
        Task(sentences[act].format(n=len(standing(found))), f"{PATH}/{found.list_id}", "", (2, ""))
        for found in waiting
        if (act := _may(visit, found))
    ]


async def public(visit: Visit) -> Response:
    """Shows who is exposed now, which is who stands on a public list, and the other notices."""
    bureaus = await bureau_names(visit)
    shown: Listing[pb.ExposedSubject] = Listing(
        path=PUBLIC_PATH,
        title=N_("曝光"),
        columns=(
            Column(
                N_("主体"),
                lambda one: Cell(one.subject_name, link=f"/firms/{one.subject_id}"),
                order_by="subject_name",
            ),
            Column(N_("曝光的内容"), lambda one: one.statement),
            Column(N_("依据"), lambda one: article_cell(visit.words, one.cite)),
            Column(
                N_("机关"),
                lambda one: Cell(bureaus.get(one.bureau, one.bureau), note=one.list_number),
            ),
            Column(
                N_("公开时间"),
                lambda one: Cell(
                    one.published_at.ToDatetime(SHANGHAI), note=visit.words.listed(one.media)
                ),
                order_by="published_at",
            ),
        ),
        read=partial(_public, visit),
        empty=N_("目前没有曝光。"),
        filters=(
            Filter("q", N_("主体名称中有"), asks="name_contains"),
            Filter("bureau", N_("机关"), list(bureaus.items())),
        ),
    )
    return await show(visit, shown, "public/notices.html", public=True)


async def _public(visit: Visit, asked: Asked) -> Chunk[pb.ExposedSubject]:
    request = pb.ListExposedSubjectsRequest(
        name_contains=asked["q"], bureau=asked["bureau"], order_by=asked.order_by, **asked.paging
    )
    answer = await ask(visit.services.exposure_lists.ListExposedSubjects(request))
    rows: Sequence[pb.ExposedSubject] = answer.subjects
    return chunk_of(answer, rows)
