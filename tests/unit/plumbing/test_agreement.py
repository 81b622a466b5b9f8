"""A check waits for a backlog as long as it shrinks, and asks each service part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from plumbing.state import agreement
from plumbing.state.agreement import PARTS, Stage
from protos.operations.v1 import operations_pb2 as pb


class Service:
    """A service whose work under way becomes less with every look."""

    def __init__(self, *waiting: int, digest: str = "a", problem: str = "") -> None:
        self._waiting, self._digest, self._problem = [*waiting], digest, problem
        self.asked: list[str] = []

    async def Check(  # noqa: N802 - as in the contract
        self, request: pb.CheckRequest, **_options: Any
    ) -> pb.CheckResponse:
        self.asked.append(request.part)
        if request.part == "under_way":
            left = self._waiting.pop(0) if len(self._waiting) > 1 else self._waiting[0]
            return pb.CheckResponse(figures=[pb.Figure(name="inbox.waiting", value=left)])
        if request.part != "data":
            return pb.CheckResponse()
        problems = [pb.Problem(name=self._problem)] if self._problem else []
        digests = [pb.Digest(topic="subjects", count=1, digest=self._digest)]
        return pb.CheckResponse(problems=problems, digests=digests)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "LOOK_EVERY_SECONDS", 0)


def stubs(*services: Service) -> Any:
    return dict(zip(("registry", "alerts"), services, strict=False))


async def test_a_backlog_that_shrinks_is_waited_for() -> None:
    service, stages = Service(3, 2, 1, 0), list[Stage]()
    found = await agreement.check(stubs(service), 60, stages.append)
    assert found.holds
    assert [stage.under_way for stage in stages if stage.under_way] == [3, 2, 1]
    assert [stage.done for stage in stages if stage.of] == [*range(1, len(PARTS) + 1)]
    assert service.asked.count("rows") == 1  # what costs much is asked once


async def test_what_an_event_that_waits_would_start_is_not_missing() -> None:
    service = Service(5, problem="watch.workflow_missing")
    found = await agreement.check(stubs(service), 0)
    assert [problem.name for _, problem in found.problems] == ["not_settled"]
    at_rest = await agreement.check(stubs(Service(0, problem="watch.workflow_missing")), 60)
    assert [problem.name for _, problem in at_rest.problems] == ["watch.workflow_missing"]


@pytest.mark.parametrize(("digests", "named"), [(("a", "a"), []), (("a", "b"), ["subjects"])])
async def test_copies_that_stay_different_are_named(
    digests: Sequence[str], named: list[str]
) -> None:
    services = [Service(0, digest=digest) for digest in digests]
    found = await agreement.check(stubs(*services), 60)
    assert [problem.object for _, problem in found.problems] == named
    assert all(service.asked.count("audit") == 1 for service in services)


async def test_a_service_at_rest_is_asked_for_nothing_else() -> None:
    service = Service(0)
    assert await agreement.is_at_rest(stubs(service))
    assert service.asked == ["under_way"]
