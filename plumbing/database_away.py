"""Which errors mean that the database is away, and for what a process waits.

A database that stops, restarts or moves to another machine is no fault of the process that asks it:
whatever asks waits and tries again, and callers are told that they may try again too.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# What work in the background waits after: the errors of SQLAlchemy, and those of a connection that
# was not made or did not answer in time. Any other error ends the process.
DATABASE_AWAY = (SQLAlchemyError, OSError)
# PostgreSQL's codes: it is told to stop, has crashed, is starting, has no connection left, or takes
# no change because another server has become the primary. The class 08 is about connections.
_AWAY_STATES = frozenset({"57P01", "57P02", "57P03", "53300", "25006"})
# It does not let this user in, with this password.
_BARRED_STATES = frozenset({"28000", "28P01"})
_NOT_MADE_YET = "3D000"


class NoDatabase(ConnectionError):
    """A connection to PostgreSQL could not be made."""


def is_away(error: BaseException) -> bool:
    """Returns whether an error says nothing of the work, but that the database cannot be asked."""
    invalid = isinstance(error, DBAPIError) and error.connection_invalidated
    return invalid or lost(error) or lost(getattr(error, "orig", None))


def lost(error: BaseException | None) -> bool:
    """Returns whether an error of the driver says that its connection is of no use any more."""
    state = _state(error)
    return isinstance(error, (ConnectionError, asyncio.TimeoutError)) or (
        state in _AWAY_STATES or state.startswith("08")
    )


def keeps_waiting(error: BaseException) -> bool:
    """Returns whether a process that starts waits after this error instead of ending.

    So it does for a database that is away, or does not let it in yet.
    """
    return is_away(error) or bars(error) or _state(getattr(error, "orig", None)) == _NOT_MADE_YET


def bars(error: BaseException) -> bool:
    """Returns whether the database refuses the user or the password, which no wait puts right.

    A service waits even so, for a password that is being replaced; a command ends.
    """
    return _state(getattr(error, "orig", None)) in _BARRED_STATES


def _state(error: Any) -> str:
    return str(getattr(error, "sqlstate", None) or "")
