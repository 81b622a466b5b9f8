"""The token of a service is renewed before it ends, and where the clock was set back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from plumbing.addresses import Endpoint
from plumbing.client import Refusal, ServiceToken, ask
from plumbing.clock import FixedClock
from plumbing.identity import service_caller
from plumbing.tokens import Signer, Verifier, make_keys
from protos.identity.v1 import identity_pb2 as pb

NOW = datetime(2026, 9, 14, 1, 0, tzinfo=UTC)
LIFE = timedelta(minutes=30)


class Registry:
    """Stands in for the registry's stub: issues tokens by the clock of the machine."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    async def LoginService(self, request: pb.LoginServiceRequest) -> pb.LoginServiceResponse:  # noqa: N802
        token, ends = self._signer.issue(service_caller(request.service))
        answer = pb.LoginServiceResponse(token=token)
        answer.expires_at.FromDatetime(ends)
        return answer


@pytest.mark.parametrize(
    ("moved", "same"),
    [
        (timedelta(minutes=28), True),
        (timedelta(minutes=29, seconds=1), False),
        (timedelta(hours=-1), False),
    ],
)
async def test_a_service_always_has_a_token_that_others_take(
    tmp_path: Path, moved: timedelta, same: bool
) -> None:
    clock = FixedClock(NOW)
    key = make_keys(tmp_path, ["grading"])
    token: Any = ServiceToken("grading", tmp_path, Endpoint("127.0.0.1:1"), clock)
    token._stub = Registry(Signer(key, clock, LIFE))
    first = await token()
    clock.moment = NOW + moved
    second = await token()
    assert (first == second) is same
    assert Verifier(key, clock).verify(second).service == "grading"


async def test_before_there_are_keys_the_registry_is_away(tmp_path: Path) -> None:
    token = ServiceToken("grading", tmp_path, Endpoint("127.0.0.1:1"), FixedClock(NOW))
    with pytest.raises(Refusal) as refused:
        await ask(token())
    assert refused.value.code is grpc.StatusCode.UNAVAILABLE
    assert refused.value.reason == "UNAVAILABLE"  # by which the portal says that a service is away
