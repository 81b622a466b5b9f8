"""The letter that follows the end of a case, of whatever kind the case is."""

from __future__ import annotations

from law.objection import CaseKind
from plumbing.change import Changes
from plumbing.papers.letter_template import LetterText
from services.objection.clients import Clients
from services.objection.handling import earlier_cases
from services.objection.letters import objection_letter
from services.objection.reconsiderations.letters import reconsideration_letter
from services.objection.repairs.letters import repair_letter
from services.objection.sharings.concerned import sharings_of
from services.objection.tables import Case


async def letter_of(changes: Changes, clients: Clients, case: Case) -> LetterText:
    """Returns the letter of a case that was decided or declined, as of today."""
    today = changes.clock.today()
    async with changes.database.snapshot() as session:
        earlier = await earlier_cases(session, case)
        shared = [one.receiver for one in await sharings_of(session, case)]
    receivers = list(dict.fromkeys(shared))
    if case.kind is CaseKind.REPAIR:
        return await repair_letter(case, receivers, clients, today)
    if case.kind is CaseKind.RECONSIDERATION:
        return await reconsideration_letter(case, earlier, receivers, clients, today)
    return await objection_letter(case, earlier, receivers, clients, today)
