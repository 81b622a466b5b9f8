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

from plumbing.client import MAX_MESSAGE_BYTES, Refusal, for_account, refusal_of
from plumbing.transport import aio_channel
from services.cli.client import SLOW_CALL_SECONDS, Client
from tests.e2e import fuzzing, who_may
from tests.e2e.field_values import field_values
from tests.e2e.requests import Place
from tests.e2e.rpcs import Rpc, all_rpcs
from tests.e2e.staffed_platform import StaffedPlatform, entered, object_to
from tests.e2e.valid_requests import request_for

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
BUSY_SECONDS = 0.2  # before another attempt of a call that has to wait for its turn
# A clock that was moved far would change what all other calls are about, so this call is tried by
# itself, after the others.
MOVES_TIME = {"ClockService.AdvanceClock"}
KEPT_FIELDS = ("subject_id", "instrument_id", "record_id", "case_id", "batch_id", "notice_id")
KEPT = 12  # ids of a kind
OPTIONS = (("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),)


# A code that is guessed is refused as a fault of its field, by the command itself.
GUESSING = {"IdentityService.ConfirmSecondFactor"}


class Fuzzer:
    """Sends made-up messages; keeps the answers, and the faults among them."""

    def __init__(self, staff: StaffedPlatform, seed: int = 0, only: Collection[str] = ()) -> None:
        self._staff, self._seed = staff, seed
        names = only or {rpc.name for rpc in all_rpcs()} - MOVES_TIME
        self._rpcs = [rpc for rpc in all_rpcs() if rpc.name in names]
        self._hosts = Counter(rpc.name for rpc in self._rpcs)
        self._pools = field_values(staff)
        self._people = staff.people | staff.services
        self._callers = _callers()
        self._may = _who_may()
        self._channels: dict[str, grpc.aio.Channel] = {}
        self.answers: defaultdict[Rpc, Counter[str]] = defaultdict(Counter)
        self.reached: set[str] = set()  # RPCs of which a message came to the command or query
        self.faults: dict[tuple[str, str], str] = {}

    async def send(self, count: int) -> None:
        """Sends at least `count` messages to every RPC, to all processes at once."""
        settings = self._staff.platform.machine.settings
        hosts = {rpc.host for rpc in self._rpcs}
        # Channels without interceptors, which would cost as much as the call.
        self._channels = {
            host: aio_channel(settings.endpoint(host), options=OPTIONS) for host in hosts
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
                for rpc in self._rpcs:
                    if rpc.host != host:
                        continue
                    call = rpc.caller(self._channels[host])
                    for message, caller in await self._messages(rpc, places, number, count):
                        await gate.acquire()
                        tasks.create_task(self._send_one(rpc, call, message, caller, gate))

    @staticmethod
    def _rounds(count: int) -> int:
        return math.ceil(count / IN_A_ROUND)

    async def _renewed(self) -> list[Place]:
        """Places with a new record, and an open case on another one, for messages to act on."""
        staff = self._staff
        renewed = [replace(staff.places[name]) for name in ("own", "neighbour", "foreign")]
        for place in renewed:
            place.record = await entered(staff.furnisher(place), place)
            with contextlib.suppress(Refusal):  # at the end of time a record is over at once
                await object_to(staff.platform.machine.settings, place)
            place.record = await entered(staff.furnisher(place), place)
        return renewed

    async def _messages(
        self, rpc: Rpc, places: Sequence[Place], number: int, count: int
    ) -> list[tuple[Any, str]]:
        """The messages of one round with the role that sends each.

        The first is a request in order from somebody who may send it, so that even a few messages
        reach the command or query.
        """
        parts = self._hosts[rpc.name] * self._rounds(count)
        random_ = random.Random(f"{self._seed}{rpc}{number}")  # noqa: S311  nothing secret
        caller = self._permitted(rpc)
        templates = [
            await request_for(rpc, self._staff, place, self._people[caller]) for place in places
        ]
        requests = fuzzing.requests(rpc, templates, self._pools)
        drawn = fuzzing.drawn(requests, math.ceil(count / parts), self._seed + number)
        others = [(message, random_.choice(self._callers[rpc.name])) for message in drawn[1:]]
        return [(templates[0], caller), *others]

    def _permitted(self, rpc: Rpc) -> str:
        may = self._may[rpc.name]
        return "caseworker" if "caseworker" in may else min(may)

    async def _send_one(
        self, rpc: Rpc, call: Any, message: Any, caller: str, gate: asyncio.Semaphore
    ) -> None:
        metadata: tuple[tuple[str, str], ...] = (
            ("authorization", f"Bearer {self._people[caller].token}"),
        )
        if caller == "service" or caller in self._staff.services:
            metadata += for_account(self._staff.caseworker_account)
        try:
            code, answer = await _tried(
                partial(call, message, timeout=SLOW_CALL_SECONDS, metadata=metadata)
            )
        finally:
            gate.release()
        self.answers[rpc][code.name] += 1
        if code in REACHED:
            self.reached.add(rpc.name)
        if code is grpc.StatusCode.OK:
            self._keep_ids(answer)
        elif code not in ANSWERS or not _is_typed(answer):
            self.faults.setdefault(
                (rpc.name, code.name), f"{rpc} by {caller}: {answer}\n{_shown(message)}"
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
        for rpc, codes in self.answers.items():
            counts[rpc.name] += codes.total()
        return counts

    def too_few(self, count: int) -> dict[str, int]:
        """RPCs that were sent fewer than `count` messages, with how many they were sent."""
        sent = self.sent()
        names = {rpc.name for rpc in self._rpcs}
        return {name: sent[name] for name in names if sent[name] < count}

    def unreached(self) -> set[str]:
        """RPCs of which every message was refused before it came to the command or query."""
        return {rpc.name for rpc in self._rpcs} - self.reached - GUESSING

    def report(self) -> str:
        """How many messages each RPC was sent, and how many had each status."""
        lines = [f"{self.sent().total()} messages to {len(self.answers)} RPCs"]
        for rpc, codes in self.answers.items():
            statuses = " ".join(f"{code}={count}" for code, count in sorted(codes.items()))
            lines.append(f"{rpc}: {codes.total()} {statuses}")
        return "\n".join(lines) + "\n"


async def answer(rpc: Rpc, client: Client, message: Any) -> tuple[grpc.StatusCode, Any]:
    """The status of a call, and its response or refusal."""
    return await _answered(rpc.call(client.channels[rpc.host], message, timeout=SLOW_CALL_SECONDS))


async def _tried(call: Callable[[], Awaitable[Any]]) -> tuple[grpc.StatusCode, Any]:
    code, answer = await _answered(call())
    for _ in range(AWAY_AGAIN):
        if code is not grpc.StatusCode.UNAVAILABLE:
            break
        code, answer = await _answered(call())
    while code is grpc.StatusCode.RESOURCE_EXHAUSTED and answer.reason == "BUSY":
        await asyncio.sleep(BUSY_SECONDS)
        code, answer = await _answered(call())
    return code, answer


async def _answered(call: Awaitable[Any]) -> tuple[grpc.StatusCode, Any]:
    try:
        return grpc.StatusCode.OK, await call
    except grpc.aio.AioRpcError as error:
        return error.code(), refusal_of(error)


def huge(rpc: Rpc) -> list[Any]:
    """Messages of 3 and 9 million bytes: below and above what a service accepts."""
    fields = rpc.request.DESCRIPTOR.fields
    texts = [f.name for f in fields if f.type == f.TYPE_STRING and not f.is_repeated]
    if rpc.streaming or not texts:
        return []
    return [rpc.request(**{texts[-1]: "权" * size}) for size in (1_000_000, 3_000_000)]


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
    fields = {rpc.name: bool(rpc.request.DESCRIPTOR.fields) for rpc in all_rpcs()}
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
