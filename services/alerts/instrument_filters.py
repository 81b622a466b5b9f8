"""Conditions on instruments in SQL: their colour, and what owner and last verification say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from law.colours.basis import LADDER, RED_WITHOUT_DATE, Basis
from law.colours.rule import Colour, latest_valid_until
from services.alerts.tables import Instrument, Subject, Verification

UNKNOWN = "-"  # in a request: those of which no sector or no institution is known
OWNER = col(Subject.subject_id) == col(Instrument.subject_id)
GOVERNING = col(Verification.verification_id) == col(Instrument.governing_id)
Condition = sa.ColumnElement[bool]


def colour_in_sql(on: date) -> sa.ColumnElement[Any]:
    """Returns the SQL expression for an instrument's colour on a day, as in `law.colours.basis`."""
    dated = col(Instrument.standing) == Basis.DATED
    by_date = [
        (dated & (col(Instrument.valid_until) <= latest_valid_until(colour, on)), colour.value)
        for colour in (Colour.RED, Colour.YELLOW, Colour.GREEN)
    ]
    without = (col(Instrument.standing).in_(RED_WITHOUT_DATE), Colour.RED.value)
    return sa.case(without, *by_date, else_=Colour.NONE.value)


def of_colour(colour: Colour, on: date) -> Iterator[sa.ColumnElement[bool]]:
    """Yields the conditions for a colour on a day, as a stretch of the order by severity."""
    ranked = col(Instrument.ranked_on)
    if colour is not Colour.NONE:
        yield ranked <= latest_valid_until(colour, on)
    worse = next((one for one in LADDER if one.severity > colour.severity), None)
    if worse is not None:
        yield ranked > latest_valid_until(worse, on)


def of_sector(sector: str) -> Condition:
    """Returns the condition that an instrument's owner has a sector, or none if UNKNOWN."""
    return _known(OWNER, col(Subject.sector), sector)


def of_institution(institution: str) -> Condition:
    """Returns the condition that the colour follows from a verification by an institution.

    If UNKNOWN, that no institution of such a verification is known.
    """
    return _known(GOVERNING, col(Verification.institution), institution)


def of_street(street: str) -> Condition:
    """Returns the condition that the address of an instrument's owner contains a text."""
    return _row_exists(OWNER, in_street(street))


def of_no_street(streets: Collection[str]) -> Condition:
    """Returns the condition that the address of an instrument's owner contains none of the texts.

    An owner that is not known has no address.
    """
    return ~_row_exists(OWNER, sa.or_(*map(in_street, streets)))


def in_street(street: str) -> Condition:
    """Returns the condition that the address of a subject contains a text."""
    return col(Subject.address).icontains(street, autoescape=True)


def _known(of_instrument: Condition, column: Any, value: str) -> Condition:
    if value == UNKNOWN:
        return ~_row_exists(of_instrument, column != "")
    return _row_exists(of_instrument, column == value)


def _row_exists(*conditions: Condition) -> Condition:
    # Looked up for each instrument in the order of the list, which an IN would lose.
    return sa.exists(sa.literal(1)).where(*conditions).correlate(Instrument)
