"""The gRPC surface of objections without the services it calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from plumbing.addresses import Endpoint
from plumbing.change import Changes
from plumbing.client import new_request_id, open_channel
from plumbing.clock import SystemClock
from plumbing.identity import Caller, Role
from plumbing.rpc import serve
from plumbing.tokens import Signer, Verifier, make_keys, public_key
from protos.objection.v1 import desk_pb2, repair_pb2
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1.objection_pb2_grpc import ObjectionServiceStub
from services.objection.clients import Clients
from services.objection.policy import POLICY, SERVICE
from services.objection.servicer import ObjectionServicer
from tests.integration.objection.processes import refused
from tests.logins import none_ended
from tests.ports import free_port
from tests.postgres import Databases


@pytest.fixture
async def operator(tmp_path: Path, databases: Databases) -> AsyncIterator[ObjectionServiceStub]:
    """An operator who calls a service that cannot reach the others."""
    database = await databases.migrated(tmp_path, "objection")
    nowhere = open_channel(Endpoint(f"127.0.0.1:{free_port()}"), timeout=0.2)
    servicer = ObjectionServicer(Changes(database, SystemClock()), Clients.over(nowhere, nowhere))
    signer = Signer(make_keys(tmp_path, []), SystemClock(), timedelta(minutes=5))
    address = f"127.0.0.1:{free_port()}"
    verifier = Verifier(public_key(tmp_path), SystemClock())
    server, _ = await serve(
        address, {SERVICE: servicer.register}, verifier, [POLICY], none_ended(), credentials=None
    )
    caller = Caller("operator", "经营者", frozenset({Role.OPERATOR}), subject_id="subject-1")
    token, _ = signer.issue(caller)

    async def source() -> str:
        return token

    channel = open_channel(Endpoint(address), source, timeout=6)
    yield ObjectionServiceStub(channel)
    await channel.close()
    await nowhere.close()
    await server.stop(None)
    await database.close()


def test_every_method_has_a_rule() -> None:
    services = (
        pb.DESCRIPTOR.services_by_name["ObjectionService"],
        repair_pb2.DESCRIPTOR.services_by_name["RepairService"],
        desk_pb2.DESCRIPTOR.services_by_name["CaseDeskService"],
    )
    methods = [
        (service.full_name, method.name) for service in services for method in service.methods
    ]
    assert set(POLICY) == {f"/{service}/{method}" for service, method in methods}


async def test_a_service_that_cannot_be_reached_is_named(operator: ObjectionServiceStub) -> None:
    request = pb.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id="subject-1",
        record_ids=["record-1"],
        grounds="记录有误",
    )
    away = await refused(operator.LodgeObjection(request))
    assert away.code is grpc.StatusCode.UNAVAILABLE
    assert away.message_zh == "平台的另一部分暂不可用，请稍后再试"


async def test_bad_requests_are_refused_with_every_field(operator: ObjectionServiceStub) -> None:
    bad = await refused(operator.LodgeObjection(pb.LodgeObjectionRequest()))
    assert {fault[0] for fault in bad.faults} == {
        "request_id",
        "subject_id",
        "grounds",
    }
    unknown = await refused(operator.GetCase(pb.GetCaseRequest(case_id="none")))
    assert unknown.reason == "NOT_FOUND"
    withdraw = pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id="none")
    assert (await refused(operator.WithdrawObjection(withdraw))).reason == "NOT_FOUND"
