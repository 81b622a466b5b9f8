"""What pages of a unit and of a city show of the figures of cases, and the files of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from plumbing.client import ask
from plumbing.spreadsheets import Cell
from protos.objection.v1 import objection_pb2 as pb
from services.portal.case_figures import cells, tables, yesterday
from services.portal.list_files import KINDS, as_workbook
from services.portal.pages.reading import account_names, bureau_names
from services.portal.visit import Visit
from services.portal.wording import N_


async def shown(visit: Visit) -> dict[str, Any]:
    """Reads the figures of the visitor's scope, as `case_figures.html` shows them."""
    summary, bureaus = await asyncio.gather(
        ask(visit.services.objection.SummariseCases(pb.SummariseCasesRequest())),
        bureau_names(visit),
    )
    people = await account_names(visit, (one.caseworker for one in summary.loads))
    loads, day = summary.loads, yesterday(summary)
    return {
        "summary": summary,
        "tables": tables(summary, visit.words, people, bureaus),
        "bureaus": bureaus,
        "waiting": [
            (N_("待办"), sum(one.waiting for one in loads), "/cases"),
            (N_("已逾期"), sum(one.overdue for one in loads), f"/cases?due_to={day}"),
            (
                N_("逾期未决定受理"),
                sum(one.overdue_intake for one in loads),
                f"/cases?accept_to={day}",
            ),
        ],
    }


async def file(visit: Visit) -> Response:
    """Sends every number of the figures, one in a row, as a workbook or, with `as=csv`, as CSV."""
    figures = (await shown(visit))["tables"]
    say = visit.say

    async def read(_token: str) -> tuple[Sequence[Sequence[Cell]], str]:
        return list(cells(figures)), ""

    headings = [say(N_("统计")), say(N_("分组")), say(N_("项目")), say(N_("数量"))]
    written = KINDS.get(visit.query("as"), as_workbook)
    return await written(say(N_("案件统计")), headings, read)
