"""A campaign: people work, mishaps befall the platform, and at the end everything is compared."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar, cast

from plumbing.client import Refusal
from plumbing.identity import Caller, Role
from services.cli.client import Client
from services.cli.health import agreement
from tests.chaos import invariants
from tests.chaos.faults import Faults
from tests.chaos.invariants import Books
from tests.chaos.ledger import Ledger
from tests.chaos.people import ADMINISTRATOR, Away, People
from tests.chaos.stage import Disk, Stage
from tests.chaos.work import Work
from tests.mail_sink import Sink, sink
from tests.patience import PATIENCE_SECONDS

LONGEST_SECONDS = 3600.0  # for what moves for ever
T = TypeVar("T")


@dataclass
class Campaign:
    """All parts of a campaign on one running platform."""

    stage: Stage
    people: People
    sink: Sink
    ledger: Ledger
    work: Work
    faults: Faults

    async def run(self, workers: int, mishaps: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        """Has people work while mishaps happen; ends when the mishaps do."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(workers):
                tasks.create_task(self.work.go_on(over))
            await mishaps(over)
            over.set()

    async def settle(self) -> Client:
        """Undoes every mishap that lasts, and waits until no work is under way."""
        self.stage.disk.empty()
        self.faults.repair_mail()
        await self.sink.end()
        if not self.stage.runs:
            self.stage.start()
        return await until(self._at_rest, self._moved)

    def _moved(self) -> object:
        """What changes while the platform still works something off."""
        return Books(self.stage.data).progress()

    async def _at_rest(self) -> Client | None:
        client = self.people.client(ADMINISTRATOR)
        return client if await agreement.is_at_rest(client) else None

    async def faults_found(self, client: Client) -> list[str]:
        """What is wrong at the end; empty if every invariant holds."""
        disagreements = await self._lasting(client)
        await until(self._everybody_told, self._moved)
        books = Books(self.stage.data)
        grades = await invariants.every_grade_is_its_receipt(books, client)
        return [*disagreements, *grades, *invariants.broken(books, self.ledger, self.sink.kept)]

    async def _everybody_told(self) -> bool | None:
        untold = "SELECT COUNT(*) FROM term_note WHERE notice_id = ''"
        return True if Books(self.stage.data).rows("alerts", untold) == [(0,)] else None

    async def _lasting(self, client: Client) -> list[str]:
        """What services do not agree on after as long as it may take them to start what is lost."""
        patience = Patience(self._moved)
        while found := await invariants.everybody_agrees(client):
            if not patience.lasts():
                break
            await asyncio.sleep(1.0)
        return found

    def report(self) -> str:
        """The figures of the campaign, in lines."""
        books = Books(self.stage.data)
        notices = books.pairs("alerts", "SELECT state, COUNT(*) FROM notice GROUP BY state")
        copies = len(self.sink.kept) - len({str(m["Message-ID"]) for m in self.sink.kept})
        lines = {
            "operations": self.ledger.figures(),
            "mishaps": dict(self.faults.counts),
            "clock": f"{self.faults.jumped.days} days",
            "notices": notices,
            "mails": f"{len(self.sink.kept)}, copies among them {copies}",
            "surprises": len(self.ledger.surprises),
        }
        return "\n".join(f"{name}: {figures}" for name, figures in lines.items())


@asynccontextmanager
async def campaign(folder: Path, seed: int) -> AsyncIterator[Campaign]:
    """A furnished platform on a disk of its own, and everything for a campaign with this seed."""
    async with AsyncExitStack() as exits:
        random = Random(seed)  # noqa: S311 - it decides what happens, and keeps no secret
        post = await exits.enter_async_context(sink())
        disk = Disk(folder / "disk")
        exits.callback(disk.remove)
        stage = Stage(disk, folder / "platform.log", post.url)
        exits.push_async_callback(stage.stop)
        people = People(stage)
        exits.push_async_callback(people.close)
        ledger = Ledger(folder / "ledger.jsonl")
        faults = Faults(stage, people, post, Random(random.random()))  # noqa: S311
        begun = Campaign(stage, people, post, ledger, Work(people, ledger, random), faults)
        stage.start()
        await until(begun._at_rest)
        named = "SELECT account_id, name, bureau FROM account WHERE name = 'administrator'"
        ((account, name, bureau),) = Books(stage.data).rows("registry", named)
        await begun.work.furnish(Caller(account, name, frozenset({Role.ADMINISTRATOR}), bureau))
        yield begun


class Patience:
    """Waits as long as something moves, and PATIENCE_SECONDS beyond that; never for hours."""

    def __init__(self, moved: Callable[[], object] = lambda: None) -> None:
        self._moved, self._seen = moved, moved()
        self._began = self._changed = time.monotonic()

    def lasts(self) -> bool:
        """Whether it is worth looking once more."""
        now, seen = time.monotonic(), self._moved()
        if seen != self._seen:
            self._seen, self._changed = seen, now
        return now < self._changed + PATIENCE_SECONDS and now < self._began + LONGEST_SECONDS


async def until(
    look: Callable[[], Awaitable[T | None]], moved: Callable[[], object] = lambda: None
) -> T:
    """Calls `look` until it returns something, as long as `moved` goes on to return other values.

    Without `moved` that is PATIENCE_SECONDS. Raises AssertionError where nothing is found.
    """
    patience, why = Patience(moved), cast("object", None)
    while patience.lasts():
        try:
            if (found := await look()) is not None:
                return found
        except (Refusal, Away, TimeoutError) as error:
            why = error
        await asyncio.sleep(0.2)
    raise AssertionError(f"{look.__qualname__} found nothing; lastly: {why!r}")
