"""The query condition that selects the subjects a caller may see (D-09)."""

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
    """Returns the condition that selects the subjects a caller may see on a day.

    For the public, these are the subjects that may be listed openly on that day.
    """
    if caller.has(Role.PUBLIC):
        return public(on)
    return row_scope.seen(caller, Subject.subject_id, Subject.bureau)


def public(on: date) -> sa.ColumnElement[bool]:
    """Returns the condition that selects the subjects that may be listed openly on a day."""
    return sa.and_(col(Subject.kind).in_(listed_kinds(on)), sa.not_(col(Subject.in_review)))
