"""The indices of areas: assessed as drafts, published by another person, withdrawn with a ground.

A scenic area and a street block each have a table of scores (S2 附件3, 附件4). Everyone can read a
result after the head of the unit publishes it; that person must not have assessed it (R-100, D-09).
Every assessment of an area is stored, so its development stays visible.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from plumbing import validation
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1 import index_events_pb2 as events
from services.grading.assessments import wire
from services.grading.indices import findings
from services.grading.tables import IndexAssessment, IndexState

TABLES = {"scenic": "taizhou-scenic", "block": "taizhou-block"}
PUBLICATION_CITE = "S2 二(二)二"  # 结果公布


async def assess(change: Change, request: pb.AssessIndexRequest) -> pb.AssessIndexResponse:
    """Scores an area by its table and stores the result as a draft.

    Raises NotPermitted for a bureau outside the caller's scope, and InvalidInput with a fault for
    each bad finding or for a day of assessment in the future.
    """
    change.caller.require_bureau(request.bureau)
    assessed_on = _day(request.assessed_on, change.today)
    by_row = findings.read(request.findings_json)
    answer = findings.assess(TABLES[request.area_kind], by_row, assessed_on)
    row = IndexAssessment(
        index_id=uuid4().hex,
        area_id=_area_id(request),
        area_name=request.area_name,
        area_kind=request.area_kind,
        bureau=request.bureau,
        table_id=answer.table.id,
        table_hash=answer.table.content_hash,
        findings=by_row,
        result=answer.to_json(),
        assessed_on=assessed_on,
        assessed_by=change.on_behalf_of,
        assessed_at=change.at,
    )
    change.session.add(row)
    change.audit("assess_index", _object(row), after=_values(row), ground=answer.table.cite)
    await _announce(change, row, events.IndexAssessed)
    return pb.AssessIndexResponse(index=_message(row))


async def publish(change: Change, request: pb.PublishIndexRequest) -> pb.PublishIndexResponse:
    """Publishes the draft of an index, so that everyone can read it.

    Raises NotFound for an unknown index, NotPermitted to the person who assessed it, and WrongState
    unless it is a draft.
    """
    row = await _locked(change, request.index_id, IndexState.DRAFT)
    if row.assessed_by == change.on_behalf_of:
        raise NotPermitted(
            "评价人不得公布自己评出的指数", "Whoever assessed an index may not publish it"
        )
    before = _values(row)
    row.state, row.published_by, row.published_at = (
        IndexState.PUBLISHED,
        change.on_behalf_of,
        change.at,
    )
    change.audit(
        "publish_index", _object(row), before=before, after=_values(row), ground=PUBLICATION_CITE
    )
    await _announce(change, row, events.IndexPublished)
    return pb.PublishIndexResponse(index=_message(row))


async def withdraw(change: Change, request: pb.WithdrawIndexRequest) -> pb.WithdrawIndexResponse:
    """Withdraws a published index and stores the ground.

    Raises NotFound for an unknown index, and WrongState unless it is published.
    """
    row = await _locked(change, request.index_id, IndexState.PUBLISHED)
    before = _values(row)
    row.state, row.withdrawal_ground = IndexState.WITHDRAWN, request.ground
    row.withdrawn_by, row.withdrawn_at = change.on_behalf_of, change.at
    change.audit(
        "withdraw_index", _object(row), before=before, after=_values(row), ground=request.ground
    )
    await _announce(change, row, events.IndexWithdrawn)
    return pb.WithdrawIndexResponse(index=_message(row))


async def _locked(change: Change, index_id: str, state: IndexState) -> IndexAssessment:
    """An index in that state, locked. Raises NotFound, NotPermitted, WrongState."""
    row = await find_by_id(change.session, IndexAssessment, index_id, lock=True)
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
    event = kind(index=_message(row))
    event.at.FromDatetime(change.at)
    await change.announce(event, aggregate=f"index/{row.area_id}", bureau=row.bureau)


def _message(row: IndexAssessment) -> pb.Index:
    return wire.index(row, staff=True, rows=True)


def _day(text: str, today: date) -> date:
    assessed_on = validation.day(text, "assessed_on") or today
    if assessed_on > today:
        fault = Fault("assessed_on", "不能晚于当日", "must not be after today")
        raise InvalidInput(faults=[fault])
    return assessed_on


def _area_id(request: pb.AssessIndexRequest) -> str:
    name = f"{request.bureau}/{request.area_kind}/{request.area_name.strip()}"
    return uuid5(NAMESPACE_URL, f"quanheng:area:{name}").hex


def _object(row: IndexAssessment) -> str:
    return f"index/{row.index_id}"


def _values(row: IndexAssessment) -> dict[str, Any]:
    total = row.result["total"]
    return {"area": row.area_id, "state": row.state.value, "table": row.table_id, "total": total}
