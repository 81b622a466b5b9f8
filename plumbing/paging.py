"""Page tokens: opaque, and bound to the question they continue (AIP-158)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar

from law.errors import Fault, InvalidInput

DEFAULT_PAGE = 100
Row = TypeVar("Row")


class Paged(Protocol):
    """A list request."""

    page_size: int
    page_token: str
    DESCRIPTOR: Any

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802


def page_size(request: Paged) -> int:
    """How many rows the caller wants; 0 means the default."""
    return request.page_size or DEFAULT_PAGE


def after(request: Paged, *kinds: Callable[[Any], Any]) -> list[Any] | None:
    """The key after which to go on, or None at the start.

    `kinds` read the parts of the key: `text`, `whole`, `day` or `moment`. Refuses a token of
    another question, and one that somebody made up: tokens are not signed.
    """
    if not request.page_token:
        return None
    try:
        question, key = json.loads(base64.urlsafe_b64decode(request.page_token))
        if question != _question(request):
            raise _bad_token()
        return [read(part) for read, part in zip(kinds, key, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _bad_token() from error


def text(part: Any) -> str:
    """A text, as a part of a key."""
    if not isinstance(part, str) or "\0" in part:
        raise ValueError("not a text a database holds")
    return part


def whole(part: Any) -> int:
    """A whole number, as a part of a key."""
    if type(part) is not int or not -(2**63) <= part < 2**63:
        raise ValueError("not a whole number a database holds")
    return part


def day(part: Any) -> date:
    """A day, as a part of a key."""
    return date.fromisoformat(part)


def moment(part: Any) -> datetime:
    """An aware moment, as a part of a key."""
    said = datetime.fromisoformat(part)
    if said.tzinfo is None:
        raise ValueError("a moment without its zone")
    return said.astimezone(UTC)


def cut(
    request: Paged, rows: Sequence[Row], key: Callable[[Row], Sequence[Any]]
) -> tuple[Sequence[Row], str]:
    """The page and the token of the next, given one row more than a page holds."""
    size = page_size(request)
    if len(rows) <= size:
        return rows, ""
    page = rows[:size]
    token = json.dumps([_question(request), list(key(page[-1]))])
    return page, base64.urlsafe_b64encode(token.encode()).decode()


def _question(request: Paged) -> str:
    bare: Any = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("page_token")
    bare.ClearField("page_size")
    said = request.DESCRIPTOR.full_name.encode() + bare.SerializeToString(deterministic=True)
    return hashlib.sha256(said).hexdigest()[:16]


def _bad_token() -> InvalidInput:
    fault = Fault(
        "page_token", "翻页标记不属于此查询", "The page token belongs to another question"
    )
    return InvalidInput(faults=[fault])
