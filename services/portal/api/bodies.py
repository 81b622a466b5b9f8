"""Reads the body of a request as messages of the contract, and writes answers as JSON.

JSON is the canonical JSON of protobuf. A name that the message does not have is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable

from google.protobuf import json_format
from google.protobuf.message import Message
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from law.errors import Fault, InvalidInput
from services.portal.api.offered import FileUpload, Method

JSON, MULTIPART = "application/json", "multipart/form-data"
PIECE_BYTES = 256 << 10
# How the errors of protobuf name a field that is unknown, and one whose value is wrong.
_UNKNOWN = re.compile(r"has no field named \"([^\"]*)\" at ")
_WRONG = re.compile(r"Failed to parse (\w+) field: ")


def media_type(method: Method) -> str:
    """Returns the media type in which a method takes its request."""
    return MULTIPART if method.upload else JSON


async def message(method: Method, request: Request) -> Message:
    """Reads the request of a method that takes one message.

    Raises InvalidInput for a body that is not the JSON of this message.
    """
    return _read(await request.body(), method.request())


async def stream(method: Method, request: Request) -> AsyncIterator[Message]:
    """Reads the request of a method that takes a stream of messages.

    This is a JSON array of messages, or for a file a form with a header and a content. Raises
    InvalidInput for a body that does not have this form.
    """
    if method.upload:
        return await _uploaded(method, request, method.upload)
    return _each([_read(one, method.request()) for one in _array(await request.body())])


def answer(response: Message) -> Response:
    """Returns a response message as JSON; fields with their default value are left out."""
    text = json.dumps(json_format.MessageToDict(response), ensure_ascii=False)
    return Response(text, media_type=JSON)


def _read(body: bytes | str, into: Message) -> Message:
    if body.strip()[:1] not in (b"{", "{"):
        raise _malformed(f"{into.DESCRIPTOR.name} is a JSON object")
    try:
        return json_format.Parse(body, into)
    except (json_format.ParseError, ValueError) as error:
        raise _malformed(str(error)) from error


def _malformed(why: str) -> InvalidInput:
    first = why.splitlines()[0]
    if unknown := _UNKNOWN.search(first):
        return InvalidInput(faults=[Fault(unknown[1], "没有这个字段", "there is no such field")])
    if wrong := _WRONG.findall(first):
        told = _WRONG.sub("", first)
        return InvalidInput(faults=[Fault(".".join(wrong), "类型或格式不符", told)])
    return InvalidInput(f"请求不是合格的 JSON：{first}", f"The request is not valid JSON: {first}")


def _array(body: bytes) -> Iterable[str]:
    """The elements of a JSON array, each as JSON again."""
    try:
        elements = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _malformed(str(error)) from error
    if not isinstance(elements, list):
        raise _malformed("the body must be a JSON array of messages")
    return [json.dumps(element) for element in elements]


async def _each(sent: Iterable[Message]) -> AsyncIterator[Message]:
    for one in sent:
        yield one


async def _uploaded(method: Method, request: Request, upload: FileUpload) -> AsyncIterator[Message]:
    form = await request.form(max_files=1, max_fields=1)
    header, file = form.get(upload.header), form.get(upload.content)
    faults = []
    if not isinstance(header, str):
        faults.append(Fault(upload.header, "请附上表头（JSON）", "is missing: a JSON object"))
    if not isinstance(file, UploadFile):
        faults.append(Fault(upload.content, "请附上文件", "is missing: a file"))
    if faults or not isinstance(header, str) or not isinstance(file, UploadFile):
        raise InvalidInput(faults=faults)
    first = method.request()
    _read(header, getattr(first, upload.header)).SetInParent()
    return _pieces(method, first, upload.content, file)


async def _pieces(
    method: Method, first: Message, content: str, file: UploadFile
) -> AsyncIterator[Message]:
    yield first
    while piece := await file.read(PIECE_BYTES):
        sent = method.request()
        setattr(sent, content, piece)
        yield sent
