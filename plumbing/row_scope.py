"""SQL conditions for the rows that a caller may see: `Caller.covers` and `Caller.sees` in SQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from plumbing.identity import Caller, Role, scope_prefix

Condition = sa.ColumnElement[bool]


def within(bureau: str, column: Any) -> Condition:
    """Returns a condition for rows whose bureau, in `column`, is the given bureau or below it."""
    condition: Condition = column.startswith(scope_prefix(bureau), autoescape=True)
    return condition


def covered(caller: Caller, bureau: Any) -> Condition:
    """Returns a condition for rows whose bureau is in the caller's scope, as in `Caller.covers`.

    `bureau` is the column of the bureau.
    """
    if caller.is_service:
        return sa.true()
    return within(caller.bureau, bureau) if caller.bureau else sa.false()


def seen(caller: Caller, subject_id: Any, bureau: Any) -> Condition:
    """Returns a condition for rows that the caller may see, as in `Caller.sees`.

    `subject_id` and `bureau` are the columns of the subject and the bureau.
    """
    if not caller.has(Role.OPERATOR):
        return covered(caller, bureau)
    own: Condition = subject_id == caller.subject_id
    # Rows of a bureau have no subject; an operator's account without a subject must not see them.
    return own if caller.subject_id else sa.false()
