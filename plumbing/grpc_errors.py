"""The one table that maps errors to gRPC statuses (D-12).

It also defines which refusals are final, and which calls may succeed when they are repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from law.errors import (
    AlreadyExists,
    Fault,
    InvalidInput,
    LawError,
    NotFound,
    NotPermitted,
    WrongState,
)
from law.reader.texts import spell_articles
from plumbing.client import Refusal
from plumbing.full_disk import DiskFull
from plumbing.identity import Unauthenticated
from plumbing.turns import Busy


class Away(LawError):
    """A part of the platform is away; try again.

    Raised while another service or Temporal is unavailable.
    """

    reason = "AWAY"
    message_zh = "平台的另一部分暂不可用，请稍后再试"


class Updating(Away):
    """The platform is being updated and cannot do this yet; try again in a few minutes.

    Raised while a replica of a former release, which does not know the call, answers it.
    """

    message_zh = "平台正在更换为新版本，暂时不能办理此事项，请过几分钟再试"


# These refusals are the same every time. Any other, also an unknown one, may come from a short
# failure or from a release in progress.
FINAL = frozenset(
    {
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "FAILED_PRECONDITION",
        "OUT_OF_RANGE",
    }
)
# The codes of a service that does not answer, or not in time, that ends before it has an answer, or
# does not take the token of the service that asks, as while keys or clocks are being changed.
NOT_ANSWERING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNAUTHENTICATED,
    }
)
DOMAIN = "quanheng"
# A status is sent as a trailer, and clients refuse trailers above 8 KiB. A fault may quote input of
# any length, so texts are cut.
FAULTS_BYTES, TEXT_LENGTH = 5000, 300

STATUS: Mapping[type[LawError], grpc.StatusCode] = {
    InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    NotPermitted: grpc.StatusCode.PERMISSION_DENIED,
    WrongState: grpc.StatusCode.FAILED_PRECONDITION,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    Away: grpc.StatusCode.UNAVAILABLE,
    Busy: grpc.StatusCode.RESOURCE_EXHAUSTED,
    DiskFull: grpc.StatusCode.RESOURCE_EXHAUSTED,
    LawError: grpc.StatusCode.FAILED_PRECONDITION,
}


def status_of(error: LawError) -> status_pb2.Status:
    """Returns the gRPC status for an error: reason, faults by field, and message in two languages.

    If the faults do not all fit in a status, the last one gives the number of faults left out.
    """
    code = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.facts)
    if error.cite:
        info.metadata["cite"] = error.cite
    details: list[Message] = [info, _chinese(error.zh + _articles(error, "（{}）", "zh"))]
    if error.faults:
        violations = list(_violations(error.faults))
        details.append(error_details_pb2.BadRequest(field_violations=violations))
    en = error.en + _articles(error, " ({})", "en")
    return _status(code.value[0], en[:TEXT_LENGTH], details)


def is_final(code: Enum) -> bool:
    """Returns whether a call with this gRPC or Temporal status code would be refused every time."""
    return code.name in FINAL


def internal_status(incident: str) -> status_pb2.Status:
    """Returns the gRPC status for an internal error: only the incident number, without details."""
    zh = f"系统内部错误，请将编号 {incident} 告知平台管理员"
    return _status(code_pb2.INTERNAL, f"Internal fault; incident {incident}", [_chinese(zh)])


def away_status() -> status_pb2.Status:
    """Returns the gRPC status for an unavailable part of the platform; the call may be repeated."""
    return status_of(Away())


def status_of_neighbour(refusal: Refusal) -> status_pb2.Status | None:
    """Returns the status for a call during which another service refused one of ours.

    What passes by itself is told as such, so that the call is repeated: a neighbour that is away or
    of a former release, or does not take our token, and one that has too much to do or no room,
    which is passed on in its own words. None for any other refusal, by which the fault is ours.
    """
    if refusal.code is grpc.StatusCode.UNIMPLEMENTED:
        return status_of(Updating())
    if refusal.code in NOT_ANSWERING:
        return away_status()
    # Without a reason of the platform it is gRPC's own: a message too large, now and later.
    if refusal.code is grpc.StatusCode.RESOURCE_EXHAUSTED and refusal.reason != refusal.code.name:
        info = error_details_pb2.ErrorInfo(
            reason=refusal.reason, domain=DOMAIN, metadata=refusal.facts
        )
        details: list[Message] = [info, _chinese(refusal.message_zh)]
        return _status(refusal.code.value[0], refusal.message_en[:TEXT_LENGTH], details)
    return None


def _status(code: int, message: str, details: Sequence[Message]) -> status_pb2.Status:
    status = status_pb2.Status(code=code, message=message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _chinese(message: str) -> Any:
    return error_details_pb2.LocalizedMessage(locale="zh-CN", message=message[:TEXT_LENGTH])


def _articles(error: LawError, form: str, lang: str) -> str:
    """The articles on which a refusal rests, by their titles; the code is for programs only."""
    named = spell_articles(error.cite or "", lang)
    return form.format(named) if named else ""


def _violations(faults: Sequence[Fault]) -> Iterator[Message]:
    room = FAULTS_BYTES
    for number, fault in enumerate(faults):
        violation = _violation(fault)
        room -= violation.ByteSize()
        if room < 0:
            more = len(faults) - number
            yield _violation(Fault("", f"另有 {more} 处", f"and {more} more"))
            return
        yield violation


def _violation(fault: Fault) -> Any:
    violation = error_details_pb2.BadRequest.FieldViolation(
        field=fault.field[:TEXT_LENGTH], description=fault.message_en[:TEXT_LENGTH]
    )
    violation.localized_message.locale = "zh-CN"
    violation.localized_message.message = fault.message_zh[:TEXT_LENGTH]
    return violation
