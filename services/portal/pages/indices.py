"""Pages of the indices of areas for the staff: list, one with its rows, assessment, publication."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from law.indices.data import Row, Scoring, table
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.grading.v1 import assessments_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.forms import told
from services.portal.pages.reading import account_names, bureau_names, today
from services.portal.visit import Visit
from services.portal.wording import N_, Tag

TABLES = {"scenic": "taizhou-scenic", "block": "taizhou-block"}
KINDS = {"scenic": N_("重点景区"), "block": N_("重点街区")}
STATES = {
    "draft": Tag(N_("待公布"), "", "govuk-tag--yellow"),
    "published": Tag(N_("已公布"), "", "govuk-tag--green"),
    "withdrawn": Tag(N_("已撤回"), "", "govuk-tag--grey"),
}
_YES_NO = (Scoring.FIXED, Scoring.ALL_OR_NOTHING, Scoring.ONCE)


async def listing(visit: Visit) -> Response:
    """Shows the indices that the visitor may see, newest first."""
    bureaus = await bureau_names(visit)

    async def read(asked: Asked) -> Chunk[pb.Index]:
        request = pb.ListIndexesRequest(
            state=asked["state"],
            area_kind=asked["kind"],
            name_contains=asked["q"],
            order_by=asked.order_by,
            **asked.paging,
        )
        answer = await ask(visit.services.assessments.ListIndexes(request))
        return chunk_of(answer, answer.indexes)

    indices = Listing(
        path="/indices",
        title=N_("景区和街区诚信计量指数"),
        columns=(
            Column(
                N_("区域"),
                lambda one: Cell(one.area_name, link=f"/indices/{one.index_id}"),
                order_by="area_name",
            ),
            Column(N_("类型"), lambda one: visit.say(KINDS[one.area_kind])),
            Column(N_("机关"), lambda one: bureaus.get(one.bureau, one.bureau)),
            Column(N_("总分"), lambda one: one.total, order_by="total", numeric=True),
            Column(
                N_("评价日"),
                lambda one: date.fromisoformat(one.assessed_on),
                order_by="assessed_on",
            ),
            Column(N_("状态"), lambda one: Cell(tag=state_tag(visit, one.state))),
        ),
        filters=(
            Filter("q", N_("区域名称中有"), asks="name_contains"),
            Filter("kind", N_("类型"), list(KINDS.items())),
            Filter("state", N_("状态"), [(code, tag.word) for code, tag in STATES.items()]),
        ),
        read=read,
        empty=N_("还没有评价过景区或者街区。办案人员和检查人员可以在这里评价，由别人公布。"),
    )
    return await show(
        visit, indices, "indices/list.html", may_assess=visit.has(Role.CASEWORKER, Role.INSPECTOR)
    )


def state_tag(visit: Visit, state: str) -> Tag:
    """Returns the tag of the state of an index."""
    tag = STATES[state]
    return Tag(visit.say(tag.word), tag.shape, tag.style)


async def one(visit: Visit) -> Response:
    """Shows an index with the points and the article of every row; its form decides about it."""
    if visit.request.method == "GET":
        return await _page(visit)
    act, errors = visit.field("act"), {}
    if act == "withdraw" and not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明撤回的理由"))
    if act not in ("publish", "withdraw"):
        errors["act"] = visit.say(N_("请选择要做什么"))
    if errors:
        return await _page(visit, 422, errors=errors)
    which = {"request_id": visit.request_id(), "index_id": visit.path("index_id")}
    try:
        if act == "publish":
            request = pb.PublishIndexRequest(**which)
            await ask(visit.services.assessments.PublishIndex(request))
        else:
            withdrawal = pb.WithdrawIndexRequest(**which, ground=visit.field("ground"))
            await ask(visit.services.assessments.WithdrawIndex(withdrawal))
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"/indices/{visit.path('index_id')}")


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetIndexRequest(index_id=visit.path("index_id"))
    found = (await ask(visit.services.assessments.GetIndex(request))).index
    names, bureaus = await asyncio.gather(
        account_names(visit, (found.assessed_by, found.published_by)), bureau_names(visit)
    )
    own = found.assessed_by == visit.person.account_id
    head = visit.has(Role.UNIT_HEAD)
    return visit.page(
        "indices/one.html",
        status=status,
        index=found,
        tag=state_tag(visit, found.state),
        kind=visit.say(KINDS[found.area_kind]),
        rows=[(row, _group(found, row.row)) for row in found.rows],
        names=names,
        bureaus=bureaus,
        may_publish=head and found.state == "draft" and not own,
        may_withdraw=head and found.state == "published",
        form=visit.form,
        **values,
    )


def _group(found: pb.Index, key: str) -> str:
    """The group of a row, such as the share of verified instruments; empty for a row gone since."""
    rows = table(TABLES[found.area_kind]).rows
    return next((row.group for row in rows if row.key == key), "")


async def assess(visit: Visit) -> Response:
    """Asks for the kind of area, then for a finding in each row; stores the index as a draft."""
    kind = visit.path("kind")
    if kind not in TABLES:
        raise HTTPException(404)
    if visit.request.method == "GET":
        return await _form(visit, kind)
    errors = {}
    if not visit.field("area_name"):
        errors["area_name"] = visit.say(N_("请填写景区或者街区的名称"))
    findings = {}
    for row in table(TABLES[kind]).rows:
        text = visit.field(row.key)
        if not text:
            errors[row.key] = visit.say(N_("请填写“{row}”的检查结果")).format(row=row.group)
        findings[row.key] = _finding(row, text)
    if errors:
        return await _form(visit, kind, 422, errors=errors)
    request = pb.AssessIndexRequest(
        request_id=visit.request_id(),
        area_name=visit.field("area_name"),
        area_kind=kind,
        bureau=visit.person.bureau,
        findings_json=json.dumps(findings),
        assessed_on=visit.field("assessed_on"),
    )
    try:
        index = (await ask(visit.services.assessments.AssessIndex(request))).index
    except Refusal as refusal:
        return await _form(visit, kind, 422, **_by_row(visit, refusal))
    return visit.redirect(f"/indices/{index.index_id}")


def _finding(row: Row, text: str) -> object:
    """A finding as the service reads it: yes or no, or a number; other text is refused there."""
    if row.scoring in _YES_NO:
        return text == "yes"
    try:
        return int(text)
    except ValueError:
        return text


def _by_row(visit: Visit, refusal: Refusal) -> dict[str, Any]:
    """The faults of findings under the keys of their rows, which contain a dot."""
    values = told(visit, refusal)
    chinese = visit.language == "zh-CN"
    rows = {
        path.removeprefix("findings."): zh if chinese else en
        for path, zh, en in refusal.faults
        if path.startswith("findings.")
    }
    others = {key: text for key, text in values["errors"].items() if text not in rows.values()}
    return {**values, "errors": {**others, **rows}}


async def _form(visit: Visit, kind: str, status: int = 200, **values: Any) -> Response:
    found = table(TABLES[kind])
    return visit.page(
        "indices/assess.html",
        status=status,
        kind=visit.say(KINDS[kind]),
        table=found,
        yes_no=_YES_NO,
        form=visit.form,
        today=await today(visit),
        **values,
    )
