"""Which errors end an activity for good, and which have it tried again."""

import grpc
import pytest
from temporalio.exceptions import ApplicationError

from law.errors import InvalidInput, LawError, NotFound, WrongState
from plumbing.client import Refusal
from plumbing.grpc_errors import Away
from plumbing.temporal import final_errors


async def ended_by(error: Exception) -> ApplicationError:
    """The error with which an activity ends that raises another."""

    @final_errors
    async def activity() -> None:
        raise error

    with pytest.raises(ApplicationError) as ended:
        await activity()
    return ended.value


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (InvalidInput(), True),
        (NotFound(), True),
        (WrongState(), True),
        (Away(), False),  # the platform failed, not the request
    ],
    ids=lambda value: type(value).__name__,
)
async def test_our_errors_end_an_activity_unless_something_is_away(
    error: LawError, final: bool
) -> None:
    ended = await ended_by(error)
    assert (ended.type, ended.non_retryable) == (error.reason, final)


@pytest.mark.parametrize(
    ("code", "final"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, True),
        (grpc.StatusCode.NOT_FOUND, True),
        (grpc.StatusCode.ALREADY_EXISTS, True),
        (grpc.StatusCode.PERMISSION_DENIED, True),
        (grpc.StatusCode.FAILED_PRECONDITION, True),
        (grpc.StatusCode.UNAVAILABLE, False),
        (grpc.StatusCode.DEADLINE_EXCEEDED, False),
        (grpc.StatusCode.INTERNAL, False),
        (grpc.StatusCode.UNAUTHENTICATED, False),  # the next attempt has a new token
        (grpc.StatusCode.UNIMPLEMENTED, False),  # a release is under way
    ],
    ids=lambda value: getattr(value, "name", value),
)
async def test_a_refusal_ends_an_activity_if_it_would_come_every_time(
    code: grpc.StatusCode, final: bool
) -> None:
    ended = await ended_by(Refusal(code, "REASON", "不行", "no"))
    assert (ended.type, ended.non_retryable) == ("REASON", final)
