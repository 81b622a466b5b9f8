"""Callers get only what they may, no message stops a service, and no secret is published."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import grpc
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp

from plumbing.client import ask, new_request_id, refusal_of
from plumbing.settings import CALLERS, SERVICES
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.health import agreement
from tests.e2e import papers, who_may
from tests.e2e import town as towns
from tests.e2e.asking import request_for, shows
from tests.e2e.doors import Door, doors
from tests.e2e.forging import KINDS, forged
from tests.e2e.fuzzer import ANSWERS, MOVES_TIME, Fuzzer, answer, huge
from tests.e2e.standing import memory, metrics, standing_by
from tests.e2e.town import Person, Town
from tests.e2e.world import World, until
from tests.integration.tracing.receiver import Receiver, receiving
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = {"IdentityService.Login", "IdentityService.LoginService"}
# Refused, but not because of who asks.
FOR_ANOTHER_REASON = {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.ALREADY_EXISTS}
CELLS = {grpc.StatusCode.PERMISSION_DENIED: "-", grpc.StatusCode.NOT_FOUND: "0"}
# Lists whose answers name nothing of a place; out of scope they are refused.
TELL_NO_ID = {"SummariseGrades", "ListActivations", "ListImpactMoves"}
MORE_MEMORY_MIB = 200  # hashing passwords takes 128 of them, and the allocator may keep those


@pytest.fixture(scope="module", autouse=True)
def receiver() -> Iterator[Receiver]:
    """Receives the spans of everything that is tried here."""
    with receiving() as started, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", started.endpoint)
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(world: World) -> AsyncIterator[Town]:
    """The platform with two bureaus, what they hold, and a person in every role."""
    async with AsyncExitStack() as exits:
        yield await towns.founded(world, exits)


def by_name() -> dict[str, list[Door]]:
    doors_by_name: defaultdict[str, list[Door]] = defaultdict(list)
    for door in doors():
        doors_by_name[door.name].append(door)
    return doors_by_name


async def test_every_rpc_has_its_lines_in_the_table() -> None:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for line in who_may.lines():
        places[line.method].add(line.place)
    assert set(places) == set(by_name())
    for method, tried in places.items():
        assert tried == {"any"} or {"own", "foreign"} <= tried, method


async def test_who_may_do_what(town: Town) -> None:
    doors_by_name = by_name()
    wrong = []
    for line in who_may.lines():
        for door in doors_by_name[line.method]:
            cells = await asyncio.gather(
                *(cell(door, town, line.place, role) for role in line.cells)
            )
            got = dict(zip(line.cells, cells, strict=True))
            wrong += [
                f"{door} {line.place} {role}: {line.cells[role]} in the table, got {got[role]}"
                for role in line.cells
                if got[role] != line.cells[role]
            ]
    assert not wrong, "\n".join(wrong)


async def cell(door: Door, town: Town, place_name: str, role: str) -> str:
    place, person = town.places[place_name], who_asks(town, place_name, role)
    request = await request_for(door, town, place, person)
    channel = person.client.channels[door.host]
    try:
        answer = await door.call(channel, request, timeout=PATIENCE_SECONDS)
    except grpc.aio.AioRpcError as error:
        if error.code() in FOR_ANOTHER_REASON:
            return "+"
        return CELLS.get(error.code()) or str(refusal_of(error))
    listed = line_is_of_a_list(door) and place_name != "any"
    return "+" if not listed or shows(door, place, answer) else "."


def who_asks(town: Town, place: str, role: str) -> Person:
    """Who asks; what is foreign to a city is asked for by somebody of another city."""
    asking = town.colleagues if place == "foreign" and role in town.colleagues else town.people
    return asking[role]


async def test_what_is_for_one_service_is_for_no_other(town: Town) -> None:
    for name, may in who_may.OF_SERVICES.items():
        (door,) = by_name()[name]
        got = {}
        for service, person in town.services.items():
            request = await request_for(door, town, town.places["own"], person)
            code, _ = await answer(door, person.client, request)
            got[service] = code is not grpc.StatusCode.PERMISSION_DENIED
        assert got == {service: service in may for service in CALLERS}, name


async def test_no_rpc_is_open_to_any_service_alone() -> None:
    may: defaultdict[str, set[str]] = defaultdict(set)
    for line in who_may.lines():
        may[line.method] |= {role for role, cell in line.cells.items() if cell != "-"}
    assert {name for name, roles in may.items() if roles <= {"service"}} == set(who_may.OF_SERVICES)


def line_is_of_a_list(door: Door) -> bool:
    name = door.name.partition(".")[2]
    return name.startswith(("List", "Summarise", "GetWatch")) and name not in TELL_NO_ID


async def test_without_a_token_only_logging_in_is_open(town: Town) -> None:
    await refuses_everywhere(town, None)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_that_is_not_ours_opens_nothing(town: Town, kind: str) -> None:
    await refuses_everywhere(town, forged(kind, town.world.platform.settings.keys_dir))


async def refuses_everywhere(town: Town, token: str | None) -> None:
    async def source() -> str:
        return token or ""

    async with AsyncExitStack() as exits:
        settings = town.world.platform.settings
        client = Client(settings, None if token is None else source)
        exits.push_async_callback(client.close)
        person = Person("administrator", "", "", "", client)
        for door in doors():
            if door.name in OPEN:
                continue
            request = await request_for(door, town, town.places["own"], person)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await door.call(client.channels[door.host], request, timeout=PATIENCE_SECONDS)
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED, door


@pytest.mark.timeout(3600)  # 500 messages to each call take five minutes on two idle cores
async def test_whatever_is_sent_is_answered(town: Town, request: pytest.FixtureRequest) -> None:
    count = int(request.config.getoption("--fuzz-messages"))
    fuzzer = Fuzzer(town, int(request.config.getoption("--fuzz-seed")))
    before, began = memory(town), time.monotonic()
    async with standing_by(town) as moments:
        await fuzzer.send(count)
    grown = {name: kept - before[name] for name, kept in memory(town).items()}
    took = f"{time.monotonic() - began:.0f} s; MiB more in memory: {grown}\n"
    kept = request.config.rootpath / "var" / "fuzz.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(report := took + fuzzer.report())
    assert not fuzzer.faults, "\n".join([*fuzzer.faults.values(), report])
    assert not fuzzer.too_few(count), report
    assert not fuzzer.unreached(), report
    assert moments.asked > 0
    assert not moments.away, moments
    assert max(grown.values()) < MORE_MEMORY_MIB, report


async def test_a_message_of_any_size_is_answered(town: Town) -> None:
    for door in doors():
        for message in huge(door):
            code, refusal = await answer(door, town.people["service"].client, message)
            assert code in {*ANSWERS, grpc.StatusCode.RESOURCE_EXHAUSTED}, (door, code, refusal)


@pytest.mark.parametrize("faults", [1, 20, 100])
async def test_however_many_faults_are_told(town: Town, faults: int) -> None:
    by_name = {door.name: door for door in doors()}
    unknown = [f"{number:064}" for number in range(faults)]
    lodge = papers.lodge(town.places["own"])
    lodge.record_ids[:] = unknown
    lodging = by_name["ObjectionService.LodgeObjection"]
    upload = papers.upload(town.places["own"], columns=dict.fromkeys(unknown, "x"))
    importing = by_name["ImportService.ImportFile"]
    for door, role, message in (
        (lodging, "operator", lodge),
        (importing, "caseworker", upload),
    ):
        code, refusal = await answer(door, town.people[role].client, message)
        assert code is grpc.StatusCode.INVALID_ARGUMENT, (door, refusal)
        assert refusal.faults[0][0], refusal
        assert faults < 100 or "more" in refusal.faults[-1][2]


async def test_nothing_that_was_taken_poisons_anything(town: Town) -> None:
    client = town.world.administrator
    agreed = await agreement.check(client, PATIENCE_SECONDS)
    # Made-up messages marked records as contested by cases that do not exist.
    assert {problem.object for _, problem in agreed.problems} <= {"contested"}, agreed.problems
    assert not {name: f["dead_letters"] for name, f in agreed.figures.items() if f["dead_letters"]}
    await until(lambda: nothing_pending(town))


async def nothing_pending(town: Town) -> bool | None:
    """True once no notice waits for delivery."""
    request = alerts.ListNoticesRequest(state="pending")
    return None if (await ask(town.service.alerts.ListNotices(request))).notices else True


async def test_the_clock_takes_no_nonsense_and_time_may_end(
    town: Town, request: pytest.FixtureRequest
) -> None:
    count = int(request.config.getoption("--fuzz-messages"))
    clock = Fuzzer(town, only=MOVES_TIME)
    await clock.send(count)
    assert not clock.faults, "\n".join(clock.faults.values())
    assert not clock.too_few(count), clock.report()
    assert not clock.unreached(), clock.report()
    (door,) = by_name()["ClockService.AdvanceClock"]
    end = Timestamp()
    end.FromDatetime(datetime(2999, 12, 31, 12, tzinfo=UTC))
    last = registry.AdvanceClockRequest(request_id=new_request_id(), to=end)
    code, _ = await answer(door, town.world.administrator, last)
    assert code in (grpc.StatusCode.OK, grpc.StatusCode.FAILED_PRECONDITION)  # or was there already
    fuzzer = Fuzzer(town)
    await fuzzer.send(count // 5)
    assert not fuzzer.faults, "\n".join(fuzzer.faults.values())


async def test_no_service_fell_or_blamed_itself(town: Town) -> None:
    for service in SERVICES:
        log = town.world.platform.data_dir / "logs" / f"{service}.log"
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert [one["event"] for one in lines].count("process.ready") == 1, service
        assert not [one for one in lines if one["level"] in ("error", "critical")], service


def secrets_of(town: Town) -> set[str]:
    keys = town.world.platform.settings.keys_dir
    stored = [file.read_text().strip() for file in keys.iterdir()]
    signing = json.loads((keys / "signing.jwk").read_text())
    return {secret for secret in [*town.secrets, *stored, signing["d"]] if secret}


async def test_no_secret_stands_in_a_metric(town: Town) -> None:
    secrets = secrets_of(town)
    for service in SERVICES:
        text = metrics(town, service)
        assert "quanheng_rpc_seconds_bucket" in text
        assert not [secret for secret in secrets if secret in text], service


async def test_no_secret_stands_in_a_log_or_a_span(town: Town, receiver: Receiver) -> None:
    secrets = secrets_of(town)
    logs = sorted((town.world.platform.data_dir / "logs").iterdir())
    assert {"registry", "grading", "objection", "alerts"} <= {log.stem for log in logs}
    for log in logs:
        text = log.read_text(errors="replace")
        assert text, log
        assert not [secret for secret in secrets if secret in text], log
    assert set(SERVICES) <= {span.service for span in receiver.spans()}
    for body in receiver.bodies:
        assert not [secret for secret in secrets if secret.encode() in body]
