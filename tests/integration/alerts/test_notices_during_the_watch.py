"""What comes while the watch tells of a result or of a certificate is told another day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa
from sqlmodel import select

from plumbing.change import Change, Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.envelope import Received
from plumbing.identity import service_caller
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import orders_pb2 as orders
from services.alerts import projection
from services.alerts.notices import owner_digests
from services.alerts.notices.dccs import dcc_changed, issue_dccs
from services.alerts.notices.order_steps import issue_order_steps, keep_steps
from services.alerts.notices.owner_digests import OwnerDigest, issue_to_owners
from services.alerts.notices.results import certificate_uploaded, issue_results, keep_passed
from services.alerts.notices.tables import BroughtInstrument, KnownDcc, UntoldResult
from services.alerts.notices.texts import Text
from services.alerts.tables import AwaitedOrder, NoticeKind, Subject
from tests.integration.alerts.running_alerts import (
    BUREAU,
    START,
    TODAY,
    bureau,
    instrument,
    subject,
    verification,
)
from tests.integration.events.support import eventually
from tests.postgres import Databases

BLOCKED = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
async def database(postgresql: Databases, tmp_path: Path) -> AsyncIterator[Database]:
    made = await postgresql.migrated(tmp_path, "alerts")
    async with changes(made).change(service_caller("alerts")) as change:
        await projection.put_bureaus(change, [bureau()])
        await projection.put_subjects(change, [subject()], silent=False)
        await projection.put_instruments(change, [instrument()], silent=False)
        passed = events.VerificationsRecorded(
            verifications=[verification(1, TODAY + timedelta(days=300))]
        )
        passed.change.at.FromDatetime(START)
        await projection.put_verifications(change, passed, silent=False)
        await keep_passed(change, ["v1"])
        await dcc_changed(change, received(dcc(1)))
        change.audit("test", "test/rows")
    yield made
    await made.close()


def changes(database: Database) -> Changes:
    return Changes(database, FixedClock(START))


def received(message: Any) -> Received[Any]:
    return cast("Received[Any]", SimpleNamespace(message=message))


def dcc(version: int) -> events.DccChanged:
    return events.DccChanged(dcc_id="d1", bureau=BUREAU, state="waiting", version=version)


async def told_while(
    database: Database,
    tell: Callable[[Change], Awaitable[Any]],
    handle: Callable[[Change], Awaitable[None]],
) -> None:
    """Tells, and has an event handled before that is committed."""

    async def handled() -> None:
        async with changes(other).change(service_caller("alerts")) as change:
            await handle(change)
            change.audit("test", "test/event")

    async def blocked_or_done() -> bool:
        async with other.snapshot() as session:
            waiting = await (await session.connection()).scalar(BLOCKED)
        return event.done() or bool(waiting)

    other = database.again()
    async with changes(database).change(service_caller("alerts")) as change:
        assert await tell(change)
        event = asyncio.create_task(handled())
        await eventually(blocked_or_done)
        change.audit("test", "test/watch")
    await event
    await other.close()


async def test_digests_are_written_in_between_so_that_no_transaction_is_silent_for_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner_digests, "WRITTEN_AT_ONCE", 1)
    unwritten = list[int]()
    async with changes(database).change(service_caller("alerts")) as change:

        def text() -> Text:
            unwritten.append(len(change.session.new))
            return Text("标题", "正文")

        await projection.put_subjects(change, [subject(2)], silent=False)
        await change.session.flush()
        owners = (await change.session.exec(select(Subject))).all()
        digests = [OwnerDigest(owner, text, text) for owner in owners]
        issued = await issue_to_owners(change, NoticeKind.RESULT, BUREAU, TODAY, digests)
        change.audit("test", "test/digests")
    assert len(issued) == 2
    assert unwritten == [0, 0]


async def test_a_certificate_that_comes_while_its_result_is_told(database: Database) -> None:
    uploaded = events.CertificateUploaded(verification_id="v1", version=1)

    async def tell(change: Change) -> Any:
        return await issue_results(change, BUREAU, TODAY)

    await told_while(
        database, tell, lambda change: certificate_uploaded(change, received(uploaded))
    )
    async with database.snapshot() as session:
        kept = await session.get_one(UntoldResult, "v1")
    assert (kept.passed, kept.certificate) == (False, 1)


async def test_a_dcc_that_waits_again_while_it_is_told(database: Database) -> None:
    async def tell(change: Change) -> Any:
        return await issue_dccs(change, BUREAU, TODAY)

    await told_while(database, tell, lambda change: dcc_changed(change, received(dcc(2))))
    async with database.snapshot() as session:
        kept = await session.get_one(KnownDcc, "d1")
    assert (kept.version, kept.untold) == (2, True)


def order(state: str, version: int) -> orders.Order:
    return orders.Order(order_id="o1", subject_id="s1", state=state, version=version)


async def test_an_instrument_that_is_verified_while_its_arrival_is_told(database: Database) -> None:
    async with changes(database).change(service_caller("alerts")) as change:
        change.session.add(
            AwaitedOrder(
                order_id="o1",
                instrument_id="i1",
                institution="合成检定院",
                type_code="FUEL",
                serial_no="NO-1",
                in_time=True,
                applied_on=TODAY,
                version=1,
            )
        )
        await keep_steps(change, [order("received", 1)])
        change.audit("test", "test/order")

    async def tell(change: Change) -> Any:
        return await issue_order_steps(change, BUREAU, TODAY)

    await told_while(database, tell, lambda change: keep_steps(change, [order("completed", 2)]))
    async with database.snapshot() as session:
        kept = await session.get_one(BroughtInstrument, "o1")
    assert (kept.state, kept.untold) == ("completed", True)
