"""Of all that waits, an import or its undoing looks only at what is about the rows it changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from services.registry.announce_changes import (
    save_bureaus,
    save_instruments,
    save_records,
    save_subjects,
)
from services.registry.orders import following as orders
from services.registry.orders.states import OrderReason, OrderState
from services.registry.orders.tables import Order
from services.registry.questions import following as questions
from services.registry.questions.tables import Asked, Question
from services.registry.tables import Bureau, ImportBatch, ImportedThing, Instrument
from tests.integration.registry.running_registry import STARTS, TODAY
from tests.integration.registry.test_registry_saving import INTEGRATOR, record, subject
from tests.postgres import Databases

FORMER, PRESENT = ("s0", "330110"), ("s1", "330106")  # subjects with their bureaus


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    database = await databases.migrated(tmp_path, "registry")
    yield database
    await database.close()


def instrument(n: int) -> Instrument:
    return Instrument(
        instrument_id=f"i{n}",
        subject_id=PRESENT[0],
        bureau=PRESENT[1],
        type_code="FUEL",
        serial_no=f"n{n}",
    )


def order(n: int) -> Order:
    """An order of the former owner of an instrument, which waits."""
    return Order(
        order_id=f"o{n}",
        instrument_id=f"i{n}",
        type_code="FUEL",
        serial_no=f"n{n}",
        subject_id=FORMER[0],
        bureau=FORMER[1],
        institution="合成检定院",
        state=OrderState.APPLIED,
        reason=next(iter(OrderReason)),
        applied_on=TODAY,
        applied_by="account/1",
        due_on=TODAY,
    )


def question(kind: Asked, about: str, batch: str) -> Question:
    """A question to the former owner of an instrument or a record."""
    instrument_id, record_id = (about, "") if about.startswith("i") else ("", about)
    return Question(
        question_id=f"q-{about}",
        kind=kind,
        bureau=FORMER[1],
        subject_id=FORMER[0],
        day=TODAY,
        batch_id=batch,
        opened_at=STARTS,
        instrument_id=instrument_id,
        record_id=record_id,
    )


def batch(batch_id: str) -> ImportBatch:
    return ImportBatch(
        batch_id=batch_id,
        family="instruments",
        file_name="合成.csv",
        state="applied",
        bureau=PRESENT[1],
        imported_by="account/1",
        imported_at=STARTS,
        encoding="utf-8",
        sha256="",
        question="",
    )


async def owners(database: Database, table: Any, key: str) -> dict[str, tuple[str, str]]:
    """The subject and the bureau of each row of a table, by its key."""
    async with database.snapshot() as session:
        found: Sequence[Any] = (await session.exec(select(table))).all()
    return {getattr(one, key): (one.subject_id, one.bureau) for one in found}


async def test_only_what_the_batch_changed_is_looked_at(database: Database) -> None:
    changes = Changes(database, FixedClock(STARTS))
    things = [("instrument", "i1"), ("record", "r1")]
    async with changes.change(INTEGRATOR) as change:
        await save_bureaus(change, [Bureau(code=code, name=code) for _, code in (FORMER, PRESENT)])
        await save_subjects(change, [subject(0), subject(1)])
        await save_instruments(change, [instrument(n) for n in (1, 2)])
        await save_records(change, [record(n, PRESENT[0]) for n in (1, 2)])
        change.session.add_all([batch("b0"), batch("b1")])
        await change.session.flush()
        change.session.add_all(order(n) for n in (1, 2))
        change.session.add_all(question(Asked.REJECTED_ALONE, f"i{n}", "b0") for n in (1, 2))
        change.session.add_all(question(Asked.NOT_FINAL, f"r{n}", "b0") for n in (1, 2))
        change.session.add_all(
            ImportedThing(batch_id="b1", kind=kind, thing_id=thing, version=1, digest="")
            for kind, thing in things
        )
        change.audit("test", "test/1")
    async with changes.change(INTEGRATOR) as change:
        await orders.follow_batch(change, "b1")
        await questions.follow_batch(change, "b1")
        change.audit("test", "test/2")
    assert await owners(database, Order, "order_id") == {"o1": PRESENT, "o2": FORMER}
    assert await owners(database, Question, "question_id") == {
        "q-i1": PRESENT,
        "q-i2": FORMER,
        "q-r1": PRESENT,
        "q-r2": FORMER,
    }
