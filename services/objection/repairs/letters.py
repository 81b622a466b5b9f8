"""The Chinese letters of a repair; all functions except the first are pure.

A decision letter names every condition with its article and whether it is met, the effect on the
grade, and the subject's further options (S3 20, 21, 27; S4 四(四), 五(三)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from law.objection import Outcome
from law.reader.texts import spell_articles
from plumbing.papers.day_names import day_zh
from plumbing.papers.letter_template import LetterText
from services.objection.clients import Clients
from services.objection.letter_template import of_cases
from services.objection.letters import (
    GradeFacts,
    LetterFacts,
    facts_of,
    grades_of,
)
from services.objection.repairs.repair_file import Condition, RepairFile
from services.objection.tables import Case


async def repair_letter(
    case: Case, receivers: Sequence[str], clients: Clients, today: date
) -> LetterText:
    """Returns the letter of a repair that was decided or declined.

    `receivers` are those with whom what the decision changes was shared.
    """
    facts = await facts_of(case, clients, case.acting_for, today)
    facts = replace(facts, receivers=receivers)
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
    told = {**_told(facts, file), "before": before, "after": after}
    return of_cases().write("repair_confirmed", facts.on, told)


def refused_letter(facts: LetterFacts, file: RepairFile) -> LetterText:
    """Writes the 《不予信用修复决定书》, the decision that refuses a repair."""
    return of_cases().write("repair_refused", facts.on, _told(facts, file))


def declined_letter(facts: LetterFacts, file: RepairFile) -> LetterText:
    """Writes the 《信用修复不予受理通知书》, the notice that an application is not accepted."""
    return of_cases().write("repair_declined", facts.on, _told(facts, file))


def _told(facts: LetterFacts, file: RepairFile) -> dict[str, Any]:
    conditions = [
        {"zh": one.zh, "basis": spell_articles(one.cite), "verdict": _verdict(file, one)}
        for one in file.conditions
    ]
    return {"facts": facts, "conditions": conditions}


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
