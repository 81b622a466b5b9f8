"""One request is one trace with one request id, in every process and engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from plumbing.client import ask, new_request_id
from tests.integration.objection.processes import PASSWORD, PROCESSES, Cast, Processes, assemble
from tests.integration.tracing.receiver import Receiver, Span, receiving
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases

SERVICE = "quanheng.objection.v1.ObjectionService"
REGISTRY = "quanheng.registry.v1.RegistryService"
SERVICES = ("objection", "registry", "grading")
LODGE, CONTEST = f"{SERVICE}/LodgeObjection", f"{REGISTRY}/SetContested"


@dataclass
class TracedPlatform:
    """The platform and the receiver of its spans."""

    cast: Cast
    receiver: Receiver

    def lines(self, service: str) -> Iterator[dict[str, Any]]:
        """The log lines of a service."""
        text = (self.cast.processes.folder / f"{service}.log").read_text()
        return (json.loads(line) for line in text.splitlines())

    def told(self, case_id: str, name: str) -> bool:
        """Whether a case's workflow has handled a signal."""
        workflow_id = f"objection/{case_id}"
        return any(
            span.name == name and span.attributes["temporal.workflow.id"] == workflow_id
            for span in self.receiver.spans()
        )

    async def served(self, name: str, request_id: str) -> Span:
        """The span of the one call that was served under a request id."""

        def found() -> list[Span]:
            return [
                span
                for span in self.receiver.spans()
                if (span.name, span.kind) == (name, "server")
                and span.attributes.get("quanheng.request_id") == request_id
            ]

        await until(lambda: bool(found()), lambda: name)
        return found()[0]

    async def trace_with(self, trace_id: str, *expected: tuple[str, str, str]) -> list[Span]:
        """The trace once it holds these spans, by service, kind and name."""

        def missing() -> set[tuple[str, str, str]]:
            spans = self.receiver.trace(trace_id)
            return set(expected) - {(span.service, span.kind, span.name) for span in spans}

        await until(lambda: not missing(), missing)
        return self.receiver.trace(trace_id)


async def until(
    condition: Callable[[], bool], what: Callable[[], object], within: float = PATIENCE_SECONDS
) -> None:
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"still not: {what()}") from None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[TracedPlatform]:
    with receiving() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        patch.setenv("QUANHENG_CALL_TIMEOUT_SECONDS", "2")
        processes = Processes(tmp_path_factory.mktemp("tracing"), databases)
        try:
            await processes.start(*PROCESSES)
            yield TracedPlatform(await assemble(processes), receiver)
        finally:
            await processes.end()


@pytest.mark.asyncio(loop_scope="module")
async def test_an_objection_is_one_trace_from_the_call_to_the_new_grade(
    platform: TracedPlatform,
) -> None:
    request_id = new_request_id()
    case = await platform.cast.lodge(await platform.cast.penalty(), request_id=request_id)
    call = await platform.served(LODGE, request_id)
    spans = await platform.trace_with(
        call.trace_id,
        ("objection", "server", LODGE),
        ("objection", "client", "database transaction"),
        ("objection", "producer", "publish quanheng.objection.v1.ObjectionLodged"),
        ("objection", "consumer", "process quanheng.objection.v1.ObjectionLodged"),
        ("objection", "producer", "signal scheduled"),
        ("objection", "internal", "begin ObjectionCase"),
        ("objection", "consumer", "activity mark_contested"),
        ("objection", "client", CONTEST),
        ("registry", "server", CONTEST),
        ("registry", "producer", "publish quanheng.registry.v1.RecordsChanged"),
        ("grading", "consumer", "process quanheng.registry.v1.RecordsChanged"),
    )
    assert case.case_id in {span.attributes.get("quanheng.case_id") for span in spans}
    known = {span.message.span_id for span in spans}
    orphans = [s.name for s in spans if s.message.parent_span_id not in known]
    assert orphans == [LODGE], orphans
    for service in SERVICES:
        mine = [line for line in platform.lines(service) if line.get("trace_id") == call.trace_id]
        assert mine, service
        assert {line["request_id"] for line in mine if not logs_in(line)} == {request_id}, service
    events = {
        line["event"]
        for line in platform.lines("objection")
        if line.get("trace_id") == call.trace_id and line.get("case_id") == case.case_id
    }
    assert events == {
        "rpc.served",
        "event.handled",
        "workflow.begun",
        "workflow.signalled",
        "activity.done",
    }


