"""Whether a change would end the red alerts of an instrument without a passed verification."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import ColourBasis, colour_basis
from law.colours.rule import Colour, VerificationFact
from law.separation import Act
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.view import View
from services.registry.announce_changes import IDS_IN_QUERY
from services.registry.tables import Instrument, Verification

# What makes an instrument another one: with one of these changed, an alert tells of nothing.
IDENTITY = frozenset({"subject_id", "type_code", "serial_no"})


def exempts(before: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Returns whether new values take an instrument out of compulsory verification (C-44).

    That ends the alert that it has, and each that it would get once its verification is overdue.
    """
    return bool(values.get("non_compulsory_ground")) and not before["non_compulsory_ground"]


def alters_compulsion(before: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Returns whether new values take an instrument out of compulsory verification, or back (C-44).

    Whoever took it back alone would decide that its owner has to have it verified.
    """
    ground = values.get("non_compulsory_ground", before["non_compulsory_ground"])
    return bool(ground) != bool(before["non_compulsory_ground"])


async def second_person(change: Change, row: Instrument, values: Mapping[str, Any]) -> Act | None:
    """Returns the act for which new values of an instrument need a second person; None for none."""
    if alters_compulsion(row.model_dump(), values):
        return Act.EXEMPT_INSTRUMENT
    return Act.END_RED_ALERT if await ends_red(change, row, values) else None


async def ends_red(by: Change | View, row: Instrument, values: Mapping[str, Any]) -> bool:
    """Returns whether new values of a red instrument end its alert, or make it another one."""
    present = row.model_dump()
    if all(present[name] == value for name, value in values.items()):
        return False
    facts = await facts_of(by, row.instrument_id)
    if not is_red(present, facts, by.today):
        return False
    return not IDENTITY.isdisjoint(values) or not is_red({**present, **values}, facts, by.today)


def is_red(instrument: Mapping[str, Any], facts: list[VerificationFact], today: date) -> bool:
    """Returns whether an instrument with these columns and verifications is red on a day."""
    if instrument["in_review"]:
        return False
    return basis_with(instrument, facts, today).colour(today) is Colour.RED


def basis_with(
    instrument: Mapping[str, Any], facts: list[VerificationFact], today: date
) -> ColourBasis:
    """Returns the basis of the colour of an instrument with these columns and verifications."""
    return colour_basis(
        *(instrument["type_code"], instrument["state"], instrument["rotate_on"], facts),
        registered=instrument["parts"],
        on=today,
        compulsory=not instrument["non_compulsory_ground"],
    )


async def facts_of(by: Change | View, instrument_id: str) -> list[VerificationFact]:
    """Returns the verifications of an instrument that decide its colour, by day."""
    return (await facts_of_several(by.session, [instrument_id]))[instrument_id]


async def facts_of_several(
    session: AsyncSession, instrument_ids: Iterable[str]
) -> Mapping[str, list[VerificationFact]]:
    """Returns the same of several instruments, by their ids."""
    facts: dict[str, list[VerificationFact]] = defaultdict(list)
    for ids in chunks(sorted(instrument_ids), IDS_IN_QUERY):
        rows = select(Verification).where(
            col(Verification.instrument_id).in_(ids),
            sa.not_(sa.or_(col(Verification.removed), col(Verification.set_aside))),
        )
        for row in await session.exec(rows.order_by(col(Verification.verified_on))):
            facts[row.instrument_id].append(fact_of(row))
    return facts


def fact_of(row: Verification) -> VerificationFact:
    """Returns a verification as a fact for the law."""
    day, until = row.verified_on, row.valid_until
    return VerificationFact(row.verification_id, row.result, day, until, row.part, row.precedes)
