"""Lists as pages and files: filters, order and place from the address; every row in the file."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, quote, urlsplit

import grpc
import pytest
from python_calamine import CalamineWorkbook
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from plumbing.client import Refusal
from plumbing.settings import Settings
from services.portal import exports
from services.portal.exports import Wanted
from services.portal.list_files import Read
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    day_of,
    list_address,
    read_table,
    show,
)
from services.portal.saying import Tag
from services.portal.tables import PortalSession
from services.portal.visit import Portal, Visit

NAMES = [f"第{n:04}号𠮷记" for n in range(2345)]


class Register:
    """A list of names in parts, as a service gives it; remembers what it was asked."""

    def __init__(self, names: Sequence[str] = NAMES) -> None:
        self.names = names
        self.asked: list[Asked] = []

    async def __call__(self, asked: Asked) -> Chunk[str]:
        self.asked.append(asked)
        found = [name for name in self.names if asked["q"] in name]
        if asked.order_by.endswith(" desc"):
            found.reverse()
        start = int(asked.page_token or 0)
        end = start + asked.page_size
        more = str(end) if end < len(found) else ""
        total = len(found) if more and not start else None
        return Chunk(found[start:end], more, total)


def listing(read: Register) -> Listing[str]:
    return Listing(
        path="/names",
        title="名称",
        columns=(
            Column("名称", lambda name: Cell(name, link="/names/1"), order_by="name"),
            Column("字数", len, numeric=True),
            Column("日期", lambda _: date(2026, 10, 16)),
            Column("状态", lambda _: Cell(tag=Tag("红色警示", "■", "govuk-tag--red"))),
            Column("说明", lambda _: "=1+1"),
        ),
        filters=(Filter("q", "名称中有"), Filter("kind", "只看", (("a", "甲"), ("b", "乙")))),
        read=read,
        empty="没有",
    )


def visit(address: str, cookies: str = "", *, signed_in: bool = True) -> Visit:
    parts = urlsplit(address)
    scope = {
        "type": "http",
        "method": "GET",
        "path": parts.path,
        "query_string": quote(parts.query, safe="=&%-").encode(),
        "headers": [(b"cookie", cookies.encode())],
        "server": ("portal", 80),
        "scheme": "http",
    }
    nobody = cast("Any", None)
    texts: dict[str, Any] = dict.fromkeys(
        ("cookie_hash", "token", "display_name", "bureau", "subject_id", "form_token"), "合成"
    )
    times: dict[str, Any] = dict.fromkeys(
        ("opened_at", "seen_at", "token_ends_at"), datetime(2026, 9, 14, tzinfo=UTC)
    )
    session = PortalSession(account_id="0123456789", roles=["caseworker"], **texts, **times)
    seven = (nobody, nobody, nobody, nobody, nobody, nobody, nobody)
    portal = Portal(Settings(), *seven, None, nobody)
    return Visit(portal, Request(scope), session if signed_in else None)


def page(address: str, read: Register | None = None, **values: Any) -> str:
    answer = asyncio.run(show(visit(address), listing(read or Register()), **values))
    return bytes(answer.body).decode()


def file(address: str, read: Register | None = None) -> bytes:
    async def received() -> bytes:
        answer = await show(visit(address), listing(read or Register()))
        assert isinstance(answer, StreamingResponse)
        parts = [part async for part in answer.body_iterator]
        return b"".join(part if isinstance(part, bytes) else b"" for part in parts)

    return asyncio.run(received())


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_the_count_is_told_on_every_page() -> None:
    read = Register()
    assert "共 2,345 项，第 1–50 项" in page("/names", read)
    table = asyncio.run(read_table(visit("/names"), listing(read)))
    second = page(table.next_link, read)
    assert "共 2,345 项，第 51–100 项" in second
    assert "第一页" in second


def test_what_is_usual_holds_until_something_else_is_chosen() -> None:
    read = Register()
    kinds = Filter("kind", "只看", (("a", "甲"), ("b", "乙")), usual="a")
    shown = replace(listing(read), filters=(kinds,))

    def told(address: str) -> str:
        return bytes(asyncio.run(show(visit(address), shown)).body).decode()

    usual = told("/names")
    assert read.asked[-1]["kind"] == "a"
    assert '<option value="a" selected>' in usual
    assert "全部" not in usual
    read.names = []
    assert "去掉筛选" not in told("/names?kind=a")
    assert "去掉筛选" in told("/names?kind=b")
    assert read.asked[-1]["kind"] == "b"


def test_a_short_list_is_counted_and_has_no_pages() -> None:
    text = page("/names", Register(NAMES[:3]))
    assert "共 3 项，第 1–3 项" in text
    assert "govuk-pagination" not in text


def test_a_heading_sorts_one_way_then_the_other_and_says_so() -> None:
    read = Register()
    once = asyncio.run(read_table(visit("/names?q=号&page=50&from=51"), listing(read)))
    assert once.headings[0].sorted == "none"
    assert query(once.headings[0].link) == {"q": "号", "sort": "name"}
    twice = asyncio.run(read_table(visit(once.headings[0].link), listing(read)))
    assert (twice.headings[0].sorted, read.asked[-1].order_by) == ("ascending", "name")
    back = asyncio.run(read_table(visit(twice.headings[0].link), listing(read)))
    assert (back.headings[0].sorted, read.asked[-1].order_by) == ("descending", "name desc")
    assert 'aria-sort="descending"' in page(twice.headings[0].link, read)


@pytest.mark.parametrize("sort", ["points", "-points", "name desc", "--name", ""])
def test_an_order_that_the_list_does_not_offer_is_ignored(sort: str) -> None:
    read = Register()
    page(f"/names?sort={sort}", read)
    assert read.asked[-1].order_by == ""


def test_a_filter_takes_only_what_it_offers() -> None:
    read = Register()
    page("/names?q=0001&kind=c&other=x", read)
    assert read.asked[-1].filters == {"q": "0001", "kind": ""}
    page("/names?kind=b", read)
    assert read.asked[-1]["kind"] == "b"


def test_an_empty_list_says_what_to_do() -> None:
    text = page("/names?q=没有的名称")
    assert "没有" in text
    assert "去掉筛选，看全部" in text


def test_a_csv_file_has_every_row_as_on_the_page_and_no_formula() -> None:
    content = file("/names?as=csv&page=50")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["名称", "字数", "日期", "状态", "说明"]
    assert [row[0] for row in rows[1:]] == NAMES
    assert rows[1][1:] == ["8", "2026-10-16", "红色警示", "'=1+1"]


def test_a_workbook_has_every_row_that_the_filters_leave(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(file("/names?as=xlsx&q=第2&sort=-name"))
    heads, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert heads == ["名称", "字数", "日期", "状态", "说明"]
    assert [row[0] for row in rows] == NAMES[2000:][::-1]
    assert rows[0][1:] == [8, date(2026, 10, 16), "红色警示", "=1+1"]


class Begun:
    """Takes what a page has written in the background, and reads it to the end."""

    def __init__(self) -> None:
        self.wanted: list[Wanted] = []
        self.rows = 0

    async def begin(self, wanted: Wanted, _headings: Sequence[str], read: Read) -> str:
        self.wanted.append(wanted)
        rows, token = await read("")
        self.rows = len(rows)
        while token:
            rows, token = await read(token)
            self.rows += len(rows)
        return "the-id"


def test_a_long_list_becomes_a_file_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "LONG", 2000)
    begun = Begun()

    async def asked() -> Response:
        reader = visit("/names?as=csv&q=号", "quanheng_session=c00kie")
        reader.portal = replace(reader.portal, exports=cast("Any", begun))
        return await show(reader, listing(Register()))

    assert asyncio.run(asked()).headers["location"] == "/exports/the-id"
    [wanted] = begun.wanted
    assert (wanted.owner, wanted.cookie, wanted.total) == ("合成", "c00kie", 2345)
    assert begun.rows == 2345
    assert urlsplit(wanted.address).path == "/names"
    short = asyncio.run(show(visit("/names?as=csv&q=第2"), listing(Register())))
    assert short.status_code == 200


def test_a_file_that_fails_at_the_first_part_is_not_begun() -> None:
    class Down(Register):
        async def __call__(self, asked: Asked) -> Chunk[str]:
            raise ConnectionError

    for kind in ("csv", "xlsx"):
        with pytest.raises(ConnectionError):
            file(f"/names?as={kind}", Down())


def test_who_returns_finds_the_list_as_it_was_left() -> None:
    left = "q=%E5%8F%B7&sort=-name&page=50&from=51"
    answer = asyncio.run(show(visit(f"/names?{left}"), listing(Register())))
    cookie = answer.headers["set-cookie"]
    assert "Path=/names" in cookie
    assert "HttpOnly" in cookie
    again = visit("/names/1", cookie.partition(";")[0])
    assert query(list_address(again, "/names")) == query(f"?{left}")
    assert list_address(visit("/names/1"), "/names") == "/names"
    other = visit("/names/1", "quanheng_list_names=somebody:q=x")
    assert list_address(other, "/names") == "/names"


def test_a_public_list_leaves_no_cookie() -> None:
    async def shown() -> Response:
        return await show(visit("/names?q=x", signed_in=False), listing(Register()))

    assert "set-cookie" not in asyncio.run(shown()).headers


def test_a_table_of_ten_thousand_rows_is_shown_by_page() -> None:
    read = Register([f"第{n:05}号" for n in range(10_000)])
    text = page("/names?page=9950&from=9951&of=10000", read)
    assert "共 10,000 项，第 9,951–10,000 项" in text
    assert text.count('class="govuk-table__row"') == 51


def test_a_day_of_a_service_is_shown_as_a_day() -> None:
    assert day_of("2026-10-16") == date(2026, 10, 16)
    assert day_of("") is None


def test_a_filter_that_is_refused_is_named_and_led_to() -> None:
    async def read(_asked: Asked) -> Chunk[str]:
        fault = ("name_contains", "格式不符", "has a wrong form")
        raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT", "有误", "wrong", (fault,))

    names = replace(listing(Register()), read=read, filters=[FILTER])
    answer = asyncio.run(show(visit("/names?q=33x"), names))
    html = bytes(answer.body).decode()
    assert '<li><a href="#q">名称中有：格式不符</a></li>' in html
    assert 'href="/names">去掉筛选，看全部</a>' in html


FILTER = Filter("q", "名称中有（如 甲）", asks="name_contains")
