"""SQL conditions for the rows that a caller may see: `Caller.covers` and `Caller.sees` in SQL.

The lists of a bureau are read from indexes that begin with the six digits of the bureau's code. The
lists of a city are read in their order, and what belongs to other cities is passed over.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from plumbing.database import unindexed
from plumbing.identity import Caller, Role, scope_prefix

Condition = sa.ColumnElement[bool]
_DIGITS = 6  # of a bureau's code; a unit of a bureau has letters behind them
_LAST_UNIT = "-ZZZZZZZZ"


def bureau_index(name: str, *columns: str, where: str | None = None) -> sa.Index:
    """Returns an index for the lists of a bureau and its units: their rows in the columns' order.

    The table has the bureau in a column of that name. `where` limits the rows; a query uses the
    index only if it has the same condition, word for word.
    """
    condition = None if where is None else sa.text(where)
    district = sa.text(f"substr(bureau, 1, {_DIGITS})")
    return sa.Index(name, district, *columns, sqlite_where=condition, postgresql_where=condition)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """Returns an index of the rows with a condition, which a query repeats word for word."""
    rows = sa.text(where)
    return sa.Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)


def within(bureau: str, column: Any) -> Condition:
    """Returns a condition for rows whose bureau, in `column`, is the given bureau or below it."""
    prefix = scope_prefix(bureau)
    if not prefix:
        return sa.true()
    if len(prefix) < _DIGITS:
        last = prefix.ljust(_DIGITS, "9") + _LAST_UNIT
        return unindexed(column).between(prefix.ljust(_DIGITS, "0"), last)
    of_district = _of_district(prefix, column)
    if len(prefix) == _DIGITS:
        return of_district
    return sa.and_(of_district, column.startswith(prefix, autoescape=True))


def of_bureau(bureau: str, column: Any) -> Condition:
    """Returns a condition for rows whose bureau, in `column`, is the given one, none below it."""
    return sa.and_(_of_district(bureau, column), unindexed(column) == bureau)


def same_bureau(column: Any, other: Any) -> Condition:
    """Returns a condition for rows whose bureau, in `column`, is the one in another column."""
    return sa.and_(_district(column) == _district(other), unindexed(column) == other)


def _district(column: Any) -> Any:
    # Numbers in the statement itself, as in the index: SQLite compares the two word for word.
    numbers: list[Any] = [sa.literal_column("1"), sa.literal_column(str(_DIGITS))]
    return sa.func.substr(column, *numbers)


def _of_district(bureau: str, column: Any) -> Condition:
    of_district: Condition = _district(column) == bureau[:_DIGITS]
    return of_district


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
