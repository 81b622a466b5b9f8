"""Makes an exposure list public: its number, the text of each entry, and the notices."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from law.courses import RED_ALERT
from law.escalation import Step
from law.evidence import SubjectKind
from plumbing.change import Change
from services.alerts.escalation import documents
from services.alerts.escalation.filing import save, snapshot
from services.alerts.escalation.steps import advance, undecided
from services.alerts.exposure_lists import texts
from services.alerts.exposure_lists.grounds import Ground
from services.alerts.exposure_lists.tables import EntryState, ExposureEntry, ExposureList
from services.alerts.notices.issue import Matter, contact_of, issue
from services.alerts.notices.texts import grade_name
from services.alerts.tables import Escalation, EscalationState, NoticeKind, StepState, Subject
from services.alerts.templates.own import in_force


async def statement_of(change: Change, subject: Subject, ground: Ground) -> str:
    """Returns what the public reads of a subject on a list, as of today."""
    if ground.course != RED_ALERT:
        grade = grade_name(ground.ruleset_id, ground.grade)
        return texts.of_grade(subject.name, grade, ground.cite)
    case = await change.session.get_one(Escalation, ground.escalation_id)
    facts = await documents.facts_of(change.session, case, subject, change.today, "")
    return texts.of_red_alerts(facts)


async def number(change: Change, row: ExposureList) -> None:
    """Gives a list the next number of its bureau and year."""
    year = change.today.year
    given = select(sa.func.max(ExposureList.serial)).where(
        col(ExposureList.bureau) == row.bureau, col(ExposureList.year) == year
    )
    last = (await change.session.exec(given)).one() or 0
    row.year, row.serial = year, last + 1
    row.number = texts.number_of(row.bureau, year, last + 1)


async def publish(
    change: Change, row: ExposureList, entry: ExposureEntry, subject: Subject
) -> None:
    """Makes an entry public, tells its subject, and carries its proposed exposure out with it."""
    entry.state = EntryState.PUBLIC
    contact = await contact_of(change.session, row.bureau)
    own = (await in_force(change.session, row.bureau)).get(Step.EXPOSURE)
    public = (row.number, entry.statement, row.media, contact, change.today)
    text = texts.placed(subject.name, *public, template=own.words if own else "")
    key, matter = f"exposure-entry/{entry.entry_id}", Matter(f"exposure-list/{row.list_id}")
    kind = NoticeKind.ESCALATION
    notice = await issue(change, kind, key, subject, row.bureau, text, matter, in_own_words=True)
    entry.notice_id = notice.notice_id if notice else ""
    change.session.add(entry)
    case = None
    if entry.escalation_id:
        case = await change.session.get(Escalation, entry.escalation_id, with_for_update=True)
    if case is not None and case.state is EscalationState.PROPOSED and case.step is Step.EXPOSURE:
        await _carry_out(change, case, entry, row, subject)


async def _carry_out(
    change: Change, case: Escalation, entry: ExposureEntry, row: ExposureList, subject: Subject
) -> None:
    """Carries out the exposure that is proposed in a case: the list is what makes it public."""
    step = await undecided(change, case)
    if step is None:
        return
    before = snapshot(case)
    step.state, step.decided_at, step.decided_by = StepState.CARRIED_OUT, change.at, row.released_by
    step.number, step.notice_id = row.number, entry.notice_id
    await advance(change, case, SubjectKind(subject.kind))
    await save(change, case, "approve_exposure", before, entry.cite)
