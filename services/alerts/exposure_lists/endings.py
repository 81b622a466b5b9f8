"""Takes entries of exposure lists down: by themselves once their ground ends, or by a person.

An entry of a list that is not public yet is struck from it. Nothing is erased: the bureau reads who
stood where, since when, and why no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.contested import GRADE, OF_RECORDS, Target
from law.disclosure.publication import review_rule
from law.escalation import exposure_rules
from law.objection import Outcome
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.events.leadership import exclusively
from protos.grading.v1.events_pb2 import PublicGradeDiffers
from protos.objection.v1.objection_pb2 import Case
from services.alerts.circulars.of_grades import end_of_grades
from services.alerts.circulars.telling import entry_ended
from services.alerts.escalation.contests import CITE as OBJECTION_CITE
from services.alerts.escalation.filing import IDS_PER_QUERY
from services.alerts.escalation.tables import Contest, StandingGrade
from services.alerts.exposure_lists import texts
from services.alerts.exposure_lists.grounds import exposing_course, not_to_be_named
from services.alerts.exposure_lists.tables import (
    STANDING,
    Ended,
    EntryState,
    ExposureEntry,
    ExposureList,
)
from services.alerts.exposure_lists.wording import still_true
from services.alerts.notices.issue import Matter, contact_of, issue
from services.alerts.tables import Escalation, NoticeKind, Subject

WHY = {
    Ended.GROUND: "列入的事由已经消失：等级已变动，或者督促已终结。",
    Ended.SUBJECT: "该主体尚在核对、已删除或者已注销，或者依法不得公开。",
    Ended.MOVED: "该主体已经改由其他机关监管。",
    Ended.NOT_SHOWN: "列入所依据的信用记录已不对外公开，或者更正后尚待保密审查。",
    Ended.CONTESTED: "公开之前已经提出的异议或者复核尚未办结。",
    Ended.OBJECTION: "异议或者复核的决定改变了列入所依据的信息。",
}
_CHANGED = frozenset({Outcome.DELETE, Outcome.CORRECT, Outcome.STOP_DISCLOSURE})
_OF_INSTRUMENTS = frozenset({Target.INSTRUMENT, Target.VERIFICATION})


async def settle(change: Change, subject_ids: Collection[str]) -> None:
    """Ends the entries of these subjects whose ground is over, and keeps what the others say true.

    What circulars told of their grades ends likewise. It takes its turn with a release.
    """
    if subject_ids:
        await exclusively(change.session, "escalations")
    for chunk in chunks(sorted(subject_ids), IDS_PER_QUERY):
        await end_of_grades(change, chunk)
        entries = await _standing(change.session, chunk)
        for entry, why in await over(change.session, entries, change.today):
            await end(change, entry, why, WHY[why])
        for entry in entries:
            if entry.state is EntryState.PUBLIC:
                await _reword(change, entry)


async def _reword(change: Change, entry: ExposureEntry) -> None:
    """Has a public entry say what of its text is still true, or ends it if nothing is."""
    subject = await change.session.get_one(Subject, entry.subject_id)
    said, before = await still_true(change, entry, subject), entry.statement
    if not said:
        await end(change, entry, Ended.GROUND, WHY[Ended.GROUND])
    elif said != before:
        entry.statement = said
        change.session.add(entry)
        change.audit(
            "reword_exposure",
            f"exposure-list/{entry.list_id}",
            before={"entry": entry.entry_id, "statement": before},
            after={"statement": said},
            ground=exposure_rules(change.today).verified_cite,
            bureau=entry.bureau,
        )


async def follow_decision(change: Change, case: Case, subject_id: str) -> None:
    """Ends the entry of a subject if a decision has changed something that the entry rests on.

    `subject_id` is that of the case, or of the subject to which it was joined. It takes its turn
    with a release, which otherwise would make public what this strikes.
    """
    await exclusively(change.session, "escalations")
    changed = {one.target for one in case.items if (one.outcome or case.outcome) in _CHANGED}
    graded = case.HasField("contested_grade") and case.outcome in _CHANGED
    for entry in await _standing(change.session, [subject_id]):
        rests_on = {GRADE, *OF_RECORDS} if entry.grade else _OF_INSTRUMENTS
        if changed & rests_on or (graded and entry.grade):
            await end(change, entry, Ended.OBJECTION, WHY[Ended.OBJECTION])


async def follow_contest(change: Change, case_id: str, subject_id: str, at: datetime) -> None:
    """Takes down what was released although a case ran already, of which was heard only later.

    Nobody is listed while an objection runs (C-41). `at` is when the case came to be as it was
    heard of; one that came after the release leaves the entry public until the decision.
    """
    contest = await change.session.get(Contest, case_id)
    if contest is None or not contest.running:
        return
    for entry in await _standing(change.session, [subject_id]):
        row = await change.session.get_one(ExposureList, entry.list_id)
        if row.released_at is not None and at < row.released_at:
            await end(change, entry, Ended.CONTESTED, WHY[Ended.CONTESTED])


async def follow_public_grade(change: Change, event: PublicGradeDiffers) -> None:
    """Ends the entry of a subject for a grade, if the public is shown another one (S1 18).

    What became of an entry's records before its list was compiled, the compiling asked itself.
    """
    await exclusively(change.session, "escalations")
    shown, at = event.shown, event.at.ToDatetime(UTC)
    for entry in await _standing(change.session, [shown.subject_id]):
        row = await change.session.get_one(ExposureList, entry.list_id)
        of_public = (shown.ruleset_id, shown.grade) == (entry.ruleset_id, entry.grade)
        if entry.grade and not of_public and at >= row.compiled_at:
            await end(change, entry, Ended.NOT_SHOWN, WHY[Ended.NOT_SHOWN])


async def end(change: Change, entry: ExposureEntry, why: Ended, reasons: str, by: str = "") -> None:
    """Takes an entry down, or strikes it; the subject is told if it was told of the list."""
    was_public, before = entry.state is EntryState.PUBLIC, entry.state
    entry.state = EntryState.TAKEN_DOWN if was_public else EntryState.STRUCK
    entry.ended_at, entry.ended_by = change.at, by
    entry.ended_why, entry.ended_reasons = why, reasons
    change.session.add(entry)
    change.audit(
        "take_down_exposure" if was_public else "strike_exposure",
        f"exposure-list/{entry.list_id}",
        before={"entry": entry.entry_id, "subject_id": entry.subject_id, "state": before},
        after={"state": entry.state, "why": why, "reasons": reasons},
        ground=_article(why, change.today),
        bureau=entry.bureau,
    )
    if was_public:
        await _tell(change, entry, reasons)
        await entry_ended(change, entry, why, reasons)


def _article(why: Ended, on: date) -> str:
    if why is Ended.OBJECTION:
        return OBJECTION_CITE
    return review_rule(on).cite if why is Ended.NOT_SHOWN else exposure_rules(on).verified_cite


async def _tell(change: Change, entry: ExposureEntry, reasons: str) -> None:
    subject = await change.session.get(Subject, entry.subject_id)
    if subject is None or subject.unwatched:
        return
    row = await change.session.get_one(ExposureList, entry.list_id)
    contact = await contact_of(change.session, entry.bureau)
    text = texts.taken_down(subject.name, row.number, reasons, contact)
    key, matter = (
        f"exposure-entry/{entry.entry_id}/taken_down",
        Matter(f"exposure-list/{row.list_id}"),
    )
    await issue(change, NoticeKind.ESCALATION, key, subject, entry.bureau, text, matter)


async def over(
    session: AsyncSession, entries: Collection[ExposureEntry], on: date
) -> list[tuple[ExposureEntry, Ended]]:
    """Returns those of some standing entries that are to end, with the reason."""
    ids = [entry.subject_id for entry in entries]
    found = await session.exec(select(Subject).where(col(Subject.subject_id).in_(ids)))
    subjects = {subject.subject_id: subject for subject in found}
    kept = await session.exec(select(StandingGrade).where(col(StandingGrade.subject_id).in_(ids)))
    grades = {grade.subject_id: grade for grade in kept}
    ended = []
    for entry in entries:
        subject = subjects.get(entry.subject_id)
        if subject is None or not_to_be_named(subject, entry.course, on):
            ended.append((entry, Ended.SUBJECT))
        elif subject.bureau != entry.bureau:
            ended.append((entry, Ended.MOVED))
        elif not await _holds(session, entry, grades, on):
            ended.append((entry, Ended.GROUND))
    return ended


async def _holds(
    session: AsyncSession, entry: ExposureEntry, grades: Mapping[str, StandingGrade], on: date
) -> bool:
    """Whether the ground of an entry stands: its grade calls for the same, or its case is open."""
    if not entry.grade:
        case = await session.get(Escalation, entry.escalation_id)
        return case is not None and case.closed_at is None
    grade = grades.get(entry.subject_id)
    course = exposing_course(grade.ruleset_id, grade.grade, on) if grade else None
    return course is not None and course.id == entry.course


async def _standing(session: AsyncSession, subject_ids: Collection[str]) -> list[ExposureEntry]:
    return await _locked(session, col(ExposureEntry.subject_id).in_(subject_ids))


async def standing_on(session: AsyncSession, row: ExposureList) -> list[ExposureEntry]:
    """Returns the entries that stand on a list, in their order, locked until the change commits."""
    return await _locked(session, col(ExposureEntry.list_id) == row.list_id)


async def _locked(session: AsyncSession, which: sa.ColumnElement[bool]) -> list[ExposureEntry]:
    """The standing ones of some entries, as they are now and not as the session read them once."""
    rows = select(ExposureEntry).where(which, sa.text(STANDING))
    rows = rows.order_by(col(ExposureEntry.entry_id)).with_for_update()
    return list((await session.exec(rows.execution_options(populate_existing=True))).all())


async def all_standing(session: AsyncSession) -> list[ExposureEntry]:
    """Returns every entry that stands on a list, public or not."""
    rows = select(ExposureEntry).where(sa.text(STANDING)).order_by(col(ExposureEntry.entry_id))
    return list((await session.exec(rows)).all())
