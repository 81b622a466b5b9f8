"""What `retention/daily` has done: records let go in chunks, each chunk one transaction."""

from __future__ import annotations

from temporalio import activity

from plumbing.change import Changes
from plumbing.daily import Round
from plumbing.identity import service_caller
from plumbing.temporal import final_errors
from services.registry.retention import expiry as retention
from services.registry.retention.workflows import ACTIVITY, Expired

_CALLER = service_caller("registry")


class Activities:
    """Acts on the register's own database. A chunk that is done is not due again."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    @activity.defn(name=ACTIVITY)
    @final_errors
    async def expire(self, asked: Round) -> Expired:
        """Lets everything go whose time is over by a day (S3 18, 19; S4 三(二))."""
        total, after = 0, retention.START
        while True:
            async with self._changes.change(_CALLER) as change:
                done = await retention.expire_due(change, asked.as_of, after)
            total += done.expired
            if done.last is None:
                return Expired(records=total)
            after = done.last
            activity.heartbeat(total)
