"""Showing the cases of objection: objections and repairs alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from law.objection import OUTCOME_ZH, STATE_ZH, STEP_ZH, CaseState, Outcome, Step
from plumbing.clock import SHANGHAI
from protos.objection.v1 import objection_pb2 as pb
from services.cli.client import with_client
from services.cli.output import show
from services.cli.output.listing import listed

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="案件 id")]
Closed = Annotated[bool, typer.Option("--closed", help="含已办结 | also closed")]


def show_one(case: pb.Case, *, as_json: bool) -> None:
    """A case as it now stands."""
    if as_json:
        show.json_out(case)
        return
    show.card("案件", case_lines(case))
    if case.HasField("repair"):
        show_conditions(case.repair)


def show_whole(case_id: str, data: Path | None, *, as_json: bool) -> None:
    """A case with its steps and letters."""
    wanted = pb.GetCaseRequest(case_id=case_id)
    answer = with_client(data, lambda client: client.objection.GetCase(wanted))
    if as_json:
        show.json_out(answer)
        return
    show_one(answer.case, as_json=False)
    steps = [(_local(s), _step(s), s.actor, s.cite, s.note) for s in answer.steps]
    show.table("经过", ("时间", "事项", "谁", "依据", "说明"), steps)
    for letter in answer.letters:
        show.console.rule(letter.title)
        show.console.print(letter.body, soft_wrap=True)


def show_list(
    title: str,
    wanted: pb.ListCasesRequest,
    data: Path | None,
    export: Path | None,
    *,
    as_json: bool,
) -> None:
    """Cases, the least remaining term first."""
    answer = listed(lambda client: client.objection.ListCases, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [(c.case_id, c.number, _state(c), c.bureau, *_term(c)) for c in answer.cases]
    show.table(title, ("id", "案号", "状态", "机关", "期限至", "剩余工作日"), rows)


def show_conditions(repair: pb.Repair) -> None:
    """Every condition of a repair with its article: met, missing, or from which day."""
    rows = [(*_standing(one), one.text_zh, one.cite) for one in repair.conditions]
    show.table("修复条件", ("", "说明", "条件", "依据"), rows)


def _standing(one: pb.Condition) -> tuple[str, str]:
    why = [
        f"自 {one.met_from}" if one.met_from else "",
        f"期间记录 {'、'.join(one.in_the_way)}" if one.in_the_way else "",
        "待经办人核对" if one.to_confirm and not one.confirmed_by else "",
        one.ground,
    ]
    return "已满足" if one.met else "未满足", "；".join(filter(None, why))


def case_lines(case: pb.Case) -> dict[str, object]:
    """A case as lines for a card."""
    return {
        "案号": case.number,
        "id": case.case_id,
        "状态": _state(case),
        "理由": case.grounds,
        "承诺": case.repair.promise,
        "待补正": case.repair.supplement_requested,
        "期限": term_told(case),
        "申请延期": case.extension_requested_days or "",
        "处理意见": OUTCOME_ZH[Outcome(case.outcome)] if case.outcome else "",
        "决定理由": case.reasons,
        "等级": f"{case.grade_before} → {case.grade_after}" if case.grade_after else "",
    }


def term_told(case: pb.Case) -> str:
    """A term in a sentence, with unit, last day and the calendar it was computed with."""
    if not case.HasField("term"):
        return "未受理，期限未起算"
    term = case.term
    late = "，已逾期" if term.overdue else ""
    provisional = "，涉及尚未公布放假安排的年度，暂定" if term.provisional else ""
    longest = f"最长 {term.cap_days} 个工作日，至 {term.latest_on}；"
    return (
        f"{term.budget_days} 个工作日，至 {term.target_on}（含当日）；"
        f"{longest if term.cap_days > term.budget_days else ''}"
        f"剩余 {term.remaining_days} 个工作日{late}{provisional}（{term.cite}）"
    )


def _state(case: pb.Case) -> str:
    return STATE_ZH[CaseState(case.state)]


def _term(case: pb.Case) -> tuple[object, object]:
    return (case.term.target_on, case.term.remaining_days) if case.HasField("term") else ("", "")


def _step(step: pb.Step) -> str:
    return STEP_ZH[Step(step.step)] if step.step in set(Step) else step.step


def _local(step: pb.Step) -> str:
    return f"{step.at.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M}"
