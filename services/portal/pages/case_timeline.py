"""What was done in a case, as its page tells it: when, what, by whom in which role, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from law.objection import CaseKind, Step
from plumbing.client import ask
from plumbing.identity import Role
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.reading import account_names
from services.portal.visit import Visit
from services.portal.wording import N_, Words

_CONFIRMED, _RUNG = "confirm_condition", "rung"
_ASSIGN = "assign"  # a step of several roles
# Steps besides those of the law; the platform itself takes those without a role.
_NAMES = {
    "lodge": N_("提出"),
    "reopen": N_("复核退回，重新办理"),
    "hand_over": N_("移交上级机关办理"),
    _ASSIGN: N_("确定办理人"),
    "ask_recusal": N_("申请回避"),
    "approve_recusal": N_("决定回避"),
    "refuse_recusal": N_("决定不予回避"),
    _CONFIRMED: N_("核实条件"),
    "renew_mandate": N_("代理人提交新的委托书"),
    "check_mandate": N_("核对新的委托书"),
    "add_evidence": N_("提交证据文件"),
    "gather_evidence": N_("收集证据文件"),
    "serve_letter": N_("文书纸质送达"),
    "publish_changes": N_("公布处理结果"),
    "inform_receivers": N_("告知曾经接收信息的单位"),
    _RUNG: N_("期限提醒"),
    "rung_overtaken": N_("期限提醒（由下一次提醒代替）"),
    "calendar": N_("期限按工作日历重新计算"),
    "stuck": N_("后续事项无法自动完成"),
}
_ROLES: Mapping[str, Role] = {
    "lodge": Role.OPERATOR,
    "renew_mandate": Role.OPERATOR,
    "check_mandate": Role.CASEWORKER,
    "add_evidence": Role.OPERATOR,
    "gather_evidence": Role.CASEWORKER,
    "serve_letter": Role.CASEWORKER,
    Step.SUPPLEMENT: Role.OPERATOR,
    Step.WITHDRAW: Role.OPERATOR,
    Step.REQUEST_SUPPLEMENT: Role.CASEWORKER,
    Step.ACCEPT: Role.CASEWORKER,
    Step.DECLINE: Role.CASEWORKER,
    Step.REQUEST_EXTENSION: Role.CASEWORKER,
    Step.DECIDE: Role.CASEWORKER,
    _CONFIRMED: Role.CASEWORKER,
    "hand_over": Role.UNIT_HEAD,
    "approve_recusal": Role.UNIT_HEAD,
    "refuse_recusal": Role.UNIT_HEAD,
    Step.APPROVE_EXTENSION: Role.UNIT_HEAD,
    Step.DECLINE_EXTENSION: Role.UNIT_HEAD,
}


@dataclass(frozen=True)
class Entry:
    """A past step of a case in the words of the page; `person` is empty if nobody is known."""

    at: Timestamp
    what: str
    person: str
    role: str
    note: str
    cite: str


def timeline(
    words: Words, case: pb.Case, steps: Sequence[pb.Step], people: Mapping[str, str]
) -> list[Entry]:
    """Returns the entries of a case's steps in their order; `people` are names by account id."""
    return [_entry(words, case, step, people) for step in steps]


async def latest(visit: Visit, case_id: str) -> Entry | None:
    """Reads the last step of a case, for somebody whose own act came too late."""
    answer = await ask(visit.services.objection.GetCase(pb.GetCaseRequest(case_id=case_id)))
    if not answer.steps:
        return None
    step = answer.steps[-1]
    names = await account_names(visit, [step.actor])
    return _entry(visit.words, answer.case, step, names)


def _entry(words: Words, case: pb.Case, step: pb.Step, people: Mapping[str, str]) -> Entry:
    role = _role(case, step)
    by_person = role or step.step == _ASSIGN
    named = _NAMES.get(step.step)
    return Entry(
        at=step.at,
        what=words.say(named) if named else words.step(step.step),
        person=people.get(step.actor, "") if by_person else words.say(N_("平台")),
        role=words.role(role) if role else "",
        note=_note(words, case, step),
        cite=step.cite,
    )


def _role(case: pb.Case, step: pb.Step) -> Role | None:
    if step.step == "ask_recusal":
        return Role.OPERATOR if step.actor == case.lodged_by else Role.CASEWORKER
    role = _ROLES.get(step.step)
    heard = role is Role.CASEWORKER and case.kind == CaseKind.RECONSIDERATION
    return Role.MUNICIPAL_REVIEWER if heard else role


def _note(words: Words, case: pb.Case, step: pb.Step) -> str:
    """The note of a step without the code that stands before it."""
    code, _, rest = step.note.partition("：")
    if step.step == _RUNG:
        return rest
    if step.step != _CONFIRMED:
        return step.note
    chinese = words.lang == "zh"
    texts = {one.id: one.text_zh if chinese else one.text_en for one in case.repair.conditions}
    return words.listed((texts.get(code, code), rest), "：")
