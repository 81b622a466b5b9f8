"""Lists in pages: each page starts after the key of the last row of the previous page.

Page tokens are opaque, and valid only for the request whose list they continue (AIP-158).
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import json
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from law.errors import Fault, InvalidInput

DEFAULT_PAGE = 100
MOST_COUNTED = 10_000  # rows of a list; to count on would cost more than the page itself
Row = TypeVar("Row")


class Paged(Protocol):
    """A protobuf request for a list, with a page size and a page token."""

    page_size: int
    page_token: str
    DESCRIPTOR: Any

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802


class Ordered(Protocol):
    """A protobuf request for a list, with the order of the list."""

    order_by: str


async def page(
    session: AsyncSession,
    request: Paged,
    rows: SelectOfScalar[Row],
    *order: Any,
    newest_first: bool = False,
    key: Callable[[Row], Sequence[Any]] | None = None,
) -> tuple[Sequence[Row], str]:
    """Returns one page of the rows in the order of the given columns, and the next page's token.

    The token is empty if no page follows. No two rows may have the same value in the last column.
    `newest_first` reverses the order of every column. `key` returns the values of the columns for a
    row that does not have them as attributes. Raises InvalidInput if the page token belongs to
    another request.
    """
    rows_found = await _first(session, request, rows, order, newest_first)
    return cut(request, rows_found, key or _attributes(order))


async def page_of_several(
    session: AsyncSession,
    request: Paged,
    parts: Sequence[SelectOfScalar[Row]],
    *order: Any,
    newest_first: bool = False,
) -> tuple[Sequence[Row], str]:
    """Returns one page of the rows of several queries in one order, and the next page's token.

    Each part is read in the order of its index, where one query for all of them would sort every
    row. No row may be in two parts. Raises InvalidInput as `page` does.
    """
    key: Callable[[Row], Any] = _attributes(order)
    found = [await _first(session, request, rows, order, newest_first) for rows in parts]
    in_order = list(heapq.merge(*found, key=key, reverse=newest_first))
    return cut(request, in_order[: page_size(request) + 1], key)


async def _first(
    session: AsyncSession,
    request: Paged,
    rows: SelectOfScalar[Row],
    order: Sequence[Any],
    newest_first: bool,
) -> Sequence[Row]:
    """The rows from the place of the request on: as many as a page has, and one more."""
    if place := after(request, *map(_reader, order)):
        rows = rows.where(_beyond(order, place, newest_first))
    in_order = rows.order_by(*(column.desc() if newest_first else column for column in order))
    return (await session.exec(in_order.limit(page_size(request) + 1))).all()


def order(
    request: Ordered, orders: Mapping[str, Sequence[Any]], usual: str
) -> tuple[Sequence[Any], bool]:
    """Returns the columns by which a list is requested, and True if their order is reversed.

    `orders` has the columns for each name that `order_by` may have; `usual` is the order of a
    request without one, such as "opened_at desc".
    """
    name, _, direction = (request.order_by or usual).partition(" ")
    return orders[name], direction == "desc"


async def count(
    session: AsyncSession, request: Paged, rows: SelectOfScalar[Any], token: str
) -> dict[str, int]:
    """Counts the rows on all pages, for the first page of a list that has several.

    Returns the field of the response that tells it: `total`, or `more_than` for a list of more than
    10,000 rows, which are not counted further. For every other page it returns no field. `token` is
    the token of the next page, empty on the last page.
    """
    if request.page_token or not token:
        return {}
    one: Any = rows.with_only_columns(sa.literal_column("1"), maintain_column_froms=True)
    counted = sa.select(sa.func.count()).select_from(
        one.order_by(None).limit(MOST_COUNTED + 1).subquery()
    )
    number = (await (await session.connection()).execute(counted)).scalar_one()
    return {"more_than": MOST_COUNTED} if number > MOST_COUNTED else {"total": number}


async def read_in_chunks(
    session: AsyncSession, rows: Any, key: Any, size: int
) -> AsyncIterator[Sequence[Any]]:
    """Yields all rows of a query in the order of a unique key, at most `size` rows at a time.

    The query must select the key first, or an entity that has the key as an attribute.
    """
    last: Any = None
    while True:
        beyond = rows if last is None else rows.where(key > last)
        chunk = (await session.exec(beyond.order_by(key).limit(size))).all()
        if not chunk:
            return
        yield chunk
        last = _key_of(chunk[-1], key)


def _key_of(row: Any, key: Any) -> Any:
    first = row[0] if isinstance(row, sa.Row) else row
    return getattr(first, key.key, first)


def _reader(column: Any) -> Callable[[Any], Any]:
    return _READERS[_python_type(column)]


def _beyond(
    order: Sequence[Any], place: Sequence[Any], newest_first: bool
) -> sa.ColumnElement[bool]:
    columns = sa.tuple_(*order)
    values = sa.tuple_(*(sa.literal(v, _type(c)) for v, c in zip(place, order, strict=True)))
    return columns < values if newest_first else columns > values


def _type(column: Any) -> Any:
    # A token may hold a number that is too large for the column.
    return sa.BigInteger() if _python_type(column) is int else column.type


def _python_type(column: Any) -> type:
    kind = column.type
    # SQLModel wraps texts and moments in types of its own.
    return (kind.impl_instance if isinstance(kind, sa.TypeDecorator) else kind).python_type


def _attributes(order: Sequence[Any]) -> Callable[[Any], Sequence[Any]]:
    return lambda row: [getattr(row, column.key) for column in order]


def page_size(request: Paged) -> int:
    """Returns the number of rows on a page; 0 in the request means 100."""
    return request.page_size or DEFAULT_PAGE


def after(request: Paged, *kinds: Callable[[Any], Any]) -> list[Any] | None:
    """Returns the key after which the requested page starts; None for the first page.

    `kinds` are the functions that read the parts of the key, such as `text`, `whole` or `day`.
    Raises InvalidInput for the token of another request and for a malformed token (tokens are not
    signed, so anyone can invent one).
    """
    if not request.page_token:
        return None
    try:
        token = base64.b64decode(request.page_token, altchars=b"-_", validate=True)
        question, key = json.loads(token)
        if question != _question(request):
            raise _bad_token()
        return [read(part) for read, part in zip(kinds, key, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _bad_token() from error


def text(part: Any) -> str:
    """Reads a text from one part of a page token's key. Raises ValueError for any other value."""
    if not isinstance(part, str) or "\0" in part:
        raise ValueError("not a text a database holds")
    part.encode()  # half of a surrogate pair raises UnicodeEncodeError, which is a ValueError
    return part


