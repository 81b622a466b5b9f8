"""Which rows a caller sees, as conditions of a query: `Caller.covers` and `Caller.sees` in SQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from plumbing.identity import Caller, Role, scope_prefix

Condition = sa.ColumnElement[bool]


def within(bureau: str, column: Any) -> Condition:
    """Rows whose bureau, in `column`, is the given bureau or lies below it."""
    condition: Condition = column.startswith(scope_prefix(bureau), autoescape=True)
    return condition


def covered(caller: Caller, bureau: Any) -> Condition:
    """Rows whose bureau the caller covers, as `Caller.covers` says of one."""
    if caller.is_service:
        return sa.true()
    return within(caller.bureau, bureau) if caller.bureau else sa.false()


def seen(caller: Caller, subject_id: Any, bureau: Any) -> Condition:
    """Rows that the caller sees by their subject or their bureau, as `Caller.sees` says of one."""
    if not caller.has(Role.OPERATOR):
        return covered(caller, bureau)
    own: Condition = subject_id == caller.subject_id
    # Rows of a bureau have no subject; an operator's account without a subject must not see them.
    return own if caller.subject_id else sa.false()
