"""Who hears of a case as its applicant: its subject, and an agent while the mandate holds."""

from __future__ import annotations

from plumbing.change import Change
from protos.objection.v1 import objection_pb2
from services.alerts.notices.issue import known
from services.alerts.tables import Subject


async def applicants(change: Change, case: objection_pb2.Case) -> list[tuple[str, Subject]]:
    """Returns the subject of a case and the subject of its agent, each with the end of its key.

    A notice has a key for each. An agent whose mandate is over hears no more. Raises TryLater if
    one of them is not known here yet.
    """
    found = [("", await known(change.session, Subject, case.subject_id))]
    if case.HasField("agent") and case.agent.until >= change.today.isoformat():
        found.append(("/agent", await known(change.session, Subject, case.agent.subject_id)))
    return found


async def parties(change: Change, case: objection_pb2.Case) -> list[tuple[str, Subject]]:
    """Returns the applicants of a case without an agent whose mandate nobody has checked."""
    found = await applicants(change, case)
    return [(end, subject) for end, subject in found if not end or case.agent.checked_by]
