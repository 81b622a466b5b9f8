"""The Chinese letters of a reconsideration; all functions except the first are pure.

A letter names the objection that was reconsidered, what becomes of its result, the effect on the
records and the grade, and that nobody took part who had taken part before (S3 27; S4 五(三)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from law.objection import (
    OUTCOME_ZH,
    RECONSIDERED_ZH,
    STATE_ZH,
    CaseState,
    Outcome,
)
from plumbing.papers.letter_template import LetterText
from services.objection.clients import Clients
from services.objection.handling import is_own_decision
from services.objection.letter_template import of_cases
from services.objection.letters import (
    GradeFacts,
    LetterFacts,
    Office,
    facts_of,
    grades_of,
    office_of,
)
from services.objection.tables import Case


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
    case: Case,
    earlier: Sequence[Case],
    receivers: Sequence[str],
    clients: Clients,
    today: date,
) -> LetterText:
    """Returns the letter of a reconsideration that was decided or declined.

    `earlier` are the cases that it follows, the latest first; `receivers` those with whom what the
    decision changes was shared.
    """
    facts = await facts_of(case, clients, case.acting_for, today)
    facts = replace(facts, receivers=receivers)
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
    verb = RECONSIDERED_ZH.get(outcome, OUTCOME_ZH[Outcome.UPHOLD])
    grades = {"before": before, "after": after}
    told = {"facts": facts, "of": of, "outcome": outcome.value, "verb": verb, **grades}
    return of_cases().write("reconsideration_decision", facts.on, told)


def declined_letter(facts: LetterFacts, of: Reconsidered) -> LetterText:
    """Writes the 《复核不予受理通知书》, the notice that a reconsideration is not accepted."""
    return of_cases().write("reconsideration_declined", facts.on, {"facts": facts, "of": of})
