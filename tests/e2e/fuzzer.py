"""Sends messages that Hypothesis makes up to every RPC, in rounds, and notes the answers."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import Message

from plumbing.client import MAX_MESSAGE_BYTES, Refusal, refusal_of
from services.cli.client import SLOW_CALL_SECONDS, Client
from tests.e2e import fuzzing, who_may
from tests.e2e.asking import request_for
from tests.e2e.doors import Door, doors
from tests.e2e.papers import Place
from tests.e2e.pools import known
from tests.e2e.town import Town, entered, object_to

ANSWERS = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNAUTHENTICATED,
}
# Only commands and queries answer with these; the checks before them do not.
REACHED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
}
IN_A_ROUND = 100  # messages; a round may name ids that the one before was answered with
AT_ONCE = 8  # calls under way to one process
AWAY_AGAIN = 3  # more attempts of a call that found another service away
# A clock that was moved far would change what all other calls are about, so this call is tried by
# itself, after the others.
MOVES_TIME = {"ClockService.AdvanceClock"}
KEPT_FIELDS = ("subject_id", "instrument_id", "record_id", "case_id", "batch_id", "notice_id")
KEPT = 12  # ids of a kind
OPTIONS = (("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),)


class Fuzzer:
    """Sends made-up messages; keeps the answers, and the faults among them."""

    def __init__(self, town: Town, seed: int = 0, only: Collection[str] = ()) -> None:
        self._town, self._seed = town, seed
        names = only or {door.name for door in doors()} - MOVES_TIME
        self._doors = [door for door in doors() if door.name in names]
        self._hosts = Counter(door.name for door in self._doors)
        self._pools = known(town)
        self._people = town.people | town.services
        self._callers = _callers()
        self._may = _who_may()
        self._channels: dict[str, grpc.aio.Channel] = {}
        self.answers: defaultdict[Door, Counter[str]] = defaultdict(Counter)
        self.reached: set[str] = set()  # RPCs of which a message came to the command or query
        self.faults: dict[tuple[str, str], str] = {}

    async def send(self, count: int) -> None:
        """Sends at least `count` messages to every RPC, to all processes at once."""
        settings = self._town.world.platform.settings
        hosts = {door.host for door in self._doors}
        # Channels without interceptors, which would cost as much as the call.
        self._channels = {
            host: grpc.aio.insecure_channel(settings.address(host), options=OPTIONS)
            for host in hosts
        }
        async with asyncio.TaskGroup() as tasks:
            for host in hosts:
                tasks.create_task(self._send_to(host, count))
        for channel in self._channels.values():
            await channel.close()

    async def _send_to(self, host: str, count: int) -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._rounds(count)):
                places = await self._renewed()
                for door in self._doors:
                    if door.host != host:
                        continue
                    call = door.caller(self._channels[host])
                    for message, caller in await self._messages(door, places, number, count):
                        await gate.acquire()
                        tasks.create_task(self._send_one(door, call, message, caller, gate))

    @staticmethod
    def _rounds(count: int) -> int:
        return math.ceil(count / IN_A_ROUND)

    async def _renewed(self) -> list[Place]:
        """Places with a new record, and an open case on another one, for messages to act on."""
        town = self._town
        renewed = [replace(town.places[name]) for name in ("own", "neighbour", "foreign")]
        for place in renewed:
            place.record = await entered(town.service, place)
            with contextlib.suppress(Refusal):  # at the end of time a record is over at once
                await object_to(town.world.platform.settings, place)
            place.record = await entered(town.service, place)
        return renewed

    async def _messages(
        self, door: Door, places: Sequence[Place], number: int, count: int
    ) -> list[tuple[Any, str]]:
        """The messages of one round with the role that sends each.

        The first is a request in order from somebody who may send it, so that even a few messages
        reach the command or query.
        """
        parts = self._hosts[door.name] * self._rounds(count)
        random_ = random.Random(f"{self._seed}{door}{number}")  # noqa: S311  nothing secret
        caller = self._permitted(door)
        templates = [
            await request_for(door, self._town, place, self._people[caller]) for place in places
        ]
        requests = fuzzing.requests(door, templates, self._pools)
        drawn = fuzzing.drawn(requests, math.ceil(count / parts), self._seed + number)
        others = [(message, random_.choice(self._callers[door.name])) for message in drawn[1:]]
        return [(templates[0], caller), *others]

    def _permitted(self, door: Door) -> str:
        may = self._may[door.name]
        return "caseworker" if "caseworker" in may else min(may)

    async def _send_one(
        self, door: Door, call: Any, message: Any, caller: str, gate: asyncio.Semaphore
    ) -> None:
        metadata = (("authorization", f"Bearer {self._people[caller].token}"),)
        try:
            code, answer = await _tried(
                partial(call, message, timeout=SLOW_CALL_SECONDS, metadata=metadata)
            )
        finally:
            gate.release()
        self.answers[door][code.name] += 1
        if code in REACHED:
            self.reached.add(door.name)
        if code is grpc.StatusCode.OK:
            self._keep_ids(answer)
        elif code not in ANSWERS or not _is_typed(answer):
            self.faults.setdefault(
                (door.name, code.name), f"{door} by {caller}: {answer}\n{_shown(message)}"
            )

    def _keep_ids(self, answer: Message) -> None:
        """Keeps the ids in an answer, for later messages to name."""
        inner = [value for _, value in answer.ListFields() if isinstance(value, Message)]
        for message in (answer, *inner):
            for field, value in message.ListFields():
                pool = self._pools.get(field.name) if field.name in KEPT_FIELDS else None
                if pool is not None and value not in pool and len(pool) < KEPT:
                    pool.append(value)

    def sent(self) -> Counter[str]:
        """How many messages were answered, by RPC."""
        counts: Counter[str] = Counter()
        for door, codes in self.answers.items():
            counts[door.name] += codes.total()
        return counts

    def too_few(self, count: int) -> dict[str, int]:
        """RPCs that were sent fewer than `count` messages, with how many they were sent."""
        sent = self.sent()
        names = {door.name for door in self._doors}
        return {name: sent[name] for name in names if sent[name] < count}

    def unreached(self) -> set[str]:
        """RPCs of which every message was refused before it came to the command or query."""
        return {door.name for door in self._doors} - self.reached

    def report(self) -> str:
        """How many messages each RPC was sent, and how many had each status."""
        lines = [f"{self.sent().total()} messages to {len(self.answers)} RPCs"]
        for door, codes in self.answers.items():
            statuses = " ".join(f"{code}={count}" for code, count in sorted(codes.items()))
            lines.append(f"{door}: {codes.total()} {statuses}")
        return "\n".join(lines) + "\n"


async def answer(door: Door, client: Client, message: Any) -> tuple[grpc.StatusCode, Any]:
    """The status of a call, and its response or refusal."""
    return await _answered(
        door.call(client.channels[door.host], message, timeout=SLOW_CALL_SECONDS)
    )


async def _tried(call: Callable[[], Awaitable[Any]]) -> tuple[grpc.StatusCode, Any]:
    code, answer = await _answered(call())
    for _ in range(AWAY_AGAIN):
        if code is not grpc.StatusCode.UNAVAILABLE:
            break
        code, answer = await _answered(call())
    return code, answer


async def _answered(call: Awaitable[Any]) -> tuple[grpc.StatusCode, Any]:
    try:
        return grpc.StatusCode.OK, await call
    except grpc.aio.AioRpcError as error:
        return error.code(), refusal_of(error)


def huge(door: Door) -> list[Any]:
    """Messages of 3 and 9 million bytes: below and above what a service accepts."""
    fields = door.request.DESCRIPTOR.fields
    texts = [f.name for f in fields if f.type == f.TYPE_STRING and not f.is_repeated]
    if door.streaming or not texts:
        return []
    return [door.request(**{texts[-1]: "权" * size}) for size in (1_000_000, 3_000_000)]


def _who_may() -> dict[str, list[str]]:
    """The roles and services that may call each RPC."""
    callers: defaultdict[str, set[str]] = defaultdict(set)
    for line in who_may.lines():
        callers[line.method] |= {role for role, cell in line.cells.items() if cell != "-"}
    return {
        name: sorted(roles | who_may.OF_SERVICES.get(name, set()))
        for name, roles in callers.items()
    }


def _callers() -> dict[str, list[str]]:
    """Who calls each RPC: mostly roles that may, so that messages come beyond the guard.

    A request without fields is always the same; there every role calls equally often.
    """
    fields = {door.name: bool(door.request.DESCRIPTOR.fields) for door in doors()}
    everyone = list(who_may.COLUMNS.values())
    return {
        name: everyone + may * (4 * len(everyone) // len(may) if fields[name] else 0)
        for name, may in _who_may().items()
    }


def _is_typed(refusal: Refusal) -> bool:
    """Whether the platform refused, in Chinese; gRPC itself refuses in English."""
    return any("\u4e00" <= sign <= "\u9fff" for sign in refusal.message_zh)


def _shown(message: Any) -> str:
    return str(message)[:1500]
