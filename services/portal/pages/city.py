"""Pages of a city: its board of colours and cases, and the adjustments at the turn of years."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response

from plumbing.client import ask
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import grading_pb2 as grading
from services.portal.listing import Asked, Cell, Chunk, Column, Listing, show
from services.portal.pages import case_figures
from services.portal.pages.reading import board_of, bureau_names
from services.portal.visit import Visit
from services.portal.wording import N_


async def board(visit: Visit) -> Response:
    """Shows the colours, the grades and the open cases of the bureaus that the visitor covers."""
    board, grades, figures = await asyncio.gather(
        board_of(visit),
        ask(visit.services.grading.SummariseGrades(grading.SummariseGradesRequest())),
        case_figures.shown(visit),
    )
    return visit.page("city/board.html", board=board, grades=grades, **figures)


class Turn(NamedTuple):
    """How many subjects of a bureau went from one class to one class at the end of a year."""

    year: int
    ruleset_id: str
    move: assessments.ClassMove


async def year_ends(visit: Visit) -> Response:
    """Shows the classes that moved at the end of each year, the last year first."""
    bureaus = await bureau_names(visit)
    return await show(visit, _turns(visit, bureaus), "city/year_ends.html")


def _turns(visit: Visit, bureaus: Mapping[str, str]) -> Listing[Turn]:
    words = visit.words

    async def read(asked: Asked) -> Chunk[Turn]:
        request = assessments.ListYearEndsRequest(page_size=10, page_token=asked.page_token)
        answer = await ask(visit.services.assessments.ListYearEnds(request))
        turns = [
            Turn(year_end.year, year_end.ruleset_id, move)
            for year_end in answer.year_ends
            for move in year_end.moves
        ]
        return Chunk(turns, answer.next_page_token)

    return Listing(
        path="/year-ends",
        title=N_("年度调整"),
        columns=(
            Column(N_("年度"), lambda row: str(row.year)),
            Column(N_("规则"), lambda row: words.text_title(row.ruleset_id)),
            Column(N_("机关"), lambda row: bureaus.get(row.move.bureau, row.move.bureau)),
            Column(N_("此前类别"), lambda row: words.grade(row.ruleset_id, row.move.class_before)),
            Column(N_("此后类别"), lambda row: words.grade(row.ruleset_id, row.move.class_after)),
            Column(N_("主体数"), lambda row: Cell(row.move.subjects), numeric=True),
        ),
        read=read,
        empty=N_("还没有年度调整：按类别评定的规则尚未在本市施行过一个年末。"),
    )
