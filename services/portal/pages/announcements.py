"""Announced repairs: the public list, and those of one firm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from starlette.responses import Response

from plumbing.client import ask
from protos.objection.v1 import publicity_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.reading import article_cell, bureau_names
from services.portal.visit import Visit
from services.portal.wording import N_

ALL = 100


async def repairs(visit: Visit) -> Response:
    """Shows the repairs that are announced now."""
    bureaus, words = await bureau_names(visit), visit.words

    def until(one: pb.Announcement) -> Cell:
        example = visit.say(N_("天数为示例值")) if one.example else ""
        return Cell(date.fromisoformat(one.announced_until), note=example)

    shown: Listing[pb.Announcement] = Listing(
        path="/notices/repairs",
        title=N_("信用修复公告"),
        columns=(
            Column(N_("主体"), lambda one: Cell(one.subject_name, link=f"/firms/{one.subject_id}")),
            Column(N_("信息类别"), lambda one: words.record_kind(one.kind)),
            Column(N_("文书编号"), lambda one: one.source_ref),
            Column(N_("修复日期"), lambda one: date.fromisoformat(one.repaired_on)),
            Column(N_("公布至"), until),
            Column(N_("机关"), lambda one: bureaus.get(one.bureau, one.bureau)),
            Column(N_("依据"), lambda one: article_cell(words, one.cite)),
        ),
        read=partial(_repairs, visit),
        empty=N_("目前没有信用修复公告。"),
        filters=(Filter("bureau", N_("机关"), list(bureaus.items())),),
    )
    return await show(visit, shown, "public/repairs.html", public=True)


async def _repairs(visit: Visit, asked: Asked) -> Chunk[pb.Announcement]:
    request = pb.ListAnnouncementsRequest(bureau=asked["bureau"], **asked.paging)
    answer = await ask(visit.services.publicity.ListAnnouncements(request))
    return chunk_of(answer, answer.announcements)


async def of_firm(visit: Visit, subject_id: str) -> Sequence[pb.Announcement]:
    """Returns the repairs of a firm that are announced now."""
    request = pb.ListAnnouncementsRequest(subject_id=subject_id, page_size=ALL)
    answer = await ask(visit.services.publicity.ListAnnouncements(request))
    return list(answer.announcements)
