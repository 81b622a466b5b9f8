"""The operators whom notices do not reach: neither delivered, nor opened on the portal."""

from __future__ import annotations

from starlette.responses import Response

from plumbing.client import ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.reading import bureau_names
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_, Tag

PATH = "/unreached"
WHY = {
    "no_address": Tag(N_("没有地址"), "▲", "govuk-tag--yellow"),
    "refused": Tag(N_("收件方拒收"), "■", "govuk-tag--red"),
    "unreachable": Tag(N_("未能投出"), "■", "govuk-tag--red"),
}


async def page(visit: Visit) -> Response:
    """Shows the operators whom notices do not reach, with the reason and the address on file."""
    bureaus = await bureau_names(visit)

    async def read(asked: Asked) -> Chunk[pb.UnreachedSubject]:
        request = pb.ListUnreachedRequest(bureau=asked["bureau"], **asked.paging)
        answer = await ask(visit.services.alerts.ListUnreached(request))
        return chunk_of(answer, answer.subjects)

    def why(row: pb.UnreachedSubject) -> Cell:
        tag = WHY[row.why]
        return Cell(tag=Tag(visit.say(tag.word), tag.shape, tag.style), note=row.address)

    def name(row: pb.UnreachedSubject) -> Cell:
        return Cell(row.subject_name, link=f"/subjects/{row.subject_id}")

    listing: Listing[pb.UnreachedSubject] = Listing(
        path=PATH,
        title=N_("没有告知到的经营者"),
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
        columns=(
            Column(N_("经营者"), name),
            Column(N_("机关"), lambda row: bureaus.get(row.bureau, row.bureau)),
            Column(N_("原因"), why),
            Column(N_("没有告知到的通知"), lambda row: row.notices, numeric=True),
            Column(N_("最早一份"), lambda row: row.oldest_at.ToDatetime(SHANGHAI)),
        ),
        filters=(Filter("bureau", N_("机关"), [*bureaus.items()]),),
        read=read,
        empty=N_("没有这样的经营者：通知都已送达，或者本人已在平台上打开。"),
    )
    return await show(visit, listing, "administration/unreached.html")


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if notices reach some operators in no way: their addresses are wrong."""
    if not visit.has(Role.CASEWORKER):
        return []
    answer = await ask(visit.services.alerts.ListUnreached(pb.ListUnreachedRequest(page_size=1)))
    number = answer.more_than or answer.total or len(answer.subjects)
    sentence = visit.say(N_("联系收不到通知的经营者，更正邮箱：{n} 家"))
    return [Task(sentence.format(n=number), PATH, "", (2, ""))] if number else []
