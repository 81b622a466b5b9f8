"""Measures the heaviest pages of the portal on a city's register, beside the same query over gRPC.

    python -m benchmarks.pages [copies] [cases] [seconds]

The sample's 60 subjects and 600 instruments are copied `copies` times (1,667 make a city with
100,000 subjects and a million instruments), its cases until there are `cases`. Sixteen visitors
open one page a second each, in an order of their own; `page` is the time from request to the last
byte, `alone` the time of the main query of the page over gRPC, asked in between by the same
visitors; `failed` counts the pages that a service did not answer in time. `kB` is what travels for
a first view: the page with its style sheets, script and icon, compressed.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
from rich.console import Console
from rich.table import Table

from benchmarks import city, city_life
from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.machine.platform import Platform

COPIES, CASES, SECONDS = 1_667, 100_000, 30
VISITORS, PACE_SECONDS = 16, 1.0
READY_SECONDS = 600.0
_LINKED = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@dataclass
class Kind:
    """A sort of page: who opens it, its address, and the query it shows."""

    name: str
    member: str  # of the cast
    address: str
    alone: Callable[[Client], Awaitable[Any]]
    pages: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)
    failed: int = 0


def kinds(ids: city_life.Ids) -> list[Kind]:
    """The heaviest pages, with things of somebody from the middle of the register."""
    search = registry.ListSubjectsRequest(name_contains="加油站", page_size=50)
    return [*_of_the_bureau(ids, search), *_of_firms_and_anybody(ids, search)]


def _of_the_bureau(ids: city_life.Ids, search: registry.ListSubjectsRequest) -> list[Kind]:
    caseworker, reviewer = "demo.caseworker", "demo.reviewer"
    return [
        Kind(
            "案件 cases",
            caseworker,
            "/cases",
            lambda c: c.objection.ListCases(objection.ListCasesRequest(page_size=50)),
        ),
        Kind(
            "案件 case",
            caseworker,
            f"/cases/{ids.case_id}",
            lambda c: c.objection.GetCase(objection.GetCaseRequest(case_id=ids.case_id)),
        ),
        Kind(
            "工作台 home",
            caseworker,
            "/home",
            lambda c: c.objection.ListCases(objection.ListCasesRequest(page_size=200)),
        ),
        Kind(
            "器具 instruments",
            caseworker,
            "/instruments",
            lambda c: c.alerts.ListColours(alerts.ListColoursRequest(page_size=50)),
        ),
        Kind(
            "全市红色 city's red",
            reviewer,
            "/instruments?colour=red",
            lambda c: c.alerts.ListColours(alerts.ListColoursRequest(page_size=50, colour="red")),
        ),
        Kind(
            "主体 subjects",
            reviewer,
            "/subjects?q=加油站",
            lambda c: c.registry.ListSubjects(search),
        ),
        Kind(
            "主体 subject",
            caseworker,
            f"/subjects/{ids.subject_id}",
            lambda c: c.registry.ListRecords(
                registry.ListRecordsRequest(subject_id=ids.subject_id)
            ),
        ),
        Kind(
            "督促 escalations",
            caseworker,
            "/escalations",
            lambda c: c.escalations.ListEscalations(
                escalations.ListEscalationsRequest(page_size=50)
            ),
        ),
    ]


def _of_firms_and_anybody(ids: city_life.Ids, search: registry.ListSubjectsRequest) -> list[Kind]:
    operator = "demo.operator"
    return [
        Kind(
            "待办 operator's home",
            operator,
            "/home",
            lambda c: c.alerts.ListColours(alerts.ListColoursRequest(subject_id=ids.own_id)),
        ),
        Kind(
            "等级 grade",
            operator,
            "/grade",
            lambda c: c.grading.GetGrade(grading.GetGradeRequest(subject_id=ids.own_id)),
        ),
        Kind("查企业 search", "", "/?q=加油站", lambda c: c.registry.ListSubjects(search)),
        Kind(
            "企业 firm",
            "",
            f"/firms/{ids.subject_id}",
            lambda c: c.grading.GetGrade(grading.GetGradeRequest(subject_id=ids.subject_id)),
        ),
    ]


@dataclass
class Visitors:
    """The browsers and clients of the people who visit, by member of the cast."""

    browsers: dict[str, httpx.AsyncClient]
    clients: dict[str, Client]

    async def visit(self, kind: Kind, *, noted: bool) -> None:
        """Opens a page, then asks the same query over gRPC."""
        began = time.perf_counter()
        answer = await self.browsers[kind.member].get(kind.address)
        page = time.perf_counter() - began
        if answer.status_code != httpx.codes.OK:  # most likely a service took longer than it may
            kind.failed += noted
            return
        began = time.perf_counter()
        await ask(kind.alone(self.clients[kind.member or "demo.reviewer"]))
        query = time.perf_counter() - began
        if noted:
            kind.pages.append(page)
            kind.queries.append(query)


async def walk(visitors: Visitors, all_kinds: list[Kind], seconds: float, seed: int) -> None:
    """One visitor, who opens a page each second."""
    order = random.Random(seed)  # noqa: S311 - no secret
    ends = time.monotonic() + seconds
    await asyncio.sleep(order.random() * PACE_SECONDS)
    while time.monotonic() < ends:
        began = time.monotonic()
        await visitors.visit(order.choice(all_kinds), noted=True)
        await asyncio.sleep(max(0.0, PACE_SECONDS - (time.monotonic() - began)))


async def first_view(browser: httpx.AsyncClient, address: str) -> int:
    """The bytes that travel for a page that nothing is known of yet."""
    sizes = [await _travelled(browser, address)]
    text = (await browser.get(address)).text
    sizes += [await _travelled(browser, one) for one in sorted(set(_LINKED.findall(text)))]
    return sum(sizes)


async def _travelled(browser: httpx.AsyncClient, address: str) -> int:
    async with browser.stream("GET", address) as answer:
        return sum([len(piece) async for piece in answer.aiter_raw()])


async def measure(folder: Path, seconds: float) -> list[tuple[Kind, int]]:
    """Starts the platform on the filled databases and lets the visitors in."""
    async with AsyncExitStack() as exits:
        platform = Platform(folder, sandbox=True, usual_ports=False, portal=True)
        await exits.enter_async_context(platform)
        await platform.wait_ready(READY_SECONDS)
        visitors = await _signed_in(platform, exits)
        all_kinds = kinds(city_life.known(folder))
        for kind in all_kinds:  # warms up
            await visitors.visit(kind, noted=False)
        await asyncio.gather(
            *(walk(visitors, all_kinds, seconds, seed) for seed in range(VISITORS))
        )
        return [
            (kind, await first_view(visitors.browsers[kind.member], kind.address))
            for kind in all_kinds
        ]


async def _signed_in(platform: Platform, exits: AsyncExitStack) -> Visitors:
    settings = platform.settings
    cast = json.loads(settings.cast_file.read_text())
    browsers = {}
    for name in ("", *(member["name"] for member in cast)):
        browser = httpx.AsyncClient(base_url=settings.portal_url, timeout=60)
        browsers[name] = await exits.enter_async_context(browser)
        if name:
            await browser.post("/sandbox/cast", data={"name": name})
    clients = {
        member["name"]: await city_life.client_of(settings, member["name"], member["password"])
        for member in cast
    }
    for client in clients.values():
        exits.push_async_callback(client.close)
    return Visitors(browsers, clients)


def report(measured: list[tuple[Kind, int]], title: str) -> None:
    """Prints p50 and p99 of every page, and its ratio to the query alone."""
    heads = ("page", "p50 ms", "p99 ms", "alone p50", "× alone", "first view kB", "times", "failed")
    shown = [one for one in measured if one[0].pages]
    table = Table(*heads, title=title)
    for kind, size in sorted(shown, key=lambda one: -statistics.median(one[0].pages)):
        page, query = statistics.median(kind.pages), statistics.median(kind.queries)
        worst = sorted(kind.pages)[int(len(kind.pages) * 0.99)]
        cells = (page * 1e3, worst * 1e3, query * 1e3, page / query, size / 1000)
        table.add_row(
            kind.name, *(f"{cell:.1f}" for cell in cells), str(len(kind.pages)), str(kind.failed)
        )
    everything = sorted(second for kind, _ in measured for second in kind.pages)
    p50, p99 = statistics.median(everything), everything[int(len(everything) * 0.99)]
    table.caption = f"all pages: p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms"
    Console(width=110).print(table)


async def run(copies: int, cases: int, seconds: int) -> None:
    """Makes the city, measures, and prints."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await city_life.live(folder)
        began = time.monotonic()
        city.fill(folder, copies, cases)
        filled = time.monotonic() - began
        measured = await measure(folder, seconds)
    title = f"{60 * (copies + 1):,} subjects, {cases:,} cases, filled in {filled:.0f} s"
    report(measured, title)


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(run(*(arguments + [COPIES, CASES, SECONDS][len(arguments) :])))
