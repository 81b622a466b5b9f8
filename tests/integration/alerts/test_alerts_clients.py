"""The calls of alerts to grading and registry over gRPC, and their refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from plumbing.client import Refusal
from protos.grading.v1 import grading_pb2, grading_pb2_grpc
from protos.registry.v1 import registry_pb2, registry_pb2_grpc
from services.alerts.clients import Clients
from tests.ports import free_port

ON_BEHALF = ("x-on-behalf-of", "account/case")


class Registry(registry_pb2_grpc.RegistryServiceServicer):
    """Enters one record for each request id, and keeps the metadata of the last call."""

    def __init__(self) -> None:
        self.entered: dict[str, registry_pb2.Record] = {}
        self.metadata: list[Any] = []

    async def EnterRecord(  # noqa: N802 - the name of the contract
        self, request: registry_pb2.EnterRecordRequest, context: Any
    ) -> registry_pb2.EnterRecordResponse:
        self.metadata = list(context.invocation_metadata())
        if request.record.subject_id == "nobody":
            await context.abort(grpc.StatusCode.NOT_FOUND, "There is no such subject")
        self.entered[request.request_id] = request.record
        return registry_pb2.EnterRecordResponse(
            record=registry_pb2.Record(record_id=f"record-of-{request.request_id}")
        )


class Grading(grading_pb2_grpc.GradingServiceServicer):
    """Has the grade of one subject."""

    async def GetGrade(  # noqa: N802 - the name of the contract
        self, request: grading_pb2.GetGradeRequest, context: Any
    ) -> grading_pb2.GetGradeResponse:
        if request.subject_id != "s1":
            await context.abort(grpc.StatusCode.NOT_FOUND, "There is no grade")
        return grading_pb2.GetGradeResponse(grade=grading_pb2.Grade(subject_id="s1", grade="D"))


@pytest.fixture
async def registry() -> Registry:
    """The register that is called."""
    return Registry()  # type: ignore[abstract]


@pytest.fixture
async def clients(registry: Registry) -> AsyncIterator[Clients]:
    """The clients of a register and a grading service behind one address."""
    server, address = grpc.aio.server(), f"127.0.0.1:{free_port()}"
    registry_pb2_grpc.add_RegistryServiceServicer_to_server(registry, server)
    grading_pb2_grpc.add_GradingServiceServicer_to_server(
        Grading(),  # type: ignore[abstract]
        server,
    )
    server.add_insecure_port(address)
    await server.start()
    async with grpc.aio.insecure_channel(address) as channel:
        yield Clients.over(channel, channel)
    await server.stop(None)


async def test_a_record_is_entered_once_per_key_on_behalf_of_the_account(
    clients: Clients, registry: Registry
) -> None:
    record = registry_pb2.Record(subject_id="s1", kind="administrative_measure")
    first = await clients.enter_record("s1/1/7", record, "account/case")
    assert await clients.enter_record("s1/1/7", record, "account/case") == first
    assert await clients.enter_record("s1/2/9", record, "account/case") != first
    assert len(registry.entered) == 2
    assert ON_BEHALF in registry.metadata


async def test_a_refusal_has_the_code_of_the_register(clients: Clients) -> None:
    with pytest.raises(Refusal) as caught:
        await clients.enter_record("s1/1/7", registry_pb2.Record(subject_id="nobody"), "a")
    assert caught.value.code is grpc.StatusCode.NOT_FOUND


async def test_a_subject_without_a_grade_has_none(clients: Clients) -> None:
    grade = await clients.grade("s1", "account/case")
    assert grade is not None
    assert grade.grade == "D"
    assert await clients.grade("s2", "account/case") is None
