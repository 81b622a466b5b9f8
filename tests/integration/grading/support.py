"""What the tests of grading share: a register that announces changes, and grading beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from google.protobuf.message import Message
from nats.js import JetStreamContext
from sqlmodel import SQLModel, col, select

from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.inspection import consumer_lags, outbox_pending
from plumbing.events.outbox import Outbox, record
from plumbing.events.relay import Relay
from plumbing.grpc_errors import Away
from protos.grading.v1.events_pb2 import GradeChanged
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.grading.consumers import NAME, registry_consumer
from services.grading.receipts.storing import texts
from services.grading.tables import Grade, Receipt
from tests.integration.events.support import eventually
from tests.service_keys import SIGNATURES, SIGNER

HANGZHOU = "330106"
START = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)  # ten in the morning of Shanghai
Row = TypeVar("Row", bound=SQLModel)


def subject(number: int = 1, version: int = 1, **fields: object) -> pb.Subject:
    message = pb.Subject(
        subject_id=f"subj-{number}",
        kind="organisation",
        name=f"测试单位{number}",
        bureau=HANGZHOU,
        sector="market",
        version=version,
    )
    message.MergeFrom(pb.Subject(**fields))  # type: ignore[arg-type]
    return message


def penalty(number: int = 1, version: int = 1, **fields: object) -> pb.Record:
    """An adverse record: a verified penalty beyond review, determined in the spring."""
    message = pb.Record(
        record_id=f"rec-{number}",
        subject_id="subj-1",
        bureau=HANGZHOU,
        kind="penalty",
        severity="general",
        occurred_on="2026-04-20",
        determined_on="2026-05-06",
        entered_on="2026-05-08",
        status="active",
        verified=True,
        final=True,
        source_ref=f"杭市监测罚〔2026〕{number}号",
        version=version,
    )
    message.MergeFrom(pb.Record(**fields))  # type: ignore[arg-type]
    return message


class Platform:
    """A register's outbox, a relay, and grading's consumer, relay and database."""

    def __init__(
        self, register: Database, database: Database, js: JetStreamContext, clock: FixedClock
    ) -> None:
        self.register, self.database, self.js, self.clock = register, database, js, clock
        self.moved = self.clock_moves = 0
        self.temporal_is_away = False
        self.consumer = registry_consumer(database, js, SIGNATURES, clock, self._clock_moved)
        self.work = [
            Relay(register, js, SIGNER, clock).run,
            Relay(database, js, SIGNER, clock).run,
            self.consumer.run,
        ]

    async def _clock_moved(self) -> None:
        self.clock_moves += 1
        if self.temporal_is_away:
            raise Away
        self.moved += 1

    async def was_asked(self) -> bool:
        return self.clock_moves > 0

    async def tell(self, event: Message, aggregate: str = "subject/subj-1") -> None:
        """Announces an event as the register does, and waits until grading has applied it.

        A second passes then.
        """
        await self.announce(event, aggregate)
        await self.settled()
        self.clock.moment += timedelta(seconds=1)

    async def announce(self, event: Message, aggregate: str = "subject/subj-1") -> None:
        async with self.register.transaction() as session:
            await record(
                session,
                event,
                aggregate=aggregate,
                bureau=HANGZHOU,
                at=self.clock.now(),
                on_behalf_of="account/caseworker",
            )

    async def tell_subjects(self, *subjects: pb.Subject, **change: object) -> None:
        event = events.SubjectsChanged(subjects=subjects)
        event.change.MergeFrom(events.Change(**change))  # type: ignore[arg-type]
        await self.tell(event)

    async def tell_records(self, *records: pb.Record, **change: object) -> None:
        event = events.RecordsChanged(records=records)
        event.change.MergeFrom(events.Change(**change))  # type: ignore[arg-type]
        await self.tell(event)

    async def settled(self) -> None:
        """Waits until both outboxes are sent and grading has applied every event."""

        async def quiet() -> bool:
            pending = [(await outbox_pending(one)).count for one in (self.register, self.database)]
            lags = [lag for lag in await consumer_lags(self.js) if lag.consumer == NAME]
            return (
                not any(pending)
                and bool(lags)
                and not any(lag.waiting + lag.unacknowledged for lag in lags)
            )

        await eventually(quiet)

    def pass_days(self, days: int) -> None:
        self.clock.moment += timedelta(days=days)

    async def rows(self, table: type[Row]) -> Sequence[Row]:
        async with self.database.snapshot() as session:
            return (await session.exec(select(table))).all()

    async def receipts(self) -> dict[str, Any]:
        """Every stored receipt as JSON values, by its id."""
        async with self.database.snapshot() as session:
            rows = (await session.exec(select(Receipt))).all()
            return {key: json.loads(text) for key, text in (await texts(session, rows)).items()}

    async def grades(self, subject_id: str = "subj-1") -> Sequence[Grade]:
        """Every statement about a subject, the earliest known first."""
        query = select(Grade).where(col(Grade.subject_id) == subject_id)
        order = (col(Grade.known_from), col(Grade.in_force_from))
        async with self.database.snapshot() as session:
            return (await session.exec(query.order_by(*order))).all()

    async def current(self, subject_id: str = "subj-1") -> Grade:
        [one] = [
            row
            for row in await self.grades(subject_id)
            if row.known_to is None and row.in_force_to is None
        ]
        return one

    async def announced(self) -> list[GradeChanged]:
        changed = select(Outbox.payload).where(col(Outbox.subject).contains("grade_changed"))
        async with self.database.snapshot() as session:
            rows = await session.exec(changed.order_by(col(Outbox.seq)))
            return [GradeChanged.FromString(payload) for payload in rows.all()]