def logs_in(line: dict[str, Any]) -> bool:
    """Whether a service gets its token in this span: such a call has no request id."""
    return str(line.get("method")).endswith("/LoginService")


@pytest.mark.asyncio(loop_scope="module")
async def test_what_a_decision_sets_going_is_its_own_trace_and_each_attempt_a_span(
    platform: TracedPlatform,
) -> None:
    cast, processes = platform.cast, platform.cast.processes
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    # The workflow is told where the case stands by then, so let the acceptance reach it first.
    await until(lambda: platform.told(case.case_id, "handle scheduled"), lambda: case)
    processes.kill("grading")
    decision = cast.decision(case, "delete")
    await ask(cast.caseworker.objection.DecideObjection(decision))
    call = await platform.served(f"{SERVICE}/DecideObjection", decision.request_id)

    def attempts() -> dict[str, bool]:
        return {
            span.attributes["quanheng.attempt"]: span.failed
            for span in platform.receiver.trace(call.trace_id)
            if span.name == "activity note_grade_before"
        }

    await until(lambda: bool(attempts()), attempts)
    await processes.start("grading")
    await cast.closed(case)
    await platform.trace_with(
        call.trace_id,
        ("objection", "producer", "signal decided"),
        ("objection", "internal", "handle decided"),
        ("objection", "consumer", "activity carry_out"),
        ("registry", "server", f"{REGISTRY}/WithdrawRecord"),
        ("grading", "consumer", "process quanheng.registry.v1.RecordsChanged"),
        ("objection", "consumer", "activity issue_letter"),
        ("objection", "internal", "end ObjectionCase"),
    )
    *before, last = sorted(attempts().items())
    assert before, "it was tried but once"
    assert all(failed for _, failed in before)
    assert last == (str(len(before) + 1), False)
    failures = [line for line in platform.lines("objection") if line["event"] == "activity.failed"]
    assert {line["trace_id"] for line in failures} == {call.trace_id}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_trace_survives_the_crash_of_who_was_to_publish(platform: TracedPlatform) -> None:
    cast, processes = platform.cast, platform.cast.processes
    record, request_id = await cast.penalty(), new_request_id()
    processes.kill("nats")
    await cast.lodge(record, request_id=request_id)
    call = await platform.served(LODGE, request_id)
    processes.kill("objection")
    await processes.start("nats")
    await processes.start("objection")
    spans = await platform.trace_with(
        call.trace_id,
        ("objection", "producer", "publish quanheng.objection.v1.ObjectionLodged"),
        ("objection", "consumer", "process quanheng.objection.v1.ObjectionLodged"),
        ("registry", "server", CONTEST),
    )
    (instance,) = {
        span.resource["service.instance.id"]
        for span in spans
        if span.name.startswith("publish") and span.service == "objection"
    }
    assert instance != call.resource["service.instance.id"]
    last = await platform.served(CONTEST, request_id)
    assert last.trace_id == call.trace_id


@pytest.mark.asyncio(loop_scope="module")
async def test_neither_secrets_nor_what_people_wrote_stand_in_spans_or_lines(
    platform: TracedPlatform,
) -> None:
    folder = platform.cast.processes.settings.keys_dir
    secrets = [file.read_text().strip() for file in folder.iterdir()]
    secrets.append(json.loads((folder / "signing.jwk").read_text())["d"])
    token = "eyJ"  # how every one begins
    people = ["enterer", "unit-head", "测试加油站", "检定证书", "使用未经检定"]
    lines = [platform.cast.processes.folder / f"{service}.log" for service in SERVICES]
    told = [*platform.receiver.bodies, *(file.read_bytes() for file in lines)]
    assert len(told) > len(lines)
    for word in [PASSWORD, token, *secrets, *people]:
        assert not [said for said in told if word.encode() in said], word
