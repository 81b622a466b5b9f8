"""Whether an institution reports in time: a verification, and its certificate (S4 二(四)).

The term runs from the completion of the verification, which is the day of the verification. It
runs for the institution that verified, whoever sends the result: S4 asks for the data to be on the
platform in time (C-49). What a bureau or a program sends has a term if the institution was on file
by this name when it verified, so that it could have sent it, and never in a first load.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import VerificationResult
from law.errors import NotInForce
from law.terms.data import definition
from law.terms.ledger import start
from law.terms.workdays import DueDate, Edition, edition
from plumbing.chunks import chunks
from protos.registry.v1 import registry_pb2 as pb
from services.registry.institutions.tables import Institution
from services.registry.tables import Verification

_TERM = "certificate_upload"
_IDS_IN_QUERY = 1000


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


async def on_file(session: AsyncSession, institutions: Collection[str]) -> dict[str, date]:
    """Returns the institutions on file of these names, each with the day since which it is."""
    found = dict[str, date]()
    for names in chunks(sorted(institutions), _IDS_IN_QUERY):
        columns: Any = (Institution.name, Institution.since)
        rows = select(*columns).where(col(Institution.name).in_(names))
        found |= {name: since or date.min for name, since in await session.exec(rows)}
    return found


def reported(
    since: date | None, result: VerificationResult, verified_on: date, on: date
) -> Mapping[str, date]:
    """Returns the columns of a verification whose result comes on a day.

    They are none if no term ran: before `since`, and without it, as of an unknown institution. Nor
    does it run for a pending result, whose verification is not completed.
    """
    if result is VerificationResult.PENDING or since is None or verified_on < since:
        return {}
    last = report_by(verified_on)
    return {"reported_on": on, "report_by": last} if last else {}


def late(columns: Mapping[str, date]) -> pb.LateReport | None:
    """Returns by how much a result comes late that has these columns; None if it does not."""
    if not columns or columns["reported_on"] <= columns["report_by"]:
        return None
    came, last = columns["reported_on"], columns["report_by"]
    days, cite = (came - last).days, definition(_TERM, came).cite
    return pb.LateReport(report_by=last.isoformat(), days_late=days, cite=cite)


def count_again(row: Verification, was: date) -> None:
    """Counts the last day of a verification again if its day is not what it was.

    One that is not reported has none: its result was pending, and is again.
    """
    if row.reported_on is None:
        row.report_by = None
    elif row.verified_on != was:
        row.report_by = report_by(row.verified_on)


def result_late() -> sa.ColumnElement[bool]:
    """Returns the condition for reported verifications whose result came after the last day."""
    return col(Verification.reported_on) > col(Verification.report_by)


def certificate_late(today: date) -> sa.ColumnElement[bool]:
    """Returns the condition for those whose certificate came late, or is late today."""
    came = sa.func.coalesce(Verification.certificate_on, today)
    return came > col(Verification.report_by)
