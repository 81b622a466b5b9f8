"""Alerts as the tests run it: a register's outbox, relays, consumers and a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar, cast

from google.protobuf.message import Message
from nats.js import JetStreamContext
from sqlmodel import SQLModel, col, select

from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.inspection import consumer_lags, dead_letter_counts, outbox_pending
from plumbing.events.outbox import Outbox, record
from plumbing.events.relay import Relay
from plumbing.service import Parts
from plumbing.settings import Settings
from protos.alerts.v1.events_pb2 import AlertsRaised
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.alerts.activities import Activities
from services.alerts.clients import Clients
from services.alerts.consumers import consumers
from services.alerts.escalation.workflows import EscalationStand
from services.alerts.notices.term_digests import TermDigests
from services.alerts.tables import Alert, Notice
from services.alerts.timers import Timers
from services.alerts.workflows import WatchDone, WatchRun
from tests.integration.events.support import eventually
from tests.service_keys import SIGNATURES, SIGNER

BUREAU = "330106"
START = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)  # ten in the morning of Shanghai
TODAY = date(2026, 9, 14)
Row = TypeVar("Row", bound=SQLModel)


def bureau(code: str = BUREAU) -> pb.Bureau:
    return pb.Bureau(
        code=code,
        name="测试市场监管局",
        phone="0571-00000000",
        email="desk@test.example",
        version=1,
    )


def subject(number: int = 1, version: int = 1, **fields: Any) -> pb.Subject:
    message = pb.Subject(
        subject_id=f"s{number}",
        kind="organisation",
        name=f"测试单位{number}",
        bureau=BUREAU,
        email=f"unit{number}@test.example",
        version=version,
    )
    message.MergeFrom(pb.Subject(**fields))
    return message


def instrument(number: int = 1, version: int = 1, **fields: Any) -> pb.Instrument:
    message = pb.Instrument(
        instrument_id=f"i{number}",
        subject_id="s1",
        bureau=BUREAU,
        type_code="试验用器具",
        serial_no=f"NO-{number}",
        state="in_use",
        spell=1,
        version=version,
    )
    message.MergeFrom(pb.Instrument(**fields))
    return message


def verification(
    number: int = 1, valid_until: date | None = None, version: int = 1, **fields: Any
) -> pb.Verification:
    """A pass of last year for the instrument of the same number."""
    message = pb.Verification(
        verification_id=f"v{number}",
        instrument_id=f"i{number}",
        result="pass",
        verified_on="2025-09-01",
        valid_until=valid_until.isoformat() if valid_until else "",
        institution="测试检定机构",
        version=version,
    )
    message.MergeFrom(pb.Verification(**fields))
    return message


class RecordingTimers(Timers):
    """Records the workflows that would be started; tests/workflows starts real ones."""

    def __init__(self) -> None:
        self.watched: list[str] = []
        self.delivered: list[str] = []
        self.sent: list[str] = []
        self.running: set[str] = set()
        self.states: dict[str, EscalationStand] = {}

    async def escalate(self, stand: EscalationStand) -> None:
        self.states[stand.escalation_id] = stand
        name = f"escalation/{stand.escalation_id}"
        (self.running.discard if stand.closed and not stand.to_note else self.running.add)(name)

    async def listed(self, workflow_type: str) -> set[str]:
        return {name for name in self.running if name.startswith(f"{workflow_type.lower()}/")}

    async def keep(self, workflow_id: str) -> bool:
        return await self.runs(workflow_id)

    async def watch(self, bureau: str) -> None:
        self.watched.append(bureau)

    async def deliver(self, notice_id: str) -> None:
        self.delivered.append(notice_id)
        self.running.add(f"delivery/{notice_id}")

    async def send(self, message_id: str) -> None:
        self.sent.append(message_id)
        self.running.add(f"message/{message_id}")

    async def runs(self, workflow_id: str) -> bool:
        return workflow_id in self.running


class LinksKnown:
    """Stands in for the registry, of which alerts asks the secret part of a link."""

    async def mailed_token(self, link_id: str) -> str:
        return f"{link_id}.secret"


class RunningAlerts:
    """A register's outbox, and alerts with its consumers, relay and database."""

    def __init__(
        self, register: Database, database: Database, js: JetStreamContext, settings: Settings
    ) -> None:
        self.register, self.database, self.js = register, database, js
        self.clock, self.timers = FixedClock(START), RecordingTimers()
        self.changes = Changes(database, self.clock)
        self.activities = Activities(self.changes, settings, self.clients())
        token = cast("Any", None)
        parts = Parts("alerts", settings, self.clock, database, self.changes, js, SIGNATURES, token)
        self.consumers = consumers(parts, self.timers)
        self.work = [
            Relay(register, js, SIGNER, self.clock, poll_seconds=0.02).run,
            Relay(database, js, SIGNER, self.clock, poll_seconds=0.02).run,
            *(consumer.run for consumer in self.consumers),
        ]
        self.term_digests = TermDigests(self.changes, look_every=0.02)

    def clients(self) -> Clients:
        """A register that knows the secret part of every link."""
        return cast("Clients", LinksKnown())

    @property
    def today(self) -> date:
        return self.clock.today()

    def pass_days(self, days: int) -> None:
        self.clock.moment += timedelta(days=days)

    async def announce(self, *announced: Message, aggregate: str = "", wait: bool = True) -> None:
        """Announces events as the register does; waits until alerts has handled them."""
        async with self.register.transaction() as session:
            for event in announced:
                await record(
                    session,
                    event,
                    aggregate=aggregate or event.DESCRIPTOR.name,
                    bureau=BUREAU,
                    at=self.clock.now(),
                    on_behalf_of="account/caseworker",
                )
        if wait:
            await self.wait_until_idle()

    async def put(self, *rows: Message, **change: Any) -> None:
        """Announces rows of the register: one event for each kind of row."""
        await self.announce(*self.events_of(*rows, **change))

    def events_of(self, *rows: Message, **change: Any) -> list[Message]:
        header = events.Change(**change)
        header.at.FromDatetime(self.clock.now())
        by_type: dict[type[Message], Message] = {}
        for row in rows:
            event_type, field = _EVENTS[type(row)]
            event = by_type.setdefault(event_type, event_type(change=header))
            getattr(event, field).append(row)
        return [*by_type.values()]

    async def wait_until_idle(self) -> None:
        """Waits until both outboxes are published and every event is handled."""
        names = {consumer.name for consumer in self.consumers}

        async def handled() -> bool:
            lags = [lag for lag in await consumer_lags(self.js) if lag.consumer in names]
            busy = any(lag.waiting + lag.unacknowledged for lag in lags)
            return len(lags) == len(names) and not busy

        async def idle() -> bool:
            # Handling an event may announce others, which must be handled as well.
            if not await handled():
                return False
            pending = [
                (await outbox_pending(database)).count
                for database in (self.register, self.database)
            ]
            return not any(pending) and await handled()

        await eventually(idle)
        assert not await dead_letter_counts(self.js)

    async def run_watch(self, through: date | None = None) -> WatchDone:
        """Runs the watch of the bureau once."""
        run = WatchRun(bureau=BUREAU, through=through or self.today)
        return await self.activities.watch(run)

    async def watch_days(self, days: int) -> None:
        for _ in range(days):
            self.pass_days(1)
            await self.run_watch()

    async def rows(self, table: type[Row]) -> Sequence[Row]:
        async with self.database.snapshot() as session:
            return (await session.exec(select(table))).all()

    async def raised_alerts(self) -> list[tuple[str, str, bool]]:
        """Instrument, colour and whether the alert is a baseline one, in the order of raising."""
        rows = sorted(await self.rows(Alert), key=lambda alert: alert.alert_id or 0)
        return [(row.instrument_id, row.colour.value, row.baseline) for row in rows]

    async def notices(self, kind: str = "") -> list[Notice]:
        rows = sorted(await self.rows(Notice), key=lambda notice: notice.created_at)
        return [row for row in rows if kind in ("", row.kind.value)]

    async def announced_alerts(self) -> list[AlertsRaised]:
        query = select(Outbox.payload).where(col(Outbox.subject).contains("alerts_raised"))
        async with self.database.snapshot() as session:
            rows = await session.exec(query.order_by(col(Outbox.seq)))
            return [AlertsRaised.FromString(payload) for payload in rows.all()]


_EVENTS: dict[type[Message], tuple[Any, str]] = {
    pb.Bureau: (events.BureausChanged, "bureaus"),
    pb.Subject: (events.SubjectsChanged, "subjects"),
    pb.Instrument: (events.InstrumentsChanged, "instruments"),
    pb.Verification: (events.VerificationsRecorded, "verifications"),
    pb.Record: (events.RecordsChanged, "records"),
}
