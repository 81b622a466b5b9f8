"""Checks the days and moments that workflows send to activities against the clock (D-05).

A workflow computes its time from signals, and a signal may be wrong or forged. So an activity never
works for a day that has not begun: it works for today instead, and its result tells the workflow
the offset of the platform's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import structlog

from plumbing.clock import Clock

log = structlog.get_logger()


@dataclass(frozen=True)
class CheckedDay:
    """A day for which an activity may work, which is never after today.

    `correction` is the offset of the platform's clock in seconds if the workflow sent a later day,
    else None.
    """

    day: date
    correction: float | None = None


def checked_day(sent: date, clock: Clock) -> CheckedDay:
    """Returns the day that a workflow sent; if it has not begun, today with a correction."""
    if sent <= clock.today():
        return CheckedDay(sent)
    return CheckedDay(clock.today(), _refused(sent, clock))


def correction_of(sent: datetime, clock: Clock) -> float | None:
    """Returns None if a moment that a workflow sent has come, else the clock's offset in seconds.

    The moment has come if it is now or earlier.
    """
    return None if sent <= clock.now() else _refused(sent, clock)


def _refused(sent: date, clock: Clock) -> float:
    log.error("workflow.future", sent=sent.isoformat(), now=clock.now().isoformat())
    return clock.offset().total_seconds()
