"""The mark of contest on records whose subject withdrew a case about them before.

The first objection contests its records at once. Whoever withdraws and lodges again, as often as
they like, contests them once the bureau has accepted the case: the texts allow the objection
without limit (S3 27), and say nothing of the mark.
"""

from __future__ import annotations

from plumbing.database import Database
from services.objection.clients import Clients
from services.objection.queries import find_case


async def contest_accepted(database: Database, clients: Clients, case_id: str) -> None:
    """Marks the records of a case that contests them on acceptance; may be repeated.

    Does nothing for a case that contested its records at once, or that has ended.
    """
    async with database.snapshot() as session:
        case = await find_case(session, case_id)
    if case.marks_on_acceptance and case.decided_at is None and case.settled_at is None:
        await clients.set_contested(case_id, case.record_ids, case.caseworker, contested=True)
