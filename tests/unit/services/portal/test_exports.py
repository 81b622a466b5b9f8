"""Files of long lists: written in the background, found again, fetched by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from sqlmodel import select
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

from plumbing import migrations
from plumbing.clock import FixedClock
from plumbing.database import Database
from services.portal import exports
from services.portal.exports import KEPT_FOR, SILENT_FOR, Exports, Wanted
from services.portal.pages import exports as pages
from services.portal.tables import ListExport, ListExportPiece
from tests.unit.services.portal.test_listing import visit

ROWS: list[list[str | int]] = [[f"第{n}行", n] for n in range(25)]
NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
COOKIE = "the cookie of anna"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'portal.sqlite'}")
    await migrations.upgrade(database, "portal")
    yield database
    await database.close()


class Slow:
    """A list of 25 rows in parts of ten; each part waits until it may go on."""

    def __init__(self) -> None:
        self.may_go_on, self.fails = asyncio.Event(), False

    async def __call__(self, page_token: str) -> tuple[Sequence[Sequence[str | int]], str]:
        await self.may_go_on.wait()
        if self.fails:
            raise ConnectionError("planted")
        start = int(page_token or 0)
        return ROWS[start : start + 10], str(start + 10) if start + 10 < len(ROWS) else ""


def wanted(owner: str = "anna", kind: str = "csv") -> Wanted:
    return Wanted(owner, COOKIE, "/names?q=x", "名称", kind, len(ROWS))


def kept_at(database: Database, later: timedelta = timedelta()) -> Exports:
    return Exports(database, FixedClock(NOW + later))


async def ended(kept: Exports) -> None:
    await asyncio.gather(*kept._tasks)


async def state(kept: Exports, export_id: str) -> str:
    found = await kept.find(export_id, "anna")
    return found.state if found else ""


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_file_is_written_by_one_replica_and_sent_by_another(
    database: Database, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE_BYTES", 100)
    kept, other, read = kept_at(database), kept_at(database), Slow()
    export_id = await kept.begin(wanted(kind=kind), ["名称", "数"], read)
    assert await state(other, export_id) == "writing"
    read.may_go_on.set()
    await ended(kept)
    found = await other.find(export_id, "anna")
    assert found is not None
    assert (found.state, found.done, found.total) == ("ready", 25, 25)
    assert await other.find(export_id, "bert") is None
    assert await other.of("bert") == []
    content = b"".join([piece async for piece in other.content(export_id, COOKIE)])
    assert content.startswith(b"PK" if kind == "xlsx" else b"\xef\xbb\xbf")
    if kind == "csv":
        assert len(content.decode("utf-8-sig").splitlines()) == 26


async def test_whoever_reads_the_database_reads_no_list(database: Database) -> None:
    kept, read = kept_at(database), Slow()
    read.may_go_on.set()
    export_id = await kept.begin(wanted(), ["名称", "数"], read)
    await ended(kept)
    async with database.snapshot() as transaction:
        pieces = list(await transaction.exec(select(ListExportPiece)))
    assert pieces
    assert all("第1行".encode() not in piece.content for piece in pieces)
    with pytest.raises(InvalidTag):
        await anext(kept.content(export_id, "anna"))  # what the database knows of the cookie


async def test_the_same_list_is_written_once_at_a_time(database: Database) -> None:
    kept, other, read = kept_at(database), kept_at(database), Slow()
    first = await kept.begin(wanted(), ["名称", "数"], read)
    assert await other.begin(wanted(), ["名称", "数"], read) == first
    assert await kept.begin(wanted(kind="xlsx"), ["名称", "数"], read) != first
    assert await kept.begin(wanted("bert"), ["名称", "数"], read) != first
    read.may_go_on.set()
    await ended(kept)
    assert await kept.begin(wanted(), ["名称", "数"], read) != first
    await kept.close()


async def test_a_service_that_is_away_or_a_process_that_ends_is_told(database: Database) -> None:
    kept, read = kept_at(database), Slow()
    read.fails = True
    failing = await kept.begin(wanted(), ["名称", "数"], read)
    read.may_go_on.set()
    await ended(kept)
    assert await state(kept, failing) == "failed"
    stopped = await kept.begin(wanted(), ["名称", "数"], Slow())
    await asyncio.sleep(0)  # its task has begun
    await kept.close()
    assert await state(kept, stopped) == "failed"
    async with database.transaction() as transaction:
        await transaction.exec(sa.update(ListExport).values(state="writing"))  # killed
    assert await state(kept_at(database, SILENT_FOR), stopped) == "writing"
    later = kept_at(database, SILENT_FOR + timedelta(seconds=1))
    assert await state(later, stopped) == "failed"


async def test_a_file_is_kept_for_an_hour(database: Database) -> None:
    kept, read = kept_at(database), Slow()
    read.may_go_on.set()
    export_id = await kept.begin(wanted(), ["名称", "数"], read)
    await ended(kept)
    later = kept_at(database, KEPT_FOR + timedelta(seconds=1))
    assert await later.find(export_id, "anna") is None
    await later.begin(wanted("bert"), ["名称", "数"], read)
    await ended(later)
    async with database.snapshot() as transaction:
        assert {one.owner for one in await transaction.exec(select(ListExport))} == {"bert"}
        pieces = await transaction.exec(select(ListExportPiece.export_id))
        assert export_id not in set(pieces)


async def test_its_page_shows_a_bar_then_the_file_or_that_it_failed(database: Database) -> None:
    kept, reader, read = kept_at(database), visit("/exports/x"), Slow()
    reader.portal = replace(reader.portal, exports=kept)
    reader.request.scope["headers"] = [(b"cookie", b"quanheng_session=c00kie")]
    asked = replace(wanted(owner="合成"), cookie="c00kie")
    export_id = await kept.begin(asked, ["名称", "数"], read)
    reader.request.scope["path_params"] = {"export_id": export_id}

    async def shown() -> str:
        return bytes((await pages.one(reader)).body).decode()

    assert f'data-events="/exports/{export_id}/progress"' in await shown()
    with pytest.raises(HTTPException):
        await pages.file(reader)
    read.may_go_on.set()
    await ended(kept)
    assert f'href="/exports/{export_id}/file"' in await shown()
    answer = await pages.file(reader)
    assert isinstance(answer, StreamingResponse)
    assert "filename" in answer.headers["content-disposition"]
    sent = b"".join([bytes(piece) async for piece in answer.body_iterator])  # type: ignore[arg-type]
    assert "第24行" in sent.decode()
    assert "名称" in bytes((await pages.listing(reader)).body).decode()
    await kept._fail(export_id)
    assert "未能写完" in await shown()
    reader.request.scope["path_params"] = {"export_id": "another"}
    with pytest.raises(HTTPException):
        await pages.one(reader)
