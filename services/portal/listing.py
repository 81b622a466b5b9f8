"""Lists as pages and files: columns, filters, order and pages of a list, from its address.

A page describes its list once, as a `Listing`. The address holds the filters, the order and the
place in the list, so that it can be kept and passed on; with `as=csv` or `as=xlsx` the same address
gives the whole list as a file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from grpc import StatusCode
from starlette.responses import Response

from plumbing.client import EXPORTING, Refusal
from services.portal import exports, list_files
from services.portal.clients import read_for
from services.portal.exports import Wanted
from services.portal.sessions import COOKIE
from services.portal.visit import Visit, faults_by_field, last_name, message_of, whole_number
from services.portal.wording import N_, Tag

Row = TypeVar("Row")
Value = str | int | date | datetime | None
PAGE_SIZE = 50
FILE_PAGE_SIZE = 1000  # the longest page that a service gives
LONGEST_KEPT = 2000  # characters of a list's address that a cookie remembers
_OF_THE_PAGE = ("sort", "page", "from", "of")
_MORE = "+"  # behind a number in the address: there are more than that


def day_of(written: str) -> date | None:
    """Returns the day that a service writes in ISO format, for a cell; None for an empty text."""
    return date.fromisoformat(written) if written else None


@dataclass(frozen=True)
class Cell:
    """What a cell contains: a value, and how the page shows it beside its plain text.

    A file gets the value alone, or the word of the tag where there is no value.
    """

    value: Value = None
    link: str = ""
    tag: Tag | None = None
    note: str = ""  # a second line in smaller letters

    @property
    def plain(self) -> Value:
        """The value for a file."""
        return self.tag.word if self.value is None and self.tag else self.value


@dataclass(frozen=True)
class Column(Generic[Row]):
    """A column: its Chinese heading, its cells, and the name by which the service can sort it."""

    heading: str
    of: Callable[[Row], Cell | Value]
    order_by: str = ""
    numeric: bool = False

    def cell(self, row: Row) -> Cell:
        """Returns the cell of a row."""
        content = self.of(row)
        return content if isinstance(content, Cell) else Cell(content)


@dataclass(frozen=True)
class Filter:
    """A filter of a list: a choice if it has options, a box to tick, or a text to type.

    `usual` is the option that holds where the address names none; then there is no choice of all.
    `asks` is the field of the request that it fills in, where that has another name. A text has at
    most `longest` characters. `groups` are further options, each group under its heading.
    """

    name: str
    label: str
    options: Sequence[tuple[str, str]] = ()
    box: bool = False
    usual: str = ""
    asks: str = ""
    longest: int = 100
    groups: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    def read(self, visit: Visit) -> str:
        """Returns the value in the address; empty if it is not one that the filter offers."""
        value = visit.query(self.name)[: self.longest]
        if self.box:
            return value if value == "yes" else ""
        options = [*self.options, *chain.from_iterable(self.groups.values())]
        offered = not options or value in dict(options)
        return (value if offered else "") or self.usual


@dataclass(frozen=True)
class Asked:
    """The part of a list that is requested: filters, order, and place."""

    filters: Mapping[str, str]
    order_by: str = ""
    page_size: int = PAGE_SIZE
    page_token: str = ""

    def __getitem__(self, name: str) -> str:
        return self.filters.get(name, "")

    @property
    def paging(self) -> dict[str, Any]:
        """The fields of a list request that every list has: `page_size` and `page_token`."""
        return {"page_size": self.page_size, "page_token": self.page_token}


@dataclass(frozen=True)
class Chunk(Generic[Row]):
    """A part of a list: its rows, the token of the next part, and the number of all if told.

    `is_more` tells that there are more than `total`, which were not counted.
    """

    rows: Sequence[Row]
    next_token: str = ""
    total: int | None = None
    is_more: bool = False


def chunk_of(answer: Any, rows: Sequence[Row]) -> Chunk[Row]:
    """Returns a part of a list as a service answered it, with the rows that the page shows."""
    if answer.more_than:
        return Chunk(rows, answer.next_page_token, answer.more_than, is_more=True)
    total = answer.total if answer.HasField("total") else None
    return Chunk(rows, answer.next_page_token, total)


Read = Callable[[Asked], Awaitable[Chunk[Row]]]


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """The description of a list, from which its page, its filters and its files are made.

    `read` reads a part of it from a service. `key` gives the value of a row's box where rows can be
    selected for a batch act. `counted` is the Chinese sentence that tells how many there are.
    """

    path: str
    title: str
    columns: Sequence[Column[Row]]
    read: Read[Row]
    empty: str
    filters: Sequence[Filter] = ()
    key: Callable[[Row], str] | None = None
    counted: str = N_("共 {total} 项，第 {first}–{last} 项")


@dataclass(frozen=True)
class Heading:
    """The heading of a column on the page; `link` sorts by it, `sorted` is its ARIA value."""

    text: str
    link: str = ""
    sorted: str = ""
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """A part of a list as its page shows it."""

    listing: Listing[Any]
    asked: Asked
    headings: Sequence[Heading]
    rows: Sequence[tuple[str, Sequence[Cell]]]  # the value of the row's box, and the cells
    first: int
    total: int | None
    is_more: bool  # there are more than `total`, which were not counted
    address: Callable[..., str] = field(repr=False)
    next_link: str = ""
    first_link: str = ""
    # Why there are no rows, if what filters say was refused: by filter, or else in one sentence.
    errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""

    @property
    def last(self) -> int:
        """The number of the last row shown, where the list's first row is 1."""
        return self.first + len(self.rows) - 1

    @property
    def is_filtered(self) -> bool:
        """Whether the visitor has set any filter."""
        return any(self.asked[one.name] != one.usual for one in self.listing.filters)


