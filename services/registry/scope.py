"""What lies in a caller's scope, as a condition of a query (D-09)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing.identity import Caller, Role, scope_prefix
from services.registry.disclosure import LISTED_KINDS
from services.registry.tables import Subject

# The code under which every bureau lies: the scope of whoever answers for the whole platform.
PLATFORM_WIDE = "000000"
Condition = sa.ColumnElement[bool]


def subjects(caller: Caller) -> Condition:
    """Subjects a caller may see; the public, those that may be listed openly."""
    if caller.has(Role.PUBLIC):
        return sa.and_(col(Subject.kind).in_(LISTED_KINDS), sa.not_(col(Subject.in_review)))
    return held(caller, Subject.subject_id, Subject.bureau)


def held(caller: Caller, subject_id: Any, bureau: Any) -> Condition:
    """What belongs to a subject and a bureau: one's own, or that of the bureaus one covers."""
    if caller.is_service:
        return sa.true()
    if caller.has(Role.OPERATOR):
        return col(subject_id) == caller.subject_id
    if not caller.bureau:
        return sa.false()
    return col(bureau).startswith(scope_prefix(caller.bureau), autoescape=True)
