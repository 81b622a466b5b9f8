"""The rules on which qualifications a caller may see: those kept by the bureaus in its scope."""

from __future__ import annotations

from law.errors import NotFound
from plumbing import row_scope
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.registry.people.tables import Qualification


async def find(by: Change | View, given: str, *, lock: bool = False) -> Qualification:
    """Returns a qualification by its id or the beginning of its id; `lock` locks its row.

    Raises NotFound if the caller may see no such qualification.
    """
    seen = row_scope.covered(by.caller, Qualification.bureau)
    row = await find_by_id(by.session, Qualification, given, seen, lock=lock)
    if row is None or not by.caller.covers(row.bureau):
        raise NotFound("没有这项资格", "There is no such qualification", qualification_id=given)
    return row
