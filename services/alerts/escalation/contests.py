"""What objections and reconsiderations contest, as far as escalation waits for it (S3 27; C-38)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.contested import GRADE, OF_RECORDS, Target
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import objection_pb2
from services.alerts.escalation.red_alerts import red_instruments
from services.alerts.escalation.tables import Contest
from services.alerts.tables import Escalation, Joining, Split, Verification

CITE = "S3 27; S4 五(三)"
_OVER = frozenset({"closed", "declined", "withdrawn"})


async def put_contest(change: Change, received: Received[Any]) -> str:
    """Stores what a case contests, unless a later version is on file; returns its subject.

    A case of a subject that withdrew one before contests only once it is accepted. Once stored it
    follows its subject by the events of the registry alone, since those of objection may be older.
    """
    case: objection_pb2.Case = received.message.case
    row = await change.session.get(Contest, case.case_id, with_for_update=True)
    subject_id = row.subject_id if row else await _present_subject(change, case)
    if row is None or row.version < case.version:
        waits = case.marks_on_acceptance and not case.HasField("term")
        kept = Contest(
            case_id=case.case_id,
            subject_id=subject_id,
            number=case.number,
            targets=_targets(case),
            running=case.state not in _OVER and not waits,
            version=case.version,
        )
        await change.session.merge(kept)
        await change.session.flush()
    return subject_id


async def _present_subject(change: Change, case: objection_pb2.Case) -> str:
    """The subject of a case: the part to which all went that it contests of the records.

    Of a subject that is no more, it is the one to which that was joined. A subject splits before it
    is joined to another, and a part may be joined to its origin again.
    """
    subject_id: str = case.subject_id
    parts = set[str]()
    while True:
        if (part := await _part(change, subject_id, _targets(case), parts)) is not None:
            parts.add(part)
            subject_id = part
        elif (joining := await change.session.get(Joining, subject_id)) is not None:
            joining.contests = [*joining.contests, case.case_id]
            subject_id = joining.present_id
        else:
            return subject_id


async def _part(
    change: Change, origin_id: str, targets: Collection[str], seen: Collection[str]
) -> str | None:
    """The part of a subject to which what is contested went, but none of those seen before."""
    rows = select(Split).where(col(Split.origin_id) == origin_id, col(Split.part_id).not_in(seen))
    splits = await change.session.exec(rows.order_by(col(Split.part_id)))
    return next((one.part_id for one in splits if _went(targets, one.records)), None)


def _went(targets: Collection[str], record_ids: Collection[str]) -> bool:
    """Whether these targets are of records that went to a part, and of nothing else."""
    went = {f"{target}/{record}" for target in OF_RECORDS for record in record_ids}
    of_records = set(targets) - {GRADE}
    return bool(of_records) and of_records <= went


def _targets(case: objection_pb2.Case) -> list[str]:
    items = [f"{item.target}/{item.id}" for item in case.items]
    return items + [GRADE] * case.HasField("contested_grade")


async def give(
    change: Change, former_id: str, present_id: str, only: Collection[str] | None = None
) -> list[str]:
    """Gives what a subject contests to another subject; returns the ids of the cases.

    `only` are the cases that may go; None means all.
    """
    rows = [row for row in await _of(change, former_id) if only is None or row.case_id in only]
    for row in rows:
        row.subject_id = present_id
    return [row.case_id for row in rows]


async def give_to_part(
    change: Change, origin_id: str, part_id: str, record_ids: Collection[str]
) -> list[str]:
    """Gives a part what contests nothing but records that went to it, as objection does.

    So it does what is heard of later. Returns the ids of the cases.
    """
    part = Split(part_id=part_id, origin_id=origin_id, records=[*record_ids])
    await change.session.merge(part)
    rows = await _of(change, origin_id)
    follow = {row.case_id for row in rows if _went(row.targets, record_ids)}
    return await give(change, origin_id, part_id, follow)


async def _of(change: Change, subject_id: str) -> Sequence[Contest]:
    rows = select(Contest).where(col(Contest.subject_id) == subject_id)
    return (await change.session.exec(rows.with_for_update())).all()


async def running(session: AsyncSession, subject_id: str) -> Sequence[Contest]:
    """Returns the running objections and reconsiderations of a subject, by number."""
    rows = select(Contest).where(col(Contest.subject_id) == subject_id, col(Contest.running))
    return (await session.exec(rows.order_by(Contest.number))).all()


async def contested_instruments(session: AsyncSession, subject_id: str) -> set[str]:
    """Returns the instruments of a subject that are contested, themselves or by a verification."""
    instruments = await _instruments_of(session, await running(session, subject_id))
    return set[str]().union(*instruments.values())


async def _instruments_of(
    session: AsyncSession, contests: Sequence[Contest]
) -> Mapping[str, set[str]]:
    """The instruments that each of these contests, itself or by a verification, by its case."""
    named = {row.case_id: _named(row, Target.INSTRUMENT) for row in contests}
    verifications = {row.case_id: _named(row, Target.VERIFICATION) for row in contests}
    of_verifications = await session.exec(
        select(Verification.verification_id, Verification.instrument_id).where(
            col(Verification.verification_id).in_(set[str]().union(*verifications.values()))
        )
    )
    instruments = dict(of_verifications.all())
    return {
        case: ids | {instruments[one] for one in verifications[case] if one in instruments}
        for case, ids in named.items()
    }


def _named(row: Contest, kind: Target) -> set[str]:
    of_kind = f"{kind}/"
    return {one.removeprefix(of_kind) for one in row.targets if one.startswith(of_kind)}


async def of_case(session: AsyncSession, case: Escalation) -> Sequence[Contest]:
    """Returns the running objections that bear on what a case rests on.

    That is its grade, or the instruments that are red.
    """
    contests = await running(session, case.subject_id)
    if case.grade:
        return [row for row in contests if any(_of_grade(target) for target in row.targets)]
    if case.facts or not contests:
        return []
    red, contested = await red_instruments(session, case), await _instruments_of(session, contests)
    return [row for row in contests if contested[row.case_id] & red.keys()]


def _of_grade(target: str) -> bool:
    return target == GRADE or target.startswith(f"{Target.RECORD}/")
