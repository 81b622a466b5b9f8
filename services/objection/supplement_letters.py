"""The Chinese letter that asks a subject to supplement its application; pure functions."""

from __future__ import annotations

from law.objection import OBJECTION_CITE, REPAIR_CITE, CaseKind
from law.reader.texts import spell_articles
from law.terms.ledger import Term
from services.objection.letters import LetterFacts, LetterText, closing, contact, record_lines
from services.objection.schedule import day_zh, last_day_zh

TITLES = {
    CaseKind.OBJECTION: "异议申请补正通知书",
    CaseKind.RECONSIDERATION: "复核申请补正通知书",
    CaseKind.REPAIR: "信用修复申请补正通知书",
}
_ASKED = {
    CaseKind.OBJECTION: "就下列记录提出异议",
    CaseKind.RECONSIDERATION: "就下列记录的异议处理结果申请复核",
    CaseKind.REPAIR: "就下列失信信息申请信用修复",
}
# From when the bureau's own term runs (C-12, C-13).
_RUNS = {
    CaseKind.OBJECTION: "办理期限自受理之日起计算",
    CaseKind.RECONSIDERATION: "办理期限自受理之日起计算",
    CaseKind.REPAIR: "办理期限自提交申请之日起计算，不因补正停止计算",
}
_LAPSE = "逾期未补正的，由本机关决定是否受理，并另行书面告知。"


def supplement_letter(
    kind: CaseKind, facts: LetterFacts, missing: str, term: Term, time: int
) -> LetterText:
    """Writes the letter that asks to supplement an application: what is missing, until when.

    `time` counts these letters of the case from 1; from the second on the title contains the
    number.
    """
    cite = REPAIR_CITE if kind is CaseKind.REPAIR else OBJECTION_CITE
    body = [
        f"案号：{facts.number}",
        facts.addressed,
        f"你单位于{day_zh(facts.lodged_on)}{_ASKED[kind]}，经初步审查，申请材料须补正。",
        f"一、所涉{facts.contested}",
        *record_lines(facts.records),
        f"二、须补正的内容：{missing}",
        f"三、请不晚于{last_day_zh(term)}补正；{_RUNS[kind]}（依据：{spell_articles(cite)}）。{_LAPSE}",
        f"受理机关：{contact(facts.office)}",
        *closing(facts),
    ]
    again = f"（第{time}次）" if time > 1 else ""
    return LetterText(f"{TITLES[kind]}{again}", "\n".join(body))
