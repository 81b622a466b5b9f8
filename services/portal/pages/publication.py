"""What the public is shown of credit records: the list of what awaits review, and the review."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from starlette.responses import Response

from law.disclosure.data import Classification
from law.disclosure.publication import review_rule
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import publication_pb2 as pb
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    list_address,
    show,
)
from services.portal.pages.forms import told
from services.portal.pages.reading import today
from services.portal.pages.tasks import Task
from services.portal.pages.tellings import MANNERS, MEANS
from services.portal.punctuation import GAP
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/publication"
STATES = {
    "waiting": N_("待保密审查"),
    "released": N_("已准予公开"),
    "withheld": N_("不予公开"),
    "earlier": N_("此前已公开，内容待审查"),
}
CLASSIFICATIONS = {
    Classification.OPEN: N_("公开"),
    Classification.INTERNAL: N_("内部：只供监管机关和主体本人查阅"),
    Classification.PRIVACY: N_("涉及个人隐私"),
    Classification.COMMERCIAL_SECRET: N_("涉及商业秘密"),
    Classification.STATE_SECRET: N_("涉及国家秘密：平台内也不再显示内容"),
    Classification.UNPUBLISHED_ELSEWHERE: N_("来源于其他机关，且尚未向社会公开"),
    Classification.BARRED_BY_LAW: N_("法律、法规、规章规定不得公开"),
}

PERSONAL = {
    "id_number": N_("身份证件号码"),
    "telephone": N_("电话号码"),
    "name": N_("个人姓名"),
}


async def listing(visit: Visit) -> Response:
    """Shows the records of the visitor's bureau with what the public is shown of each."""
    words = visit.words
    shown: Listing[pb.Publication] = Listing(
        path=PATH,
        title=N_("公开审查"),
        columns=[
            Column(N_("主体"), lambda one: one.subject_name),
            Column(N_("信息类别"), lambda one: words.record_kind(one.record.kind)),
            Column(N_("文书编号"), _linked),
            Column(N_("内容"), lambda one: one.record.summary),
            Column(N_("公开情况"), lambda one: visit.say(STATES[one.state])),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的信用记录。登记的信用记录都在这里等待公开审查。"),
        filters=[
            Filter("state", N_("公开情况"), [*STATES.items()]),
            Filter("reply", N_("只看主体的说明待审查的"), box=True),
        ],
        counted=N_("共 {total} 条，第 {first}–{last} 条"),
    )
    return await show(visit, shown)


def _linked(one: pb.Publication) -> Cell:
    return Cell(one.record.source_ref, link=f"{PATH}/{one.record.record_id}")


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Publication]:
    request = pb.ListPublicationsRequest(
        state=asked["state"], reply_waiting=asked["reply"] == "yes", **asked.paging
    )
    answer = await ask(visit.services.publication.ListPublications(request))
    return chunk_of(answer, list(answer.publications))


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if records await a review by the visitor."""
    if not visit.has(Role.CASEWORKER, Role.UNIT_HEAD):
        return []
    request = pb.ListPublicationsRequest(state="waiting", page_size=200)
    answer = await ask(visit.services.publication.ListPublications(request))
    own = sum(one.may_review for one in answer.publications)
    if not own:
        return []
    sentence = visit.say(N_("保密审查待公开的信用记录：{n} 条"))
    return [Task(sentence.format(n=own), f"{PATH}?state=waiting", "", (1, ""))]


async def one(visit: Visit) -> Response:
    """Shows a record with what the public is shown of it; its form is the review."""
    if visit.request.method == "GET":
        return await _page(visit)
    errors = _faults(visit)
    if errors:
        return await _page(visit, 422, errors=errors)
    try:
        await _review(visit)
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{visit.path('record_id')}?reviewed=yes")


def _faults(visit: Visit) -> dict[str, str]:
    errors = {}
    classification = visit.field("classification")
    if classification not in list(Classification):
        errors["classification"] = visit.say(N_("请选择可否公开"))
    elif classification != Classification.OPEN and not visit.field("reasons"):
        errors["reasons"] = visit.say(N_("不予公开的，请写明理由"))
    return errors


async def _review(visit: Visit) -> None:
    request = pb.ReviewRecordRequest(
        request_id=visit.request_id(),
        record_id=visit.path("record_id"),
        version=int(visit.field("version") or 1),
        classification=visit.field("classification"),
        personal_data=visit.field("personal_data") == "yes",
        despite_found=visit.field("despite_found") == "yes",
        summary=visit.field("summary"),
        reasons=visit.field("reasons"),
        revision=visit.whole("revision") or 0,
    )
    await ask(visit.services.publication.ReviewRecord(request))


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetPublicationRequest(record_id=visit.path("record_id"))
    found = (await ask(visit.services.publication.GetPublication(request))).publication
    return visit.page(
        "publication/one.html",
        status=status,
        one=found,
        state=visit.say(STATES[found.state]),
        classification=visit.say(CLASSIFICATIONS[Classification(found.classification)]),
        classifications=[(code.value, visit.say(text)) for code, text in CLASSIFICATIONS.items()],
        cite=review_rule(date.fromisoformat(await today(visit))).cite,
        kinds={kind: visit.say(text) for kind, text in PERSONAL.items()},
        reviewed=visit.just_done("reviewed") == "yes",
        told=visit.just_done("told") == "yes",
        replied=visit.just_done("replied") == "yes",
        telling=_telling(visit, found),
        may_tell=visit.has(Role.CASEWORKER, Role.UNIT_HEAD),
        form=visit.form,
        back=list_address(visit, PATH),
        **values,
    )


def _telling(visit: Visit, found: pb.Publication) -> str:
    """When and how the subject was told, and who says so if it was told by hand."""
    if not found.told_on:
        return ""
    means = visit.say(MEANS[found.told_means]) if found.told_means else ""
    parts = (visit.say(MANNERS[found.told_how]), means, found.told_remark, found.told_by_name)
    told_on = visit.words.day(found.told_on)
    return GAP.join(filter(None, (told_on, *parts)))
