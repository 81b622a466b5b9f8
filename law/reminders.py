"""When somebody is reminded that something of theirs is due or ends: S2 附件2-1; S4 四(一).

No text has figures for it, so those in the data are examples, after the warnings of verifications.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from law.figures import Version, not_in_force
from law.periods import add_months
from law.reader.data_file import DATED, read_dated, read_header
from law.reader.packaged import understood
from law.reader.strict_reader import Reader

# The day that is a month earlier may be clamped to the month's end by so many days.
_CLAMPED = timedelta(days=3)


class Due(StrEnum):
    """What is due or ends on a last day."""

    CALIBRATION = "calibration"
    PERMIT = "permit"
    AUTHORISATION = "authorisation"
    LABORATORY = "laboratory"
    QUALIFICATION = "qualification"


@dataclass(frozen=True, slots=True)
class Reminder:
    """That one is reminded so many calendar months before a last day; 0 is the last day itself.

    `example` is true while the months are an example and not the bureau's own.
    """

    due: Due
    months_before: int
    example: bool


def reached(due: Due, last_day: date, on: date) -> int | None:
    """Returns the latest reminder that a last day has reached on a day, in months before it.

    0 means that the last day is today or over; None that no reminder is reached yet.
    """
    return min((m for m in _months(due, on) if add_months(last_day, -m) <= on), default=None)


def latest_reminded(due: Due, on: date) -> date:
    """Returns a day after which no last day has reached a reminder on the day `on`."""
    return add_months(on, max(_months(due, on))) + _CLAMPED


def _months(due: Due, on: date) -> list[int]:
    """The months of the reminders that are in force on a day. Raises NotInForce without any."""
    own = [version for version in reminders() if version.value.due is due]
    if months := [one.value.months_before for one in own if one.validity.holds(on)]:
        return months
    raise not_in_force(on, "提醒的时间", "When to remind", (one.cite for one in own))


@cache
def reminders() -> tuple[Version[Reminder], ...]:
    """Returns the reminders of everything that is due, each with its article."""
    return understood("reminders", read_reminders)


def read_reminders(reader: Reader) -> tuple[Version[Reminder], ...]:
    """Reads `reminders.yaml`. Everything that is due must have a reminder."""
    read_header(reader, "reminders")
    found = tuple(read_dated(item, _read) for item in reader.each("reminders"))
    for due in sorted({*Due} - {version.value.due for version in found}):
        reader.fault("reminders", f"缺少{due}", f"lacks {due}")
    return found


def _read(reader: Reader) -> Reminder:
    reader.only("due", "months_before", "example", *DATED)
    return Reminder(
        due=reader.choice("due", Due),
        months_before=reader.whole("months_before", least=0),
        example=reader.flag("example", False),
    )
