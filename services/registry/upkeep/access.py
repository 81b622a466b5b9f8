"""The rules on which entries of the log of upkeep a caller may see: those of its instruments."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from plumbing import row_scope
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.registry.tables import Instrument
from services.registry.upkeep.tables import UpkeepEntry, UpkeepFile


async def find(
    by: Change | View, given: str, *, lock: bool = False
) -> tuple[UpkeepEntry, Instrument]:
    """Returns an entry by its id or the beginning of its id, with its instrument; `lock` locks it.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await find_by_id(by.session, UpkeepEntry, given, lambda: _own(by), lock=lock)
    instrument = await by.session.get(Instrument, row.instrument_id) if row else None
    if row is None or instrument is None or instrument.removed:
        zh, en = "没有这条维护和签封记录", "There is no such entry"
        raise NotFound(zh, en, upkeep_id=given)
    by.caller.require_subject(instrument.subject_id, instrument.bureau)
    return row, instrument


async def find_file(by: Change | View, file_id: str) -> UpkeepFile:
    """Returns a file of an entry.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await find_by_id(by.session, UpkeepFile, file_id)
    if row is None:
        raise NotFound("没有这个文件", "There is no such file", file_id=file_id)
    await find(by, row.upkeep_id)
    return row


def _own(by: Change | View) -> sa.ColumnElement[bool]:
    seen = row_scope.seen(by.caller, Instrument.subject_id, Instrument.bureau)
    own: Any = select(Instrument.instrument_id).where(seen)
    return col(UpkeepEntry.instrument_id).in_(own)
