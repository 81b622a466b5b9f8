"""What a visitor can do in a case now: the pages of the acts, each with role, article and obstacle.

The law gives the acts of each state. The services decide again about every act.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from law.errors import NotPermitted
from law.objection import (
    OBJECTION_CITE,
    OUTCOME_CITE,
    REPAIR_CITE,
    TERM_CITE,
    CaseKind,
    CaseState,
    Permission,
    Step,
    may_approve_extension,
    may_decide,
    permitted,
)
from plumbing.identity import Role
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.visit import Visit
from services.portal.wording import N_


@dataclass(frozen=True)
class Act:
    """An act in a case: the step of the law, the page of its form, its role and its article."""

    step: Step
    page: str
    name: str
    role: Role
    cite: str


@dataclass(frozen=True)
class OpenAct:
    """An act that the state of a case and the role of the visitor allow.

    `obstacle` says, in the language of the visitor, why this person must leave the act to somebody
    else; it is empty if there is no reason.
    """

    act: Act
    obstacle: str


_WITHDRAW, _ACCEPT, _DECLINE, _DECIDE = N_("撤回"), N_("受理"), N_("不予受理"), N_("作出决定")
_SUPPLEMENT, _ASK = N_("补正"), N_("要求补正")
_EXTEND, _EXTENSION = N_("申请延期"), N_("审批延期")
ACTS: Mapping[str, Sequence[Act]] = {
    CaseKind.OBJECTION: (
        Act(Step.WITHDRAW, "withdraw", _WITHDRAW, Role.OPERATOR, OBJECTION_CITE),
        Act(Step.SUPPLEMENT, "supplement", _SUPPLEMENT, Role.OPERATOR, OBJECTION_CITE),
        Act(Step.ACCEPT, "accept", _ACCEPT, Role.CASEWORKER, TERM_CITE),
        Act(Step.REQUEST_SUPPLEMENT, "ask-supplement", _ASK, Role.CASEWORKER, OBJECTION_CITE),
        Act(Step.DECLINE, "decline", _DECLINE, Role.CASEWORKER, OBJECTION_CITE),
        Act(Step.DECIDE, "decide", _DECIDE, Role.CASEWORKER, OUTCOME_CITE),
        Act(Step.REQUEST_EXTENSION, "extend", _EXTEND, Role.CASEWORKER, TERM_CITE),
        Act(Step.APPROVE_EXTENSION, "extension", _EXTENSION, Role.UNIT_HEAD, TERM_CITE),
    ),
    CaseKind.RECONSIDERATION: (
        Act(Step.WITHDRAW, "withdraw", _WITHDRAW, Role.OPERATOR, OBJECTION_CITE),
        Act(Step.SUPPLEMENT, "supplement", _SUPPLEMENT, Role.OPERATOR, OBJECTION_CITE),
        Act(Step.ACCEPT, "accept", _ACCEPT, Role.MUNICIPAL_REVIEWER, TERM_CITE),
        Act(
            Step.REQUEST_SUPPLEMENT, "ask-supplement", _ASK, Role.MUNICIPAL_REVIEWER, OBJECTION_CITE
        ),
        Act(Step.DECLINE, "decline", _DECLINE, Role.MUNICIPAL_REVIEWER, OBJECTION_CITE),
        Act(Step.DECIDE, "decide", _DECIDE, Role.MUNICIPAL_REVIEWER, OUTCOME_CITE),
        Act(Step.REQUEST_EXTENSION, "extend", _EXTEND, Role.MUNICIPAL_REVIEWER, TERM_CITE),
        Act(Step.APPROVE_EXTENSION, "extension", _EXTENSION, Role.UNIT_HEAD, TERM_CITE),
    ),
    CaseKind.REPAIR: (
        Act(Step.SUPPLEMENT, "supplement", _SUPPLEMENT, Role.OPERATOR, REPAIR_CITE),
        Act(Step.WITHDRAW, "withdraw", _WITHDRAW, Role.OPERATOR, REPAIR_CITE),
        Act(Step.ACCEPT, "accept", _ACCEPT, Role.CASEWORKER, REPAIR_CITE),
        Act(Step.REQUEST_SUPPLEMENT, "ask-supplement", _ASK, Role.CASEWORKER, REPAIR_CITE),
        Act(Step.DECLINE, "decline", _DECLINE, Role.CASEWORKER, REPAIR_CITE),
        Act(Step.DECIDE, "decide-repair", _DECIDE, Role.CASEWORKER, REPAIR_CITE),
    ),
}
_IMPARTIAL = (Step.DECLINE, Step.DECIDE)
_NOT_TWICE = (
    *(Step.ACCEPT, Step.DECLINE, Step.REQUEST_EXTENSION, Step.DECIDE),
    Step.REQUEST_SUPPLEMENT,
    Step.APPROVE_EXTENSION,
)
_DIGITS = 6  # of a bureau's code


def open_acts(visit: Visit, case: pb.Case) -> list[Act]:
    """Returns the acts that the state of a case and the roles of the visitor allow."""
    allowed = permitted(CaseState(case.state))
    return [act for act in _of_visitor(visit, case) if act.step in allowed]


def is_heard_by(visit: Visit, case: pb.Case) -> bool:
    """Returns whether the roles of the visitor are those that accept and decide such a case."""
    return any(act.step is Step.ACCEPT for act in _of_visitor(visit, case))


def require_page(visit: Visit, case: pb.Case, page: str) -> None:
    """Raises NotPermitted if a page of acts is not for the visitor's roles in this kind of case."""
    acts = ACTS[case.kind]
    if page in {act.page for act in acts} - {act.page for act in _of_visitor(visit, case)}:
        raise NotPermitted("这类案件由别人办理", "Somebody else handles cases of this kind")


