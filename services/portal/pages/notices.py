"""Public pages of what the bureaus publish: exposures, indices of areas, and contact points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from law.errors import NotFound
from law.indices.data import Part, Row, Scoring, table
from plumbing.client import ask
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.grading.v1 import assessments_pb2 as assessments
from protos.registry.v1 import registry_pb2 as registry
from services.portal.visit import Visit
from services.portal.wording import N_

PAGE_SIZE = 50
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


async def exposures(visit: Visit) -> Response:
    """Shows the exposures that are public now, newest first."""
    request = escalations.ListExposuresRequest(page_size=PAGE_SIZE, page_token=visit.query("page"))
    answer = await ask(visit.services.escalations.ListExposures(request))
    return visit.page(
        "public/notices.html",
        public=True,
        exposures=answer.exposures,
        more=answer.next_page_token,
    )


async def indices(visit: Visit) -> Response:
    """Shows the published indices of areas, newest first."""
    request = assessments.ListIndexesRequest(
        state="published", page_size=PAGE_SIZE, page_token=visit.query("page")
    )
    answer = await ask(visit.services.assessments.ListIndexes(request))
    return visit.page(
        "public/indices.html",
        public=True,
        indices=answer.indexes,
        more=answer.next_page_token,
        kinds=AREA_KINDS,
    )


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
    request = registry.ListBureausRequest(page_size=1000)
    answer = await ask(visit.services.registry.ListBureaus(request))
    return visit.page("public/bureaus.html", public=True, bureaus=answer.bureaus)


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
