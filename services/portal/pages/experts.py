"""The experts of the service directory (S4 三(四)): found by whoever is signed in (C-48)."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from plumbing.client import ask
from protos.registry.v1 import people_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, day_of
from services.portal.listing import show as show_list
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/experts"


async def listing(visit: Visit) -> Response:
    """Shows the experts that consented to be found and are appointed today."""
    shown: Listing[pb.Expert] = Listing(
        path=PATH,
        title=N_("行业专家"),
        columns=[
            Column(N_("姓名"), lambda row: row.name),
            Column(N_("专业领域"), lambda row: row.scope),
            Column(N_("工作单位"), lambda row: row.institution),
            Column(N_("联系方式"), lambda row: row.contact),
            Column(N_("聘期至"), partial(_until, visit)),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的专家。专家同意以后，由监管机关列入。"),
        filters=[Filter("q", N_("姓名、专业领域、工作单位中有"), asks="contains")],
    )
    return await show_list(visit, shown, "people/experts.html")


def _until(visit: Visit, row: pb.Expert) -> Cell:
    return Cell(day_of(row.valid_until) if row.valid_until else visit.say(N_("长期")))


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Expert]:
    request = pb.ListExpertsRequest(contains=asked["q"], **asked.paging)
    answer = await ask(visit.services.people.ListExperts(request))
    return chunk_of(answer, answer.experts)
