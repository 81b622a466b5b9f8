"""Sending what Hypothesis makes to every RPC, in rounds, and noting what comes back."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from typing import Any

import grpc
from google.protobuf.message import Message

from law.evidence import RecordKind, Sector, Severity
from law.identifiers import credit_code_check_digit
from plumbing.client import Refusal, new_request_id, refusal_of
from services.cli.session import Desk
from tests.e2e import fuzzing, who_may
from tests.e2e.asking import request_for
from tests.e2e.doors import Door, doors
from tests.e2e.town import ABROAD, HOME, Town

ANSWERS = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNAUTHENTICATED,
}
DEADLINE_SECONDS = 20.0
IN_A_ROUND = 20
AT_ONCE = 8  # calls under way to one process
# Each of these hashes passwords, on purpose slowly.
SLOW = {
    "IdentityService.Login",
    "IdentityService.CreateAccount",
    "IdentityService.ChangePassword",
}
# A clock that was moved far would make all else that is tried about something else.
LATER = {"ClockService.AdvanceClock"}
HARVESTED = ("subject_id", "instrument_id", "record_id", "case_id", "batch_id", "notice_id")
KEPT = 12  # ids of a kind


class Storm:
    """What was sent, what came back, and what should not have."""

    def __init__(self, town: Town, seed: int = 0) -> None:
        self._town, self._seed = town, seed
        self._doors = [door for door in doors() if door.name not in LATER]
        self._templates: dict[Door, list[Any]] = {}
        self._pools = _pools(town)
        self._callers = _callers()
        self.answers: defaultdict[Door, Counter[str]] = defaultdict(Counter)
        self.faults: dict[tuple[str, str], str] = {}

    async def prepare(self) -> None:
        """Makes a request in order for every RPC, to start from."""
        person = self._town.people["caseworker"]
        for door in self._doors:
            self._templates[door] = [
                await request_for(door, self._town, self._town.places[place], person)
                for place in ("own", "neighbour", "foreign")
            ]

    async def rage(self, seconds: float, most: int) -> None:
        """Sends rounds until the time is over, or so many messages went to every RPC."""
        ends = time.monotonic() + seconds
        for number in range(max(1, most // IN_A_ROUND)):
            if number and time.monotonic() > ends:
                break
            gates = {door.host: asyncio.Semaphore(AT_ONCE) for door in self._doors}
            async with asyncio.TaskGroup() as sending:
                for door in self._doors:
                    for message in self._made(door, number):
                        sending.create_task(self._send(door, message, number, gates[door.host]))
                    await asyncio.sleep(0)  # while these are answered, the next are made

    def _made(self, door: Door, number: int) -> list[Any]:
        few = door.name in SLOW or not door.request.DESCRIPTOR.fields
        count = IN_A_ROUND // 5 if few else IN_A_ROUND
        made = fuzzing.requests(door, self._templates[door], self._pools)
        return fuzzing.drawn(made, count, self._seed + number)

    async def _send(self, door: Door, message: Any, number: int, gate: asyncio.Semaphore) -> None:
        chance = random.Random(f"{number}{door}{message}")  # noqa: S311  nothing secret
        caller = chance.choice(self._callers.get(door.name) or list(self._town.people))
        async with gate:
            code, said = await answer(door, self._town.people[caller].desk, message)
        self.answers[door][code.name] += 1
        if code is grpc.StatusCode.OK:
            self._harvest(said)
        elif code not in ANSWERS or not _is_typed(said):
            self.faults.setdefault(
                (door.name, code.name), f"{door} by {caller}: {said}\n{_shown(message)}"
            )

    def _harvest(self, said: Message) -> None:
        inner = [value for _, value in said.ListFields() if isinstance(value, Message)]
        for message in (said, *inner):
            for field, value in message.ListFields():
                pool = self._pools.get(field.name) if field.name in HARVESTED else None
                if pool is not None and value not in pool and len(pool) < KEPT:
                    pool.append(value)

    def report(self) -> str:
        """How many messages went where, and what they reached."""
        sent = sum(sum(codes.values()) for codes in self.answers.values())
        lines = [f"{sent} messages to {len(self.answers)} RPCs"]
        for door, codes in self.answers.items():
            told = " ".join(f"{code}={count}" for code, count in sorted(codes.items()))
            lines.append(f"{door}: {sum(codes.values())} {told}")
        return "\n".join(lines) + "\n"

    def unreached(self) -> list[str]:
        """RPCs of which every message was refused before the command or query."""
        return [
            str(door) for door, codes in self.answers.items() if set(codes) <= {"INVALID_ARGUMENT"}
        ]


async def answer(door: Door, desk: Desk, message: Any) -> tuple[grpc.StatusCode, Any]:
    """The status of a call, and its response or refusal."""
    try:
        said = await door.call(desk.channels[door.host], message, timeout=DEADLINE_SECONDS)
    except grpc.aio.AioRpcError as error:
        return error.code(), refusal_of(error)
    return grpc.StatusCode.OK, said


def huge(door: Door) -> list[Any]:
    """Messages of megabytes: below what a service takes, and above."""
    fields = door.request.DESCRIPTOR.fields
    texts = [f.name for f in fields if f.type == f.TYPE_STRING and not f.is_repeated]
    if door.streaming or not texts:
        return []
    return [door.request(**{texts[-1]: "权" * size}) for size in (1_000_000, 3_000_000)]


def _callers() -> dict[str, list[str]]:
    """Who calls what: mostly those who may, so that more is reached than the guard."""
    found: dict[str, list[str]] = {}
    for line in who_may.lines():
        if line.place in ("own", "any"):
            may = [role for role, cell in line.cells.items() if cell == "+"]
            found[line.method] = may * (40 // max(1, len(may))) + list(line.cells)
    return found


def _is_typed(refusal: Refusal) -> bool:
    """Whether the platform itself refused, in Chinese; gRPC's own refusals are English."""
    return any("\u4e00" <= sign <= "\u9fff" for sign in refusal.message_zh)


