"""The activity of the workflow `retention/daily`: what is over goes, and institutions are told.

Each portion of records or contacts, and each institution, has a transaction of its own.
"""

from __future__ import annotations

from datetime import date

import structlog
from temporalio import activity

from plumbing.change import Changes
from plumbing.daily import Round
from plumbing.database_away import DATABASE_AWAY
from plumbing.identity import service_caller
from plumbing.temporal import final_errors
from plumbing.told_time import checked_day
from services.registry.former_releases import announce_again
from services.registry.institutions.reminding import tell, untold
from services.registry.orders.terms.former_release import settle_terms
from services.registry.people import contacts
from services.registry.retention import expiry as retention
from services.registry.retention.workflows import ACTIVITY, Expired

log = structlog.get_logger()
_CALLER = service_caller("registry")


class Activities:
    """The activities that `retention/daily` runs on the register's database.

    An activity can be repeated safely: a record that has expired is not due again, and an
    institution that was told today is not told again.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    @activity.defn(name=ACTIVITY)
    @final_errors
    async def expire(self, round_: Round) -> Expired:
        """Expires every record whose retention ends by the round's day (S3 18, 19; S4 三(二)).

        Erases the contacts of experts whose appointment has ended too (PIPL 47(一)). Then tells
        each institution what came to be due from it (S4 二(四)); a fault in that never stops the
        expiry. Last, announces anew what ends, where replicas of a former release may have changed
        it unannounced, and settles the terms of orders that they accepted. A day that has not begun
        is refused: then the round works for today. Returns the number of expired records.
        """
        checked = checked_day(round_.as_of, self._changes.clock)
        total, after = 0, retention.START
        while True:
            async with self._changes.change(_CALLER) as change:
                chunk = await retention.expire_due(change, checked.day, after)
            total += chunk.expired
            if chunk.last is None:
                break
            after = chunk.last
            activity.heartbeat(total)
        await self._erase_contacts(checked.day)
        await self._tell_institutions(checked.day)
        await announce_again(self._changes)
        await settle_terms(self._changes)
        return Expired(records=total, correction=checked.correction)

    async def _erase_contacts(self, on: date) -> None:
        erased = 1
        while erased:
            async with self._changes.change(_CALLER) as change:
                erased = await contacts.erase_due(change, on)
            activity.heartbeat(erased)

    async def _tell_institutions(self, on: date) -> None:
        """Tells every institution what came to be due from it.

        One that fails is left to the next round, which tells it of everything since the last time.
        """
        last = ""
        while True:
            async with self._changes.change(_CALLER) as change:
                last = await untold(change, on, last) or ""
            if not last:
                return
            try:
                async with self._changes.change(_CALLER) as change:
                    await tell(change, last, on)
            except DATABASE_AWAY:
                raise  # it is tried again
            except Exception:  # one bad institution must not stop the rounds of all records
                log.exception("institution.not_told", institution=last)
            activity.heartbeat(last)
