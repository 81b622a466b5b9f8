"""The rules on which laboratories a caller may see: those of the institutions that it may see."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.registry.institutions import access as institutions
from services.registry.institutions.tables import Institution
from services.registry.laboratories.tables import Laboratory


async def visible(by: Change | View) -> sa.ColumnElement[bool]:
    """Returns the query condition that selects the laboratories a caller may see."""
    seen: Any = select(Institution.institution_id).where(await institutions.visible(by))
    return col(Laboratory.institution_id).in_(seen)


async def find(
    by: Change | View, given: str, *, lock: bool = False
) -> tuple[Laboratory, Institution]:
    """Returns a laboratory by its id or the beginning of its id, with its institution.

    `lock` locks its row for a change. Raises NotFound if the caller may see no such laboratory.
    """
    row = await find_by_id(by.session, Laboratory, given, await visible(by), lock=lock)
    unknown = NotFound("没有这间实验室", "There is no such laboratory", laboratory_id=given)
    if row is None:
        raise unknown
    try:
        return row, await institutions.find(by, row.institution_id)
    except NotFound as error:
        raise unknown from error
