"""The Chinese letters of a reconsideration; all functions except the first are pure.

A letter names the objection that was reconsidered, what becomes of its result, the effect on the
records and the grade, and that nobody took part who had taken part before (S3 27; S4 五(三)).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from law.objection import (
    OBJECTION_CITE,
    OUTCOME_CITE,
    OUTCOME_ZH,
    RECONSIDERED_ZH,
    STATE_ZH,
    TERM_CITE,
    TERM_OF,
    CaseKind,
    CaseState,
    Outcome,
)
from law.reader.texts import spell_articles
from law.terms.data import definition
from services.objection.clients import Clients
from services.objection.handling import is_own_decision
from services.objection.letters import (
    GradeFacts,
    LetterFacts,
    LetterText,
    Office,
    closing,
    contact,
    facts_of,
    grade_lines,
    grades_of,
    office_of,
    record_lines,
)
from services.objection.schedule import day_zh
from services.objection.tables import Case

DECISION_TITLE = "复核决定书"
DECLINED_TITLE = "复核不予受理通知书"
_CITE = f"{OUTCOME_CITE}; {OBJECTION_CITE}"
_EFFECTS = {
    Outcome.UPHOLD: "所涉记录不变",
    Outcome.DELETE: "所涉记录予以删除",
    Outcome.CORRECT: "所涉记录按上列内容更正",
    Outcome.STOP_DISCLOSURE: "所涉记录终止披露",
    Outcome.BY_ITEM: "各项结果见上",
}


@dataclass(frozen=True)
class Reconsidered:
    """The objection that is reconsidered: its number, its result, its bureau.

    `of_own` is true if the bureau that reconsiders is the one that made the record.
    """

    number: str
    result: str
    office: Office
    of_own: bool


async def reconsideration_letter(
    case: Case, earlier: Sequence[Case], clients: Clients, today: date
) -> LetterText:
    """Returns the letter of a reconsideration that was decided or declined.

    `earlier` are the cases that it follows, the latest first.
    """
    facts = await facts_of(case, clients, case.acting_for, today)
    objection = earlier[0]
    of = Reconsidered(
        objection.number,
        OUTCOME_ZH[objection.outcome] if objection.outcome else STATE_ZH[CaseState.DECLINED],
        await office_of(objection, clients),
        is_own_decision(case, objection),
    )
    if case.state is CaseState.DECLINED or case.outcome is None:
        return declined_letter(facts, of)
    return decision_letter(facts, of, case.outcome, *await grades_of(case, clients))


def decision_letter(
    facts: LetterFacts,
    of: Reconsidered,
    outcome: Outcome,
    before: GradeFacts,
    after: GradeFacts,
) -> LetterText:
    """Writes the 《复核决定书》, the decision on a reconsideration."""
    body = [
        *_opening(facts, of, "经复核，现决定如下。"),
        f"二、复核决定：{_decision(facts, of, outcome)}（依据：{spell_articles(_CITE)}）。",
        f"三、理由：{facts.reasons}",
        "四、对信用等级的影响",
        *grade_lines("决定执行前", before),
        *grade_lines("决定执行后", after),
        *_ending(facts, of, "五"),
    ]
    return LetterText(DECISION_TITLE, "\n".join(body))


def declined_letter(facts: LetterFacts, of: Reconsidered) -> LetterText:
    """Writes the 《复核不予受理通知书》, the notice that a reconsideration is not accepted."""
    body = [
        *_opening(facts, of, "经审查，决定不予受理。"),
        f"二、理由：{facts.reasons}（依据：{spell_articles(OBJECTION_CITE)}）",
        *_ending(facts, of, "三"),
    ]
    return LetterText(DECLINED_TITLE, "\n".join(body))


def _opening(facts: LetterFacts, of: Reconsidered, verdict: str) -> Iterator[str]:
    yield f"案号：{facts.number}"
    yield facts.addressed
    yield (
        f"你单位于{day_zh(facts.lodged_on)}对{of.office.name}就{of.number}作出的处理结果"
        f"（{of.result}）申请复核，{verdict}"
    )
    yield from facts.grade
    yield f"一、复核所涉{facts.contested}"
    yield from record_lines(facts.records)


def _decision(facts: LetterFacts, of: Reconsidered, outcome: Outcome) -> str:
    result = f"原处理结果（{of.result}）"
    if outcome is Outcome.SEND_BACK:
        term = definition(TERM_OF[CaseKind.OBJECTION], facts.on)
        return (
            f"撤销{result}，退回{of.office.name}由未参加原处理的人员重新办理；该局自退回之日起"
            f"{term.days}个工作日内重新作出决定，情况复杂的经批准可延长，累计不超过{term.cap}个"
            f"工作日（{spell_articles(TERM_CITE)}），并另行书面告知"
        )
    effect = _EFFECTS[outcome].replace("记录", facts.contested)
    verb = RECONSIDERED_ZH.get(outcome, OUTCOME_ZH[Outcome.UPHOLD])
    return f"{verb}{result}，{effect}"


def _ending(facts: LetterFacts, of: Reconsidered, place: str) -> Iterator[str]:
    own = "所涉记录由本局作出，现行文本未规定此时由谁复核；" if of.of_own else ""
    yield f"{place}、回避：{own}本复核的办理人未参加{of.number}的任何环节，有关情况已记入案卷。"
    yield "对同一处理结果只复核一次。"
    yield f"咨询：{contact(facts.office)}"
    yield from closing(facts)
