"""Steps that follow a case by themselves and were refused: told, listed, tried again by a person.

The workflow of such a case waits. A person reads the cause, removes it, and has the step tried
again; or the case is given to a colleague, for whom it then is carried out (`desk.assigning`).
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import WrongState
from plumbing import row_scope
from plumbing.change import Change
from plumbing.view import View
from protos.objection.v1 import desk_pb2 as pb
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2
from services.objection import wire
from services.objection.handling import require_apart
from services.objection.messages import Stuck
from services.objection.queries import find_case
from services.objection.steps import decision_cite, locked_case, record_step
from services.objection.tables import UNTRIED, Case, StuckStep

MOST = 100
STEPS_ZH = {
    "mark_contested": "标记异议",
    "carry_out": "执行决定",
    "send_back": "退回重新办理",
    "end_contested": "取消异议标记",
    "repair_records": "标记为已修复",
    "note_grade_before": "记下决定前的等级",
    "note_grade_after": "记下决定后的等级",
    "note_public": "记下公开情况",
    "publish_changes": "公布处理结果",
    "inform_receivers": "告知接收单位",
    "issue_letter": "发出文书",
    "settle": "办结",
}


async def report_stuck(change: Change, stuck: Stuck) -> bool:
    """Keeps and announces that a step of a case was finally refused, with the cause.

    Returns False, and announces nothing, if it is known and nobody had it tried again since.
    """
    case = await locked_case(change, stuck.case_id)
    row = await change.session.get(StuckStep, (case.case_id, stuck.step))
    if row is not None and row.retried_at is None:
        return False
    row = row or StuckStep(case_id=case.case_id, step=stuck.step, why="", at=change.at)
    row.why, row.at, row.retried_at = stuck.why, change.at, None
    change.session.add(row)
    note = (
        f"{case.number}的后续事项无法自动完成（{STEPS_ZH.get(stuck.step, stuck.step)}）："
        f"{stuck.why}。原因消除后，请在案件中点“再次办理”，或者交给同事办理。"
    )
    await record_step(
        change,
        case,
        "stuck",
        lambda message: events.TermRungReached(
            case=message, rung=f"stuck/{stuck.step}", message_zh=note
        ),
        cite=decision_cite(case),
        note=note,
    )
    return True


async def list_stuck(view: View, request: pb.ListStuckCasesRequest) -> pb.ListStuckCasesResponse:
    """Returns the cases in the caller's scope of which a refused step waits for a person.

    They are the 100 that have waited longest, each with all its steps.

    With a case id it looks at that case alone; raises NotFound if there is no such case, and
    NotPermitted outside the caller's scope.
    """
    waiting = (
        select(StuckStep.case_id)
        .join(Case, col(Case.case_id) == col(StuckStep.case_id))
        .where(sa.text(UNTRIED), col(Case.settled_at).is_(None))
        .where(row_scope.covered(view.caller, Case.bureau))
        .group_by(col(StuckStep.case_id))
        .order_by(sa.func.min(StuckStep.at), col(StuckStep.case_id))
    )
    if request.case_id:
        case = await find_case(view.session, request.case_id)
        view.caller.require_bureau(case.bureau)
        waiting = waiting.where(col(StuckStep.case_id) == case.case_id)
    rows = (
        select(StuckStep, Case)
        .join(Case, col(Case.case_id) == col(StuckStep.case_id))
        .where(sa.text(UNTRIED), col(StuckStep.case_id).in_(waiting.limit(MOST)))
        .order_by(col(StuckStep.at), col(StuckStep.case_id))
    )
    found: dict[str, pb.StuckCase] = {}
    for row, case in await view.session.exec(rows):
        shown = pb.StuckCase(case=wire.case_message(case, view.today))
        one = found.setdefault(case.case_id, shown)
        one.steps.append(pb.StuckStep(step=row.step, why=row.why, at=wire.stamp(row.at)))
    return pb.ListStuckCasesResponse(cases=found.values())


async def waiting_steps(session: AsyncSession, case_id: str) -> Sequence[StuckStep]:
    """Returns the refused steps of a case that wait for a person, the oldest first."""
    rows = select(StuckStep).where(StuckStep.case_id == case_id, sa.text(UNTRIED))
    return (await session.exec(rows.order_by(col(StuckStep.at)))).all()


async def retry(change: Change, request: pb.RetryCaseRequest) -> pb.RetryCaseResponse:
    """Has the refused steps of a case tried again, as a person of its bureau.

    Raises NotFound if there is no such case, NotPermitted outside the caller's scope and for
    whoever stands back from the case, and WrongState if none of its steps waits for a person.
    """
    case = await locked_case(change, request.case_id)
    change.caller.require_bureau(case.bureau)
    await require_apart(change, case)
    rows = await waiting_steps(change.session, case.case_id)
    if not rows or case.settled_at is not None:
        zh, en = "案件没有卡住的后续事项", "No step of the case waits for a person"
        raise WrongState(zh, en, case=case.case_id)
    return pb.RetryCaseResponse(case=await try_again(change, case, rows))


async def try_again(change: Change, case: Case, rows: Sequence[StuckStep]) -> objection_pb2.Case:
    """Notes that the refused steps of a case are tried again, and has its workflow do so."""
    for row in rows:
        row.retried_at = change.at
        change.session.add(row)
    case.version += 1
    change.session.add(case)
    names = [row.step for row in rows]
    return await record_step(
        change,
        case,
        "retry",
        lambda message: events.CaseRetried(case=message, steps=names),
        cite=decision_cite(case),
        note="、".join(STEPS_ZH.get(name, name) for name in names),
    )
