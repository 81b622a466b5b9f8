"""A row with a value of a newer release is left to a replica of that release."""

from __future__ import annotations

from enum import StrEnum

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from plumbing import process
from plumbing.database import enum_column
from plumbing.events.consumer import DELIVERIES_TO_NEWER, _passes
from plumbing.newer_tables import NewerValue, known


class Step(StrEnum):
    """The steps that this release knows."""

    REMINDER = "reminder"


TABLE = sa.Table("escalation", sa.MetaData(), sa.Column("step", enum_column(Step)))


@pytest.fixture
def connection() -> sa.Connection:
    connection = sa.create_engine("sqlite://").connect()
    TABLE.create(connection)
    return connection


def test_an_event_is_held_back_for_a_value_that_this_release_does_not_know(
    connection: sa.Connection,
) -> None:
    connection.exec_driver_sql("INSERT INTO escalation VALUES ('measures')")
    with pytest.raises(LookupError) as caught:
        connection.execute(sa.select(TABLE)).all()
    assert _passes(caught.value, DELIVERIES_TO_NEWER)
    # Without a newer replica it ends among the dead letters, where somebody sees it.
    assert not _passes(caught.value, DELIVERIES_TO_NEWER + 1)


def test_a_value_that_this_release_writes_and_does_not_know_is_a_fault(
    connection: sa.Connection,
) -> None:
    with pytest.raises(StatementError) as caught:
        connection.execute(sa.insert(TABLE).values(step="measures"))
    assert not _passes(caught.value, 1)
    assert not _passes(KeyError("measures"), 1)


async def test_work_of_the_background_is_left_to_the_newer_release_too(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "NEWER_SECONDS", 0.0)
    connection.exec_driver_sql("INSERT INTO escalation VALUES ('measures')")
    rounds: list[int] = []

    async def look() -> None:
        rounds.append(1)
        if len(rounds) < 3:
            connection.execute(sa.select(TABLE)).all()
        raise KeyError("nothing newer")

    with pytest.raises(KeyError, match="nothing newer"):
        await process._forever(look)
    assert len(rounds) == 3


def test_an_event_is_held_back_for_an_act_that_this_release_does_not_know() -> None:
    assert known(Step, "reminder") is Step.REMINDER
    with pytest.raises(NewerValue) as caught:
        known(Step, "measures")
    assert _passes(caught.value, DELIVERIES_TO_NEWER)
    assert not _passes(caught.value, DELIVERIES_TO_NEWER + 1)
