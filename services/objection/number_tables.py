"""The database tables of the last numbers that bureaus gave to cases and letters."""

from __future__ import annotations

from sqlmodel import Field

from services.objection.base import Base


class LetterNumber(Base, table=True):
    """The last number that a bureau gave to a letter of one title in a year."""

    __tablename__ = "letter_number"

    bureau: str = Field(primary_key=True)
    title: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class CaseNumber(Base, table=True):
    """The last number that a bureau gave to an objection in a year."""

    __tablename__ = "case_number"

    bureau: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class RepairNumber(Base, table=True):
    """The last number that a bureau gave to a repair in a year."""

    __tablename__ = "repair_number"

    bureau: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class ReconsiderationNumber(Base, table=True):
    """The last number that a bureau gave to a reconsideration in a year."""

    __tablename__ = "reconsideration_number"

    bureau: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int
