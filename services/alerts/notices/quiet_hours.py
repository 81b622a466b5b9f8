"""Quiet hours: until when what a subject would get in the night waits. Pure functions.

A notice that may name a term of the day never waits past the end of that day, when terms end. A
bureau is told of terms at once, whatever the hour.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from law.periods import SHANGHAI
from services.alerts.notices.preferences import WEEKLY_OF_BUREAUS
from services.alerts.owners import is_to_bureau
from services.alerts.tables import DigestPreference, Notice, NoticeKind

QUIET_LOOK = timedelta(minutes=15)  # the clock of a sandbox may be moved meanwhile
# Kinds that name no term, or one that is weeks away. Links that set a password never wait.
_CAN_WAIT_PAST_MIDNIGHT = frozenset(
    {
        NoticeKind.DIGEST,
        NoticeKind.ADVERSE_RECORD,
        NoticeKind.GRADE_FELL,
        NoticeKind.FILING,
        NoticeKind.RESULT,
        NoticeKind.CALIBRATION,
        NoticeKind.ENDING,
        NoticeKind.CHANNEL,
    }
)
# What a bureau is told of that has no term.
_CAN_WAIT_AT_A_BUREAU = WEEKLY_OF_BUREAUS | {NoticeKind.DIGEST, NoticeKind.CHANNEL}


def waits(notice: Notice, wish: DigestPreference, now: datetime) -> timedelta | None:
    """Returns how long a mail or text message has to wait for the end of its owner's quiet hours.

    None if it is not a moment within them, or if the notice cannot wait so long.
    """
    if not wish.quiet_from or not wish.quiet_until or notice.kind is NoticeKind.ACCOUNT:
        return None
    if is_to_bureau(notice) and notice.kind not in _CAN_WAIT_AT_A_BUREAU:
        return None
    here = now.astimezone(SHANGHAI)
    first, last = time.fromisoformat(wish.quiet_from), time.fromisoformat(wish.quiet_until)
    if not _within(here.time(), first, last):
        return None
    end = datetime.combine(here.date(), last, SHANGHAI)
    if end <= here:
        end += timedelta(days=1)
    can_wait = is_to_bureau(notice) or notice.kind in _CAN_WAIT_PAST_MIDNIGHT
    if end.date() != here.date() and not can_wait:
        return None
    return end - here


def _within(moment: time, first: time, last: time) -> bool:
    """Whether a time of day lies in a stretch that may go over midnight; its end is outside."""
    if first < last:
        return first <= moment < last
    return moment >= first or moment < last
