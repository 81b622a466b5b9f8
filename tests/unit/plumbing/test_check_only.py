"""What only checks is no act to a replica of a former release, which does not know the field."""

from __future__ import annotations

from typing import Any

import grpc
import protovalidate
import pytest

from law.errors import InvalidInput
from plumbing import validation
from plumbing.addresses import Endpoint
from plumbing.client import ask, new_request_id, open_channel
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


async def test_a_check_goes_without_the_id_by_which_an_act_is_taken() -> None:
    registry, server = Registry(), grpc.aio.server()  # type: ignore[abstract]
    rpc.add_RegistryServiceServicer_to_server(registry, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    check, act = state(check_only=True), state()
    kept = check.request_id
    try:
        async with open_channel(Endpoint(f"127.0.0.1:{port}"), None) as channel:
            stub = rpc.RegistryServiceStub(channel)
            for request in (check, act):
                await ask(stub.SetInstrumentState(request))
    finally:
        await server.stop(0)
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
