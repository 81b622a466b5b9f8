"""Grading that does not answer is away; grading that refuses has refused."""

from typing import Any, NoReturn, cast

import grpc
import pytest

from plumbing.client import Refusal
from plumbing.grpc_errors import Away
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from services.registry.imports.impact.grade_drops import GradingService, Question

QUESTION = Question(bureau="330106", subjects=[pb.SupposedSubject(subject_id="s1")])


class Refusing:
    """A stub of grading whose every call ends with one status."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    async def EstimateDrops(self, _request: Any) -> NoReturn:  # noqa: N802
        metadata = grpc.aio.Metadata()
        raise grpc.aio.AioRpcError(self._code, metadata, metadata, "refused")


def grading(code: grpc.StatusCode) -> GradingService:
    service = GradingService(grpc.aio.insecure_channel("127.0.0.1:1"))
    service._stub = cast("AssessmentServiceStub", Refusing(code))
    return service


@pytest.mark.parametrize(
    "code",
    [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL],
    ids=lambda code: str(code.name),
)
async def test_what_may_go_otherwise_next_time_is_away(code: grpc.StatusCode) -> None:
    with pytest.raises(Away):
        await grading(code).ask(QUESTION)


@pytest.mark.parametrize(
    "code",
    [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED],
    ids=lambda code: str(code.name),
)
async def test_a_refusal_for_good_is_told_as_it_is(code: grpc.StatusCode) -> None:
    """A final refusal does not ask anybody to try again later."""
    with pytest.raises(Refusal) as refused:
        await grading(code).ask(QUESTION)
    assert refused.value.code is code
