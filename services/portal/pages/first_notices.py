"""What stood red at a first load and nobody was told of: the list, and its release in portions."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as pb
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    show,
)
from services.portal.pages import filters
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names
from services.portal.pages.tasks import Task
from services.portal.visit import Visit, whole_number
from services.portal.wording import N_, SECTORS

PATH = "/first-notices"
_OF_FILTERS = ("bureau", "type_code", "sector", "street")
MOST = 1000


async def page(visit: Visit) -> Response:
    """Shows the red alerts of first loads that nobody was told of; its forms release some."""
    if visit.request.method != "POST":
        return await _untold(visit)
    asked = {name: visit.query(name) for name in _OF_FILTERS}
    request = pb.ReleaseUntoldRequest(request_id=visit.request_id(), of=pb.Untold(**asked))
    if fault := _choose(visit, request):
        return await _untold(visit, errors=fault)
    try:
        released = await ask(visit.services.alerts.ReleaseUntold(request))
    except Refusal as refusal:
        return await _untold(visit, **told(visit, refusal))
    return await _untold(visit, released=released, request_id=new_request_id())


def _choose(visit: Visit, request: pb.ReleaseUntoldRequest) -> dict[str, str]:
    """Puts the chosen alerts or the chosen number into a request; returns what is wrong."""
    if visit.field("act") == "chosen":
        request.alert_ids.extend(one for one in visit.fields("chosen") if whole_number(one))
        if request.alert_ids:
            return {}
        return {"chosen": visit.say(N_("请至少选择一台器具"))}
    number = visit.field("at_most")
    if not (whole_number(number) and 1 <= int(number) <= MOST):
        return {"at_most": visit.say(N_("请写明放行几台：1 至 1000 的整数"))}
    request.at_most = int(number)
    return {}


async def _untold(visit: Visit, **values: Any) -> Response:
    bureaus, words = await bureau_names(visit), visit.words
    types = await filters.types_on_file(visit, "type_code", N_("器具类型"))

    async def read(asked: Asked) -> Chunk[pb.UntoldAlert]:
        of = pb.Untold(**{name: asked[name] for name in _OF_FILTERS})
        request = pb.ListUntoldRequest(of=of, **asked.paging)
        answer = await ask(visit.services.alerts.ListUntold(request))
        return chunk_of(answer, answer.alerts)

    def instrument(row: pb.UntoldAlert) -> Cell:
        alert = row.alert
        note = visit.say(N_("由您导入，须由另一人放行")) if row.own_load else ""
        return Cell(alert.serial_no, link=f"/instruments/{alert.instrument_id}", note=note)

    listing: Listing[pb.UntoldAlert] = Listing(
        path=PATH,
        title=N_("首次告知"),
        counted=N_("共 {total} 台，第 {first}–{last} 台"),
        columns=(
            Column(N_("出厂编号"), instrument),
            Column(N_("器具类型"), lambda row: words.instrument_type(row.alert.type_code)),
            Column(
                N_("主体"),
                lambda row: Cell(
                    row.subject_name, link=f"/subjects/{row.alert.subject_id}", note=row.address
                ),
            ),
            Column(N_("行业领域"), lambda row: visit.say(SECTORS.get(row.sector, row.sector))),
            Column(N_("红色警示自"), lambda row: day_of(row.alert.due_on)),
            Column(N_("已有几天没有告知"), lambda row: row.days_untold, numeric=True),
        ),
        filters=(
            types,
            Filter("sector", N_("行业领域"), [*SECTORS.items()]),
            Filter("street", N_("地址包含（如街道名）")),
            Filter("bureau", N_("机关"), [*bureaus.items()]),
        ),
        key=lambda row: row.alert.alert_id,
        read=read,
        empty=N_("没有尚未告知的红色警示。"),
    )
    at_most = visit.field("at_most") or "50"
    template = "escalations/first_notices.html"
    first = await _first(visit)
    return await show(visit, listing, template, at_most=at_most, to_come=first.to_come, **values)


async def _first(visit: Visit) -> pb.ListUntoldResponse:
    request = pb.ListUntoldRequest(page_size=1)
    return await ask(visit.services.alerts.ListUntold(request))


async def waiting(visit: Visit) -> int:
    """Returns how many red alerts of first loads nobody in the visitor's scope was told of."""
    answer = await _first(visit)
    return answer.more_than or answer.total or len(answer.alerts)


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if first notices wait to be released."""
    if not visit.has(Role.CASEWORKER, Role.UNIT_HEAD):
        return []
    number = await waiting(visit)
    sentence = visit.say(N_("首次建档时已为红色、尚未告知经营者的器具：{n} 台"))
    return [Task(sentence.format(n=number), PATH, "", (1, ""))] if number else []
