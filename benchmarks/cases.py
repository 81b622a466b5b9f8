"""Measures how fast cases go on, beside engines that carry the same course.

    python -m benchmarks.cases [cases] [rounds] [--peers PYTHON] [--profile FILE] [--json FILE]

A case is lodged, accepted and decided by persons, then its consequences are carried out and it is
closed. `steps` are the three of persons, each durable when it is acknowledged, by 16 callers;
`closed` are cases from the first step until the last consequence, all in one go. Every side first
carries out 16 cases which are not measured. Each round measures every side once, on new files, and
every second round in the opposite order.

`service alone` is the objection service in a process of its own, which asks the register in another
for each record; state, event, audit entry and access log of a step are on SQLite, synced, and the
event is relayed. No workflow is behind it, nobody else follows its events, and no case of it is
ever closed. `whole platform` is what `quanheng up` runs, with grading, workflows and letters: the
engines beside it are to be compared with this. DBOS keeps its state on SQLite, SpiffWorkflow as
JSON in SQLite, in one process without network. Temporal's server for development has a file, as it
comes and tuned (`benchmarks.temporal_cases`). DBOS and SpiffWorkflow are in the environment of
`make peers`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import grpc
from rich.console import Console
from rich.table import Table

from benchmarks.at_rest import at_rest, spent
from benchmarks.callers import by_callers
from benchmarks.calls import server as register_server
from benchmarks.calls_server import token_of
from benchmarks.case_course import ADMINISTRATOR, Course
from benchmarks.cases_server import PLACE
from benchmarks.city_life import token_of as login
from benchmarks.serving import served
from plumbing.client import open_channel
from plumbing.clock import SystemClock
from plumbing.tokens import Signer, make_keys
from services.cli.machine.platform import Platform
from services.cli.sessions import ADMINISTRATOR as FIRST_ADMINISTRATOR
from services.cli.sessions import administrator_password

CASES, ROUNDS, CALLERS = 200, 3, 16
STEPS_OF_A_CASE = 3
READY_SECONDS, LOOK_SECONDS, CLOSED_SECONDS = 600.0, 0.05, 1800.0
PEERS = "var/peers/bin/python"
ALONE, WHOLE = "service alone", "whole platform"
# What is divided by the same of another engine.
RATIOS = ((ALONE, "steps"), (WHOLE, "steps"), (WHOLE, "closed"))
# Each goal: ours divided by the other, and what is wanted.
GOALS = {
    "steps": {"DBOS": 3.0, "SpiffWorkflow": 0.6},
    "closed": {"Temporal, usual": 2.0, "Temporal, tuned": 0.8},
}
Rates = dict[str, float]


async def take_steps(course: Course, cases: int) -> float:
    """Takes the three steps of persons in all cases; returns the seconds."""
    began = time.perf_counter()
    for step in course.steps():
        await by_callers(cases, CALLERS, step)
    return time.perf_counter() - began


@contextmanager
def objection(folder: Path, profile: str) -> Iterator[tuple[str, str]]:
    """Runs register and objection service; yields their addresses."""
    with ExitStack() as exits:
        started = exits.enter_context(register_server(folder, "", ""))
        place = folder / PLACE
        place.mkdir()
        own = (str(folder), started.nats, started.address, profile)
        served_cases = served("benchmarks.cases_server", place, *own)
        [address] = exits.enter_context(served_cases).addresses
        yield started.address, address


async def steps(folder: Path, cases: int, profile: str) -> Rates:
    """Steps that our objection service accepts, with nothing behind it."""
    with objection(folder, profile) as addresses:
        channels = [grpc.aio.insecure_channel(address) for address in addresses]
        course = Course(channels[0], channels[1], lambda caller: token_of(folder, caller))
        await course.found(accounts=False)
        await course.enter(CALLERS)
        await take_steps(course, CALLERS)  # warms up
        await course.enter(cases)
        seconds = await take_steps(course, cases)
        for channel in channels:
            await channel.close()
    return {"steps": STEPS_OF_A_CASE * cases / seconds}


async def whole(folder: Path, cases: int, _profile: str) -> Rates:
    """Cases that our platform carries out, and the processor time of each of its parts a case."""
    async with Platform(folder, sandbox=True, usual_ports=False) as platform:
        await platform.wait_ready(READY_SECONDS)
        settings = platform.settings
        signer = Signer(make_keys(settings.keys_dir, ()), SystemClock(), settings.token_life)
        password = administrator_password(settings.keys_dir)
        own = {ADMINISTRATOR: await login(settings, FIRST_ADMINISTRATOR, password)}
        channels = [open_channel(settings.endpoint(name)) for name in ("registry", "objection")]
        course = Course(channels[0], channels[1], lambda one: own.get(one) or signer.issue(one)[0])
        await course.found(accounts=True)
        await course.enter(CALLERS)
        await take_steps(course, CALLERS)
        await _until_closed(folder, CALLERS)
        await course.enter(cases)
        await at_rest(platform)
        used = spent(platform)
        began = time.perf_counter()
        seconds = await take_steps(course, cases)
        await _until_closed(folder, CALLERS + cases)
        taken = time.perf_counter() - began
        of_a_case = {name: (now - used[name]) / cases for name, now in spent(platform).items()}
        for channel in channels:
            await channel.close()
    rates = {"steps": STEPS_OF_A_CASE * cases / seconds, "closed": cases / taken}
    return rates | {f"{name} ms": seconds * 1e3 for name, seconds in of_a_case.items()}


async def _until_closed(folder: Path, cases: int) -> None:
    """Waits until so many cases are closed, by looks at the database that cost next to nothing."""
    query, until = "SELECT count(*) FROM objection_case WHERE state = 'closed'", CLOSED_SECONDS
    with closing(sqlite3.connect(f"file:{folder}/objection.db?mode=ro", uri=True)) as database:
        began = time.monotonic()
        while (closed := database.execute(query).fetchone()[0]) < cases:
            if time.monotonic() > began + until:
                raise RuntimeError(f"Only {closed} of {cases} cases were closed")
            await asyncio.sleep(LOOK_SECONDS)


def beside(command: list[str], cases: int) -> Rates:
    """What a script of another engine found."""
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(answer.stdout.splitlines()[-1])
    return {"steps": STEPS_OF_A_CASE * cases / found["steps"], "closed": cases / found["closed"]}


def ways(cases: int, peers: str, profile: str) -> dict[str, Callable[[Path], Rates]]:
    """Each way to carry out the cases, for a folder that is new."""

    def ours(way: Callable[[Path, int, str], Coroutine[Any, Any, Rates]]) -> Any:
        return lambda folder: asyncio.run(way(folder, cases, profile))

    def other(python: str, module: str, *arguments: str) -> Any:
        command = [python, "-m", f"benchmarks.{module}", *arguments]
        return lambda folder: beside([*command, str(folder), str(cases), str(CALLERS)], cases)

    return {
        ALONE: ours(steps),
        WHOLE: ours(whole),
        "DBOS": other(peers, "peers.dbos_cases"),
        "SpiffWorkflow": other(peers, "peers.spiff_cases"),
        "Temporal, usual": other(sys.executable, "temporal_cases", "usual"),
        "Temporal, tuned": other(sys.executable, "temporal_cases", "tuned"),
    }


def once(ways: Mapping[str, Callable[[Path], Rates]], number: int) -> dict[str, Rates]:
    """Measures each way once, in every second round the last first."""
    found = {}
    for name, way in list(ways.items())[:: -1 if number % 2 else 1]:
        with tempfile.TemporaryDirectory() as folder:
            found[name] = way(Path(folder))
        sys.stdout.write(f"round {number + 1}, {name}: {found[name]}\n")
        sys.stdout.flush()
    return {name: found[name] for name in ways}


def figures(rounds: list[dict[str, Rates]]) -> dict[str, Any]:
    """The medians of the rates, and of our ratios to each other engine in a round."""
    middle, told = statistics.median, {}
    for name, first in rounds[0].items():
        told[name] = {what: middle(one[name][what] for one in rounds) for what in first}
    for name in told.keys() - {ALONE, WHOLE}:
        for ours, what in RATIOS:
            ratios = [one[ours][what] / one[name][what] for one in rounds]
            told[name][f"{ours} / it, {what}"] = middle(ratios)
    return told


def show(told: Mapping[str, Rates], cases: int) -> None:
    """Prints the figures."""
    table = Table(
        "", "steps/s", "service alone,\nno workflow / it", "goal", "whole platform\n/ it",
        "closed/s", "whole platform\n/ it", "goal", title=f"{cases} cases, {CALLERS} callers",
    )  # fmt: skip
    for name, one in told.items():
        alone, whole, closed = (one.get(f"{ours} / it, {what}") for ours, what in RATIOS)
        table.add_row(
            name,
            _text(one.get("steps"), 1),
            _text(alone, 2),
            _text(GOALS["steps"].get(name), 1),
            _text(whole, 2),
            _text(one.get("closed"), 1),
            _text(closed, 2),
            _text(GOALS["closed"].get(name), 1),
        )
    spent = {name: round(value) for name, value in told[WHOLE].items() if name.endswith(" ms")}
    Console(width=110).print(table, f"processor time of a case, {WHOLE}:", spent)


def _text(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def main() -> None:
    """Measures all in turns, prints and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cases")
    parser.add_argument("cases", nargs="?", type=int, default=CASES)
    parser.add_argument("rounds", nargs="?", type=int, default=ROUNDS)
    parser.add_argument("--peers", default=PEERS, help="Python of the environment of `make peers`")
    parser.add_argument("--profile", default="", help="a file for the profile of the service")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if not Path(given.peers).exists():
        parser.error(f"{given.peers} does not exist; run `make peers` first")
    measured = ways(given.cases, given.peers, given.profile)
    told = figures([once(measured, number) for number in range(given.rounds)])
    show(told, given.cases)
    if given.json:
        given.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
