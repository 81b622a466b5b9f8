"""The lists of one subject for the staff: short on the page of the subject, whole on their own.

Each list is described once. The page of the subject shows the first rows and the number of all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Listing,
    Table,
    chunk_of,
    day_of,
    read_table,
    show,
)
from services.portal.pages import permits, platform_audit
from services.portal.pages.deliveries import PATH, STATES
from services.portal.pages.platform_mail import READERS
from services.portal.pages.reading import last_day_cell, subject, today
from services.portal.visit import Page, Visit
from services.portal.wording import N_

SHORT = 5  # rows of a list on the page of the subject
_Make = Callable[[Visit, str], Awaitable[Listing[Any]]]


@dataclass(frozen=True)
class Short:
    """The first rows of a list of a subject, with the address of the whole list."""

    name: str
    table: Table
    link: str


async def short_lists(visit: Visit, subject_id: str) -> list[Short]:
    """Reads the first rows of every list of a subject, in the order of the page.

    The audit is among them for those who may read it.
    """

    makers = {**_LISTINGS, "audit": _audit} if visit.has(*platform_audit.READERS) else _LISTINGS

    async def read(name: str) -> Short:
        listing = await makers[name](visit, subject_id)
        table = await read_table(visit, listing, Asked(filters={}, page_size=SHORT))
        return Short(name, table, _FILTERED.get(name, listing.path).format(subject_id))

    return list(await asyncio.gather(*map(read, makers)))


async def whole(visit: Visit, name: str) -> Response:
    """Shows one whole list of a subject; `name` is the last part of its address."""
    firm = await subject(visit, visit.path("subject_id"))
    listing = await _LISTINGS[name](visit, firm.subject_id)
    return await show(visit, listing, "subjects/whole_list.html", firm=firm)


async def _instruments(visit: Visit, subject_id: str) -> Listing[alerts.InstrumentColour]:
    words, day = visit.words, await today(visit)

    async def read(asked: Asked) -> Chunk[alerts.InstrumentColour]:
        request = alerts.ListColoursRequest(
            subject_id=subject_id, order_by=asked.order_by, **asked.paging
        )
        answer = await ask(visit.services.alerts.ListColours(request))
        return chunk_of(answer, answer.instruments)

    def until(row: alerts.InstrumentColour) -> Cell:
        return last_day_cell(words, row, day)

    return Listing(
        path="/instruments",
        title=N_("计量器具"),
        columns=(
            Column(
                N_("器具"),
                lambda row: Cell(
                    f"{words.instrument_type(row.type_code)} {row.serial_no}",
                    link=f"/instruments/{row.instrument_id}",
                ),
                order_by="serial_no",
            ),
            Column(N_("使用状态"), lambda row: words.instrument_state(row.state)),
            Column(N_("颜色"), lambda row: Cell(tag=words.colour(row.colour))),
            Column(N_("有效期至"), until, order_by="valid_until"),
        ),
        read=read,
        empty=N_("没有器具。"),
    )


async def _verifications(visit: Visit, subject_id: str) -> Listing[registry.VerificationEntry]:
    words = visit.words

    async def read(asked: Asked) -> Chunk[registry.VerificationEntry]:
        request = registry.ListVerificationsRequest(subject_id=subject_id, **asked.paging)
        answer = await ask(visit.services.registry.ListVerifications(request))
        return chunk_of(answer, answer.verifications)

    return Listing(
        path=f"/subjects/{subject_id}/verifications",
        title=N_("检定记录"),
        columns=(
            Column(
                N_("器具"),
                lambda row: Cell(
                    f"{words.instrument_type(row.type_code)} {row.serial_no}",
                    link=f"/instruments/{row.verification.instrument_id}",
                ),
            ),
            Column(N_("检定日期"), lambda row: day_of(row.verification.verified_on)),
            Column(N_("结果"), lambda row: words.result(row.verification.result)),
            Column(N_("有效期至"), lambda row: day_of(row.verification.valid_until)),
            Column(N_("检定机构"), lambda row: row.verification.institution),
        ),
        read=read,
        empty=N_("还没有检定记录。"),
    )


async def _records(visit: Visit, subject_id: str) -> Listing[registry.Record]:
    words = visit.words

    async def read(asked: Asked) -> Chunk[registry.Record]:
        order = asked.order_by or "determined_on desc"
        request = registry.ListRecordsRequest(subject_id=subject_id, order_by=order, **asked.paging)
        answer = await ask(visit.services.registry.ListRecords(request))
        return chunk_of(answer, answer.records)

    def status(row: registry.Record) -> Cell:
        contested = visit.say(N_("有争议")) if row.contested else ""
        return Cell(words.record_status(row.status), note=contested)

    return Listing(
        path=f"/subjects/{subject_id}/records",
        title=N_("信用记录"),
        columns=(
            Column(N_("信息类别"), lambda row: words.record_kind(row.kind)),
            Column(N_("认定日期"), lambda row: day_of(row.determined_on), order_by="determined_on"),
            Column(
                N_("文书编号"),
                lambda row: Cell(row.source_ref, link=f"/publication/{row.record_id}"),
            ),
            Column(N_("内容"), lambda row: row.summary),
            Column(N_("状态"), status),
        ),
        read=read,
        empty=N_("没有信用记录。"),
    )


async def _cases(visit: Visit, subject_id: str) -> Listing[objection.Case]:
    words = visit.words

    async def read(asked: Asked) -> Chunk[objection.Case]:
        request = objection.ListCasesRequest(
            subject_id=subject_id,
            include_closed=True,
            order_by=asked.order_by or "lodged_at desc",
            **asked.paging,
        )
        answer = await ask(visit.services.objection.ListCases(request))
        return chunk_of(answer, answer.cases)

    return Listing(
        path="/cases",
        title=N_("案件"),
        columns=(
            Column(
                N_("案件"),
                lambda row: Cell(words.case_title(row), link=f"/cases/{row.case_id}"),
            ),
            Column(N_("状态"), lambda row: Cell(tag=words.case_state(row.state))),
            Column(N_("期限"), words.term, order_by="due_on"),
            Column(
                N_("提交时间"),
                lambda row: row.lodged_at.ToDatetime(SHANGHAI),
                order_by="lodged_at",
            ),
        ),
        read=read,
        empty=N_("没有案件。"),
    )


async def _escalations(visit: Visit, subject_id: str) -> Listing[escalations.Escalation]:
    words = visit.words

    async def read(asked: Asked) -> Chunk[escalations.Escalation]:
        request = escalations.ListEscalationsRequest(
            subject_id=subject_id, order_by=asked.order_by, **asked.paging
        )
        answer = await ask(visit.services.escalations.ListEscalations(request))
        return chunk_of(answer, answer.escalations)

    return Listing(
        path=f"/subjects/{subject_id}/escalations",
        title=N_("督促"),
        columns=(
            Column(N_("事由"), words.course),
            Column(
                N_("步骤"),
                lambda row: Cell(
                    words.escalation_step(row.step), link=f"/escalations/{row.escalation_id}"
                ),
            ),
            Column(N_("状态"), lambda row: words.escalation_state(row.state)),
            Column(N_("提出日"), lambda row: day_of(row.due_on)),
            Column(
                N_("开始时间"),
                lambda row: row.opened_at.ToDatetime(SHANGHAI),
                order_by="opened_at",
            ),
        ),
        read=read,
        empty=N_("没有督促。"),
    )


async def _notices(visit: Visit, subject_id: str) -> Listing[alerts.Notice]:
    async def read(asked: Asked) -> Chunk[alerts.Notice]:
        request = alerts.ListNoticesRequest(
            subject_id=subject_id, order_by=asked.order_by, **asked.paging
        )
        answer = await ask(visit.services.alerts.ListNotices(request))
        return chunk_of(answer, answer.notices)

    def title(row: alerts.Notice) -> Cell:
        link = PATH.format(notice_id=row.notice_id) if visit.has(*READERS) else ""
        return Cell(row.title, link=link)

    def state(row: alerts.Notice) -> Cell:
        read_by = N_("已签收") if row.HasField("acknowledged_at") else ""
        read_by = read_by or (N_("已读") if row.HasField("read_at") else "")
        return Cell(visit.say(STATES[row.state]), note=visit.say(read_by) if read_by else "")

    return Listing(
        path=f"/subjects/{subject_id}/notices",
        title=N_("已通知"),
        columns=(
            Column(N_("标题"), title),
            Column(
                N_("时间"),
                lambda row: row.created_at.ToDatetime(SHANGHAI),
                order_by="created_at",
            ),
            Column(N_("送达"), state),
            Column(N_("文书编号"), lambda row: row.number),
        ),
        read=read,
        empty=N_("还没有通知过。"),
    )


async def _grades(visit: Visit, subject_id: str) -> Listing[grading.Grade]:
    words = visit.words

    async def read(asked: Asked) -> Chunk[grading.Grade]:
        request = grading.ListGradesRequest(subject_id=subject_id, **asked.paging)
        try:
            answer = await ask(visit.services.grading.ListGrades(request))
        except Refusal as refusal:
            if refusal.code is grpc.StatusCode.NOT_FOUND:
                return Chunk([])
            raise
        return chunk_of(answer, answer.grades)

    def grade(row: grading.Grade) -> Cell:
        link = f"/receipts/{row.receipt_id}" if row.receipt_id else ""
        return Cell(words.grade(row.ruleset_id, row.grade), link=link)

    return Listing(
        path=f"/subjects/{subject_id}/grades",
        title=N_("历次等级"),
        columns=(
            Column(N_("等级"), grade),
            Column(N_("得分"), lambda row: row.score if row.HasField("score") else None),
            Column(N_("自"), lambda row: day_of(row.in_force_from)),
            Column(N_("至（不含）"), lambda row: day_of(row.in_force_to)),
            Column(N_("得知时间"), lambda row: row.known_from.ToDatetime(SHANGHAI)),
        ),
        read=read,
        empty=N_("还没有评定等级。"),
    )


async def _audit(visit: Visit, subject_id: str) -> Listing[platform_audit.Named]:
    return platform_audit.listing_of(visit, "registry", f"subject/{subject_id}")


# By the last part of the address, in the order of the page.
_LISTINGS: Mapping[str, _Make] = {
    "records": _records,
    "grades": _grades,
    "instruments": _instruments,
    "verifications": _verifications,
    "permits": permits.of_subject,
    "cases": _cases,
    "escalations": _escalations,
    "notices": _notices,
}
# The lists of all subjects that can be limited to one; the others have an address of their own.
_FILTERED = {
    "instruments": "/instruments?subject={}",
    "cases": "/cases?subject={}&closed=yes",
    "audit": "/audit?service=registry&object=subject/{}",
}
WHOLE: Mapping[str, Page] = {
    name: partial(whole, name=name) for name in _LISTINGS if name not in _FILTERED
}
