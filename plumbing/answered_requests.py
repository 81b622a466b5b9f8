"""The answers to requests that changed something: a repeated request has no second effect."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import AlreadyExists
from plumbing.clock import local_date
from plumbing.database import PlumbingTable, connection_of
from plumbing.identity import Caller


class Repeatable(Protocol):
    """A protobuf request with an id, so that sending it again has no second effect."""

    request_id: str
    DESCRIPTOR: Any

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802


# The digest of a request whose response is no longer stored (`pruning/answers.py`).
FORGOTTEN = ""
Request = TypeVar("Request", bound=Repeatable)
Response = TypeVar("Response", bound=Message)


class AnsweredRequest(PlumbingTable, table=True):
    """A database row that stores an executed request and its response."""

    __tablename__ = "answered_request"

    actor: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    method: str
    digest: str
    response: bytes
    at: datetime


_INSERT = sa.insert(AnsweredRequest)
_FIND = select(
    AnsweredRequest.method, AnsweredRequest.digest, AnsweredRequest.response, AnsweredRequest.at
).where(
    col(AnsweredRequest.actor) == sa.bindparam("caller"),
    col(AnsweredRequest.request_id) == sa.bindparam("id"),
)


@dataclass(frozen=True)
class Sent:
    """What identifies a request as it was sent, whatever its command makes of the message."""

    actor: str
    request_id: str
    method: str
    digest: str

    @classmethod
    def of(cls, caller: Caller, request: Repeatable) -> Sent:
        """Returns what identifies a request of a caller; take it before the command runs."""
        name = request.DESCRIPTOR.full_name
        return cls(caller.account_id, request.request_id, name, _digest(request))


async def remember(session: AsyncSession, sent: Sent, response: Message, at: datetime) -> None:
    """Stores the response to a request in the open transaction."""
    row = {
        "actor": sent.actor,
        "request_id": sent.request_id,
        "method": sent.method,
        "digest": sent.digest,
        "response": response.SerializeToString(),
        "at": at,
    }
    await (await connection_of(session)).execute(_INSERT, row)


async def answered(
    session: AsyncSession, sent: Sent, response_type: type[Response]
) -> Response | None:
    """Returns the stored response to a request; None if it was not executed yet.

    Raises AlreadyExists if the caller used the request id for a different request, and for a
    request of so long ago that its response is no longer stored.
    """
    key = {"caller": sent.actor, "id": sent.request_id}
    row = (await (await connection_of(session)).execute(_FIND, key)).first()
    if row is None:
        return None
    if row.digest == FORGOTTEN:
        day = local_date(row.at).isoformat()
        raise AlreadyExists(
            f"该请求已于 {day} 办理，不再重复办理；当时的答复已不保存，请查看现在的情况",
            f"This request was carried out on {day} and is not carried out again. Its answer is no"
            " longer kept: look at the present state",
            request_id=sent.request_id,
        )
    if (row.method, row.digest) != (sent.method, sent.digest):
        raise AlreadyExists(
            "该请求编号已用于另一项请求",
            "This request id was used for another request",
            request_id=sent.request_id,
        )
    return response_type.FromString(row.response)


def _digest(request: Repeatable) -> str:
    # The digest is stored, and a short password could be guessed from it: passwords are left out.
    copy: Any = type(request)()
    copy.CopyFrom(request)
    for name in request.DESCRIPTOR.fields_by_name:
        if "password" in name:
            copy.ClearField(name)
    return hashlib.sha256(copy.SerializeToString(deterministic=True)).hexdigest()