async def show(
    visit: Visit, listing: Listing[Any], template: str = "list.html", **values: Any
) -> Response:
    """Returns the page of a list, or the whole list as a file if the address asks for one."""
    asked = _asked(visit, listing)
    if visit.query("as") in list_files.KINDS:
        return await _file(visit, listing, asked)
    table = await read_table(visit, listing, asked)
    answer = visit.page(template, table=table, title=visit.say(listing.title), **values)
    _remember(visit, listing.path, table.address(), answer)
    return answer


async def read_table(visit: Visit, listing: Listing[Row], asked: Asked | None = None) -> Table:
    """Reads the part of a list that the address names, for a page that shows more than the list."""
    asked = asked or _asked(visit, listing)
    chunk, errors, refusal = await _read(visit, listing, asked)
    first = _number(visit, "from") or 1
    total, is_more = _total(visit, chunk, first)
    address = _addresses(visit, listing)
    told = f"{total or ''}{_MORE if is_more else ''}"
    following = {"page": chunk.next_token, "from": first + len(chunk.rows), "of": told}
    return Table(
        listing=listing,
        asked=asked,
        headings=[_heading(visit, column, asked, address) for column in listing.columns],
        rows=[_row(listing, row) for row in chunk.rows],
        first=first,
        total=total,
        is_more=is_more,
        address=address,
        next_link=address(**following) if chunk.next_token else "",
        first_link=address(page="") if asked.page_token else "",
        errors=errors,
        refusal=refusal,
    )


async def _read(
    visit: Visit, listing: Listing[Row], asked: Asked
) -> tuple[Chunk[Row], Mapping[str, str], str]:
    """The part of the list, or no rows and the reasons if what filters say was refused."""
    try:
        return await listing.read(asked), {}, ""
    except Refusal as refusal:
        typed = any(asked.filters.values()) and not asked.page_token
        if refusal.code is not StatusCode.INVALID_ARGUMENT or not typed:
            raise
        filters = {one.asks or one.name: one.name for one in listing.filters}
        errors = faults_by_field(
            refusal, visit.language, lambda path: filters.get(last_name(path), last_name(path))
        )
        return Chunk([]), errors, "" if errors else message_of(refusal, visit.language)


def list_address(visit: Visit, path: str) -> str:
    """Returns the address of a list as the visitor last saw it: same filters, order and page."""
    owner, _, query = visit.request.cookies.get(_cookie(path), "").partition(":")
    return f"{path}?{query}" if query and owner == _owner(visit) else path


