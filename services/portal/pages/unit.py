"""The overview of a unit for its head: approvals, load, ageing, decisions in time, colours."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from plumbing.client import ask
from protos.alerts.v1 import circulars_pb2 as circulars_pb
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.alerts.v1 import exposure_lists_pb2 as lists_pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import (
    case_figures,
    circulars,
    exposure_lists,
    first_grades,
    first_notices,
    proposals,
)
from services.portal.pages.reading import board_of
from services.portal.visit import Visit
from services.portal.wording import N_

Number = tuple[str, int, str]  # words, number, and the list behind it


async def overview(visit: Visit) -> Response:
    """Shows what waits in the unit and with whom; each number leads to the list behind it."""
    figures, (steps, batches), (untold, grades), papers, changes, board = await asyncio.gather(
        case_figures.shown(visit),
        asyncio.gather(_steps(visit), _batches(visit)),
        asyncio.gather(first_notices.waiting(visit), first_grades.waiting(visit)),
        asyncio.gather(_lists(visit, "compiled"), _lists(visit, "reviewed"), _circulars(visit)),
        proposals.number_to_decide(visit),
        board_of(visit),
    )
    to_review, to_release, to_issue = papers
    asked = sum(
        one.cases for one in figures["summary"].counts if one.state == "extension_requested"
    )
    approvals: list[Number] = [
        (N_("延期申请"), asked, "/cases?state=extension_requested"),
        (N_("督促步骤"), steps, "/escalations?state=proposed"),
        (N_("曝光名单待保密审查"), to_review, f"{exposure_lists.PATH}?state=compiled"),
        (N_("曝光名单待批准公开"), to_release, f"{exposure_lists.PATH}?state=reviewed"),
        (N_("通报待签发"), to_issue, f"{circulars.PATH}?state=drafted"),
        (N_("导入批次"), batches, "/imports?state=awaiting_approval"),
        (N_("变更申请"), changes, proposals.TO_DECIDE),
        (N_("首次告知"), untold, first_notices.PATH),
        (N_("首次建档的等级"), grades, first_grades.PATH),
    ]
    return visit.page("unit.html", approvals=approvals, board=board, **figures)


async def _steps(visit: Visit) -> int:
    request = escalations.ListEscalationsRequest(state="proposed", page_size=1)
    answer = await ask(visit.services.escalations.ListEscalations(request))
    return answer.total or answer.more_than or len(answer.escalations)


async def _lists(visit: Visit, state: str) -> int:
    request = lists_pb.ListExposureListsRequest(state=state, page_size=1)
    answer = await ask(visit.services.exposure_lists.ListExposureLists(request))
    return answer.total or answer.more_than or len(answer.lists)


async def _circulars(visit: Visit) -> int:
    request = circulars_pb.ListCircularsRequest(state="drafted", page_size=1)
    answer = await ask(visit.services.circulars.ListCirculars(request))
    return answer.total or answer.more_than or len(answer.circulars)


async def _batches(visit: Visit) -> int:
    request = registry.ListBatchesRequest(state="awaiting_approval", page_size=1)
    answer = await ask(visit.services.imports.ListBatches(request))
    return answer.total or answer.more_than or len(answer.batches)
