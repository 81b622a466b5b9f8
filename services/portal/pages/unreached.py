"""Whom notices do not reach: neither delivered, nor opened on the portal."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_, Tag

PATH = "/unreached"
MOST_OF_A_NAME = 1000
WHY = {
    "no_address": Tag(N_("没有地址"), "▲", "govuk-tag--yellow"),
    "refused": Tag(N_("收件方拒收"), "■", "govuk-tag--red"),
    "unreachable": Tag(N_("未能投出"), "■", "govuk-tag--red"),
}

SORTS = {"subject": N_("经营者"), "institution": N_("检定机构"), "bureau": N_("监管机关")}
_OF_CASEWORKERS = {
    "": N_("联系收不到通知的经营者，更正邮箱：{n} 家"),
    "institution": N_("联系收不到通知的检定机构，更正邮箱：{n} 家"),
}
_OF_UNIT_HEADS = {"bureau": N_("监管机关的邮箱收不到通知，请更正：{n} 个机关")}


async def page(visit: Visit) -> Response:
    """Shows whom notices do not reach, with the reason and the address on file.

    They are operators, or those that the filter asks for: institutions or bureaus. A unit head
    corrects the address of the own bureau here.
    """
    own = await _own_bureau(visit)
    if visit.request.method == "POST" and own is not None:
        return await _correct(visit, own)
    return await _page(visit, own)


async def _own_bureau(visit: Visit) -> registry.Bureau | None:
    """The bureau of a unit head; None for anybody else."""
    if not visit.has(Role.UNIT_HEAD):
        return None
    name = (await bureau_names(visit)).get(visit.person.bureau, "")
    request = registry.ListBureausRequest(name_contains=name, page_size=MOST_OF_A_NAME)
    found = (await ask(visit.services.registry.ListBureaus(request))).bureaus
    return next((one for one in found if one.code == visit.person.bureau), None)


async def _correct(visit: Visit, own: registry.Bureau) -> Response:
    own.email, own.version = visit.field("email"), visit.whole("version") or own.version
    request = registry.PutBureauRequest(request_id=visit.request_id(), bureau=own)
    try:
        await ask(visit.services.registry.PutBureau(request))
    except Refusal as refusal:
        present = await _own_bureau(visit) or own  # with its version by now
        present.email = own.email
        return await _page(visit, present, status=422, **told(visit, refusal))
    return visit.redirect(f"{PATH}?who=bureau")


async def _page(visit: Visit, own: registry.Bureau | None, **values: Any) -> Response:
    bureaus = await bureau_names(visit)

    async def read(asked: Asked) -> Chunk[pb.UnreachedSubject]:
        of = asked["who"] if asked["who"] != "subject" else ""
        request = pb.ListUnreachedRequest(bureau=asked["bureau"], of=of, **asked.paging)
        answer = await ask(visit.services.alerts.ListUnreached(request))
        return chunk_of(answer, answer.subjects)

    def why(row: pb.UnreachedSubject) -> Cell:
        tag = WHY[row.why]
        return Cell(tag=Tag(visit.say(tag.word), tag.shape, tag.style), note=row.address)

    def name(row: pb.UnreachedSubject) -> Cell:
        return Cell(row.subject_name, link=_link(row))

    listing: Listing[pb.UnreachedSubject] = Listing(
        path=PATH,
        title=N_("没有告知到的单位"),
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
        columns=(
            Column(N_("单位"), name),
            Column(N_("机关"), lambda row: bureaus.get(row.bureau, row.bureau)),
            Column(N_("原因"), why),
            Column(N_("没有告知到的通知"), lambda row: row.notices, numeric=True),
            Column(N_("最早一份"), lambda row: row.oldest_at.ToDatetime(SHANGHAI)),
        ),
        filters=(
            Filter("who", N_("谁"), [*SORTS.items()], usual="subject"),
            Filter("bureau", N_("机关"), [*bureaus.items()]),
        ),
        read=read,
        empty=N_("没有这样的单位：通知都已送达，或者已在平台上打开。"),
    )
    of_bureau = own if visit.query("who") == "bureau" else None
    values = {"errors": {}, "own": of_bureau, **values}
    return await show(visit, listing, "administration/unreached.html", **values)


def _link(row: pb.UnreachedSubject) -> str:
    """The page of a firm or an institution; a bureau has none."""
    if row.institution_id:
        return f"/institutions/{row.institution_id}"
    return f"/subjects/{row.subject_id}" if row.subject_id else ""


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each sort of recipients that notices reach in no way.

    Caseworkers ask firms and institutions for another address; a unit head sees to the bureau's.
    """
    sentences = dict(_OF_CASEWORKERS) if visit.has(Role.CASEWORKER) else {}
    if visit.has(Role.UNIT_HEAD):
        sentences |= _OF_UNIT_HEADS
    found = []
    for of, sentence in sentences.items():
        request = pb.ListUnreachedRequest(page_size=1, of=of)
        answer = await ask(visit.services.alerts.ListUnreached(request))
        if number := answer.more_than or answer.total or len(answer.subjects):
            text = visit.say(sentence).format(n=number)
            found.append(Task(text, f"{PATH}?who={of}" if of else PATH, "", (2, "")))
    return found