def _shown(message: Any) -> str:
    return str(message)[:1500]


def _pools(town: Town) -> fuzzing.Pools:
    places = town.places.values()
    pools: fuzzing.Pools = {
        "request_id": [new_request_id() for _ in range(3)],
        "subject_id": [place.subject_id for place in places],
        "instrument_id": [place.instrument_id for place in places],
        "record_id": [place.record.record_id for place in places],
        "record_ids": [place.record.record_id for place in places],
        "case_id": [place.case_id for place in places],
        "escalation_id": [place.escalation_id for place in places],
        "batch_id": [place.batch_id for place in places],
        "impact_id": [place.impact_id for place in places],
        "index_id": [place.index_id for place in places],
        "ruleset_id": ["hangzhou-trial", "tianjin-pilot", "none-such"],
        "ruleset_ids": ["hangzhou-trial", "tianjin-pilot", "national-2017-566"],
        "findings_json": ["{}", "[]", '{"S01.1": NaN}', "[" * 9000, '{"a": 1, "a": 2}'],
        "receipt_id": [place.receipt_id for place in places],
        "notice_id": [place.notice_id for place in places if place.notice_id],
        "account_id": [town.spare_account],
        "bureau": [HOME, ABROAD, "330100", "000000", "330106-JQ", ""],
        "code": [HOME, "330106-JQ", "330106-A", "000000", "999999"],
        "credit_code": [_credit_code(mark) for mark in "3456789"] + [""],
        "kind": [*RecordKind, "organisation"],
        "severity": [*Severity, ""],
        "sector": [*Sector],
        "type_code": ["FUEL", "none such"],
        "email": ["a@b.example", "a@b\nBcc:c@d", "权@权.example", "<a>@b", ",@,", '"@"', "a@b;c"],
        "name": ["town.public", "测试", "alerts", "b.c"],
        "service": ["alerts", "nobody"],
        "content": [
            "kind,name,sector,bureau\norganisation,一,fuel_station,330106\n",
            "subject,serial_no,type_code\n,1,FUEL\n",
            "code,name\n330106,二\n330107,三\n",
            "\ufeff主体类型,名称\n",
            'a;b\n"',
        ],
    }
    return pools


def _credit_code(mark: str) -> str:
    first17 = f"91330106MA0TEST0{mark}".replace("S", "5")
    return first17 + credit_code_check_digit(first17)
