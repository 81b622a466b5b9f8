"""A soak: many cases walk their paths at once while processes are killed, and all is compared."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from datetime import UTC, timedelta
from random import Random

from plumbing.client import new_request_id
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as registry
from tests.chaos.asking import Asker
from tests.chaos.campaign import Campaign, until
from tests.chaos.case_paths import PATHS, REPAIRS, Cast, Ended, Firm, Path, Walk, overdue
from tests.chaos.people import ADMINISTRATOR, BUREAU, CLERK
from tests.e2e.requests import create_account

CITY = "330100"
CASES_OF_A_FIRM = 20  # more records would make each grade slower, and show nothing else
AT_ONCE = 8
PATIENCE = 600  # attempts: nobody gives up
OVER_ALL_RUNGS = timedelta(days=14)  # of a term of five working days, across a holiday too


def shared_out(cases: int) -> list[tuple[Path, int]]:
    """The path of each case and the number of its firm; each path is walked by many firms."""
    firms = cases // CASES_OF_A_FIRM + 1
    return [(PATHS[one % len(PATHS)], one // len(PATHS) % firms) for one in range(cases)]


class Soak:
    """So many cases of mixed paths on one platform, and so many kills spread over them."""

    def __init__(self, campaign: Campaign, cases: int, kills: int, random: Random) -> None:
        self._campaign, self._random = campaign, random
        self._asker = Asker(
            campaign.people, campaign.ledger, random, patience=PATIENCE, given_up=0.0
        )
        self._cases = shared_out(cases)
        random.shuffle(self._cases)
        self._kill_at = sorted(random.sample(range(1, cases), kills))
        self._late = asyncio.Event()
        self._walked = 0
        self.ended: list[tuple[Ended, ...]] = []
        self.faults: list[str] = []
        self.seconds = 0.0

    async def run(self) -> None:
        """Walks every path; at the end the clock passes over the reminders of those left alone."""
        began = time.monotonic()
        cast, firms = await self._cast(), await self._firms()
        given = [(path, None if path in REPAIRS else firms[one]) for path, one in self._cases]
        waiting = [
            asyncio.create_task(self._walk(path, cast, firm))
            for path, firm in given
            if path is overdue
        ]
        queue = [one for one in reversed(given) if one[0] is not overdue]

        async def work() -> None:
            while queue:
                path, firm = queue.pop()
                await self._walk(path, cast, firm)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(work())
        await self._pass_over_the_rungs()
        self._late.set()
        await asyncio.gather(*waiting)
        self.seconds = time.monotonic() - began

    async def _walk(self, path: Path, cast: Cast, firm: Firm | None) -> None:
        """Walks a path for a firm; a repair has one of its own."""
        own = firm or await self._firm()
        walk = Walk(self._campaign.people, self._asker, cast, own, self._late)
        try:
            await path(walk)
        except Exception as error:  # the others go on, and at the end this one is told
            self.faults.append(f"{getattr(path, '__qualname__', path)}: {error!r}")
        self.ended.append(tuple(walk.ended))
        self._walked += 1
        while self._kill_at and self._walked >= self._kill_at[0]:
            self._kill_at.pop(0)
            await self._campaign.faults.kill_some()

    async def _cast(self) -> Cast:
        people = {
            "first": (Role.CASEWORKER, BUREAU),
            "second": (Role.CASEWORKER, BUREAU),
            "head": (Role.UNIT_HEAD, BUREAU),
            "reviewer": (Role.MUNICIPAL_REVIEWER, CITY),
        }
        city = registry.Bureau(code=CITY, name="测试市市场监督管理局", email="city@bureaus.example")
        put = registry.PutBureauRequest(request_id=new_request_id(), bureau=city)
        await self._asker.do("bureau", CITY, ADMINISTRATOR, put, lambda c: c.registry.PutBureau)
        return Cast(
            **{
                name: await self._engaged(f"soak-{name}", role, bureau)
                for name, (role, bureau) in people.items()
            }
        )

    async def _firms(self) -> list[Firm]:
        return [await self._firm() for _ in range(1 + max(one for _, one in self._cases))]

    async def _firm(self) -> Firm:
        name = f"测试{new_request_id()[:13]}号加油站"
        subject = registry.Subject(
            kind="organisation", name=name, bureau=BUREAU, sector="fuel_station"
        )
        put = registry.PutSubjectRequest(request_id=new_request_id(), subject=subject)
        answer = await self._asker.do(
            "subject", name, CLERK, put, lambda c: c.registry.PutSubject,
            lambda a: a.subject.subject_id,
        )  # fmt: skip
        owned = answer.subject.subject_id
        operator = await self._engaged(f"operator-{owned[:8]}", Role.OPERATOR, subject_id=owned)
        return Firm(owned, operator)

    async def _engaged(
        self, name: str, role: Role, bureau: str = "", subject_id: str = ""
    ) -> Caller:
        create = create_account(name, secrets.token_urlsafe(12), role.value, bureau, subject_id)
        answer = await self._asker.do(
            "account", name, self._campaign.work.appointer, create,
            lambda c: c.identity.CreateAccount, lambda a: a.account.account_id,
        )  # fmt: skip
        return Caller(answer.account.account_id, name, frozenset({role}), bureau, subject_id)

    async def _pass_over_the_rungs(self) -> None:
        """Moves the clock a day at a time, so that each reminder has its moment."""
        for _ in range(OVER_ALL_RUNGS.days):
            await until(self._a_day_on)

    async def _a_day_on(self) -> bool:
        people = self._campaign.people
        read = await people.ask(
            ADMINISTRATOR, lambda c: c.clock.GetClock(registry.GetClockRequest())
        )
        move = registry.AdvanceClockRequest(request_id=new_request_id())
        move.to.FromDatetime(read.now.ToDatetime(UTC) + timedelta(days=1))
        await people.ask(ADMINISTRATOR, lambda c: c.clock.AdvanceClock(move))
        return True

    def figures(self) -> dict[str, int]:
        """How many cases ended on each path."""
        return dict(Counter(one.path for ended in self.ended for one in ended))
