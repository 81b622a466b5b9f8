"""Tables that a newer release has migrated, and whether the present release can work on them.

While replicas are replaced one by one, or when a release is taken back, an older one starts on the
tables of a newer one. Between two releases tables only grow (ADR 0006), so it can work on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

_Known = TypeVar("_Known", bound=StrEnum)
# What only the database has, and an index that a newer release replaced: neither is in the way.
_HARMLESS = {
    "remove_table", "remove_index", "add_index", "remove_constraint", "add_constraint",
    "remove_fk", "add_fk",
}  # fmt: skip
# What SQLAlchemy says of a value in a row that is none of a column's enumeration.
_NO_MEMBER = "is not among the defined enum values"


class CannotUseTables(RuntimeError):
    """Raised where a newer release has left tables on which this one cannot work."""


def unknown_revision(connection: sa.Connection, config: Config) -> str:
    """Returns the revision of a database if this release does not know it; else an empty text."""
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    present = MigrationContext.configure(connection).get_current_heads()
    return ", ".join(one for one in present if one not in known)


def require_usable(differences: Iterable[Any], revision: str) -> None:
    """Raises CannotUseTables unless the tables of a newer revision only grew.

    `differences` are those between the models of this release and the database, as Alembic lists
    them. A column that this release does not know must be nullable or have a server default.
    """
    if faults := [fault for difference in differences for fault in _faults(difference)]:
        raise CannotUseTables(
            f"The database is at revision {revision}, which this release does not know, and its"
            f" tables did not only grow: {'; '.join(faults)}. Start the newer release"
        )


class NewerValue(LookupError):
    """Raised for a value, in an event or in a column of text, that only a newer release knows."""


def known(kind: type[_Known], value: str) -> _Known:
    """Returns the member of an enumeration with a value. Raises NewerValue for one of no member."""
    try:
        return kind(value)
    except ValueError:
        raise NewerValue(f"{value!r} {_NO_MEMBER} of {kind.__name__}") from None


def has_newer_value(error: BaseException) -> bool:
    """Returns whether work failed for a value that only a newer release knows.

    A replica of that release can read it, so this one leaves the work to that and counts no fault
    for a while.
    """
    return isinstance(error, LookupError) and _NO_MEMBER in str(error)


def _faults(difference: Any) -> Iterator[str]:
    if isinstance(difference, list):  # the changes of one column
        for change in difference:
            if not (change[0] == "modify_nullable" and change[5]):  # the database takes more
                yield f"{change[0]} {change[2]}.{change[3]}"
        return
    if not isinstance(difference, tuple):  # an index on an expression
        return
    kind = difference[0]
    if kind == "remove_column":
        column = difference[3]
        if not column.nullable and column.server_default is None:
            yield f"{difference[2]}.{column.name} must be given"
    elif kind not in _HARMLESS:
        yield f"{kind} {_name(difference)}"


def _name(difference: tuple[Any, ...]) -> str:
    item = difference[3] if difference[0] == "add_column" else difference[1]
    return str(getattr(item, "name", item))
