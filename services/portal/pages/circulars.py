"""Circulars on pages: of an exposure list or a grade, issued by another, sent by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import circulars_pb2 as pb
from protos.alerts.v1 import exposure_lists_pb2 as exposures
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.authorities import of_bureau, pushed_for, use_names
from services.portal.pages.exposure_lists import CASEWORK, MOST_TASKS
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.letter_deliveries import means_of
from services.portal.pages.platform_mail import FAILURES
from services.portal.pages.reading import account_names, bureau_names, today
from services.portal.pages.tasks import Task
from services.portal.pages.tellings import MEANS
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/circulars"
STATES = {
    "drafted": N_("待签发"),
    "issued": N_("已签发"),
    "discarded": N_("已作废"),
}
DELIVERIES = {
    "drafted": N_("签发后发出"),
    "mailed": N_("邮件正在投递"),
    "delivered": N_("邮件服务器已收下"),
    "not_delivered": N_("邮件未送达，须人工送达"),
    "to_send": N_("须人工送达"),
    "sent": N_("已人工送达"),
}
BY_HAND = ("not_delivered", "to_send")
MOST_PUSHED = 200  # subjects in one letter


async def listing(visit: Visit) -> Response:
    """Shows the circulars that the visitor may see."""

    async def read(asked: Asked) -> Chunk[pb.Circular]:
        request = pb.ListCircularsRequest(
            state=asked["state"],
            list_id=asked["list"],
            to_send=asked["by_hand"] == "yes",
            **asked.paging,
        )
        answer = await ask(visit.services.circulars.ListCirculars(request))
        return chunk_of(answer, answer.circulars)

    def issued(one: pb.Circular) -> datetime | None:
        return one.issued_at.ToDatetime(SHANGHAI) if one.HasField("issued_at") else None

    shown: Listing[pb.Circular] = Listing(
        path=PATH,
        title=N_("通报"),
        columns=(
            Column(
                N_("通报"),
                lambda one: Cell(
                    one.number or visit.say(N_("尚未签发的通报")),
                    link=f"{PATH}/{one.circular_id}",
                    note=one.list_number,
                ),
            ),
            Column(N_("状态"), lambda one: visit.say(STATES[one.state])),
            Column(N_("主送"), lambda one: visit.words.listed(to.name for to in one.receivers)),
            Column(N_("主体"), lambda one: len(one.entries), numeric=True),
            Column(N_("拟稿时间"), lambda one: one.drafted_at.ToDatetime(SHANGHAI)),
            Column(N_("签发时间"), issued),
        ),
        read=read,
        empty=N_("还没有通报。通报从已经公开的曝光名单拟稿，或者从E级（失信）主体的名单拟稿。"),
        filters=(
            Filter("state", N_("状态"), [*STATES.items()]),
            Filter("by_hand", N_("须人工送达的"), box=True),
            Filter("list", N_("曝光名单的编号"), asks="list_id"),
        ),
    )
    return await show(visit, shown, "circulars/list.html")


async def draft(visit: Visit) -> Response:
    """Asks which authorities to tell of which subjects of a list, or drafts the circular."""
    if visit.request.method == "GET":
        return await _drafting(visit)
    needed = {"authority": N_("请至少选择一个通报对象"), "entry": N_("请至少选择一个主体")}
    errors = {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}
    if errors:
        return await _drafting(visit, 422, errors=errors)
    request = pb.DraftCircularRequest(
        request_id=visit.request_id(),
        list_id=visit.path("list_id"),
        authority_ids=visit.fields("authority"),
        entry_ids=visit.fields("entry"),
    )
    try:
        answer = await ask(visit.services.circulars.DraftCircular(request))
    except Refusal as refusal:
        shown = _at(
            visit, told(visit, refusal), {"entry_ids": "entry", "authority_ids": "authority"}
        )
        return await _drafting(visit, 422, **shown)
    return visit.redirect(f"{PATH}/{answer.circular.circular_id}")


def _at(visit: Visit, values: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    """The faults at the fields of the form, each with those of all its rows."""
    errors: dict[str, str] = {}
    for name, said in values["errors"].items():
        field = fields.get(name.partition("[")[0], name)
        errors[field] = visit.words.listed(filter(None, (errors.get(field, ""), said)), "；")
    return {**values, "errors": errors}


async def _drafting(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = exposures.GetExposureListRequest(list_id=visit.path("list_id"))
    found = (await ask(visit.services.exposure_lists.GetExposureList(request))).list
    return visit.page(
        "circulars/new.html",
        status=status,
        found=found,
        entries=[entry for entry in found.entries if entry.state == "public"],
        authorities=await of_bureau(visit, found.bureau),
        uses=await use_names(visit),
        chosen=visit.fields("authority") if visit.form else [],
        told_of=visit.fields("entry") if visit.form else None,
        **{"errors": {}, "refusal": None, **values},
    )


async def push(visit: Visit) -> Response:
    """Asks which platforms get the list of a grade, with which subjects, or drafts the letter."""
    if visit.request.method == "GET":
        return await _pushing(visit)
    needed = {"authority": N_("请至少选择一个通报对象"), "subject": N_("请至少选择一个主体")}
    errors = {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}
    if errors:
        return await _pushing(visit, 422, errors=errors)
    request = pb.DraftCircularRequest(
        request_id=visit.request_id(),
        authority_ids=visit.fields("authority"),
        subject_ids=visit.fields("subject"),
    )
    try:
        answer = await ask(visit.services.circulars.DraftCircular(request))
    except Refusal as refusal:
        fields = {"subject_ids": "subject", "authority_ids": "authority"}
        return await _pushing(visit, 422, **_at(visit, told(visit, refusal), fields))
    return visit.redirect(f"{PATH}/{answer.circular.circular_id}")


async def _pushing(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.ListCircularCandidatesRequest(
        page_size=MOST_PUSHED, page_token=visit.query("page")
    )
    answer = await ask(visit.services.circulars.ListCircularCandidates(request))
    bureaus = sorted({one.bureau for one in answer.candidates})
    of_grade = pushed_for(await today(visit))
    found = [one for bureau in bureaus for one in await of_bureau(visit, bureau)]
    platforms = [one for one in found if of_grade.intersection(one.uses)]
    names, told = await bureau_names(visit), {one.bureau for one in platforms}
    return visit.page(
        "circulars/push.html",
        status=status,
        candidates=answer.candidates,
        more=answer.next_page_token,
        authorities=platforms,
        # A letter is of one bureau, so only that of the subjects can push to a platform of its own.
        elsewhere=[
            names.get(one, one) for one in bureaus if one not in {*told, visit.person.bureau}
        ],
        uses=await use_names(visit),
        is_zh=visit.words.lang == "zh",
        chosen=visit.fields("authority") if visit.form else [],
        told_of=visit.fields("subject") if visit.form else [],
        **{"errors": {}, "refusal": None, **values},
    )


async def one(visit: Visit) -> Response:
    """Shows a circular with its text; its forms issue or discard it, or record a sending."""
    if visit.request.method == "GET":
        return await _page(visit)
    faults, act = _ACTS.get(visit.field("act"), _ACTS["issue"])
    if errors := faults(visit):
        return await _page(visit, 422, errors=errors)
    try:
        await act(visit)
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{visit.path('circular_id')}")


async def _issue(visit: Visit) -> None:
    await ask(visit.services.circulars.IssueCircular(pb.IssueCircularRequest(**_which(visit))))


async def _discard(visit: Visit) -> None:
    request = pb.DiscardCircularRequest(**_which(visit), reasons=visit.field("reasons"))
    await ask(visit.services.circulars.DiscardCircular(request))


async def _sent(visit: Visit) -> None:
    request = pb.RecordCircularSentRequest(
        **_which(visit),
        authority_id=visit.field("authority"),
        sent_on=visit.field("sent_on"),
        means=visit.field("means"),
        remark=visit.field("remark"),
    )
    await ask(visit.services.circulars.RecordCircularSent(request))


def _which(visit: Visit) -> dict[str, str]:
    return {"request_id": visit.request_id(), "circular_id": visit.path("circular_id")}


def _no_faults(_visit: Visit) -> dict[str, str]:
    return {}


def _faults_of_discarding(visit: Visit) -> dict[str, str]:
    return {} if visit.field("reasons") else {"reasons": visit.say(N_("请写明作废的理由"))}


def _faults_of_sending(visit: Visit) -> dict[str, str]:
    errors = {}
    if not visit.field("authority"):
        errors["authority"] = visit.say(N_("请选择送达了哪个单位"))
    if not is_day(visit.field("sent_on")):
        errors["sent_on"] = visit.say(NOT_A_DAY)
    if visit.field("means") not in MEANS:
        errors["means"] = visit.say(N_("请选择送达方式"))
    if not visit.field("remark"):
        errors["remark"] = visit.say(N_("请写明凭据，例如送达回证编号"))
    return errors


_ACTS: dict[str, tuple[Callable[[Visit], dict[str, str]], Callable[[Visit], Any]]] = {
    "issue": (_no_faults, _issue),
    "discard": (_faults_of_discarding, _discard),
    "sent": (_faults_of_sending, _sent),
}


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetCircularRequest(circular_id=visit.path("circular_id"))
    found = (await ask(visit.services.circulars.GetCircular(request))).circular
    acted = [found.drafted_by, found.issued_by, found.discarded_by]
    people = await account_names(visit, [*acted, *(to.recorded_by for to in found.receivers)])
    return visit.page(
        "circulars/one.html",
        status=status,
        found=found,
        state=visit.say(STATES[found.state]),
        deliveries={code: visit.say(text) for code, text in DELIVERIES.items()},
        failures={code: visit.say(text) for code, text in FAILURES.items()},
        uses=await use_names(visit),
        by_hand=[to for to in found.receivers if to.state in BY_HAND],
        means=list(means_of(visit).items()),
        named=means_of(visit),
        people=people,
        issues=_issues(visit, found),
        form=visit.form or {},
        **{"errors": {}, "refusal": None, **values},
    )


def _issues(visit: Visit, found: pb.Circular) -> bool:
    drafted, own = found.state == "drafted", visit.person.account_id
    return drafted and visit.has(Role.UNIT_HEAD) and own != found.drafted_by


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each circular that the visitor may issue, or has to send by hand."""
    if not visit.has(*CASEWORK):
        return []
    lists = visit.services.circulars.ListCirculars
    drafts = await ask(lists(pb.ListCircularsRequest(state="drafted", page_size=MOST_TASKS)))
    waiting = await ask(lists(pb.ListCircularsRequest(to_send=True, page_size=MOST_TASKS)))
    issue = visit.say(N_("签发一份通报（{n} 个主体）"))
    send = visit.say(N_("人工送达{number}"))
    to_issue = [
        Task(issue.format(n=len(found.entries)), f"{PATH}/{found.circular_id}", "", (2, ""))
        for found in drafts.circulars
        if _issues(visit, found)
    ]
    return to_issue + [
        Task(send.format(number=found.number), f"{PATH}/{found.circular_id}", "", (2, ""))
        for found in waiting.circulars
    ]
