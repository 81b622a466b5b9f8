"""What a call is answered during which another service refused one of ours."""

from __future__ import annotations

import grpc
import pytest
from grpc_status import rpc_status

from plumbing.client import Refusal, refusal_of
from plumbing.full_disk import DiskFull
from plumbing.grpc_errors import is_final, status_of
from plumbing.rpc import DatabaseBusy, _status_of_fault
from plumbing.turns import Busy

Code = grpc.StatusCode


def decoded(status: object) -> Refusal:
    """The refusal that the client of a call makes of its status."""
    sent = rpc_status.to_status(status)
    trailing = grpc.aio.Metadata(*sent.trailing_metadata)
    error = grpc.aio.AioRpcError(sent.code, grpc.aio.Metadata(), trailing, details=sent.details)
    return refusal_of(error)


@pytest.mark.parametrize("error", [Busy, DatabaseBusy, DiskFull])
def test_what_a_neighbour_has_no_room_for_is_passed_on_in_its_words(
    error: type[Busy | DiskFull],
) -> None:
    of_neighbour = status_of(error(retry_after_seconds="5"))
    passed_on = _status_of_fault("/any", decoded(of_neighbour))
    assert passed_on == of_neighbour
    answered = decoded(passed_on)
    assert answered.code is Code.RESOURCE_EXHAUSTED
    assert (answered.reason, answered.facts) == (error.reason, {"retry_after_seconds": "5"})
    assert (answered.message_zh, answered.message_en) == (error().zh, error().en)


@pytest.mark.parametrize(
    ("code", "answered", "words"),
    [
        (Code.UNAVAILABLE, Code.UNAVAILABLE, "另一部分暂不可用"),
        (Code.DEADLINE_EXCEEDED, Code.UNAVAILABLE, "另一部分暂不可用"),
        (Code.CANCELLED, Code.UNAVAILABLE, "另一部分暂不可用"),
        (Code.UNAUTHENTICATED, Code.UNAVAILABLE, "另一部分暂不可用"),
        (Code.UNIMPLEMENTED, Code.UNAVAILABLE, "正在更换为新版本"),
        # gRPC's own: a message that is too large remains so.
        (Code.RESOURCE_EXHAUSTED, Code.INTERNAL, "系统内部错误"),
        *((code, Code.INTERNAL, "系统内部错误") for code in Code if is_final(code)),
        *((code, Code.INTERNAL, "系统内部错误") for code in (Code.INTERNAL, Code.UNKNOWN)),
        *((code, Code.INTERNAL, "系统内部错误") for code in (Code.ABORTED, Code.DATA_LOSS)),
    ],
)
def test_only_what_may_go_otherwise_next_time_asks_to_try_again(
    code: grpc.StatusCode, answered: grpc.StatusCode, words: str
) -> None:
    refusal = Refusal(code, code.name, "邻居的话", "the neighbour's words")
    answer = decoded(_status_of_fault("/any", refusal))
    assert answer.code is answered
    assert words in answer.message_zh
    assert answer.message_en.isascii()
    assert "neighbour" not in answer.message_en
