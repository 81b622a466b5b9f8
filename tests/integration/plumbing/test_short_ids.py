"""A row is found by its id or by an unambiguous beginning of it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col

from law.errors import InvalidInput
from plumbing.database import Database, own_registry
from plumbing.short_ids import find_by_id


class Base(SQLModel, registry=own_registry()):
    """Base of the table of this test."""


class Thing(Base, table=True):
    """A row with a text for an id."""

    __tablename__ = "short_id_thing"

    thing_id: str = Field(primary_key=True)
    removed: bool = False


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with three rows, two of which begin alike."""
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with database.transaction() as session:
        session.add_all(
            [
                Thing(thing_id="abcdef0001"),
                Thing(thing_id="abcdef0002"),
                Thing(thing_id="fedcba0001"),
                Thing(thing_id="fedcba0002", removed=True),
            ]
        )
    return database


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("abcdef0001", "abcdef0001"),
        ("abcdef0001x", None),
        ("fedcba", "fedcba0001"),
        ("fedcba0002", "fedcba0002"),  # a whole id is found whatever the conditions say
        ("fedcb", None),  # too short
        ("fedcb%", None),
        ("000000", None),
        ("", None),
    ],
)
async def test_an_id_is_found_by_its_beginning(
    filled: Database, given: str, found: str | None
) -> None:
    async with filled.snapshot() as session:
        row = await find_by_id(session, Thing, given, sa.not_(col(Thing.removed)))
    assert (row and row.thing_id) == found


async def test_a_beginning_that_several_ids_share_is_refused(filled: Database) -> None:
    async with filled.snapshot() as session:
        with pytest.raises(InvalidInput) as caught:
            await find_by_id(session, Thing, "abcdef")
    assert "abcdef" in caught.value.zh
    assert "abcdef0001" not in caught.value.zh  # nobody said that the caller may see it


async def test_a_refusal_lists_the_ids_that_the_caller_may_see(filled: Database) -> None:
    async with filled.transaction() as session:
        session.add_all([Thing(thing_id=f"listed{number:04}") for number in range(7)])
        session.add(Thing(thing_id="listed0000hidden", removed=True))
    standing = sa.not_(col(Thing.removed))
    async with filled.snapshot() as session:
        with pytest.raises(InvalidInput) as several:
            await find_by_id(session, Thing, "abcdef", standing)
        with pytest.raises(InvalidInput) as many:
            await find_by_id(session, Thing, "listed", standing)
    assert several.value.en.endswith("write more of it: abcdef0001, abcdef0002")
    assert many.value.zh.endswith(
        "请多写几位：listed0000、listed0001、listed0002、listed0003、listed0004等"
    )
