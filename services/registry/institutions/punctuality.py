"""Whether an institution reports in time: a verification, and its certificate (S4 二(四)).

The term runs from the completion of the verification, which is the day of the verification. It is
counted for what institutions report themselves: what a bureau enters tells nothing of when the
institution was ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlmodel import col

from law.errors import NotInForce
from law.terms.ledger import start
from law.terms.workdays import DueDate, Edition, edition
from services.registry.institutions.reporting import Reporter
from services.registry.tables import Verification

_TERM = "certificate_upload"


def report_by(verified_on: date) -> date | None:
    """Returns the last day, inclusive, to report a verification of a day; None before the text.

    It is counted by the calendar in force.
    """
    try:
        return last_day(verified_on, edition()).date
    except NotInForce:
        return None


def last_day(verified_on: date, calendar: Edition) -> DueDate:
    """Returns the same counted by a calendar. Raises NotInForce before the text."""
    return start(_TERM, verified_on, calendar).target(calendar)


def reported_by(issuer: Reporter | None, verified_on: date, on: date) -> Mapping[str, date]:
    """Returns the columns of a verification that its issuer reports on a day.

    They are none where it was not the issuer, or no term ran.
    """
    last = report_by(verified_on) if issuer else None
    return {"reported_on": on, "report_by": last} if last else {}


def count_again(row: Verification, was: date) -> None:
    """Counts the last day of a reported verification again if its day is not what it was."""
    if row.reported_on is not None and row.verified_on != was:
        row.report_by = report_by(row.verified_on)


def result_late() -> sa.ColumnElement[bool]:
    """Returns the condition for reported verifications whose result came after the last day."""
    return col(Verification.reported_on) > col(Verification.report_by)


def certificate_late(today: date) -> sa.ColumnElement[bool]:
    """Returns the condition for those whose certificate came late, or is late today."""
    came = sa.func.coalesce(Verification.certificate_on, today)
    return came > col(Verification.report_by)