def _of_visitor(visit: Visit, case: pb.Case) -> list[Act]:
    """The acts of the visitor's roles; only the city's bureau acts in a reconsideration."""
    same = visit.person.bureau[:_DIGITS] == case.bureau[:_DIGITS]
    away = case.kind == CaseKind.RECONSIDERATION and not (same or visit.has(Role.OPERATOR))
    return [] if away else [act for act in ACTS[case.kind] if visit.has(act.role)]


def open_pages(visit: Visit, case: pb.Case) -> list[str]:
    """Returns the names of the pages on which the visitor can act on a case now."""
    return [act.page for act in open_acts(visit, case)]


def powers(
    visit: Visit,
    case: pb.Case,
    records: Sequence[registry.Record],
    steps: Sequence[pb.Step],
    took_part: Collection[str] = (),
    recused: Collection[str] = (),
) -> list[OpenAct]:
    """Returns the open acts of the visitor in a case, each with what stands in this person's way.

    `records` are the records of the case, `steps` its past steps, oldest first. `took_part` are the
    accounts that took part in the earlier cases of the matter, `recused` those that stand back.
    """
    found = []
    for act in open_acts(visit, case):
        asked = [
            *_permissions(visit, act, case, records, steps),
            *_not_twice(visit, act, took_part, recused),
        ]
        refused = [one for one in asked if not one.allowed]
        found.append(OpenAct(act, _told(visit, refused[0]) if refused else ""))
    return found


def _permissions(
    visit: Visit,
    act: Act,
    case: pb.Case,
    records: Sequence[registry.Record],
    steps: Sequence[pb.Step],
) -> Iterator[Permission]:
    person = visit.person.account_id
    if act.step in _IMPARTIAL:
        for record in records:
            yield may_decide(person, record.entered_by, applicant=case.lodged_by)
    if act.step is Step.APPROVE_EXTENSION:
        asked = [one.actor for one in steps if one.step == Step.REQUEST_EXTENSION]
        yield may_approve_extension(visit.person.roles, person, asked[-1] if asked else "")


def _not_twice(
    visit: Visit, act: Act, took_part: Collection[str], recused: Collection[str]
) -> Iterator[Permission]:
    if act.step in _NOT_TWICE:
        yield may_decide(visit.person.account_id, (), took_part=took_part, recused=recused)


def _told(visit: Visit, permission: Permission) -> str:
    return permission.zh if visit.words.lang == "zh" else permission.en
