"""What proves that something was served: a day since it was issued, and the receipt."""

from __future__ import annotations

from datetime import date, datetime

from law.errors import Fault, InvalidInput
from law.periods import local_day
from plumbing import validation
from plumbing.change import Change


def day_of_service(change: Change, name: str, given: str, remark: str, issued_at: datetime) -> date:
    """Returns the day of service that the field `name` of a request gives.

    Raises InvalidInput, with every fault, for a day before the paper was issued or after today, and
    for a missing proof.
    """
    day, faults = validation.day(given, name), list[Fault]()
    if day is None or not local_day(issued_at) <= day <= change.today:
        zh, en = "送达日期应在文书之日和今天之间", "must be from the day of the paper to today"
        faults.append(Fault(name, zh, en))
    if not remark.strip():
        zh, en = "请写明凭据，例如送达回证编号", "name the proof, such as the receipt of service"
        faults.append(Fault("remark", zh, en))
    if faults or day is None:
        raise InvalidInput(faults=faults)
    return day