def _asked(visit: Visit, listing: Listing[Any]) -> Asked:
    known = {column.order_by for column in listing.columns if column.order_by}
    sort = visit.query("sort")
    name = sort.removeprefix("-")
    order = f"{name} desc" if sort.startswith("-") else name
    return Asked(
        filters={one.name: one.read(visit) for one in listing.filters},
        order_by=order if name in known else "",
        page_token=visit.query("page"),
    )


def _row(listing: Listing[Row], row: Row) -> tuple[str, list[Cell]]:
    key = listing.key(row) if listing.key else ""
    return key, [column.cell(row) for column in listing.columns]


def _heading(
    visit: Visit, column: Column[Any], asked: Asked, address: Callable[..., str]
) -> Heading:
    text = visit.say(column.heading)
    if not column.order_by:
        return Heading(text, numeric=column.numeric)
    name, _, direction = asked.order_by.partition(" ")
    now = ("descending" if direction else "ascending") if name == column.order_by else "none"
    sort = f"-{column.order_by}" if now == "ascending" else column.order_by
    return Heading(text, address(sort=sort, page=""), now, column.numeric)


def _addresses(visit: Visit, listing: Listing[Any]) -> Callable[..., str]:
    """The addresses of the list: the present one with some parts changed, others taken out."""
    kept = {one.name: one.read(visit) for one in listing.filters}
    kept |= {name: visit.query(name) for name in _OF_THE_PAGE}

    def address(**changes: Any) -> str:
        parts = {**kept, **changes}
        if not parts["page"]:
            parts |= {"from": "", "of": ""}
        query = urlencode({name: value for name, value in parts.items() if value})
        return f"{listing.path}?{query}" if query else listing.path

    return address


def _total(visit: Visit, chunk: Chunk[Any], first: int) -> tuple[int | None, bool]:
    """How many there are: told on the first page, then carried in the address."""
    if chunk.total is not None:
        return chunk.total, chunk.is_more
    if not chunk.next_token and first == 1:
        return len(chunk.rows), False
    told = visit.query("of")
    return whole_number(told.removesuffix(_MORE)), told.endswith(_MORE)


def _number(visit: Visit, name: str) -> int | None:
    return whole_number(visit.query(name))


def _remember(visit: Visit, path: str, address: str, answer: Response) -> None:
    """Lets the browser keep the list's filters, order and page while it is open."""
    query = address.partition("?")[2]
    if visit.session is None or len(query) > LONGEST_KEPT:
        return
    value = f"{_owner(visit)}:{query}"
    answer.set_cookie(_cookie(path), value, httponly=True, samesite="lax", path=path)


def _cookie(path: str) -> str:
    return "quanheng_list" + path.replace("/", "_")


def _owner(visit: Visit) -> str:
    return visit.person.account_id[:8]


async def _file(visit: Visit, listing: Listing[Any], asked: Asked) -> Response:
    """The whole list as a file: at once, or in the background if it is long."""
    read_for(EXPORTING)
    kind, title = visit.query("as"), visit.say(listing.title)
    headings = [visit.say(column.heading) for column in listing.columns]
    first = await listing.read(_part(asked, ""))

    async def read(page_token: str) -> tuple[list[list[Value]], str]:
        chunk = await listing.read(_part(asked, page_token)) if page_token else first
        rows = [[column.cell(row).plain for column in listing.columns] for row in chunk.rows]
        return rows, chunk.next_token

    total = first.total or len(first.rows)
    if visit.session is None or not (first.is_more or total > exports.LONG):
        return await list_files.KINDS[kind](title, headings, read)
    address = _addresses(visit, listing)(page="")
    wanted = Wanted(
        owner=visit.session.cookie_hash,
        cookie=visit.request.cookies.get(COOKIE, ""),
        address=address,
        title=title,
        kind=kind,
        total=0 if first.is_more else total,
    )
    return visit.redirect(f"/exports/{await visit.portal.exports.begin(wanted, headings, read)}")


def _part(asked: Asked, page_token: str) -> Asked:
    return Asked(asked.filters, asked.order_by, FILE_PAGE_SIZE, page_token)
