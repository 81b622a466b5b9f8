"""Converts exposure lists and their entries to protobuf messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.courses import course_names
from protos.alerts.v1 import escalations_pb2
from protos.alerts.v1 import exposure_lists_pb2 as pb
from services.alerts.escalation.wire import stamp
from services.alerts.exposure_lists.grounds import Ground, Obstacle
from services.alerts.exposure_lists.tables import ExposureEntry, ExposureList
from services.alerts.tables import Subject


async def whole(session: AsyncSession, row: ExposureList) -> pb.ExposureList:
    """Returns the message of a list with its entries."""
    [message] = await lists(session, [row])
    return message


async def lists(session: AsyncSession, rows: Sequence[ExposureList]) -> list[pb.ExposureList]:
    """Returns the messages of lists with their entries."""
    ids = [row.list_id for row in rows]
    named = select(ExposureEntry, Subject.name).join(
        Subject, col(Subject.subject_id) == col(ExposureEntry.subject_id), isouter=True
    )
    named = named.where(col(ExposureEntry.list_id).in_(ids)).order_by(col(ExposureEntry.entry_id))
    entries: defaultdict[str, list[pb.ExposureEntry]] = defaultdict(list)
    for row, name in await session.exec(named):
        entries[row.list_id].append(_entry(row, name or ""))
    return [_list(row, entries) for row in rows]


def _list(row: ExposureList, entries: Mapping[str, Sequence[pb.ExposureEntry]]) -> pb.ExposureList:
    return pb.ExposureList(
        list_id=row.list_id,
        number=row.number,
        bureau=row.bureau,
        state=row.state.value,
        verified_how=row.verified_how,
        compiled_by=row.compiled_by,
        compiled_at=stamp(row.compiled_at),
        reviewed_by=row.reviewed_by,
        reviewed_at=stamp(row.reviewed_at),
        findings=row.findings,
        released_by=row.released_by,
        released_at=stamp(row.released_at),
        media=row.media,
        discarded_by=row.discarded_by,
        discarded_at=stamp(row.discarded_at),
        discard_reasons=row.discard_reasons,
        entries=entries[row.list_id],
    )


def _entry(row: ExposureEntry, name: str) -> pb.ExposureEntry:
    return pb.ExposureEntry(
        entry_id=str(row.entry_id),
        list_id=row.list_id,
        subject_id=row.subject_id,
        subject_name=name,
        ground=ground(row),
        statement=row.statement,
        state=row.state.value,
        ended_at=stamp(row.ended_at),
        ended_by=row.ended_by,
        ended_why=row.ended_why,
        ended_reasons=row.ended_reasons,
        notice_id=row.notice_id,
    )


def ground(of: Ground | ExposureEntry) -> pb.ExposureGround:
    """Returns the message of a ground for exposure."""
    zh, en = course_names().get(of.course, (of.course, of.course))
    return pb.ExposureGround(
        course=of.course,
        course_zh=zh,
        course_en=en,
        cite=of.cite,
        ruleset_id=of.ruleset_id,
        grade=of.grade,
        receipt_id=of.receipt_id,
        escalation_id=of.escalation_id,
    )


def candidate(
    subject: Subject, found: Ground | None, obstacles: Sequence[Obstacle]
) -> pb.ExposureCandidate:
    """Returns the message of a subject with a ground, and with what speaks against it."""
    return pb.ExposureCandidate(
        subject_id=subject.subject_id,
        subject_name=subject.name,
        bureau=subject.bureau,
        ground=ground(found) if found else None,
        obstacles=[pb.ExposureObstacle(zh=o.zh, en=o.en, cite=o.cite) for o in obstacles],
    )


def exposed(entry: ExposureEntry, row: ExposureList, name: str) -> pb.ExposedSubject:
    """Returns what the public is shown of an entry."""
    return pb.ExposedSubject(
        entry_id=str(entry.entry_id),
        subject_id=entry.subject_id,
        subject_name=name,
        statement=entry.statement,
        cite=entry.cite,
        list_number=row.number,
        bureau=row.bureau,
        media=row.media,
        published_at=stamp(row.released_at),
    )


def exposure(entry: ExposureEntry, row: ExposureList, name: str) -> escalations_pb2.Exposure:
    """Returns the same in the form of the former call."""
    return escalations_pb2.Exposure(
        exposure_id=str(entry.entry_id),
        subject_name=name,
        statement=entry.statement,
        media=row.media,
        cite=entry.cite,
        published_at=stamp(row.released_at),
        bureau=entry.bureau,
    )
