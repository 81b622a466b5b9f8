"""Converts questions to messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from protos.registry.v1 import questions_pb2 as pb
from services.registry.identity.tables import Account
from services.registry.questions.answers import answers_to
from services.registry.questions.asking import WAITING
from services.registry.questions.tables import Question
from services.registry.tables import Instrument, Subject

_CONVERTED = {"kind", "day", "opened_at", "decided_at"}


async def questions(session: AsyncSession, rows: Sequence[Question]) -> list[pb.Question]:
    """Converts questions to messages, with the names of subjects, instruments and people."""
    named = Subject.subject_id, Subject.name
    names = await _by_id(session, named, {row.subject_id for row in rows})
    named = Account.account_id, Account.display_name
    names |= await _by_id(session, named, {row.decided_by for row in rows})
    of_rows = col(Instrument.instrument_id).in_({row.instrument_id for row in rows})
    found = await session.exec(select(Instrument).where(of_rows))
    instruments = {one.instrument_id: one for one in found}
    return [_message(row, names, instruments) for row in rows]


async def question(session: AsyncSession, row: Question) -> pb.Question:
    """Converts one question to a message."""
    [message] = await questions(session, [row])
    return message


async def _by_id(session: AsyncSession, columns: Any, ids: set[str]) -> dict[str, str]:
    rows = await session.exec(select(*columns).where(columns[0].in_(ids)))
    return {str(key): str(name) for key, name in rows}


def _message(
    row: Question, names: Mapping[str, str], instruments: Mapping[str, Instrument]
) -> pb.Question:
    message = pb.Question(
        **row.model_dump(exclude=_CONVERTED),
        kind=row.kind.value,
        day=row.day.isoformat(),
        subject_name=names.get(row.subject_id, ""),
        decided_by_name=names.get(row.decided_by, ""),
        answers=answers_to(row) if row.state == WAITING else (),
    )
    if instrument := instruments.get(row.instrument_id):
        message.type_code, message.serial_no = instrument.type_code, instrument.serial_no
    message.opened_at.FromDatetime(row.opened_at)
    if row.decided_at is not None:
        message.decided_at.FromDatetime(row.decided_at)
    return message
