"""A later mandate of an agent, in place of one that ends or has ended (民法典 163, 165).

Before the case is accepted it takes the place of the present one at once, since whoever accepts the
case checks it. Afterwards it waits until somebody of the bureau has checked it, and the present one
holds to its last day. The agent is reminded of that day, and the subject with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from law.errors import Fault, InvalidInput, NotPermitted, WrongState
from law.objection import OBJECTION_CITE
from plumbing.change import Change
from plumbing.papers.day_names import day_zh
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from services.objection.evidence.commands import attach
from services.objection.handling import HEARS, heard_case
from services.objection.mandates import Agent, Renewal, agent_of, last_day, require_applicant
from services.objection.steps import UNDECIDED, locked_case, record_step, required_text
from services.objection.tables import Case
from services.objection.wire import shown_to

RENEWED, CHECKED = "renew_mandate", "check_mandate"  # steps of a case


async def renew(change: Change, request: pb.RenewMandateRequest) -> pb.RenewMandateResponse:
    """Takes a later mandate from the agent of a case, also once the present one is over.

    One that waits to be checked gives way to it. Raises NotFound if there is no such case,
    NotPermitted for a caller who is not its agent, WrongState for a case without one and once the
    case has its result, and InvalidInput for a mandate that does not cover the case, that lasts no
    longer than the present one, or whose file was not sent.
    """
    case = await locked_case(change, request.case_id, *HEARS)
    agent = agent_of(case)
    if agent is None:
        require_applicant(change.caller, case, change.today)
        raise WrongState("这个案件没有代理人", "This case has no agent", case=case.case_id)
    if change.caller.subject_id != agent.subject_id:
        zh, en = "只有案件的代理人可以提交新的委托书", "Only the agent of the case sends a mandate"
        raise NotPermitted(zh, en, cite=OBJECTION_CITE)
    _require_undecided(case)
    renewal = _renewal(change, case, agent, request.mandate)
    await attach(change, case, [renewal.mandate_id], held_for=agent.subject_id)
    changed = agent.model_copy(update={"renewal": renewal})
    message = await _put(
        change,
        case,
        changed if agent.checked_by else _holding(changed, renewal),
        RENEWED,
        lambda message: events.MandateRenewed(case=message),
        renewal.spelled,
    )
    return pb.RenewMandateResponse(case=shown_to(change.caller, case, message, change.today))


async def check(change: Change, request: pb.CheckMandateRequest) -> pb.CheckMandateResponse:
    """Establishes whether a later mandate is in order: then it holds, otherwise it is gone.

    Raises NotPermitted as `accept` does, InvalidInput for a refusal without reasons, and WrongState
    if no mandate waits, another one than the caller has seen, or one that is over meanwhile.
    """
    case = await heard_case(change, request.case_id)
    agent = agent_of(case)
    renewal = agent.renewal if agent else None
    if agent is None or renewal is None or renewal.mandate_id != request.mandate_id:
        zh = "没有这份待核对的委托书，您看到以后可能已有变化"
        en = "No such mandate waits to be checked; it may have changed after you saw it"
        raise WrongState(zh, en, case=case.case_id)
    if not request.approve:
        required_text("reasons", request.reasons, OBJECTION_CITE)
    elif renewal.until < change.today:
        zh = f"这份委托书已于{day_zh(renewal.until)}到期，不能据此办理"
        raise WrongState(zh, f"This mandate ended on {renewal.until}", cite=OBJECTION_CITE)
    by = {"checked_by": change.on_behalf_of, "checked_on": change.today}
    refused = agent.model_copy(update={"renewal": None})
    verdict = "已核对" if request.approve else "不予采用"
    reasons = f"；{request.reasons.strip()}" if request.reasons.strip() else ""
    message = await _put(
        change,
        case,
        _holding(agent, renewal).model_copy(update=by) if request.approve else refused,
        CHECKED,
        lambda message: events.MandateChecked(
            case=message, approved=request.approve, reasons=request.reasons.strip()
        ),
        f"{verdict}：{renewal.spelled}{reasons}",
    )
    return pb.CheckMandateResponse(case=message)


def _require_undecided(case: Case) -> None:
    if case.state not in UNDECIDED:
        zh, en = "案件已有结果，不再收取委托书", "The case has its result and takes no mandate"
        raise WrongState(zh, en, cite=OBJECTION_CITE, case=case.case_id, state=case.state)


def _renewal(change: Change, case: Case, agent: Agent, mandate: pb.Mandate) -> Renewal:
    until, found = last_day(mandate, case.kind, change.today)
    faults = [*found]
    if until is not None and not faults and until <= agent.until:
        zh = f"新的委托书应晚于现有委托书的最后一日（{day_zh(agent.until)}）"
        en = f"It must last longer than the present one, which ends on {agent.until}"
        faults.append(Fault("mandate.until", zh, en))
    if faults or until is None:
        raise InvalidInput(faults=faults, cite=OBJECTION_CITE)
    return Renewal(
        name=mandate.agent_name.strip(),
        mandate_id=mandate.mandate_id,
        scope=list(mandate.scope),
        until=until,
        sent_on=change.today,
    )


def _holding(agent: Agent, renewal: Renewal) -> Agent:
    """The agent with the later mandate in place of the present one."""
    held = renewal.model_dump(exclude={"sent_on"})
    return agent.model_copy(update={**held, "renewal": None})


async def _put(
    change: Change,
    case: Case,
    agent: Agent,
    step: str,
    event_of: Callable[[pb.Case], Message],
    note: str,
) -> pb.Case:
    before: dict[str, Any] = {"agent": case.agent, "version": case.version}
    case.agent, case.agent_until = agent.model_dump(mode="json"), agent.until
    case.mandate_sent_on = agent.renewal.sent_on if agent.renewal else None
    case.version += 1
    change.session.add(case)
    return await record_step(
        change, case, step, event_of, cite=OBJECTION_CITE, note=note, before=before
    )