def whole(part: Any) -> int:
    """Reads a 64-bit integer from one part of a page token's key.

    Raises ValueError for any other value.
    """
    if type(part) is not int or not -(2**63) <= part < 2**63:
        raise ValueError("not a whole number a database holds")
    return part


def number(part: Any) -> float:
    """Reads a finite number from one part of a page token's key.

    Raises ValueError for any other value.
    """
    if type(part) not in (int, float) or not math.isfinite(part):
        raise ValueError("not a finite number")
    return float(part)


def day(part: Any) -> date:
    """Reads a date from one part of a page token's key.

    Raises ValueError or TypeError for any other value.
    """
    return date.fromisoformat(part)


def moment(part: Any) -> datetime:
    """Reads a timezone-aware moment from one part of a page token's key; returns it in UTC.

    Raises ValueError or TypeError for any other value.
    """
    value = datetime.fromisoformat(part)
    if value.tzinfo is None:
        raise ValueError("a moment without its zone")
    return value.astimezone(UTC)


_READERS: Mapping[type, Callable[[Any], Any]] = {
    str: text,
    int: whole,
    float: number,
    date: day,
    datetime: moment,
}


def cut(
    request: Paged, rows: Sequence[Row], key: Callable[[Row], Sequence[Any]]
) -> tuple[Sequence[Row], str]:
    """Returns the rows of the page and the token of the next page, empty if no page follows.

    `rows` may contain one row more than the page, which shows that another page follows. `key`
    returns the values for the token from a row.
    """
    size = page_size(request)
    if len(rows) <= size:
        return rows, ""
    token = json.dumps([_question(request), list(key(rows[size - 1]))], default=_as_text)
    return rows[:size], base64.urlsafe_b64encode(token.encode()).decode()


def _as_text(part: date) -> str:
    return part.isoformat()


def _question(request: Paged) -> str:
    bare: Any = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("page_token")
    bare.ClearField("page_size")
    name = request.DESCRIPTOR.full_name.encode()
    return hashlib.sha256(name + bare.SerializeToString(deterministic=True)).hexdigest()[:16]


def _bad_token() -> InvalidInput:
    fault = Fault(
        "page_token", "翻页标记不属于此查询", "The page token belongs to another question"
    )
    return InvalidInput(faults=[fault])
