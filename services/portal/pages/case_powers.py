"""What a visitor can do in a case now: the pages of the acts, each with role, article and obstacle.

The law gives the acts of each state. The services decide again about every act.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
ACTS: Mapping[str, Sequence[Act]] = {
    CaseKind.OBJECTION: (
        Act(Step.WITHDRAW, "withdraw", _WITHDRAW, Role.OPERATOR, OBJECTION_CITE),
        Act(Step.ACCEPT, "accept", _ACCEPT, Role.CASEWORKER, TERM_CITE),
        Act(Step.DECLINE, "decline", _DECLINE, Role.CASEWORKER, OBJECTION_CITE),
        Act(Step.DECIDE, "decide", _DECIDE, Role.CASEWORKER, OUTCOME_CITE),
        Act(Step.REQUEST_EXTENSION, "extend", N_("申请延期"), Role.CASEWORKER, TERM_CITE),
        Act(Step.APPROVE_EXTENSION, "extension", N_("审批延期"), Role.UNIT_HEAD, TERM_CITE),
    ),
    CaseKind.REPAIR: (
        Act(Step.SUPPLEMENT, "supplement", N_("补正"), Role.OPERATOR, REPAIR_CITE),
        Act(Step.WITHDRAW, "withdraw", _WITHDRAW, Role.OPERATOR, REPAIR_CITE),
        Act(Step.ACCEPT, "accept", _ACCEPT, Role.CASEWORKER, REPAIR_CITE),
        Act(
            Step.REQUEST_SUPPLEMENT, "ask-supplement", N_("要求补正"), Role.CASEWORKER, REPAIR_CITE
        ),
        Act(Step.DECLINE, "decline", _DECLINE, Role.CASEWORKER, REPAIR_CITE),
        Act(Step.DECIDE, "decide-repair", _DECIDE, Role.CASEWORKER, REPAIR_CITE),
    ),
}
_IMPARTIAL = (Step.DECLINE, Step.DECIDE)


def open_acts(visit: Visit, case: pb.Case) -> list[Act]:
    """Returns the acts that the state of a case and the roles of the visitor allow."""
    allowed = permitted(CaseState(case.state))
    return [act for act in ACTS[case.kind] if act.step in allowed and visit.has(act.role)]


def open_pages(visit: Visit, case: pb.Case) -> list[str]:
    """Returns the names of the pages on which the visitor can act on a case now."""
    return [act.page for act in open_acts(visit, case)]


def powers(
    visit: Visit, case: pb.Case, records: Sequence[registry.Record], steps: Sequence[pb.Step]
) -> list[OpenAct]:
    """Returns the open acts of the visitor in a case, each with what stands in this person's way.

    `records` are the records of the case, `steps` its past steps, oldest first.
    """
    found = []
    for act in open_acts(visit, case):
        refused = [one for one in _permissions(visit, act, case, records, steps) if not one.allowed]
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


def _told(visit: Visit, permission: Permission) -> str:
    return permission.zh if visit.words.lang == "zh" else permission.en
