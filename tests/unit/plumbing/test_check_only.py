"""What only checks is no act to a replica of a former release, which does not know the field."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import protovalidate
import pytest
from grpc_status import rpc_status

from law.errors import Fault, InvalidInput
from plumbing import validation
from plumbing.addresses import Endpoint
from plumbing.check_only import FORMER_RELEASE, FORMER_RELEASE_TEXTS
from plumbing.client import Refusal, ask, new_request_id, open_channel
from plumbing.grpc_errors import status_of
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import registry_pb2_grpc as rpc


class Registry(rpc.RegistryServiceServicer):
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked = list[pb.SetInstrumentStateRequest]()

    async def SetInstrumentState(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.asked.append(request)
        return pb.SetInstrumentStateResponse()


def state(**values: Any) -> pb.SetInstrumentStateRequest:
    given = {"request_id": new_request_id(), "instrument_id": "a1", "state": "scrapped"}
    return pb.SetInstrumentStateRequest(**(given | values))


@contextlib.asynccontextmanager
async def stub_of(registry: Registry) -> AsyncIterator[rpc.RegistryServiceStub]:
    """A client of a registry that is served on a port of its own."""
    server = grpc.aio.server()
    rpc.add_RegistryServiceServicer_to_server(registry, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with open_channel(Endpoint(f"127.0.0.1:{port}"), None) as channel:
            yield rpc.RegistryServiceStub(channel)
    finally:
        await server.stop(0)


async def test_a_check_goes_without_the_id_by_which_an_act_is_taken() -> None:
    registry = Registry()  # type: ignore[abstract]
    check, act = state(check_only=True), state()
    kept = check.request_id
    async with stub_of(registry) as stub:
        for request in (check, act):
            await ask(stub.SetInstrumentState(request))
    sent, acted = registry.asked
    assert (sent.check_only, sent.request_id, sent.state) == (True, "", "scrapped")
    assert acted == act
    assert check.request_id == kept, "the caller's own request stays as it is"
    # By the rules of the fields, which are all that a former release knows, it is no request.
    [violation] = protovalidate.Validator().collect_violations(sent)
    assert violation.proto.field is not None
    assert [one.field_name for one in violation.proto.field.elements] == ["request_id"]


def test_only_a_check_needs_no_request_id() -> None:
    validation.check(state(request_id="", check_only=True))
    validation.check(state(check_only=True))
    for bad in (state(request_id=""), state(request_id="7", check_only=True)):
        with pytest.raises(InvalidInput) as refused:
            validation.check(bad)
        assert [fault.field for fault in refused.value.faults] == ["request_id"]


class Former(Registry):
    """A replica of a former release: by the rules of the fields, a request needs its id."""

    fields: tuple[str, ...] = ("request_id",)

    async def SetInstrumentState(self, request: Any, context: Any) -> Any:  # noqa: N802
        faults = [Fault(field, "不是有效的内容", "is not valid") for field in self.fields]
        await context.abort_with_status(
            rpc_status.to_status(status_of(InvalidInput(faults=faults)))
        )


async def test_whoever_has_something_checked_by_a_former_release_hears_that_it_is_replaced() -> (
    None
):
    registry = Former()  # type: ignore[abstract]
    async with stub_of(registry) as stub:
        for fields, given, reason in (
            (("request_id",), {"check_only": True}, FORMER_RELEASE),
            (("state", "request_id"), {"check_only": True}, FORMER_RELEASE),
            (("state",), {"check_only": True}, "INVALID_INPUT"),  # what is wrong is said
            (("request_id",), {"request_id": "7"}, "INVALID_INPUT"),  # no check, and no id
        ):
            registry.fields = fields
            with pytest.raises(Refusal) as refused:
                await ask(stub.SetInstrumentState(state(**given)))
            assert refused.value.reason == reason
            assert bool(refused.value.faults) == (reason != FORMER_RELEASE)
    assert "新版本" in FORMER_RELEASE_TEXTS[0]
