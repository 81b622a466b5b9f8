"""The rules on which institutions a caller may see.

People of a bureau see the institutions kept by the bureaus in their scope; an account of an
institution only its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from plumbing import row_scope
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.registry.institutions.reporting import is_institution, own_institution
from services.registry.institutions.tables import Institution


async def visible(by: Change | View) -> sa.ColumnElement[bool]:
    """Returns the query condition that selects the institutions a caller may see."""
    if is_institution(by.caller):
        return col(Institution.name) == await own_institution(by.session, by.caller)
    return row_scope.covered(by.caller, Institution.bureau)


async def find(by: Change | View, given: str, *, lock: bool = False) -> Institution:
    """Returns an institution by its name, its id, or the beginning of its id.

    `lock` locks its row for a change. Raises NotFound if the caller may see no such institution.
    """
    seen = await visible(by)
    named = select(Institution).where(Institution.name == given)
    row = (await by.session.exec(named)).first()
    key = row.institution_id if row else given
    row = await find_by_id(by.session, Institution, key, seen, lock=lock)
    if row is None or not await _sees(by, row):
        raise NotFound("没有这家检定机构", "There is no such institution", institution=given)
    return row


async def _sees(by: Change | View, row: Institution) -> bool:
    if is_institution(by.caller):
        return row.name == await own_institution(by.session, by.caller)
    return by.caller.covers(row.bureau)
