"""Public pages of what the bureaus publish: indices of areas, and contact points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from starlette.responses import Response

from law.errors import NotFound
from law.indices.data import Part, Row, Scoring, table
from plumbing.client import ask
from protos.grading.v1 import assessments_pb2 as assessments
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.reading import bureau_names
from services.portal.visit import Visit
from services.portal.wording import N_

PARTS = {
    Part.BASE: N_("基础分"),
    Part.BONUS: N_("加分"),
    Part.DEDUCTION: N_("扣分"),
}
AREA_KINDS = {"scenic": N_("景区"), "block": N_("街区")}
_YES_OR_NO = (Scoring.FIXED, Scoring.ALL_OR_NOTHING, Scoring.ONCE)
_PERCENT = (Scoring.PROPORTIONAL, Scoring.THRESHOLD)


@dataclass(frozen=True)
class ShownRow:
    """A row of an index: its part and group in the table of the law, and what was found."""

    row: assessments.IndexRow
    part: str
    group: str
    found: str


async def indices(visit: Visit) -> Response:
    """Shows the published indices of areas."""
    bureaus = await bureau_names(visit)
    shown: Listing[assessments.Index] = Listing(
        path="/notices/indices",
        title=N_("景区和街区诚信计量指数"),
        columns=(
            Column(
                N_("区域"),
                lambda one: Cell(one.area_name, link=f"/notices/indices/{one.index_id}"),
                order_by="area_name",
            ),
            Column(N_("类型"), lambda one: visit.say(AREA_KINDS.get(one.area_kind, ""))),
            Column(N_("机关"), lambda one: bureaus.get(one.bureau, one.bureau)),
            Column(
                N_("评价日"),
                lambda one: date.fromisoformat(one.assessed_on),
                order_by="assessed_on",
            ),
            Column(N_("总分"), lambda one: one.total, order_by="total", numeric=True),
        ),
        read=partial(_indices, visit),
        empty=N_("目前没有公布的指数。"),
        filters=(
            Filter("q", N_("区域名称中有"), asks="name_contains"),
            Filter("kind", N_("类型"), list(AREA_KINDS.items())),
        ),
    )
    return await show(visit, shown, "public/indices.html", public=True)


async def _indices(visit: Visit, asked: Asked) -> Chunk[assessments.Index]:
    request = assessments.ListIndexesRequest(
        state="published",
        area_kind=asked["kind"],
        name_contains=asked["q"],
        order_by=asked.order_by,
        **asked.paging,
    )
    answer = await ask(visit.services.assessments.ListIndexes(request))
    return chunk_of(answer, answer.indexes)


async def index(visit: Visit) -> Response:
    """Shows one published index of an area with every row from which it was computed."""
    request = assessments.GetIndexRequest(index_id=visit.path("index_id"))
    found = (await ask(visit.services.assessments.GetIndex(request))).index
    if found.state != "published":
        raise NotFound("没有这个指数", "There is no such index")
    return visit.page(
        "public/index.html",
        public=True,
        index=found,
        rows=list(_shown(visit, found)),
        kinds=AREA_KINDS,
    )


async def bureaus(visit: Visit) -> Response:
    """Shows every bureau with its contact for objections."""
    shown: Listing[registry.Bureau] = Listing(
        path="/bureaus",
        title=N_("受理异议的机关"),
        columns=(
            Column(N_("机关"), lambda one: one.name, order_by="name"),
            Column(N_("机关代码"), lambda one: one.code, order_by="code"),
            Column(N_("部门"), lambda one: one.department),
            Column(N_("电话"), lambda one: Cell(one.phone, link=_link("tel", one.phone))),
            Column(N_("邮箱"), lambda one: Cell(one.email, link=_link("mailto", one.email))),
        ),
        read=partial(_bureaus, visit),
        empty=N_("没有这样的机关。"),
        filters=(Filter("q", N_("机关名称中有"), asks="name_contains"),),
    )
    return await show(visit, shown, "public/bureaus.html", public=True)


async def _bureaus(visit: Visit, asked: Asked) -> Chunk[registry.Bureau]:
    request = registry.ListBureausRequest(
        name_contains=asked["q"], order_by=asked.order_by, **asked.paging
    )
    answer = await ask(visit.services.registry.ListBureaus(request))
    return chunk_of(answer, answer.bureaus)


def _link(scheme: str, to: str) -> str:
    return f"{scheme}:{to.replace(' ', '')}" if to else ""


def _shown(visit: Visit, index: assessments.Index) -> Iterator[ShownRow]:
    known = _rows_of(index.table_id)
    for row in index.rows:
        of_law = known.get(row.row)
        if of_law is None:  # of an earlier edition of the table
            yield ShownRow(row, "", "", row.found)
        else:
            part = visit.say(PARTS[of_law.part])
            yield ShownRow(row, part, of_law.group, _found(visit, of_law, row.found))


def _rows_of(table_id: str) -> Mapping[str, Row]:
    try:
        return {row.key: row for row in table(table_id).rows}
    except NotFound:
        return {}


def _found(visit: Visit, row: Row, found: str) -> str:
    if row.scoring in _YES_OR_NO:
        return visit.say(N_("是")) if float(found) else visit.say(N_("否"))
    if row.scoring in _PERCENT:
        return f"{found}%"
    if row.scoring is Scoring.JUDGEMENT:
        return visit.say(N_("{points} 分")).format(points=found)
    return visit.say(N_("{count} 次")).format(count=found)
