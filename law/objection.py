"""Objection, reconsideration and repair cases: states, permitted steps, outcomes, who decides.

S3 27, 28; S4 四(四), 五(三). The bureau requests a supplement before acceptance, so the supplement
uses no day of the term. While a case waits for an extension, it can still be decided or withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass
from enum import StrEnum

from law.errors import NotPermitted, WrongState
from law.separation import Tie, stands_back

OBJECTION_CITE = "S3 27"
TERM_CITE = "S3 28"
OUTCOME_CITE = "S4 五(三)"
REPAIR_CITE = "S4 四(四)"
EXTENSION_APPROVER = "unit_head"


class CaseKind(StrEnum):
    """The request of a case: a correction, the reconsideration of a decision, or credit repair."""

    OBJECTION = "objection"
    RECONSIDERATION = "reconsideration"
    REPAIR = "repair"


class CaseState(StrEnum):
    """The state of a case; the comments beside the values name who must act next."""

    LODGED = "lodged"  # the bureau: accept, decline, or ask for a supplement
    SUPPLEMENT_REQUESTED = "supplement_requested"  # the applicant
    ACCEPTED = "accepted"  # the bureau: decide; the term runs
    EXTENSION_REQUESTED = "extension_requested"  # the unit head; the term still runs
    DECIDED = "decided"  # the platform: carry the decision through
    CLOSED = "closed"  # nobody
    DECLINED = "declined"  # nobody; not accepted, with the reason
    WITHDRAWN = "withdrawn"  # nobody


class Actor(StrEnum):
    """Who must act next in a case; NOBODY once nothing more is to be done."""

    APPLICANT = "applicant"
    CASEWORKER = "caseworker"
    MUNICIPAL_REVIEWER = "municipal_reviewer"
    UNIT_HEAD = "unit_head"
    PLATFORM = "platform"
    NOBODY = ""


class Step(StrEnum):
    """The actions that can be performed on a case."""

    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLEMENT = "supplement"
    ACCEPT = "accept"
    DECLINE = "decline"
    REQUEST_EXTENSION = "request_extension"
    APPROVE_EXTENSION = "approve_extension"
    DECLINE_EXTENSION = "decline_extension"
    DECIDE = "decide"
    WITHDRAW = "withdraw"
    CLOSE = "close"


class Outcome(StrEnum):
    """The outcome of an objection or its reconsideration (R-115), or of a repair (R-127).

    A reconsideration that deletes a record revokes the first decision; one that corrects a record
    or ends its disclosure changes the first decision.
    """

    DELETE = "delete"  # 删除
    CORRECT = "correct"  # 更正
    STOP_DISCLOSURE = "stop_disclosure"  # 终止披露
    UPHOLD = "uphold"  # 维持
    BY_ITEM = "by_item"  # 分项决定: the items have different outcomes
    SEND_BACK = "send_back"  # 退回重办
    CONFIRM_REPAIR = "confirm_repair"  # 确认修复
    DECLINE_REPAIR = "decline_repair"  # 不予修复


STATE_ZH: dict[CaseState, str] = {
    CaseState.LODGED: "已提交",
    CaseState.SUPPLEMENT_REQUESTED: "待补正",
    CaseState.ACCEPTED: "已受理",
    CaseState.EXTENSION_REQUESTED: "待批准延期",
    CaseState.DECIDED: "已作出决定",
    CaseState.CLOSED: "已办结",
    CaseState.DECLINED: "不予受理",
    CaseState.WITHDRAWN: "已撤回",
}
STEP_ZH: dict[Step, str] = {
    Step.REQUEST_SUPPLEMENT: "要求补正",
    Step.SUPPLEMENT: "补正",
    Step.ACCEPT: "受理",
    Step.DECLINE: "不予受理",
    Step.REQUEST_EXTENSION: "申请延期",
    Step.APPROVE_EXTENSION: "批准延期",
    Step.DECLINE_EXTENSION: "不批准延期",
    Step.DECIDE: "作出决定",
    Step.WITHDRAW: "撤回",
    Step.CLOSE: "办结",
}
OUTCOME_ZH: dict[Outcome, str] = {
    Outcome.DELETE: "删除",
    Outcome.CORRECT: "更正",
    Outcome.STOP_DISCLOSURE: "终止披露",
    Outcome.UPHOLD: "维持",
    Outcome.BY_ITEM: "分项决定",
    Outcome.SEND_BACK: "退回重办",
    Outcome.CONFIRM_REPAIR: "确认修复",
    Outcome.DECLINE_REPAIR: "不予修复",
}
# What becomes of the first decision, where a reconsideration has one of these outcomes.
RECONSIDERED_ZH: dict[Outcome, str] = {
    Outcome.DELETE: "撤销",
    Outcome.CORRECT: "变更",
    Outcome.STOP_DISCLOSURE: "变更",
    Outcome.BY_ITEM: "变更",
}
OUTCOMES: dict[CaseKind, tuple[Outcome, ...]] = {
    CaseKind.OBJECTION: (
        Outcome.DELETE,
        Outcome.CORRECT,
        Outcome.STOP_DISCLOSURE,
        Outcome.UPHOLD,
        Outcome.BY_ITEM,
    ),
    CaseKind.RECONSIDERATION: (
        Outcome.UPHOLD,
        Outcome.CORRECT,
        Outcome.STOP_DISCLOSURE,
        Outcome.DELETE,
        Outcome.BY_ITEM,
        Outcome.SEND_BACK,
    ),
    CaseKind.REPAIR: (Outcome.CONFIRM_REPAIR, Outcome.DECLINE_REPAIR),
}
# The term of each kind of case (C-12, C-13).
TERM_OF: dict[CaseKind, str] = {
    CaseKind.OBJECTION: "objection_first",
    CaseKind.RECONSIDERATION: "reconsideration",
    CaseKind.REPAIR: "repair",
}
SUPPLEMENT_TERM = "supplement"  # within which an applicant supplements its application (C-36)
# The term within which a bureau decides whether it accepts a case of this kind (C-34).
INTAKE_OF: dict[CaseKind, str] = {
    CaseKind.OBJECTION: "objection_intake",
    CaseKind.RECONSIDERATION: "reconsideration_intake",
}

_STEPS: dict[tuple[CaseState, Step], CaseState] = {
    (CaseState.LODGED, Step.REQUEST_SUPPLEMENT): CaseState.SUPPLEMENT_REQUESTED,
    (CaseState.LODGED, Step.ACCEPT): CaseState.ACCEPTED,
    (CaseState.LODGED, Step.DECLINE): CaseState.DECLINED,
    (CaseState.LODGED, Step.WITHDRAW): CaseState.WITHDRAWN,
    (CaseState.SUPPLEMENT_REQUESTED, Step.SUPPLEMENT): CaseState.LODGED,
    (CaseState.SUPPLEMENT_REQUESTED, Step.DECLINE): CaseState.DECLINED,
    (CaseState.SUPPLEMENT_REQUESTED, Step.WITHDRAW): CaseState.WITHDRAWN,
    (CaseState.ACCEPTED, Step.REQUEST_EXTENSION): CaseState.EXTENSION_REQUESTED,
    (CaseState.ACCEPTED, Step.DECIDE): CaseState.DECIDED,
    (CaseState.ACCEPTED, Step.WITHDRAW): CaseState.WITHDRAWN,
    (CaseState.EXTENSION_REQUESTED, Step.APPROVE_EXTENSION): CaseState.ACCEPTED,
    (CaseState.EXTENSION_REQUESTED, Step.DECLINE_EXTENSION): CaseState.ACCEPTED,
    (CaseState.EXTENSION_REQUESTED, Step.DECIDE): CaseState.DECIDED,
    (CaseState.EXTENSION_REQUESTED, Step.WITHDRAW): CaseState.WITHDRAWN,
    (CaseState.DECIDED, Step.CLOSE): CaseState.CLOSED,
}


# Of a state that is not listed nobody must act.
_ACTORS: dict[CaseState, Actor] = {
    CaseState.LODGED: Actor.CASEWORKER,
    CaseState.SUPPLEMENT_REQUESTED: Actor.APPLICANT,
    CaseState.ACCEPTED: Actor.CASEWORKER,
    CaseState.EXTENSION_REQUESTED: Actor.UNIT_HEAD,
    CaseState.DECIDED: Actor.PLATFORM,
}


def acts_next(kind: CaseKind, state: CaseState) -> Actor:
    """Returns who must act next in a case of this kind and state."""
    actor = _ACTORS.get(state, Actor.NOBODY)
    heard_by_city = kind is CaseKind.RECONSIDERATION and actor is Actor.CASEWORKER
    return Actor.MUNICIPAL_REVIEWER if heard_by_city else actor


def permitted(state: CaseState) -> tuple[Step, ...]:
    """Returns the steps that are permitted in a state, in the order of `Step`."""
    return tuple(step for step in Step if (state, step) in _STEPS)


def after(state: CaseState, step: Step) -> CaseState:
    """Returns the state of a case after a step.

    Raises WrongState, which lists the permitted steps, when the step is not permitted in the state.
    """
    target = _STEPS.get((state, step))
    if target is None:
        steps_zh = "、".join(STEP_ZH[s] for s in permitted(state)) or "无"
        steps_en = ", ".join(permitted(state)) or "none"
        raise WrongState(
            f"案件“{STATE_ZH[state]}”，不能{STEP_ZH[step]}；可办理：{steps_zh}",
            f"a case that is {state} does not permit {step}; permitted: {steps_en}",
            cite=TERM_CITE,
            state=state,
            step=step,
        )
    return target


def outcome_zh(kind: CaseKind, outcome: Outcome) -> str:
    """Returns the Chinese name of an outcome; of a reconsideration for example 撤销（删除）."""
    named = OUTCOME_ZH[outcome]
    if kind is CaseKind.RECONSIDERATION and outcome in RECONSIDERED_ZH:
        return f"{RECONSIDERED_ZH[outcome]}（{named}）"
    return named


def may_reconsider(objection: CaseState) -> bool:
    """Returns whether a reconsideration may be lodged: the objection must have a result.

    S3 27, second paragraph. The refusal to accept an objection is also a result.
    """
    return objection in (CaseState.DECIDED, CaseState.CLOSED, CaseState.DECLINED)


def municipal_bureau(bureau: str, known: Container[str]) -> str:
    """Returns the code of the city's bureau above `bureau`; `bureau` itself if none is `known`.

    By GB/T 2260 a city's code is four digits and 00, a municipality's code two digits and 0000.
    """
    above = (f"{bureau[:4]}00", f"{bureau[:2]}0000")
    return next((code for code in above if code in known), bureau)


def competent_bureau(kind: CaseKind, recording_bureau: str, municipal_bureau: str) -> str:
    """Returns the bureau that decides a case of this kind.

    S3 27 (R-111, R-112): `recording_bureau`, which made the record, or, in a reconsideration,
    `municipal_bureau`. Where both are the same, another unit of that bureau decides (C-14), see
    `may_decide`.
    """
    return municipal_bureau if kind is CaseKind.RECONSIDERATION else recording_bureau


@dataclass(frozen=True)
class Permission:
    """Whether a person may perform an action, with the article and, when refused, the reason."""

    allowed: bool
    cite: str
    zh: str = ""
    en: str = ""

    def require(self) -> None:
        """Raises NotPermitted with the reason and the article if the action is not allowed."""
        if not self.allowed:
            raise NotPermitted(self.zh, self.en, cite=self.cite)


def may_decide(
    decider: str,
    authors: Collection[str],
    *,
    took_part: Collection[str] = (),
    applicant: str | None = None,
    decider_unit: str | None = None,
    excluded_units: Collection[str] = (),
    recused: Collection[str] = (),
) -> Permission:
    """Returns whether a person may decide a case.

    S3 27: nobody decides about their own record or their own case, or twice in one matter.
    `authors` wrote any version of the record. `took_part` are the persons who took part in an
    earlier decision (that of the objection, when it is reconsidered). `applicant` lodged the case.
    `excluded_units` are the units that made the record or decided first, when the same bureau
    reconsiders (C-14). `recused` are the persons whom a decision has stand back (C-35).
    """
    ties = {
        Tie.AUTHOR: decider in authors,
        Tie.APPLICANT: decider == applicant,
        Tie.TOOK_PART: decider in took_part,
        Tie.SAME_UNIT: decider_unit is not None and decider_unit in excluded_units,
        Tie.RECUSED: decider in recused,
    }
    for tie, tied in ties.items():
        if tied:
            reason = stands_back(tie)
            return Permission(False, reason.cite, reason.zh, reason.en)
    return Permission(True, OBJECTION_CITE)


def may_approve_extension(roles: Collection[str], approver: str, caseworker: str) -> Permission:
    """Returns whether a person may approve an extension: a unit head who did not request it.

    S3 28 (R-114): 经单位负责人批准.
    """
    if EXTENSION_APPROVER not in roles:
        zh, en = "延长期限须经单位负责人批准", "an extension is approved by the unit head"
        return Permission(False, TERM_CITE, zh, en)
    if approver == caseworker:
        zh, en = "不得批准本人提出的延期申请", "nobody approves their own request"
        return Permission(False, TERM_CITE, zh, en)
    return Permission(True, TERM_CITE)
