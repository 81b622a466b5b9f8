"""Finds a row of the register by its id, by the beginning of its id, or by credit code.

Every id that comes from outside is looked up here. A row found by its whole id or credit code may
be outside the caller's scope, which the callers must check; the beginning of an id is searched only
within the scope.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing import row_scope
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.registry import scope
from services.registry.sameness import aliases
from services.registry.tables import Instrument, Record, Subject

Row = TypeVar("Row", Subject, Instrument)
_CREDIT_CODE = re.compile("[0-9A-Z]{18}")


async def subject(by: Change | View, given: str, *, lock: bool = False) -> Subject | None:
    """Returns the subject with this id, start of an id or credit code; None if there is none."""
    if _CREDIT_CODE.fullmatch(given.upper()):
        row = await _with_code(by.session, given.upper(), lock=lock)
        if row is not None:
            return row
    row = await find_by_id(by.session, Subject, given, partial(_seen_subjects, by), lock=lock)
    if row is not None and row.removed:
        row = await _now(by.session, Subject, aliases.SUBJECT, row.subject_id, lock=lock)
    return None if row is None or row.removed else row


async def _now(
    session: AsyncSession, model: type[Row], kind: str, former_id: str, *, lock: bool
) -> Row | None:
    """What a thing that was joined, or had another credit code, is known as now."""
    present = await aliases.present_id(session, kind, former_id)
    return await session.get(model, present, with_for_update=lock) if present else None


def _seen_subjects(by: Change | View) -> sa.ColumnElement[bool]:
    return sa.and_(sa.not_(col(Subject.removed)), scope.subjects(by.caller, by.today))


async def _with_code(session: AsyncSession, code: str, *, lock: bool) -> Subject | None:
    bearing = select(Subject).where(Subject.credit_code == code, sa.not_(col(Subject.removed)))
    row = (await session.exec(bearing.with_for_update() if lock else bearing)).first()
    return row or await _now(session, Subject, aliases.CREDIT_CODE, code, lock=lock)


async def subject_id(by: Change | View, given: str) -> str:
    """Returns the id of the subject with this id, credit code or beginning of an id.

    Returns `given` unchanged if there is no such subject.
    """
    row = await subject(by, given)
    return given if row is None else row.subject_id


async def instrument(by: Change | View, given: str, *, lock: bool = False) -> Instrument | None:
    """Returns the instrument with this id or beginning of an id; None if there is none."""
    row = await find_by_id(by.session, Instrument, given, partial(_seen_instruments, by), lock=lock)
    if row is not None and row.removed:
        row = await _now(by.session, Instrument, aliases.INSTRUMENT, row.instrument_id, lock=lock)
    return None if row is None or row.removed else row


def _seen_instruments(by: Change | View) -> sa.ColumnElement[bool]:
    seen = row_scope.seen(by.caller, Instrument.subject_id, Instrument.bureau)
    return sa.and_(sa.not_(col(Instrument.removed)), seen)


async def record(by: Change | View, given: str, *, lock: bool = False) -> Record | None:
    """Returns the credit record with this id or beginning of an id; None if there is none."""
    row = await find_by_id(by.session, Record, given, partial(_seen_records, by), lock=lock)
    return None if row is None or row.removed else row


def _seen_records(by: Change | View) -> sa.ColumnElement[bool]:
    owners = select(Subject.subject_id).where(scope.subjects(by.caller, by.today))
    return sa.and_(sa.not_(col(Record.removed)), col(Record.subject_id).in_(owners))
