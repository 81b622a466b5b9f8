"""Agents: who acts for a subject with a mandate, and for how long (民法典 163, 165).

An agent signs in with an operator account of a subject of its own and sends the mandate as a file
of evidence. The mandate is not verified before somebody of the bureau accepts the case: until then
the records of the case are not marked as contested, and the agent sees only what it sent itself
and where the case stands, since anybody can send a file. From then on it sees its case while the
mandate holds, and may send a later one (`renewals`); the subject can do everything as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel

from law.errors import Fault, InvalidInput, NotPermitted, WrongState
from law.objection import OBJECTION_CITE, CaseKind
from law.reader.strict_reader import Reader
from plumbing.change import Change
from plumbing.identity import Caller, Role
from plumbing.papers.day_names import day_zh
from protos.objection.v1 import objection_pb2 as pb
from services.objection.tables import Case

SCOPE_ZH = {"objection": "异议", "reconsideration": "复核"}


class Renewal(BaseModel):
    """A later mandate that an agent has sent, and that nobody has checked."""

    name: str
    mandate_id: str
    scope: list[str]
    until: date
    sent_on: date

    @property
    def spelled(self) -> str:
        """The mandate in Chinese, for the file of its case."""
        return _spelled(self.name, self.scope, self.until)


class Agent(BaseModel):
    """Who acts for the subject of a case, and its mandate, as the row of the case stores it."""

    account_id: str
    subject_id: str
    name: str
    mandate_id: str
    scope: list[str]
    until: date
    checked_by: str = ""
    checked_on: date | None = None
    renewal: Renewal | None = None

    def message(self) -> pb.Agent:
        """Returns the protobuf message."""
        plain = self.model_dump(mode="json", exclude_none=True)
        return pb.Agent(**plain)

    @property
    def spelled(self) -> str:
        """The mandate in Chinese, for the file and the letters of its case."""
        return _spelled(self.name, self.scope, self.until)


def _spelled(name: str, scope: Sequence[str], until: date) -> str:
    named = "、".join(SCOPE_ZH[one] for one in scope)
    return f"代理人{name}，委托书（{named}，有效至{day_zh(until)}）"


def agent_of(case: Case) -> Agent | None:
    """Returns the agent of a case; None where the subject acts itself."""
    return Agent.model_validate(case.agent) if case.agent else None


def agent_to_follow(case: Case) -> dict[str, Any] | None:
    """Returns the agent of a case for a case that follows it, without a mandate to be checked."""
    return {**case.agent, "renewal": None} if case.agent else None


def agent_from(caller: Caller, request: pb.LodgeObjectionRequest, today: date) -> Agent | None:
    """Returns the agent who lodges an objection with the mandate of the request; None without one.

    Raises NotPermitted for a caller without an operator account of another subject, and
    InvalidInput if the mandate does not cover objections or its last day is over.
    """
    if not request.HasField("mandate"):
        return None
    if not caller.has(Role.OPERATOR) or not caller.subject_id:
        zh, en = (
            "代理人用本单位的经营者账号办理",
            "An agent acts with an operator account of its own",
        )
        raise NotPermitted(zh, en)
    mandate, faults = request.mandate, []
    if caller.subject_id == request.subject_id:
        zh, en = "本单位的事项不需要委托书", "No mandate is needed for your own subject"
        faults.append(Fault("mandate", zh, en))
    until, of_mandate = last_day(mandate, CaseKind.OBJECTION, today)
    faults += of_mandate
    if faults or until is None:
        raise InvalidInput(faults=faults, cite=OBJECTION_CITE)
    return Agent(
        account_id=caller.account_id,
        subject_id=caller.subject_id,
        name=mandate.agent_name.strip(),
        mandate_id=mandate.mandate_id,
        scope=list(mandate.scope),
        until=until,
    )


def last_day(
    mandate: pb.Mandate, kind: CaseKind, today: date
) -> tuple[date | None, Sequence[Fault]]:
    """Returns the last day of a mandate for a kind of case, if it is one, and all its faults."""
    faults: list[Fault] = []
    if kind not in mandate.scope:
        zh = f"委托事项不包括{SCOPE_ZH[kind]}"
        faults.append(Fault("mandate.scope", zh, "The mandate does not cover such cases"))
    of_day: list[Fault] = []
    until = Reader({"until": mandate.until or None}, "mandate", of_day).day("until")
    if of_day:
        return None, [*faults, *of_day]
    if until < today:
        zh = f"委托书已于{day_zh(until)}到期，请提交有效的委托书"
        en = f"The mandate ended on {until}; send one that is in force"
        faults.append(Fault("mandate.until", zh, en))
    return until, faults


def acts_for_another(caller: Caller, case: Case) -> bool:
    """Returns whether the caller is of the firm that is the agent in a case.

    A subject to which its agent was joined acts for itself, and needs no mandate.
    """
    agent = case.agent_subject_id
    return bool(agent) and caller.subject_id == agent != case.subject_id


def has_lodged(caller: Caller, case: Case, today: date) -> bool:
    """Returns whether the caller acts in a case with a mandate in force, checked or not."""
    holds = case.agent_until is not None and today <= case.agent_until
    return holds and acts_for_another(caller, case)


def is_agent(caller: Caller, case: Case, today: date) -> bool:
    """Returns whether the caller acts in a case with a mandate in force that was checked."""
    agent = agent_of(case)
    return agent is not None and bool(agent.checked_by) and has_lodged(caller, case, today)


def is_unchecked(caller: Caller, case: Case, today: date) -> bool:
    """Returns whether the caller acts in a case with a mandate in force that nobody has checked."""
    return has_lodged(caller, case, today) and not is_agent(caller, case, today)


def has_lapsed(caller: Caller, case: Case, today: date) -> bool:
    """Returns whether the caller acted in a case with a mandate that is over."""
    over = case.agent_until is not None and case.agent_until < today
    return over and acts_for_another(caller, case)


def require_party(caller: Caller, case: Case, today: date) -> None:
    """Raises NotPermitted as `require_applicant`, and for an agent with an unchecked mandate.

    For what tells of the firm or of the people of the bureau, or takes a right of the firm.
    """
    require_applicant(caller, case, today)
    if is_unchecked(caller, case, today):
        zh = "委托书尚未经监管部门核对，请由申请人本人办理"
        en = "The bureau has not checked the mandate; the firm itself does this"
        raise NotPermitted(zh, en, cite=OBJECTION_CITE)


def require_applicant(caller: Caller, case: Case, today: date) -> None:
    """Raises NotPermitted unless the caller is of the subject of a case, or its agent.

    A mandate must be in force, and cover this kind of case.
    """
    agent = agent_of(case)
    if agent is None or not acts_for_another(caller, case):
        caller.require_subject(case.subject_id, case.bureau)
        return
    if today > agent.until:
        zh = f"委托书已于{day_zh(agent.until)}到期，请提交新的委托书，或者由申请人本人办理"
        en = f"The mandate ended on {agent.until}; send a later one, or let the firm do this"
        raise NotPermitted(zh, en, cite=OBJECTION_CITE)
    if case.kind not in agent.scope:
        zh, en = "委托事项不包括此事项", "The mandate does not cover this"
        raise NotPermitted(zh, en, cite=OBJECTION_CITE)


def checked(change: Change, case: Case) -> tuple[Agent | None, str]:
    """Returns the agent of a case that is accepted, and what the file says of its mandate.

    Whoever accepts the case has checked the mandate. Raises WrongState if it is no longer in force.
    """
    agent = agent_of(case)
    if agent is None:
        return None, ""
    if change.today > agent.until:
        zh = f"委托书已于{day_zh(agent.until)}到期，不能据此受理；请待代理人提交新的，或者不予受理"
        en = f"The mandate ended on {agent.until}; await a later one, or decline"
        raise WrongState(zh, en, cite=OBJECTION_CITE, case=case.case_id)
    known = {"checked_by": change.on_behalf_of, "checked_on": change.today}
    return agent.model_copy(update=known), f"已核对：{agent.spelled}"


def named(case: Case) -> str:
    """Returns the mandate of a case in Chinese, in brackets; empty where there is none."""
    agent = agent_of(case)
    return f"（{agent.spelled}）" if agent else ""
