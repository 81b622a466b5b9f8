"""Today's code understands the events of the last release: stored, on their way, or read anew."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from google.protobuf import message_factory
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from plumbing import migrations
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.envelope import Attributes, Delivery
from plumbing.events.inbox import Place, TryLater
from plumbing.service import Parts
from plumbing.settings import Settings
from services.alerts.consumers import consumers as alerts_consumers
from services.grading.consumers import registry_consumer
from tests.evolution.conftest import Open
from tests.evolution.restoring import Rows, rows_of
from tests.postgres import Databases
from tools import generate
from tools.release.record import Release

ASKED = "Request"
ANNOUNCING = ("registry", "grading", "objection", "alerts")


class Timers:
    """Stands in for the timers on Temporal: every call succeeds and does nothing."""

    def __getattr__(self, name: str) -> Any:
        async def done(*_told: Any) -> None: ...

        return done


def deliveries(kept: Mapping[str, Rows], service: str) -> list[Delivery]:
    rows = sorted(kept[service]["outbox"], key=lambda row: int(row["seq"]))
    return [
        Delivery(Attributes.read(json.loads(row["headers"])), row["payload"], row["seq"], 1)
        for row in rows
    ]


def message_named(full_name: str) -> type[Message]:
    package, _, name = full_name.rpartition(".")
    folder = Path(generate.ROOT, *package.replace("quanheng", "protos", 1).split("."))
    for file in folder.glob("*_pb2.py"):
        module = importlib.import_module(
            ".".join(file.relative_to(generate.ROOT).with_suffix("").parts)
        )
        if descriptor := module.DESCRIPTOR.message_types_by_name.get(name):
            return message_factory.GetMessageClass(descriptor)
    raise AssertionError(f"the contract has no {full_name} any more")


def unknown_in(message: Message) -> list[str]:
    """Fields of the message, at any depth, that today's contract does not know."""
    names = [f"{message.DESCRIPTOR.name}.{f.field_number}" for f in UnknownFieldSet(message)]  # type: ignore[attr-defined]
    for field, value in message.ListFields():
        if field.message_type and not field.message_type.GetOptions().map_entry:
            names += [name for inner in _listed(field, value) for name in unknown_in(inner)]
    return names


def _listed(field: Any, value: Any) -> list[Message]:
    return [*value] if field.is_repeated else [value]


@pytest.mark.parametrize("service", ANNOUNCING)
def test_every_event_at_rest_is_decoded_whole(service: str, kept: Mapping[str, Rows]) -> None:
    announced = deliveries(kept, service)
    assert announced
    for delivery in announced:
        event_type = message_named(delivery.attributes.type)
        message = delivery.decode(event_type).message
        assert unknown_in(message) == []
        assert message.ListFields()
        assert event_type.FromString(message.SerializeToString()) == message


@pytest.mark.parametrize("service", ["registry", "grading", "objection"])
def test_every_answer_that_was_given_is_understood(service: str, kept: Mapping[str, Rows]) -> None:
    """A request that is repeated after the upgrade gets its first answer."""
    answered = [row for row in kept[service]["answered_request"] if row["method"].endswith(ASKED)]
    assert answered
    for row in answered:
        answer = message_named(row["method"].removesuffix(ASKED) + "Response")
        assert unknown_in(answer.FromString(row["response"])) == []


@pytest.fixture
async def listening(
    release: Release, tmp_path: Path, databases: Databases, opened: Open
) -> dict[str, list[Consumer]]:
    """Today's consumers of the projections, each on an empty database."""
    clock = FixedClock(release.at)
    by_service: dict[str, list[Consumer]] = {}
    for service in ("grading", "alerts"):
        database = opened(databases.url(tmp_path, service))
        await migrations.upgrade(database, service)
        by_service[service] = consumers_of(service, database, clock)
    return by_service


def consumers_of(service: str, database: Database, clock: FixedClock) -> list[Consumer]:
    nowhere, timers = cast("Any", None), cast("Any", Timers())
    if service == "grading":
        return [registry_consumer(database, nowhere, nowhere, clock, timers.move)]
    changes = Changes(database, clock)
    parts = Parts(service, Settings(), clock, database, changes, nowhere, nowhere, nowhere)
    return alerts_consumers(parts, timers)


async def take(consumer: Consumer, waiting: list[Delivery]) -> None:
    """Delivers everything in order; what has to wait is delivered again after the others."""
    rounds = 0
    while waiting:
        rounds += 1
        assert rounds < 10, [delivery.attributes.type for delivery in waiting]
        waiting = [one for one in waiting if not await _taken(consumer, one)]


async def _taken(consumer: Consumer, delivery: Delivery) -> bool:
    try:
        return await consumer.inbox.take(delivery) is Place.DONE
    except TryLater:
        return False


async def test_projections_are_made_again_from_the_events_of_the_last_release(
    listening: dict[str, list[Consumer]], kept: Mapping[str, Rows]
) -> None:
    """Each consumer reads its streams from the first event and makes the same projection again."""
    for service, consumers in listening.items():
        for consumer in sorted(consumers, key=lambda reader: reader.stream != "REGISTRY"):
            await take(consumer, deliveries(kept, consumer.stream.lower()))
        database = consumers[0].inbox._database
        made = await rows_of(database)
        keys = {"subject": "subject_id", "record": "record_id", "credit_record": "record_id"}
        for table in keys.keys() & kept[service].keys():
            column = keys[table]
            ids = {row[column] for row in kept[service][table]}
            assert ids <= {row[column] for row in made[table]}, (service, table)


@pytest.mark.parametrize("service", ["grading", "alerts"])
async def test_an_event_in_flight_is_taken_by_the_database_that_went_forward(
    service: str, released: dict[str, Database], kept: Mapping[str, Rows], release: Release
) -> None:
    pending = [row["event_id"] for row in kept["registry"]["outbox"] if not row["published_at"]]
    events = [d for d in deliveries(kept, "registry") if d.attributes.id.hex in pending]
    assert len(events) == 1
    database = released[service]
    await migrations.upgrade(database, service)
    [consumer] = [
        reader
        for reader in consumers_of(service, database, FixedClock(release.at))
        if reader.stream == "REGISTRY"
    ]
    assert await consumer.inbox.take(events[0]) is Place.DONE
    async with database.snapshot() as session:
        noted = sa.text("SELECT count(*) FROM inbox WHERE consumer = :name").bindparams(
            name=consumer.name
        )
        count = (await (await session.connection()).execute(noted)).scalar_one()
    earlier = [row for row in kept[service]["inbox"] if row["consumer"] == consumer.name]
    assert count == len(earlier) + 1
