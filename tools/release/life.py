"""The running platform whose databases are recorded, and the functions shared by several acts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from plumbing.client import new_request_id
from plumbing.clock import SHANGHAI
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import grading_pb2 as grading
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.machine.platform import Platform

PATIENCE_SECONDS = 300.0
T = TypeVar("T")


@dataclass
class Life:
    """A running platform, its clients by role, and the id of the subject of most acts."""

    platform: Platform
    administrator: Client
    subject_id: str = ""
    clients: dict[str, Client] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(1))


async def take_in(
    client: Client, family: str, name: str, content: bytes, **more: Any
) -> registry.Batch:
    """Imports a file and returns its batch.

    `family` is the kind of rows in the file; `more` are further fields of the import header.
    """
    about = {"mode": "all_or_nothing", "family": family, "file_name": name, **more}
    header = registry.ImportHeader(request_id=new_request_id(), **about)

    def pieces() -> Iterator[registry.ImportFileRequest]:
        yield registry.ImportFileRequest(header=header)
        yield registry.ImportFileRequest(content=content)

    answer = await client.imports.ImportFile(pieces())
    batch: registry.Batch = answer.batch
    return batch


async def subject_of(life: Life) -> registry.Subject:
    """Returns the subject of most acts, read from the registry."""
    request = registry.GetSubjectRequest(subject_id=life.subject_id)
    answer: registry.GetSubjectResponse = await life.administrator.registry.GetSubject(request)
    return answer.subject


async def enter_penalty(life: Life, determined_on: date | None = None) -> registry.Record:
    """Enters a penalty record that will lower the grade of the subject, and returns the record.

    It was determined on `determined_on`, by default today.
    """
    day = determined_on or (await now(life)).date()
    record = registry.Record(
        subject_id=life.subject_id,
        kind="penalty",
        occurred_on=(day - timedelta(days=10)).isoformat(),
        determined_on=day.isoformat(),
        verified=True,
        points=20,
        source_ref=f"样例罚〔2026〕第{next(life.numbers)}号",
        provided_by="样例·执法科",
        summary="加油机铅封破损，处以罚款",
    )
    request = registry.EnterRecordRequest(request_id=new_request_id(), record=record)
    answer: registry.EnterRecordResponse = await life.clients["inspector"].registry.EnterRecord(
        request
    )
    return answer.record


async def be_graded(life: Life, record: registry.Record) -> None:
    """Waits until a grade of the subject includes this version of the record."""
    request = grading.GetRecordGradedRequest(record_id=record.record_id, version=record.version)

    async def graded() -> bool | None:
        return (await life.clients["caseworker"].grading.GetRecordGraded(request)).graded or None

    await until(graded)


async def move(life: Life, to: datetime) -> None:
    """Moves the sandbox's clock to a moment, and waits for the alert watch of every bureau.

    Each watch must have run for the day of that moment.
    """
    request = registry.AdvanceClockRequest(request_id=new_request_id())
    request.to.FromDatetime(to)
    await life.administrator.clock.AdvanceClock(request)

    async def watches_ran() -> bool | None:
        watches = (await life.administrator.alerts.GetWatch(alerts.GetWatchRequest())).watches
        through = [date.fromisoformat(watch.watched_through or "0001-01-01") for watch in watches]
        return (bool(through) and min(through) >= to.date()) or None

    await until(watches_ran)


async def now(life: Life) -> datetime:
    """Returns the present moment of the platform's clock, in Beijing time."""
    answer = await life.administrator.clock.GetClock(registry.GetClockRequest())
    return answer.now.ToDatetime(tzinfo=SHANGHAI)


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Calls `look` repeatedly until it returns a value other than None, and returns this value.

    Raises AssertionError after PATIENCE_SECONDS.
    """
    ends = time.monotonic() + PATIENCE_SECONDS
    while (value := await look()) is None:
        if time.monotonic() > ends:
            raise AssertionError(f"still None: {look.__qualname__}")
        await asyncio.sleep(0.1)
    return value
