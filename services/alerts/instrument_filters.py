"""Conditions on instruments by their owner's sector and address, and by who verified them last."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from services.alerts.tables import Instrument, Subject, Verification

UNKNOWN = "-"  # in a request: those of which no sector or no institution is known
OWNER = col(Subject.subject_id) == col(Instrument.subject_id)
GOVERNING = col(Verification.verification_id) == col(Instrument.governing_id)
Condition = sa.ColumnElement[bool]


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
