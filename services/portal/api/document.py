"""The OpenAPI 3.1 document of the HTTP interface, made from the descriptors of the contract."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.portal.api import bodies
from services.portal.api.comments import comment
from services.portal.api.offered import FileUpload, Method, methods
from services.portal.api.schemas import Schema, Schemas

_ABOUT = """\
Every gRPC method that people and their systems may call, as a POST with a JSON body.

The JSON is the canonical JSON of protobuf: names in lowerCamelCase (names as in the contract are
read as well), 64-bit numbers as texts, moments as in RFC 3339, and fields with their default value
left out of answers. A name that a message does not have is refused. Texts must not contain control
characters, characters that show nothing, or marks that change the direction of writing; only
grounds, reasons and the like may have several lines. Dates are local days of Asia/Shanghai.

A call carries `Authorization: Bearer TOKEN`; `identity.v1.IdentityService/Login` gives the token.
Methods whose security includes the empty requirement can be called without one, as the public.
Cookies are not read. A call that changes something has a `requestId`, a UUID of the caller's own:
repeated with the same id and content, it gets its first answer and changes nothing again. The
header `Connect-Timeout-Ms` limits the time of a call. Refusals have the code names of Connect, a
stable `reason` for programs, and texts in English and Chinese for people. The addresses follow the
Connect protocol for unary calls, so its clients work with the server `/api/v1`.
"""
# The statuses that any method may answer besides 200, and for whom they are.
_REFUSALS = {
    "400": "The body, a field, or the present state does not permit it.",
    "401": "There is no token, or it is not valid any more.",
    "403": "The role or the scope of the caller does not permit it.",
    "404": "There is no such thing in the caller's scope.",
    "409": "It exists already, or something else changed it at the same time.",
    "413": "The body is too large.",
    "415": "The media type is not that of the method.",
    "429": "Too much was asked for at once; try again later.",
    "503": "A part of the platform is away; try again.",
    "504": "The time limit of the call has passed.",
}
_TEXT = {"type": "string"}
_ERROR: Schema = {
    "type": "object",
    "required": ["code", "reason", "message", "messageZh"],
    "properties": {
        "code": _TEXT | {"description": "Code name as in Connect, such as not_found."},
        "reason": _TEXT | {"description": "Stable reason for programs, such as NOT_FOUND."},
        "message": _TEXT | {"description": "What is wrong, in English."},
        "messageZh": _TEXT | {"description": "What is wrong, in Chinese."},
        "faults": {
            "type": "array",
            "description": "Every fault, each with its field.",
            "items": {
                "type": "object",
                "required": ["field", "message", "messageZh"],
                "properties": {"field": _TEXT, "message": _TEXT, "messageZh": _TEXT},
            },
        },
        "facts": {"type": "object", "additionalProperties": _TEXT},
        "details": {
            "type": "array",
            "description": "The details of google.rpc.Status, for clients of Connect.",
            "items": {
                "type": "object",
                "required": ["type", "value"],
                "properties": {"type": _TEXT, "value": _TEXT},
            },
        },
    },
}
_BEARER: Schema = {"bearer": []}


@cache
def document() -> dict[str, Any]:
    """Returns the OpenAPI document of every offered method."""
    schemas = Schemas()
    paths = {method.path: {"post": _operation(method, schemas)} for method in methods()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "权衡 Quanheng 对接接口", "version": "v1", "description": _ABOUT},
        "servers": [{"url": "/api/v1"}],
        "tags": _tags(),
        "paths": paths,
        "security": [_BEARER],
        "components": {
            "schemas": {"Refusal": _ERROR, **dict(sorted(schemas.components.items()))},
            "responses": {status: _refusal(told) for status, told in _REFUSALS.items()},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


async def serve_document(request: Request) -> Response:
    """Serves the document, which a cache may keep and check again by its ETag."""
    body, etag = _written()
    headers = {"etag": etag, "cache-control": "public, max-age=300"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=bodies.JSON, headers=headers)


@cache
def _written() -> tuple[bytes, str]:
    body = json.dumps(document(), ensure_ascii=False).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _tags() -> list[Schema]:
    services = {method.service: method.descriptor.containing_service for method in methods()}
    return [
        {"name": name, "description": comment(service.full_name)}
        for name, service in sorted(services.items())
    ]


def _operation(method: Method, schemas: Schemas) -> Schema:
    shared = method.path != method.grpc_path
    name = f"{method.service}_{method.descriptor.name}"
    answer = {"schema": schemas.received(method.descriptor.output_type)}
    return {
        "operationId": f"{method.process}_{name}" if shared else name,
        "tags": [method.service],
        "summary": comment(method.descriptor.full_name),
        "security": [_BEARER, {}] if method.public else [_BEARER],
        "requestBody": {
            "required": True,
            "content": {bodies.media_type(method): {"schema": _body(method, schemas)}},
        },
        "responses": {
            "200": {"description": "Done.", "content": {bodies.JSON: answer}},
            **{status: {"$ref": f"#/components/responses/{status}"} for status in _REFUSALS},
        },
    }


def _body(method: Method, schemas: Schemas) -> Schema:
    message = method.descriptor.input_type
    if method.upload:
        return _form(method.upload, schemas)
    sent = schemas.sent(message)
    return {"type": "array", "items": sent} if method.streams else sent


def _form(upload: FileUpload, schemas: Schemas) -> Schema:
    return {
        "type": "object",
        "required": [upload.header, upload.content],
        "additionalProperties": False,
        "properties": {
            upload.header: schemas.sent(upload.message),
            upload.content: {"type": "string", "contentMediaType": "application/octet-stream"},
        },
    }


def _refusal(told: str) -> Schema:
    schema = {"schema": {"$ref": "#/components/schemas/Refusal"}}
    return {"description": told, "content": {bodies.JSON: schema}}
