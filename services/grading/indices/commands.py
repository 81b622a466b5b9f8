"""Indices of areas: assessed as drafts, published by somebody else, withdrawn with a ground.

A scenic area or a street block is scored by its own table (R-099 to R-109, S2 附件3, 附件4). The
result is open once the head of the unit publishes it (R-100); nobody publishes what they assessed
(D-09). Every assessment of an area stays: what was published shows how the area got on.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from plumbing import validation
from plumbing.change import Change
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1 import index_events_pb2 as events
from services.grading.assessments import wire as wire_assessments
from services.grading.indices import findings
from services.grading.tables import IndexAssessment, IndexState

TABLES = {"scenic": "taizhou-scenic", "block": "taizhou-block"}
PUBLICATION_CITE = "S2 二(二)二"  # 结果公布


async def assess(change: Change, request: pb.AssessIndexRequest) -> pb.AssessIndexResponse:
    """Scores an area and keeps the result as a draft.

    Raises NotPermitted outside the bureau; InvalidInput with a fault per row, or for a day to come.
    """
    change.caller.require_bureau(request.bureau)
    assessed_on = _day(request.assessed_on, change.today)
    found = findings.read(request.findings_json)
    answer = findings.assess(TABLES[request.area_kind], found)
    row = IndexAssessment(
        index_id=uuid4().hex,
        area_id=_area_id(request),
        area_name=request.area_name,
        area_kind=request.area_kind,
        bureau=request.bureau,
        table_id=answer.table.id,
        table_hash=answer.table.content_hash,
        findings=found,
        result=answer.to_json(),
        assessed_on=assessed_on,
        assessed_by=change.on_behalf_of,
        assessed_at=change.at,
    )
    change.session.add(row)
    change.audit("assess_index", _object(row), after=_said(row), ground=answer.table.cite)
    await _announce(change, row, events.IndexAssessed)
    return pb.AssessIndexResponse(index=_told(row))


async def publish(change: Change, request: pb.PublishIndexRequest) -> pb.PublishIndexResponse:
    """Opens a draft to everyone. Raises NotPermitted to whoever assessed it; WrongState."""
    row = await _held(change, request.index_id, IndexState.DRAFT)
    if row.assessed_by == change.on_behalf_of:
        raise NotPermitted(
            "评价人不得公布自己评出的指数", "Whoever assessed an index may not publish it"
        )
    before = _said(row)
    row.state, row.published_by, row.published_at = (
        IndexState.PUBLISHED,
        change.on_behalf_of,
        change.at,
    )
    change.audit(
        "publish_index", _object(row), before=before, after=_said(row), ground=PUBLICATION_CITE
    )
    await _announce(change, row, events.IndexPublished)
    return pb.PublishIndexResponse(index=_told(row))


async def withdraw(change: Change, request: pb.WithdrawIndexRequest) -> pb.WithdrawIndexResponse:
    """Closes a published index again, with the ground. Raises WrongState for any other."""
    row = await _held(change, request.index_id, IndexState.PUBLISHED)
    before = _said(row)
    row.state, row.withdrawal_ground = IndexState.WITHDRAWN, request.ground
    row.withdrawn_by, row.withdrawn_at = change.on_behalf_of, change.at
    change.audit(
        "withdraw_index", _object(row), before=before, after=_said(row), ground=request.ground
    )
    await _announce(change, row, events.IndexWithdrawn)
    return pb.WithdrawIndexResponse(index=_told(row))


async def _held(change: Change, index_id: str, state: IndexState) -> IndexAssessment:
    """An index to act on. Raises NotFound, NotPermitted outside the bureau, WrongState."""
    row = await change.session.get(IndexAssessment, index_id, with_for_update=True)
    if row is None:
        raise NotFound("未找到该指数", "There is no such index")
    change.caller.require_bureau(row.bureau)
    if row.state is not state:
        raise WrongState(
            f"该指数的状态为 {row.state}，须为 {state}",
            f"The index is {row.state}; it has to be {state}",
            state=row.state,
        )
    return row


async def _announce(
    change: Change,
    row: IndexAssessment,
    kind: type[events.IndexAssessed | events.IndexPublished | events.IndexWithdrawn],
) -> None:
    event = kind(index=_told(row))
    event.at.FromDatetime(change.at)
    await change.announce(event, aggregate=f"index/{row.area_id}", bureau=row.bureau)


def _told(row: IndexAssessment) -> pb.Index:
    return wire_assessments.index(row, staff=True, rows=True)


def _day(text: str, today: date) -> date:
    assessed_on = validation.day(text, "assessed_on") or today
    if assessed_on > today:
        fault = Fault("assessed_on", "不能晚于当日", "must not be after today")
        raise InvalidInput(faults=[fault])
    return assessed_on


def _area_id(request: pb.AssessIndexRequest) -> str:
    named = f"{request.bureau}/{request.area_kind}/{request.area_name.strip()}"
    return uuid5(NAMESPACE_URL, f"quanheng:area:{named}").hex


def _object(row: IndexAssessment) -> str:
    return f"index/{row.index_id}"


def _said(row: IndexAssessment) -> dict[str, Any]:
    total = row.result["total"]
    return {"area": row.area_id, "state": row.state.value, "table": row.table_id, "total": total}
