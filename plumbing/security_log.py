"""The security log: refused sign-ins, tokens, permissions and quotas, one line each.

Its lines go to the same output as all others. `quanheng up` also writes them into a file of their
own, `logs/security.log`, which a flood of calls does not turn over: of what repeats, and of all
together, only so many lines are written in a span of time, and the rest is counted.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog

from law.errors import LawError, NotPermitted
from plumbing.identity import Caller, Unauthenticated
from plumbing.turns import Busy

# The supervisor recognises a line by it. Quotes within a value are escaped: no value can forge it.
MARK = ("log", "security")
SPAN_SECONDS = 600.0
RETRY_AFTER = "retry_after_seconds"  # the fact of a refusal that tells when to try again
OF_ONE, OF_ALL = 5, 200  # lines in a span, of one kind from one account or address, and of all
# The events of the log; nobody needs to see them pass by on a screen.
TOKEN, PERMISSION, QUOTA = (
    f"security.{what}_refused" for what in ("sign_in", "permission", "quota")
)
LEFT_OUT = "security.lines_left_out"
EVENTS = (TOKEN, PERMISSION, QUOTA, LEFT_OUT)
log = structlog.get_logger()


def event_of(error: LawError) -> str:
    """Returns the security event that a refusal is; an empty string for any other refusal.

    A wrong password and a token that is missing, expired or not ours are one kind: both are
    somebody who did not prove who they are. The method of the line tells them apart.
    """
    if isinstance(error, Unauthenticated):
        return TOKEN
    if isinstance(error, NotPermitted):
        return PERMISSION
    return QUOTA if isinstance(error, Busy) or RETRY_AFTER in error.facts else ""


class SecurityLog:
    """Writes security lines, `of_one` of a kind from one account or address and `of_all` in a span.

    `now` returns seconds that only grow.
    """

    def __init__(
        self,
        *,
        of_one: int = OF_ONE,
        of_all: int = OF_ALL,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._of_one, self._of_all, self._now = of_one, of_all, now
        self._written: Counter[tuple[str, str]] = Counter()
        self._left_out: Counter[str] = Counter()
        self._began = now()

    def refused(self, error: LawError, caller: Caller | None, peer: str, **place: Any) -> None:
        """Writes a line about a refused call, if its error concerns security and there is room.

        `peer` is the address of the connection as gRPC tells it; `place` goes into the line.
        """
        event, host = event_of(error), peer.rpartition(":")[0]
        account = caller.account_id if caller else ""
        if event and self._has_room((event, account or host)):
            values = dict([MARK]) | place
            log.warning(event, account=account, peer=host, reason=error.reason, **values)

    def _has_room(self, key: tuple[str, str]) -> bool:
        if self._now() - self._began >= SPAN_SECONDS:
            self._begin_anew()
        if self._written.total() >= self._of_all or self._written[key] >= self._of_one:
            self._left_out[key[0]] += 1
            return False
        self._written[key] += 1
        return True

    def _begin_anew(self) -> None:
        if self._left_out:
            log.warning(LEFT_OUT, counts=dict(self._left_out), **dict([MARK]))
        self._written.clear()
        self._left_out.clear()
        self._began = self._now()
