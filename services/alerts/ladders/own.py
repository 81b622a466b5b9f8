"""The figures by which the waits of a bureau's follow-ups begin on a day: its own, or none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.escalation import OwnFigures, Step, latest_review
from law.terms.workdays import edition
from services.alerts.ladders.tables import Ladder, LadderState

REVIEW, REVIEW_AT_MOST, REMIND = "review_days", "review_at_most_days", "undertaking_remind_days"


async def in_force(session: AsyncSession, bureau: str, on: date) -> Ladder | None:
    """Returns the approved figures of a bureau that hold on a day, or None."""
    rows = select(Ladder).where(
        col(Ladder.bureau) == bureau,
        col(Ladder.state) == LadderState.APPROVED,
        col(Ladder.valid_from) <= on,
    )
    newest = col(Ladder.valid_from).desc(), col(Ladder.decided_at).desc()
    return (await session.exec(rows.order_by(*newest).limit(1))).first()


async def own_figures(session: AsyncSession, bureau: str, on: date) -> OwnFigures | None:
    """Returns a bureau's own figures on a day; None where the examples of the law stand in."""
    row = await in_force(session, bureau, on)
    return read(row.figures) if row else None


async def latest_review_of(session: AsyncSession, bureau: str, today: date) -> date:
    """Returns the latest day that may be asked for in a case of a bureau."""
    return latest_review(today, edition(), await own_figures(session, bureau, today))


def read(figures: Mapping[str, int]) -> OwnFigures:
    """Reads stored figures, which have the names of the contract."""
    waits = {step: figures[f"{step}_days"] for step in Step}
    return OwnFigures(waits, figures[REVIEW], figures[REVIEW_AT_MOST], figures[REMIND])


def written(figures: OwnFigures) -> dict[str, int]:
    """Returns figures by the names of the contract."""
    waits = {f"{step}_days": days for step, days in figures.waits.items()}
    others = {
        REVIEW: figures.review,
        REVIEW_AT_MOST: figures.review_at_most,
        REMIND: figures.remind,
    }
    return waits | others
