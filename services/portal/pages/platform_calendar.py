"""Pages about the calendar in force and about backup, for the administrator."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from law.terms.calendar import Edition
from law.terms.workdays import editions
from plumbing.client import Refusal, ask
from protos.calendar.v1 import calendar_pb2 as terms
from protos.registry.v1 import calendars_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names, today
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/calendar"
SHOWN = 200  # terms of each service
PAGE_SIZE = 50  # editions
KINDS = {
    "objection": N_("异议"),
    "reconsideration": N_("复核"),
    "repair": N_("信用修复"),
    "intake": N_("决定是否受理"),
    "supplement": N_("补正"),
    "escalation": N_("督促"),
    "publication": N_("公示前的答复期"),
    "verification_order": N_("检定申请"),
    "certificate_upload": N_("证书上传"),
}
_STATES = {"loaded": N_("待启用"), "applied": N_("已启用"), "discarded": N_("已作废")}


@dataclass(frozen=True)
class Moves:
    """The first open terms that the waiting edition moves, and how many there are in all."""

    terms: Sequence[terms.MovedTerm]
    moved: int
    open: int

    @property
    def left(self) -> int:
        """How many are moved and not among the first."""
        return self.moved - len(self.terms)


async def calendar(visit: Visit) -> Response:
    """Shows the editions and the one that waits; its forms load, apply and discard an edition."""
    if visit.request.method == "GET":
        return await _page(visit)
    acts = {"load": _load, "apply": _apply, "discard": _discard}
    act = acts.get(visit.field("act"))
    errors = await act(visit) if act else {"errors": {}}
    if errors:
        return await _page(visit, 422, **errors)
    return visit.redirect(f"{PATH}?done={visit.field('act')}")


async def _load(visit: Visit) -> dict[str, Any]:
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return {"errors": {"file": visit.say(N_("请选择放假安排的文件"))}}
    request = pb.LoadCalendarEditionRequest(
        request_id=visit.request_id(), content=await file.read(), sha256=visit.field("sha256")
    )
    return await _refused(visit, visit.services.calendar.LoadCalendarEdition(request))


async def _apply(visit: Visit) -> dict[str, Any]:
    request = pb.ApplyCalendarEditionRequest(
        request_id=visit.request_id(), edition_id=visit.field("edition_id")
    )
    return await _refused(visit, visit.services.calendar.ApplyCalendarEdition(request))


async def _discard(visit: Visit) -> dict[str, Any]:
    if not visit.field("ground"):
        return {"errors": {"ground": visit.say(N_("请说明为什么作废"))}}
    request = pb.DiscardCalendarEditionRequest(
        request_id=visit.request_id(),
        edition_id=visit.field("edition_id"),
        ground=visit.field("ground"),
    )
    return await _refused(visit, visit.services.calendar.DiscardCalendarEdition(request))


async def _refused(visit: Visit, call: Any) -> dict[str, Any]:
    """Makes a call; returns what the page shows if it was refused, else nothing.

    What is wrong in a file has no field of the form, so it stands under the file.
    """
    try:
        await ask(call)
    except Refusal as refusal:
        shown = told(visit, refusal)
        shown["file_faults"] = list(shown["errors"].values())
        shown["errors"] = {"file": shown["refusal"]} if shown["file_faults"] else {}
        return shown
    return {}


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    day = date.fromisoformat(await today(visit))
    known = [edition for edition in editions() if edition.published_on <= day]
    now = known[-1] if known else None
    of_page = pb.ListCalendarEditionsRequest(page_size=PAGE_SIZE, page_token=visit.query("page"))
    waits = pb.ListCalendarEditionsRequest(state="loaded", page_size=1)
    lists = visit.services.calendar.ListCalendarEditions
    loaded, waiting_ones = await asyncio.gather(ask(lists(of_page)), ask(lists(waits)))
    waiting = next(iter(waiting_ones.editions), None)
    return visit.page(
        "administration/calendar.html",
        status=status,
        now=now,
        editions=reversed(editions()),
        years=_years(now) if now else [],
        today=day,
        is_published=bool(now and now.is_published(date(day.year + 1, 1, 1))),
        loaded=loaded.editions,
        more=loaded.next_page_token,
        states=_STATES,
        waiting=waiting,
        moves=await _moves(visit, waiting) if waiting else None,
        kinds=KINDS,
        bureaus=await bureau_names(visit) if waiting else {},
        own=bool(waiting and waiting.loaded_by == visit.person.account_id),
        done=visit.just_done("done"),
        **{"errors": {}, "file_faults": [], "refusal": None, **values},
    )


async def _moves(visit: Visit, waiting: pb.CalendarEdition) -> Moves:
    """Asks each service which of its open terms the waiting edition moves."""
    request = terms.ListMovedTermsRequest(arrangement=waiting.arrangement, page_size=SHOWN)
    stubs = visit.services.moved_terms
    answers = await asyncio.gather(*(ask(stub.ListMovedTerms(request)) for stub in stubs))
    in_order = sorted(
        (term for answer in answers for term in answer.terms),
        key=lambda term: (term.old_on, term.label),
    )
    moved, count = (sum(getattr(answer, n) for answer in answers) for n in ("moved", "open"))
    return Moves(in_order, moved, count)


def _years(edition: Edition) -> list[tuple[int, list[date], list[date]]]:
    """The days off and the make-up days of each arranged year, the last year first."""
    return [
        (
            year,
            sorted(one for one in edition.off if one.year == year),
            sorted(one for one in edition.work if one.year == year),
        )
        for year in sorted(edition.years, reverse=True)
    ]


async def backup(visit: Visit) -> Response:
    """Shows what to back up, how to restore it, and what to check afterwards."""
    return visit.page("administration/backup.html")
