"""Refusals as JSON: the code names and details of Connect, our reason, and both languages."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, cast

import grpc
from google.rpc import status_pb2
from grpc_status import rpc_status
from starlette.responses import JSONResponse, Response

from law.errors import LawError
from plumbing.client import Refusal, refusal_of
from plumbing.grpc_errors import internal_status, status_of

# The HTTP status of each gRPC code, as the Connect protocol defines it; any other code is 500.
HTTP: Mapping[grpc.StatusCode, int] = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_UNDERSCORE = re.compile(r"_([a-z0-9])")


def of_call(error: grpc.aio.AioRpcError) -> Response:
    """Returns the response for a gRPC call that a service refused."""
    # AioRpcError has what from_call reads, although its type does not say so.
    status = rpc_status.from_call(cast("grpc.Call", error))
    return _response(refusal_of(error), status.details if status else ())


def of_refusal(refusal: Refusal) -> Response:
    """Returns the response for a refusal that was decoded already."""
    return _response(refusal, ())


def of_law(error: LawError) -> Response:
    """Returns the response for a request that the portal itself refuses."""
    status = status_of(error)
    faults = tuple((fault.field, fault.message_zh, fault.message_en) for fault in error.faults)
    refusal = Refusal(_CODES[status.code], error.reason, error.zh, error.en, faults, error.facts)
    return _response(refusal, status.details)


def of_fault() -> tuple[str, Response]:
    """Returns the number of an incident, and the response that tells only this number."""
    incident = uuid.uuid4().hex[:12]
    status: status_pb2.Status = internal_status(incident)
    zh = f"系统内部错误，请将编号 {incident} 告知平台管理员"
    return incident, plain(500, "internal", "INTERNAL", zh, status.message)


def plain(status: int, code: str, reason: str, zh: str, en: str, **headers: str) -> Response:
    """Returns the response for a request that is refused because of its form, such as its path."""
    body = {"code": code, "reason": reason, "message": en, "messageZh": zh}
    return JSONResponse(body, status, {name.replace("_", "-"): v for name, v in headers.items()})


def _response(refusal: Refusal, details: Iterable[Any]) -> Response:
    body: dict[str, Any] = {
        "code": code_name(refusal.code),
        "reason": refusal.reason,
        "message": refusal.message_en,
        "messageZh": refusal.message_zh,
        "faults": [_fault(*fault) for fault in refusal.faults],
        "facts": refusal.facts,
        "details": [_detail(detail) for detail in details],
    }
    given = {name: value for name, value in body.items() if value not in ([], {})}
    return JSONResponse(given, HTTP.get(refusal.code, 500), _headers(refusal.code))


def code_name(code: grpc.StatusCode) -> str:
    """Returns the name of a gRPC code in Connect, which spells one of them as in America."""
    return "canceled" if code is grpc.StatusCode.CANCELLED else code.name.lower()


def _fault(field: str, zh: str, en: str) -> dict[str, str]:
    return {"field": json_name(field), "message": en, "messageZh": zh}


def _detail(detail: Any) -> dict[str, str]:
    value = base64.b64encode(detail.value).decode().rstrip("=")
    return {"type": detail.TypeName(), "value": value}


def _headers(code: grpc.StatusCode) -> dict[str, str]:
    return {"www-authenticate": "Bearer"} if code is grpc.StatusCode.UNAUTHENTICATED else {}


def json_name(path: str) -> str:
    """Converts the path of a field to the names of JSON: `instrument.serial_no` to `serialNo`."""
    return _UNDERSCORE.sub(lambda found: found[1].upper(), path)
