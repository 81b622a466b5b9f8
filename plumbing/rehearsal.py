"""Runs a command for a request that only checks: with its refusals and its answer, and no effect.

A request whose message has the field `check_only` may ask for it. What such a request would do is
done in a transaction that is then rolled back, so a check refuses exactly what the act refuses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from plumbing.answered_requests import Request, Response
from plumbing.change import TRIES, Change, Changes
from plumbing.database import overtaken
from plumbing.identity import Caller


class _Checked(Exception):
    """Ends the transaction of a request that only checks, so that nothing of it is kept."""


async def rehearsed(
    changes: Changes,
    caller: Caller,
    request: Request,
    command: Callable[[Change, Request], Awaitable[Response]],
) -> Response:
    """Returns what a command would answer; no row, event or audit entry is kept, nor the answer.

    Raises what the command raises. If the transaction conflicts with another one, the command is
    run again in a new transaction.
    """
    for left in reversed(range(TRIES)):
        try:
            return await _once(changes, caller, request, command)
        except DBAPIError as error:
            if not left or not overtaken(error):
                raise
    raise AssertionError("A request is checked at least once")


async def _once(
    changes: Changes,
    caller: Caller,
    request: Request,
    command: Callable[[Change, Request], Awaitable[Response]],
) -> Response:
    found: list[Response] = []
    with suppress(_Checked):
        async with changes.change(caller) as change:
            found.append(await command(change, request))
            await change.session.flush()  # the database refuses too, such as a second of a kind
            raise _Checked
    return found[0]
