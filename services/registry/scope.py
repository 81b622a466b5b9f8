"""Which subjects a caller may see, as a condition of a query (D-09)."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import col

from plumbing import row_scope
from plumbing.identity import Caller, Role
from services.registry.disclosure import listed_kinds
from services.registry.tables import Subject

# The code above every bureau: the scope of an administrator of the whole platform.
PLATFORM_WIDE = "000000"


def subjects(caller: Caller, on: date) -> sa.ColumnElement[bool]:
    """Subjects a caller may see on a day; the public, those that may be listed openly."""
    if caller.has(Role.PUBLIC):
        return sa.and_(col(Subject.kind).in_(listed_kinds(on)), sa.not_(col(Subject.in_review)))
    return row_scope.seen(caller, Subject.subject_id, Subject.bureau)
