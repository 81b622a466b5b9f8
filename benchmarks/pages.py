"""Measures the heaviest pages of the portal on a city's register, beside their queries alone.

    python -m benchmarks.pages [copies] [cases] [seconds] [folder] [--json FILE]

The sample's 60 subjects and 600 instruments are copied `copies` times (1,667 make a city with
100,000 subjects and a million instruments), its cases until there are `cases`. A folder that is
given keeps the databases, and a later run with the same folder takes them as they are. Before the
visitors come in, the platform starts the workflows of the copied cases, however long that takes.

Sixteen visitors open one page a second each, in an order of their own, for as many seconds. `p50`
and `p99` are of the time from request to the last byte. `alone` is the time of the same queries
over gRPC, those at once that the page asks at once; the visitors ask them instead of the pages in
rounds that take turns with those of the pages. `failed` counts the pages that a
service did not answer in time. `kB` is what travels for a first view: the page with its style
sheets, script and icon, compressed. `processor` is what all processes of the platform spent on a
page that was opened alone, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx
from rich.console import Console
from rich.table import Table

from benchmarks import city, city_life
from benchmarks.at_rest import at_rest, spent
from benchmarks.page_queries import Noted, PortalInside
from plumbing.clock import SystemClock
from services.cli.machine.platform import Platform
from services.portal.clients import VisitorToken, use_token

COPIES, CASES, SECONDS = 1_667, 100_000, 60
VISITORS, PACE_SECONDS, ROUNDS = 16, 1.0, 5
READY_SECONDS = 600.0
OPENED_ALONE = 10
PROCESSES = ("registry", "grading", "objection", "alerts", "portal")
_LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@dataclass
class Kind:
    """A sort of page: who opens it, its address, and what was measured."""

    name: str
    member: str  # of the cast; empty for somebody who has not signed in
    address: str
    queries: Noted = field(default_factory=Noted)
    pages: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    failed: int = 0
    first_view: int = 0  # bytes
    processor: dict[str, float] = field(default_factory=dict)  # seconds, by process


def kinds(ids: city_life.Ids) -> list[Kind]:
    """The heaviest pages, with things of somebody from the middle of the register."""
    caseworker, reviewer, operator = "demo.caseworker", "demo.reviewer", "demo.operator"
    return [
        Kind("案件 cases", caseworker, "/cases"),
        Kind("案件 case", caseworker, f"/cases/{ids.case_id}"),
        Kind("工作台 home", caseworker, "/home"),
        Kind("器具 instruments", caseworker, "/instruments"),
        Kind("全市红色 city's red", reviewer, "/instruments?colour=red"),
        Kind("全市看板 city's board", reviewer, "/city"),
        Kind("主体 subjects", reviewer, "/subjects?q=加油站"),
        Kind("主体 subject", caseworker, f"/subjects/{ids.subject_id}"),
        Kind("督促 escalations", caseworker, "/escalations"),
        Kind("待办 operator's home", operator, "/home"),
        Kind("等级 grade", operator, "/grade"),
        Kind("查企业 search", "", "/?q=加油站"),
        Kind("企业 firm", "", f"/firms/{ids.subject_id}"),
    ]


Visit = Callable[[Kind], Awaitable[None]]


@dataclass
class Visitors:
    """The browsers and the tokens of the people who visit, by member of the cast."""

    browsers: Mapping[str, httpx.AsyncClient]
    tokens: Mapping[str, str]

    async def visit(self, kind: Kind) -> None:
        """Opens a page."""
        began = time.perf_counter()
        answer = await self.browsers[kind.member].get(kind.address)
        if answer.status_code == httpx.codes.OK:
            kind.pages.append(time.perf_counter() - began)
        else:  # most likely a service took longer than it may
            kind.failed += 1

    async def ask(self, kind: Kind) -> None:
        """Asks the queries of a page without the page."""
        use_token(self.tokens[kind.member])
        began = time.perf_counter()
        await kind.queries.ask_again()
        kind.alone.append(time.perf_counter() - began)


async def walk(visit: Visit, all_kinds: list[Kind], seconds: float, order: random.Random) -> None:
    """One visitor, who opens a page each second."""
    ends = time.monotonic() + seconds
    await asyncio.sleep(order.random() * PACE_SECONDS)
    while time.monotonic() < ends:
        began = time.monotonic()
        await visit(order.choice(all_kinds))
        await asyncio.sleep(max(0.0, PACE_SECONDS - (time.monotonic() - began)))


async def walk_in_turns(visitors: Visitors, all_kinds: list[Kind], seconds: float) -> None:
    """Lets all visitors walk, a round among the pages, a round among the queries alone."""
    orders = [random.Random(seed) for seed in range(VISITORS)]  # noqa: S311 - no secret
    for _ in range(ROUNDS):
        for visit in (visitors.visit, visitors.ask):
            await asyncio.gather(
                *(walk(visit, all_kinds, seconds / ROUNDS, order) for order in orders)
            )


async def first_view(browser: httpx.AsyncClient, address: str) -> int:
    """The bytes that travel for a page that nothing is known of yet."""
    sizes = [await _travelled(browser, address)]
    text = (await browser.get(address)).text
    sizes += [await _travelled(browser, one) for one in sorted(set(_LINKED.findall(text)))]
    return sum(sizes)


async def _travelled(browser: httpx.AsyncClient, address: str) -> int:
    async with browser.stream("GET", address) as answer:
        return sum([len(piece) async for piece in answer.aiter_raw()])


async def measure(folder: Path, seconds: float) -> list[Kind]:
    """Starts the platform on the filled databases and lets the visitors in."""
    async with AsyncExitStack() as exits:
        platform = Platform(folder, sandbox=True, usual_ports=False, portal=True)
        await exits.enter_async_context(platform)
        await platform.wait_ready(READY_SECONDS)
        await at_rest(platform)
        all_kinds = kinds(city_life.known(folder))
        inside = PortalInside(platform.settings, folder)
        await inside.open(exits)
        visitors = await _signed_in(platform, exits)
        people = await _browsers(platform, exits, inside.transport)
        for kind in all_kinds:
            await people[kind.member].get(kind.address)  # warms up
            kind.queries = await inside.queries_of(people[kind.member], kind.address)
            await _alone(platform, kind, visitors.browsers[kind.member])
        await walk_in_turns(visitors, all_kinds, seconds)
        return all_kinds


async def _alone(platform: Platform, kind: Kind, browser: httpx.AsyncClient) -> None:
    """Opens a page several times while nobody else does anything."""
    kind.first_view = await first_view(browser, kind.address)
    before = spent(platform)
    for _ in range(OPENED_ALONE):
        (await browser.get(kind.address)).raise_for_status()
    after = spent(platform)
    kind.processor = {name: (after[name] - before[name]) / OPENED_ALONE for name in PROCESSES}


async def _browsers(
    platform: Platform, exits: AsyncExitStack, transport: httpx.ASGITransport | None = None
) -> dict[str, httpx.AsyncClient]:
    """A browser for each member of the cast, and one of somebody who has not signed in."""
    cast = json.loads(platform.settings.cast_file.read_text())
    browsers = {}
    for name in ("", *(member["name"] for member in cast)):
        browser = httpx.AsyncClient(
            base_url=platform.settings.portal_url, timeout=60, transport=transport
        )
        browsers[name] = await exits.enter_async_context(browser)
        if name:
            await browser.post("/sandbox/cast", data={"name": name})
    return browsers


async def _signed_in(platform: Platform, exits: AsyncExitStack) -> Visitors:
    cast = json.loads(platform.settings.cast_file.read_text())
    tokens = {"": await VisitorToken(platform.settings, SystemClock())()}
    for member in cast:
        tokens[member["name"]] = await city_life.token_of(
            platform.settings, member["name"], member["password"]
        )
    return Visitors(await _browsers(platform, exits), tokens)


def figures(kind: Kind) -> dict[str, float]:
    """The figures of a page: milliseconds, ratio, kilobytes, and how often it was opened."""
    page, alone = statistics.median(kind.pages), statistics.median(kind.alone)
    return {
        "p50": page * 1e3,
        "p99": _worst(kind.pages) * 1e3,
        "alone p50": alone * 1e3,
        "× alone": page / alone,
        "first view kB": kind.first_view / 1000,
        "queries": kind.queries.number,
        "processor": sum(kind.processor.values()) * 1e3,
        "of it portal": kind.processor["portal"] * 1e3,
        "times": len(kind.pages),
        "failed": kind.failed,
    }


def _worst(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]


def report(measured: list[Kind], title: str) -> dict[str, dict[str, float]]:
    """Prints p50 and p99 of every page, and its ratio to its queries alone; returns them."""
    shown = sorted(
        (kind for kind in measured if kind.pages), key=lambda k: -statistics.median(k.pages)
    )
    table = Table("page", *figures(shown[0]), title=title)
    for kind in shown:
        table.add_row(kind.name, *(f"{cell:.1f}" for cell in figures(kind).values()))
    everything = [second for kind in shown for second in kind.pages]
    p50, p99 = statistics.median(everything) * 1e3, _worst(everything) * 1e3
    table.caption = f"all pages: p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    Console(width=140).print(table)
    return {"all": {"p50": p50, "p99": p99}} | {kind.name: figures(kind) for kind in shown}


async def run(copies: int, cases: int, seconds: int, folder: Path) -> dict[str, dict[str, float]]:
    """Makes the city unless the folder has it, measures, and prints."""
    filled = folder / "filled"
    if not filled.exists():
        await city_life.live(folder)
        city.fill(folder, copies, cases)
        filled.touch()
    measured = await measure(folder, seconds)
    return report(measured, f"{60 * (copies + 1):,} subjects, {cases:,} cases")


def main() -> None:
    """Reads the arguments and runs."""
    parser = argparse.ArgumentParser()
    for name, usual in (("copies", COPIES), ("cases", CASES), ("seconds", SECONDS)):
        parser.add_argument(name, nargs="?", type=int, default=usual)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = told.folder or Path(name)
        found = asyncio.run(run(told.copies, told.cases, told.seconds, folder))
    if told.json:
        told.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
