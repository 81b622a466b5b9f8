"""Writes an act of the life of a subject, and announces it to the other services."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import uuid4

from law.errors import Fault, InvalidInput
from law.reader.strict_reader import as_day
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry import wire
from services.registry.announce_changes import Cause
from services.registry.commands.targets import require_version
from services.registry.lives import wire as life_wire
from services.registry.lives.tables import LifeAct, SubjectAct
from services.registry.tables import Subject


def day_of(change: Change, given: str) -> date:
    """Returns the day from which an act holds, today if none is given.

    Raises InvalidInput for a day after today, or one that is none.
    """
    day = as_day(given) if given else change.today
    if day is None:
        zh, en = "没有这一天", "there is no such day"
        raise InvalidInput(faults=[Fault("on", zh, en)])
    if day > change.today:
        raise InvalidInput(faults=[Fault("on", "不得晚于今天", "must not be after today")])
    return day


def require_seen(row: Subject, version: int) -> None:
    """Raises WrongState if a subject is not as it was last read; 0 means as it is now."""
    if version:
        require_version(row.version, version)


async def write_act(
    change: Change,
    subject: Subject,
    act: LifeAct,
    cause: Cause,
    *,
    day: date | None = None,
    other: Subject | None = None,
    former_code: str = "",
    kept: dict[str, Any] | None = None,
    record_ids: Collection[str] = (),
) -> SubjectAct:
    """Stores an act of a subject's life and announces it; the command writes the audit entry.

    `record_ids` are the records that went to the other subject.
    """
    row = SubjectAct(
        act_id=uuid4().hex,
        subject_id=subject.subject_id,
        other_id=other.subject_id if other else "",
        act=act,
        day=day or change.today,
        ground=cause.ground,
        former_code=former_code,
        other_name=other.name if other else "",
        kept=kept or {},
        at=change.at,
        by=change.on_behalf_of,
    )
    change.session.add(row)
    await change.session.flush()
    message = events.Change(cause=cause.cause, ground=cause.ground)
    message.at.FromDatetime(change.at)
    event = events.SubjectActed(
        change=message,
        act=life_wire.act(row),
        subject=wire.subject(subject),
        other=wire.subject(other) if other else None,
        record_ids=record_ids,
    )
    await change.announce(event, aggregate=f"subject/{subject.subject_id}", bureau=subject.bureau)
    return row
