"""Keeps what the public reads of a listed subject true, without saying anything unreviewed.

A statement loses the instruments that are red no longer, or of which another thing is true now, and
takes the present name of its subject. Nothing is added to it: an instrument that became red later
was verified and reviewed by nobody, and needs another list.
"""

from __future__ import annotations

from dataclasses import replace

from law.courses import RED_ALERT
from plumbing.change import Change
from services.alerts.escalation import documents
from services.alerts.exposure_lists import texts
from services.alerts.exposure_lists.tables import ExposureEntry
from services.alerts.notices.texts import grade_name
from services.alerts.tables import Escalation, Subject


async def still_true(change: Change, entry: ExposureEntry, subject: Subject) -> str:
    """Returns what of the statement of a public entry is true now; empty if nothing of it is."""
    if entry.course != RED_ALERT:
        grade = grade_name(entry.ruleset_id, entry.grade)
        return texts.of_grade(subject.name, grade, entry.cite)
    case = await change.session.get_one(Escalation, entry.escalation_id)
    facts = await documents.facts_of(change.session, case, subject, change.today, "")
    lines = [
        line
        for line in facts.lines
        if line.red and f". {line.sentence(facts.on)}。" in entry.statement
    ]
    return texts.of_red_alerts(replace(facts, lines=lines)) if lines else ""
