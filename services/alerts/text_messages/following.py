"""What becomes of a mobile number when its subject is joined to another, or parted again.

The people of a joined subject speak for the one that stays, so its number goes along where the
other has none. Where that has one, the former number is erased: two cannot be told of one subject,
and who is parted again confirms it anew.
"""

from __future__ import annotations

from datetime import datetime

from plumbing.change import Change
from plumbing.masking import masked
from services.alerts.tables import MobileNumber


async def give_number(change: Change, former: str, present: str) -> datetime | None:
    """Gives the number of a subject to the one that stays, which has none.

    Returns when it was confirmed, which tells it from another one later; None if none went along.
    """
    giver = await change.session.get(MobileNumber, former, with_for_update=True)
    if giver is None:
        return None
    taker = await change.session.get(MobileNumber, present, with_for_update=True)
    taker = taker or MobileNumber(subject_id=present)
    went = giver.confirmed_at if giver.number and not taker.number else None
    if went is not None:
        taker.number, taker.confirmed_at = giver.number, went
        change.session.add(taker)
    had = giver.number
    giver.erase()
    if had:
        _audit(change, present, former, had, given=went is not None)
    return went


async def return_number(
    change: Change, present: str, former: str, confirmed_at: datetime | None
) -> None:
    """Gives back the number that went along with a joining, unless it was changed since."""
    giver = await change.session.get(MobileNumber, present, with_for_update=True)
    if giver is None or confirmed_at is None or giver.confirmed_at != confirmed_at:
        return
    taker = await change.session.get(MobileNumber, former, with_for_update=True)
    taker = taker or MobileNumber(subject_id=former)
    taker.number, taker.confirmed_at = giver.number, giver.confirmed_at
    giver.number, giver.confirmed_at = "", None
    change.session.add(taker)
    _audit(change, former, present, taker.number, given=True)


def _audit(change: Change, taker: str, giver: str, number: str, *, given: bool) -> None:
    after = {"number": masked(number), "given_to": taker if given else ""}
    change.audit("follow_mobile_number", f"subject/{giver}", after=after)
