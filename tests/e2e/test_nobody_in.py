"""Callers get only what they may, no message stops a service, and no secret is published."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp

from plumbing.client import ask, for_account, new_request_id, refusal_of
from plumbing.settings import CALLERS, SERVICES
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.health import agreement
from tests.e2e import requests, who_may, who_may_open
from tests.e2e.forged_tokens import KINDS, forged
from tests.e2e.fuzzer import ANSWERS, MOVES_TIME, Fuzzer, answer, huge
from tests.e2e.opening import SWAPPERS, House, found, swapping, visit
from tests.e2e.readiness import memory, metrics, watching_readiness
from tests.e2e.rpcs import Rpc, all_rpcs
from tests.e2e.running_platform import until
from tests.e2e.staffed_platform import Person, StaffedPlatform
from tests.e2e.valid_requests import request_for, shows
from tests.integration.tracing.receiver import Receiver, receiving
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = {
    f"IdentityService.{name}"
    for name in (
        *("Login", "ContinueLogin", "LoginService", "RegisterOperator"),
        *("RequestPasswordLink", "GetPasswordLink", "SetPasswordByLink"),
    )
}
# Refused, but not because of who asks.
FOR_ANOTHER_REASON = {
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.RESOURCE_EXHAUSTED,  # heavy calls take turns
}
CELLS = {grpc.StatusCode.PERMISSION_DENIED: "-", grpc.StatusCode.NOT_FOUND: "0"}
# Lists whose answers name nothing of a place; out of scope they are refused.
TELL_NO_ID = {"SummariseCases", "SummariseGrades", "SummariseMonth", "SummariseRecords"} | {
    "ListActivations",
    "ListAssignees",
    "ListCaseNotes",
    "ListImpactMoves",
    "ListReceiverNotices",
    "ListStuckCases",
    "ListUnheardCases",
    "ListRecusals",
}
ENOUGH = 25  # messages to a call, of which some must come to its command or query
MORE_MEMORY_MIB = 200  # hashing passwords takes 128 of them, and the allocator may keep those


@pytest.fixture(scope="module", autouse=True)
def receiver() -> Iterator[Receiver]:
    """Receives the spans of everything that is tried here."""
    with receiving() as started, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", started.endpoint)
        yield started


@pytest.fixture(scope="module")
def with_portal() -> bool:
    return True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(staff: StaffedPlatform) -> AsyncIterator[House]:
    """The same people, signed in at the portal."""
    async with AsyncExitStack() as exits:
        yield await visit(staff, exits)


@pytest.fixture(scope="module")
def few(request: pytest.FixtureRequest) -> bool:
    """Whether few messages are sent, as with every change; `make fuzz` sends many."""
    return int(request.config.getoption("--fuzz-messages")) < ENOUGH


def by_name() -> dict[str, list[Rpc]]:
    rpcs_by_name: defaultdict[str, list[Rpc]] = defaultdict(list)
    for rpc in all_rpcs():
        rpcs_by_name[rpc.name].append(rpc)
    return rpcs_by_name


async def test_every_rpc_has_its_lines_in_the_table() -> None:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for line in who_may.lines():
        places[line.method].add(line.place)
    assert set(places) == set(by_name())
    for method, tried in places.items():
        assert tried == {"any"} or {"own", "foreign"} <= tried, method


# Before the calls below, which end cases and push things off the first page of a list.
async def test_who_may_open_what(house: House, few: bool) -> None:
    at_home = {line.address: line for line in who_may_open.lines() if line.place == "own"}
    wrong = []
    for line in who_may_open.lines():
        again = refused_as_at_home(line, at_home.get(line.address, line)) if few else set()
        got = await found(house, line, set(line.cells) - again)
        if got != line:
            wrong += [f"- {line}", f"+ {got}"]
    assert not wrong, "\n".join(["in the table (-) and found (+):", *wrong])


@pytest.mark.parametrize("role", SWAPPERS)
async def test_swapped_ids_give_no_data(house: House, role: str) -> None:
    result = await swapping(house, role)
    assert result.wrong == []
    assert result.sent > 0


async def test_who_may_do_what(staff: StaffedPlatform, few: bool) -> None:
    rpcs_by_name = by_name()
    at_home = {line.method: line for line in who_may.lines() if line.place == "own"}
    wrong = []
    for line in who_may.lines():
        for rpc in rpcs_by_name[line.method]:
            again = refused_as_at_home(line, at_home.get(line.method, line)) if few else set()
            roles = [role for role in line.cells if role not in again]
            cells = await asyncio.gather(*(cell(rpc, staff, line.place, role) for role in roles))
            wrong += [
                f"{rpc} {line.place} {role}: {line.cells[role]} in the table, got {got}"
                for role, got in zip(roles, cells, strict=True)
                if got != line.cells[role]
            ]
    assert not wrong, "\n".join(wrong)


def refused_as_at_home(
    line: who_may.Line | who_may_open.Line, own: who_may.Line | who_may_open.Line
) -> set[str]:
    """The roles that are refused here as at their own place, where that is tried already.

    The guard refuses them before it reads what the call or the page is about.
    """
    if line == own:
        return set()
    return {role for role, cell in line.cells.items() if cell == own.cells[role] and cell in "->"}


async def cell(rpc: Rpc, staff: StaffedPlatform, place_name: str, role: str) -> str:
    place, person = staff.places[place_name], who_asks(staff, place_name, role)
    request = await request_for(rpc, staff, place, person)
    channel = person.client.channels[rpc.host]
    behalf = for_account(staff.caseworker_account) if role == "service" else ()
    try:
        answer = await rpc.call(channel, request, timeout=PATIENCE_SECONDS, metadata=behalf)
    except grpc.aio.AioRpcError as error:
        if error.code() in FOR_ANOTHER_REASON:
            return "+"
        return CELLS.get(error.code()) or str(refusal_of(error))
    listed = line_is_of_a_list(rpc) and place_name != "any"
    return "+" if not listed or shows(rpc, place, answer) else "."


def who_asks(staff: StaffedPlatform, place: str, role: str) -> Person:
    """Who asks; what is foreign to a city is asked for by somebody of another city."""
    asking = staff.colleagues if place == "foreign" and role in staff.colleagues else staff.people
    return asking[role]


async def test_what_is_for_one_service_is_for_no_other(staff: StaffedPlatform) -> None:
    wrong = []
    for rpc in all_rpcs():
        may = set(CALLERS) if rpc.name in OPEN else who_may.OF_SERVICES.get(rpc.name, set())
        # The guard refuses before it reads the request.
        got = {
            service
            for service, person in staff.services.items()
            if not refused_by_guard(
                *await answer(rpc, person.client, b"" if not rpc.streaming else [])
            )
        }
        wrong += [f"{rpc}: {sorted(got)}, in the table {sorted(may)}"] if got != may else []
    assert not wrong, "\n".join(wrong)


def refused_by_guard(code: grpc.StatusCode, refusal: Any) -> bool:
    return code is grpc.StatusCode.PERMISSION_DENIED and "method" in refusal.facts


async def test_what_no_person_may_call_some_service_calls() -> None:
    may: defaultdict[str, set[str]] = defaultdict(set)
    for line in who_may.lines():
        may[line.method] |= {role for role, cell in line.cells.items() if cell != "-"}
    for_services = {name for name, roles in may.items() if roles <= {"service"}}
    assert for_services <= set(who_may.OF_SERVICES)


def line_is_of_a_list(rpc: Rpc) -> bool:
    name = rpc.name.partition(".")[2]
    lists = ("List", "Summarise", "GetWatch", "GetColourBoard")
    return name.startswith(lists) and name not in TELL_NO_ID


async def test_without_a_token_only_logging_in_is_open(staff: StaffedPlatform) -> None:
    await refuses(staff, None, all_rpcs())


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_that_is_not_ours_opens_nothing(
    staff: StaffedPlatform, kind: str, few: bool
) -> None:
    # A service reads a token whichever call it comes with, so one call will do among few.
    rpcs = of_each_service(all_rpcs()) if few else all_rpcs()
    await refuses(staff, forged(kind, staff.platform.machine.settings.keys_dir), rpcs)


def of_each_service(rpcs: Sequence[Rpc]) -> list[Rpc]:
    """A call of each service, and one to which messages are streamed where there is one."""
    closed = [rpc for rpc in rpcs if rpc.name not in OPEN]
    return [*{(rpc.host, rpc.streaming): rpc for rpc in closed}.values()]


async def refuses(staff: StaffedPlatform, token: str | None, rpcs: Iterable[Rpc]) -> None:
    async def source() -> str:
        return token or ""

    async with AsyncExitStack() as exits:
        settings = staff.platform.machine.settings
        client = Client(settings, None if token is None else source)
        exits.push_async_callback(client.close)
        person = Person("administrator", "", "", "", client)
        for rpc in rpcs:
            if rpc.name in OPEN:
                continue
            request = await request_for(rpc, staff, staff.places["own"], person)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await rpc.call(client.channels[rpc.host], request, timeout=PATIENCE_SECONDS)
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED, rpc


@pytest.mark.timeout(3600)  # 500 messages to each call take five minutes on two idle cores
async def test_whatever_is_sent_is_answered(
    staff: StaffedPlatform, few: bool, request: pytest.FixtureRequest
) -> None:
    count = int(request.config.getoption("--fuzz-messages"))
    fuzzer = Fuzzer(staff, int(request.config.getoption("--fuzz-seed")))
    before, began = memory(staff), time.monotonic()
    async with watching_readiness(staff) as moments:
        await fuzzer.send(count)
    grown = {name: kept - before[name] for name, kept in memory(staff).items()}
    took = f"{time.monotonic() - began:.0f} s; MiB more in memory: {grown}\n"
    kept = request.config.rootpath / "var" / "fuzz.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(report := took + fuzzer.report())
    assert not fuzzer.faults, "\n".join([*fuzzer.faults.values(), report])
    assert not fuzzer.too_few(count), report
    assert few or not fuzzer.unreached(), report
    assert moments.asked > 0
    assert not moments.away, moments
    assert max(grown.values()) < MORE_MEMORY_MIB, report


async def test_a_message_of_any_size_is_answered(staff: StaffedPlatform, few: bool) -> None:
    # A service refuses what is too long whichever call it is for, and checks the bounds of what it
    # accepts in one place, so one call will do among few.
    tried = [rpc for rpc in all_rpcs() if huge(rpc)]
    for rpc in of_each_service(tried) if few else tried:
        for message in huge(rpc):
            code, refusal = await answer(rpc, staff.everybody, message)
            assert code in {*ANSWERS, grpc.StatusCode.RESOURCE_EXHAUSTED}, (rpc, code, refusal)


@pytest.mark.parametrize("faults", [1, 20, 100])
async def test_however_many_faults_are_told(staff: StaffedPlatform, faults: int) -> None:
    by_name = {rpc.name: rpc for rpc in all_rpcs()}
    unknown = [f"{number:064}" for number in range(faults)]
    lodge = requests.lodge(staff.places["own"])
    lodge.record_ids[:] = unknown
    lodging = by_name["ObjectionService.LodgeObjection"]
    upload = requests.upload(staff.places["own"], columns=dict.fromkeys(unknown, "x"))
    importing = by_name["ImportService.ImportFile"]
    for rpc, role, message in (
        (lodging, "operator", lodge),
        (importing, "caseworker", upload),
    ):
        code, refusal = await answer(rpc, staff.people[role].client, message)
        assert code is grpc.StatusCode.INVALID_ARGUMENT, (rpc, refusal)
        assert refusal.faults[0][0], refusal
        assert faults < 100 or "more" in refusal.faults[-1][2]


async def test_nothing_that_was_taken_poisons_anything(staff: StaffedPlatform) -> None:
    client = staff.people["administrator"].client
    agreed = await agreement.check(client, PATIENCE_SECONDS)
    # Made-up messages marked records as contested by cases that do not exist.
    assert {problem.object for _, problem in agreed.problems} <= {"contested"}, agreed.problems
    assert not {name: f["dead_letters"] for name, f in agreed.figures.items() if f["dead_letters"]}
    await until(lambda: nothing_pending(staff))


async def nothing_pending(staff: StaffedPlatform) -> bool | None:
    """True once no notice waits for delivery."""
    request = alerts.ListNoticesRequest(state="pending")
    return None if (await ask(staff.overseer.alerts.ListNotices(request))).notices else True


async def test_the_clock_takes_no_nonsense_and_time_may_end(
    staff: StaffedPlatform, few: bool, request: pytest.FixtureRequest
) -> None:
    count = int(request.config.getoption("--fuzz-messages"))
    clock = Fuzzer(staff, only=MOVES_TIME)
    await clock.send(count)
    assert not clock.faults, "\n".join(clock.faults.values())
    assert not clock.too_few(count), clock.report()
    assert few or not clock.unreached(), clock.report()
    (rpc,) = by_name()["ClockService.AdvanceClock"]
    end = Timestamp()
    end.FromDatetime(datetime(2999, 12, 31, 12, tzinfo=UTC))
    last = registry.AdvanceClockRequest(request_id=new_request_id(), to=end)
    code, _ = await answer(rpc, staff.people["administrator"].client, last)
    assert code in (grpc.StatusCode.OK, grpc.StatusCode.FAILED_PRECONDITION)  # or was there already
    fuzzer = Fuzzer(staff)
    await fuzzer.send(max(count // 5, 1))
    assert not fuzzer.faults, "\n".join(fuzzer.faults.values())


async def test_no_service_fell_or_blamed_itself(staff: StaffedPlatform) -> None:
    for service in CALLERS:
        log = staff.platform.machine.data_dir / "logs" / f"{service}.log"
        # gRPC's own library writes beside the platform's lines, and not in JSON.
        written = log.read_text().splitlines()
        lines = [json.loads(line) for line in written if line.startswith("{")]
        assert [one["event"] for one in lines].count("process.ready") == 1, service
        assert not [one for one in lines if _is_blame(one)], service


def _is_blame(line: dict[str, str]) -> bool:
    # This process receives the spans, and on a busy machine it may answer too late.
    late = line["event"].startswith("Failed to export spans batch due to timeout")
    return line["level"] in ("error", "critical") and not late


def secrets_of(staff: StaffedPlatform) -> set[str]:
    keys = staff.platform.machine.settings.keys_dir
    stored = [file.read_text().strip() for file in keys.iterdir()]
    signing = json.loads((keys / "signing.jwk").read_text())
    return {secret for secret in [*staff.secrets, *stored, signing["d"]] if secret}


async def test_no_secret_stands_in_a_metric(staff: StaffedPlatform) -> None:
    secrets = secrets_of(staff)
    for service in SERVICES:
        text = metrics(staff, service)
        assert "quanheng_rpc_seconds_bucket" in text
        assert not [secret for secret in secrets if secret in text], service


async def test_no_secret_stands_in_a_log_or_a_span(
    staff: StaffedPlatform, receiver: Receiver
) -> None:
    secrets = secrets_of(staff)
    logs = sorted((staff.platform.machine.data_dir / "logs").iterdir())
    assert {"registry", "grading", "objection", "alerts"} <= {log.stem for log in logs}
    for log in logs:
        text = log.read_text(errors="replace")
        assert text, log
        assert not [secret for secret in secrets if secret in text], log
    assert set(SERVICES) <= {span.service for span in receiver.spans()}
    for body in receiver.bodies:
        assert not [secret for secret in secrets if secret.encode() in body]
