"""The writers of a trial and their ledger: what was acknowledged to them, and when.

Each writer registers subjects one after another, each with a record for which its grade falls and
with an instrument that a verification rejects. What was not acknowledged is tried again, with the
same request id, until it is.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from plumbing.client import Refusal, ask, new_request_id
from plumbing.clock import SystemClock, local_date
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1.registry_pb2_grpc import RegistryServiceStub
from tests.integration.registry import running_registry as registering
from tests.patience import PATIENCE_SECONDS

AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
PAUSE_SECONDS = 0.2  # of a writer, so that what follows from each change keeps up
T = TypeVar("T")


@dataclass
class Ledger:
    """What was acknowledged, by the id of the subject, and when; `refused` is what was not."""

    names: list[str] = field(default_factory=list)  # of the subjects registered
    subjects: dict[str, datetime] = field(default_factory=dict)
    punished: dict[str, datetime] = field(default_factory=dict)
    rejected: dict[str, datetime] = field(default_factory=dict)
    moments: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    began: datetime = field(default_factory=SystemClock().now)
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def acknowledged(self) -> int:
        """How many changes were."""
        return len(self.moments)

    @property
    def outage(self) -> float:
        """The longest time in which nothing was acknowledged, in seconds."""
        pairs = zip(self.moments, self.moments[1:], strict=False)
        return max(after - before for before, after in pairs)

    async def write(self, stub: RegistryServiceStub) -> None:
        """Registers subjects until the trial ends; a subject that was begun is completed."""
        today = local_date(SystemClock().now())
        facts = {
            "occurred_on": (today - timedelta(days=3)).isoformat(),
            "determined_on": today.isoformat(),
            "points": 20,
        }
        while not self.ending.is_set():
            subject = registering.put_subject()
            owner = (await self._until_done(stub.PutSubject, subject)).subject.subject_id
            self.names.append(subject.subject.name)
            self.subjects[owner] = SystemClock().now()
            record = registering.enter_record(owner, **facts)
            await self._until_done(stub.EnterRecord, record)
            self.punished[owner] = SystemClock().now()
            filed = await self._until_done(stub.PutInstrument, registering.put_instrument(owner))
            await self._reject(stub, filed.instrument.instrument_id, today)
            self.rejected[owner] = SystemClock().now()

    async def _reject(self, stub: RegistryServiceStub, instrument_id: str, today: date) -> None:
        """A verification rejects an instrument, which is in use: so there is an alert at once."""
        result = registering.verify(
            instrument_id, result="reject", verified_on=today.isoformat(), valid_until=""
        )
        await self._until_done(stub.RecordVerification, result)
        used = pb.SetInstrumentStateRequest(
            request_id=new_request_id(), instrument_id=instrument_id, state="in_use", ground="启用"
        )
        await self._until_done(stub.SetInstrumentState, used)

    async def more(self, number: int = 12) -> None:
        """Waits until so many further changes are acknowledged."""
        enough = self.acknowledged + number
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.acknowledged < enough:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _until_done(self, call: Callable[[Any], Awaitable[T]], request: Message) -> T:
        while True:
            try:
                answer = await ask(call(request))
            except Refusal as refusal:
                self.refused[f"{refusal.code.name} {refusal.reason}"] += 1
                if refusal.code not in AWAY:
                    raise
            else:
                self.moments.append(time.monotonic())
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.ending.wait(), PAUSE_SECONDS)
                return answer
