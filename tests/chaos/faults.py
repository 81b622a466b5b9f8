"""Random mishaps: killed processes, lost stores, a full disk, hanging mail, a jumping clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random

from plumbing.client import Refusal, new_request_id
from plumbing.clock import SHANGHAI
from protos.registry.v1 import registry_pb2 as registry
from tests.chaos.people import ADMINISTRATOR, Away, People
from tests.chaos.stage import ENGINES, SERVICES, Stage
from tests.mail_sink import USUAL, Sink

LONGEST_SECONDS = 6.0  # of a fault that lasts
LONGEST_JUMP_DAYS = 9
MAIL_FAULTS: tuple[dict[str, str], ...] = (
    {"": "421 4.3.2 shutting down"},
    {"MAIL": "530 5.7.0 authentication required"},
    {"RCPT": "450 4.2.1 try later"},
    {".": "554 5.7.1 looks like spam"},
)


class Faults:
    """Makes one mishap after another, and counts them by name."""

    def __init__(self, stage: Stage, people: People, sink: Sink, random: Random) -> None:
        self._stage, self._people, self._sink, self._random = stage, people, sink, random
        self.counts: Counter[str] = Counter()
        self.jumped = timedelta(0)
        self._mishaps: dict[Callable[[], Awaitable[None]], int] = {
            self.kill_some: 10,
            self.kill_supervisor: 2,
            self.lose_nats_store: 1,
            self.lose_temporal_store: 1,
            self.fill_disk: 2,
            self.refuse_mail: 2,
            self.hang_mail: 1,
            self.jump: 4,
        }

    async def go_on(self, over: asyncio.Event, pause: tuple[float, float]) -> None:
        """Makes mishaps, with pauses of so many seconds, until it is over."""
        while not over.is_set():
            (mishap,) = self._random.choices([*self._mishaps], [*self._mishaps.values()])
            await mishap()
            await _until(over, self._random.uniform(*pause))

    async def each(self, pause: float) -> None:
        """Makes each mishap once, the supervisor's death excepted, which costs a whole start."""
        for mishap in self._mishaps:
            if mishap != self.kill_supervisor:
                await mishap()
                await asyncio.sleep(pause)  # not waiting for anything: work goes on meanwhile

    async def kill_some(self) -> None:
        parts = [*SERVICES, *ENGINES]
        chosen = self._random.sample(parts, self._random.choice((1, 1, 1, 2, 3, len(parts))))
        for name in self._stage.kill(*chosen):
            self.counts[f"kill {name}"] += 1

    async def kill_supervisor(self) -> None:
        await self._stage.kill_all()
        self.counts["kill supervisor"] += 1
        lost = self._random.choice(("", "", *ENGINES))
        if lost:
            self._stage.lose(lost)
            self.counts[f"lose {lost}"] += 1
        self._stage.start()

    async def lose_nats_store(self) -> None:
        await self._lose("nats")

    async def lose_temporal_store(self) -> None:
        await self._lose("temporal")

    async def _lose(self, engine: str) -> None:
        if self._stage.kill(engine):
            self._stage.lose(engine)
            self.counts[f"lose {engine}"] += 1

    async def fill_disk(self) -> None:
        if self._stage.disk.fill():
            self.counts["full disk"] += 1
            await self._while()
            self._stage.disk.empty()

    async def refuse_mail(self) -> None:
        self._sink.replies |= self._random.choice(MAIL_FAULTS)
        self.counts["mail refused"] += 1
        await self._while()
        self.repair_mail()

    async def hang_mail(self) -> None:
        self._sink.hangs = lambda line: line.upper().startswith("RCPT")
        self.counts["mail hangs"] += 1
        await self._while()
        self.repair_mail()

    def repair_mail(self) -> None:
        """Makes the mail server accept everything, and answer whoever still waits by closing."""
        self._sink.replies |= {**USUAL, ".": "250 kept"}
        self._sink.hangs = lambda _: False

    async def jump(self) -> None:
        """Moves the sandbox's clock forward by some days."""
        days = timedelta(days=self._random.randint(1, LONGEST_JUMP_DAYS))
        try:
            now = await self._people.ask(
                ADMINISTRATOR, lambda c: c.clock.GetClock(registry.GetClockRequest())
            )
            to = now.now.ToDatetime(UTC).astimezone(SHANGHAI) + days
            await self._advance(to)
        except (Refusal, Away, TimeoutError):
            return
        self.counts["clock jump"] += 1
        self.jumped += days

    async def _advance(self, to: datetime) -> None:
        request = registry.AdvanceClockRequest(request_id=new_request_id())
        request.to.FromDatetime(to.astimezone(UTC))
        await self._people.ask(ADMINISTRATOR, lambda c: c.clock.AdvanceClock(request))

    async def _while(self) -> None:
        await asyncio.sleep(self._random.uniform(1.0, LONGEST_SECONDS))


async def _until(over: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await over.wait()
    except TimeoutError:
        return
