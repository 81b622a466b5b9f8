"""The Chinese letters of a repair; all functions except the first are pure.

A decision letter names every condition with its article and whether it is met, the effect on the
grade, and the subject's further options (S3 20, 21, 27; S4 四(四), 五(三)).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from law.objection import OBJECTION_CITE, OUTCOME_CITE, REPAIR_CITE, Outcome
from law.reader.texts import spell_articles
from services.objection.clients import Clients
from services.objection.letters import (
    GradeFacts,
    LetterFacts,
    LetterText,
    closing,
    contact,
    facts_of,
    grade_lines,
    grades_of,
    record_lines,
)
from services.objection.repairs.repair_file import Condition, RepairFile
from services.objection.schedule import day_zh
from services.objection.tables import Case

CONFIRMED_TITLE = "准予信用修复决定书"
REFUSED_TITLE = "不予信用修复决定书"
DECLINED_TITLE = "信用修复不予受理通知书"
_EFFECT = "上述信息自修复之日起不再计入信用评价，并终止披露。"


async def repair_letter(case: Case, clients: Clients, today: date) -> LetterText:
    """Returns the letter of a repair that was decided or declined."""
    facts = await facts_of(case, clients, case.acting_for, today)
    file = RepairFile.model_validate(case.repair)
    if case.outcome is Outcome.CONFIRM_REPAIR:
        return confirmed_letter(facts, file, *await grades_of(case, clients))
    if case.outcome is Outcome.DECLINE_REPAIR:
        return refused_letter(facts, file)
    return declined_letter(facts, file)


def confirmed_letter(
    facts: LetterFacts, file: RepairFile, before: GradeFacts, after: GradeFacts
) -> LetterText:
    """Writes the 《准予信用修复决定书》, the decision that confirms a repair."""
    body = [
        *_opening(facts, "经核对确认，现决定如下。"),
        f"二、决定：准予修复（依据：{spell_articles(REPAIR_CITE)}）。{_EFFECT}",
        f"三、理由：{facts.reasons}",
        *_conditions(file, "四"),
        "五、对信用等级的影响",
        *grade_lines("修复前", before),
        *grade_lines("修复后", after),
        *_remedy(facts, "六"),
        *closing(facts),
    ]
    return LetterText(CONFIRMED_TITLE, "\n".join(body))


def refused_letter(facts: LetterFacts, file: RepairFile) -> LetterText:
    """Writes the 《不予信用修复决定书》, the decision that refuses a repair."""
    body = [
        *_opening(facts, "经核对，现决定如下。"),
        f"二、决定：不予修复（依据：{spell_articles(REPAIR_CITE)}）。信用等级不因本决定改变。",
        f"三、理由：{facts.reasons}",
        *_conditions(file, "四"),
        "五、今后办法：上述未满足的条件满足后，可以重新申请信用修复。",
        *_remedy(facts, "六"),
        *closing(facts),
    ]
    return LetterText(REFUSED_TITLE, "\n".join(body))


def declined_letter(facts: LetterFacts, file: RepairFile) -> LetterText:
    """Writes the 《信用修复不予受理通知书》, the notice that an application is not accepted."""
    body = [
        *_opening(facts, "经审查，决定不予受理。"),
        f"二、理由：{facts.reasons}（依据：{spell_articles(REPAIR_CITE)}）",
        *_conditions(file, "三"),
        "四、今后办法：补齐材料、满足条件后，可以重新申请信用修复。",
        *_remedy(facts, "五"),
        *closing(facts),
    ]
    return LetterText(DECLINED_TITLE, "\n".join(body))


def _opening(facts: LetterFacts, verdict: str) -> Iterator[str]:
    yield f"案号：{facts.number}"
    yield f"{facts.subject}："
    yield f"你单位于{day_zh(facts.lodged_on)}就下列失信信息申请信用修复，{verdict}"
    yield "一、申请修复的信息"
    yield from record_lines(facts.records)


def _conditions(file: RepairFile, place: str) -> Iterator[str]:
    yield f"{place}、修复条件逐项核对"
    for number, condition in enumerate(file.conditions, 1):
        cite, verdict = spell_articles(condition.cite), _verdict(file, condition)
        yield f"{number}. {condition.zh}（依据：{cite}）：{verdict}"


def _verdict(file: RepairFile, condition: Condition) -> str:
    confirmation = file.confirmations.get(condition.id)
    unmet = "未满足" if confirmation or not condition.to_confirm else "未经核实"
    unmet = "未提交" if condition.paper else unmet
    details = [
        "已满足" if condition.met else unmet,
        f"自{day_zh(condition.met_from)}起满足" if condition.met_from else "",
        f"期间记录：{'、'.join(condition.in_the_way)}" if condition.in_the_way else "",
        confirmation.ground if confirmation else "",
    ]
    return "；".join(filter(None, details))


def _remedy(facts: LetterFacts, place: str) -> Iterator[str]:
    yield (
        f"{place}、救济途径：对本处理结果有异议的，可以向{facts.office.name}提出异议；"
        f"对异议处理结果不服的，可以向{facts.municipal.name}申请复核"
        f"（依据：{spell_articles(f'{OUTCOME_CITE}; {OBJECTION_CITE}')}）。"
    )
    yield f"异议受理：{contact(facts.office)}"
    yield f"复核受理：{contact(facts.municipal)}"
