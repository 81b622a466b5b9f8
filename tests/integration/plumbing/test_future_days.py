"""A stored day that has not come is found, whatever its type."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlmodel import Field, SQLModel, col

from plumbing.clock import FixedClock
from plumbing.database import Database, own_registry
from plumbing.future_days import report_future_days
from plumbing.service import Findings

# 23:59 on 14 September in Shanghai.
CLOCK = FixedClock(datetime(2026, 9, 14, 15, 59, tzinfo=UTC))


class Base(SQLModel, registry=own_registry()):
    """Base of the table of this test."""


class Dated(Base, table=True):
    """A row with a day, a moment and a closed year."""

    __tablename__ = "future_days_dated"

    name: str = Field(primary_key=True)
    day: date | None = None
    at: datetime | None = None
    year: int | None = None


async def test_days_moments_and_years_that_have_not_come_are_reported(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with database.transaction() as session:
        session.add_all(
            [
                Dated(name="today", day=date(2026, 9, 14), year=2025),
                Dated(name="tonight", at=datetime(2026, 9, 14, 15, 59, 59, tzinfo=UTC)),
                Dated(name="tomorrow", day=date(2026, 9, 15)),
                Dated(name="midnight", at=datetime(2026, 9, 14, 16, tzinfo=UTC)),
                Dated(name="this-year", year=2026),
            ]
        )
    findings = Findings()
    async with database.snapshot() as session:
        columns = col(Dated.day), col(Dated.at), col(Dated.year)
        await report_future_days(session, CLOCK, findings, "row", col(Dated.name), *columns)
    found = [(problem.name, problem.object) for problem in findings.problems]
    assert found == [("day.future", f"row/{n}") for n in ("midnight", "this-year", "tomorrow")]
