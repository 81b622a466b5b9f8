"""What the public is shown of grades: what follows from the records that were released to it.

A record may lower a grade before a second person has reviewed it. Until then the public is shown
the grade without it, and nothing that tells of it (S1 18, 19; ADR 0024).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Change
from protos.grading.v1 import grading_pb2 as pb
from protos.grading.v1.events_pb2 import PublicGradeDiffers
from services.grading import assessment, wire
from services.grading.assessment import Assessment
from services.grading.evidence import Evidence
from services.grading.grade_history import statement
from services.grading.tables import Grade, PublicGrade


async def state(
    change: Change,
    evidence: Evidence,
    present: Mapping[str, Assessment],
    former: Mapping[str, Grade],
) -> None:
    """States what the public is shown of the subjects whose `present` assessments are given.

    `former` are the grades that were in force until now. Another grade than until now is announced.
    A subject is due again on the first day on which one of its records becomes public.
    """
    if not present:
        return
    differing = _differing(change, evidence, present)
    stored = await _stored(change.session, present)
    ended = [row for subject_id, row in stored.items() if subject_id not in differing]
    new = {
        subject_id: public
        for subject_id, public in differing.items()
        if subject_id not in stored or stored[subject_id].digest != public.digest
    }
    before = await _as_before(change.session, new)
    for subject_id, public in new.items():
        row = stored.get(subject_id)
        until_now = _result(row or former.get(subject_id))
        shown = before.get((subject_id, public.digest)) or statement(public, change.at)
        _put(change, row, shown)
        if until_now not in (None, _result(shown)):
            await _announce(change, shown, public.file.dossier.bureau)
    for row in ended:
        await change.session.delete(row)
    if new or ended:
        after = {key: one.receipt.grade if one.receipt else None for key, one in new.items()}
        gone = {row.subject_id: row.grade for row in ended}
        change.audit("state_public_grades", "public-grades", before=gone, after=after)


def _differing(
    change: Change, evidence: Evidence, present: Mapping[str, Assessment]
) -> dict[str, Assessment]:
    """The assessments by released records alone, where they are not the present ones."""
    waiting = evidence.unreleased(change.today)
    differing = {}
    files = evidence.files(waiting.keys() & present.keys(), public_on=change.today)
    for subject_id, file in files.items():
        subject, public = evidence.subjects[subject_id], assessment.assess(file, change.today)
        days = subject.next_change_on, public.next_change_on(), waiting[subject_id]
        subject.next_change_on = min((day for day in days if day), default=None)
        if public.digest != present[subject_id].digest:
            differing[subject_id] = public
    return differing


def _put(change: Change, row: PublicGrade | None, shown: Grade) -> None:
    values = {name: getattr(shown, name) for name in PublicGrade.model_fields}
    if row is None:
        change.session.add(PublicGrade(**values))
    else:
        row.sqlmodel_update(values)


def _result(of: Grade | PublicGrade | None) -> tuple[str, str] | None:
    return (of.ruleset_id, of.grade or "") if of else None


async def _announce(change: Change, shown: Grade, bureau: str) -> None:
    """Announces that the public is shown another grade: nobody is exposed for the one in force."""
    event = PublicGradeDiffers(shown=_without_ends(shown))
    event.shown.bureau = bureau
    event.at.FromDatetime(change.at)
    await change.announce(event, aggregate=f"subject/{shown.subject_id}", bureau=bureau)


async def _as_before(
    session: AsyncSession, new: Mapping[str, Assessment]
) -> dict[tuple[str, str], Grade]:
    """The statements that say the same: what the public was shown stays as it was.

    Of several, those in force from the newest day, as they were first known.
    """
    same = select(Grade).where(
        col(Grade.subject_id).in_(new), col(Grade.digest).in_([one.digest for one in new.values()])
    )
    order = col(Grade.in_force_from), col(Grade.known_from).desc()
    rows = await session.exec(same.order_by(*order))
    return {(row.subject_id, row.digest): row for row in rows}


async def shown(session: AsyncSession, rows: Sequence[Grade]) -> list[pb.Grade]:
    """Returns the grades in force of subjects as the public is shown them.

    They have no receipts, which the public cannot read, and no ends: those of the real grade.
    """
    stored = await _stored(session, [row.subject_id for row in rows])
    return [_shown(row, stored.get(row.subject_id)) for row in rows]


def _shown(row: Grade, instead: PublicGrade | None) -> pb.Grade:
    if instead is not None:
        row = Grade(**instead.model_dump(), bureau=row.bureau)
    return _without_ends(row)


def _without_ends(row: Grade) -> pb.Grade:
    message = wire.grade(row)
    message.receipt_id = message.in_force_to = ""
    message.ClearField("known_to")
    return message


async def _stored(session: AsyncSession, subject_ids: Collection[str]) -> dict[str, PublicGrade]:
    rows = select(PublicGrade).where(col(PublicGrade.subject_id).in_(subject_ids))
    return {row.subject_id: row for row in await session.exec(rows)}
