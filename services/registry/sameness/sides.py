"""The sides of a likeness: the things of the register that are at its place now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.evidence import RecordStatus
from services.registry.sameness.places import Place, are_alike
from services.registry.sameness.tables import LikeKind
from services.registry.tables import Instrument, Record, Subject, Verification

Side = Subject | Instrument | Record | Verification
MODELS: dict[LikeKind, Any] = {
    LikeKind.SUBJECT: Subject,
    LikeKind.INSTRUMENT: Instrument,
    LikeKind.RECORD: Record,
    LikeKind.RESULT: Verification,
}


async def sides_at(session: AsyncSession, place: Place, *, lock: bool = False) -> Sequence[Side]:
    """Reads the things at a place, by id; `lock` locks their rows for a change."""
    model = MODELS[place.kind]
    rows = select(model).where(sa.not_(col(model.removed)), *_CONDITIONS[place.kind](*place.key))
    in_order = rows.order_by(sa.inspect(model).primary_key[0])
    return (await session.exec(in_order.with_for_update() if lock else in_order)).all()


def _subjects(bureau: str, name_key: str) -> Sequence[Any]:
    return col(Subject.name_key) == name_key, col(Subject.bureau) == bureau


def _instruments(subject_id: str, type_code: str, serial_key: str) -> Sequence[Any]:
    return (
        col(Instrument.subject_id) == subject_id,
        col(Instrument.type_code) == type_code,
        col(Instrument.serial_key) == serial_key,
    )


def _records(subject_id: str, kind: str, occurred_on: str, determined_on: str) -> Sequence[Any]:
    return (
        col(Record.subject_id) == subject_id,
        col(Record.kind) == kind,
        col(Record.occurred_on) == date.fromisoformat(occurred_on),
        col(Record.determined_on) == date.fromisoformat(determined_on),
        col(Record.status) == RecordStatus.ACTIVE,
    )


def _results(instrument_id: str, verified_on: str) -> Sequence[Any]:
    day = date.fromisoformat(verified_on)
    return col(Verification.instrument_id) == instrument_id, col(Verification.verified_on) == day


_CONDITIONS: dict[LikeKind, Any] = {
    LikeKind.SUBJECT: _subjects,
    LikeKind.INSTRUMENT: _instruments,
    LikeKind.RECORD: _records,
    LikeKind.RESULT: _results,
}


def id_of(side: Side) -> str:
    """Returns the id of a side."""
    return str(sa.inspect(side).identity[0])


def wait(place: Place, sides: Sequence[Side], apart: Sequence[str]) -> bool:
    """Returns whether sides are perhaps the same, one of them not yet decided about."""
    rows = [side.model_dump() for side in sides]
    return are_alike(place.kind, rows) and not {*map(id_of, sides)} <= set(apart)


def seen(sides: Sequence[Side]) -> str:
    """Returns a digest of the sides as they are now; a decision names the one that was seen."""
    text = "\n".join(f"{id_of(side)} {side.version}" for side in sides)
    return hashlib.sha256(text.encode()).hexdigest()
