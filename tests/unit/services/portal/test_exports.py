"""Files of long lists: written in the background, found again, fetched by nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.exceptions import HTTPException

from services.portal import exports
from services.portal.exports import Export, Exports
from services.portal.pages import exports as pages
from tests.unit.services.portal.test_listing import visit

ROWS: list[list[str | int]] = [[f"第{n}行", n] for n in range(25)]


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


def wanted(owner: str = "anna", kind: str = "csv") -> Export:
    return Export(owner, "/names?q=x", "名称", kind, len(ROWS))


async def ended(kept: Exports) -> None:
    await asyncio.gather(*kept._tasks)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_file_is_written_and_found_by_who_asked(kind: str) -> None:
    kept, read = Exports(), Slow()
    export = kept.begin(wanted(kind=kind), ["名称", "数"], read)
    assert (export.state, export.done) == ("writing", 0)
    read.may_go_on.set()
    await ended(kept)
    assert (export.state, export.done) == ("ready", 25)
    assert export.path.stat().st_size > 100
    assert kept.find(export.export_id, "anna") is export
    assert kept.find(export.export_id, "bert") is None
    assert (kept.of("anna"), kept.of("bert")) == ([export], [])
    await kept.close()
    assert not export.path.exists()


async def test_the_same_list_is_written_once_at_a_time() -> None:
    kept, read = Exports(), Slow()
    first = kept.begin(wanted(), ["名称", "数"], read)
    assert kept.begin(wanted(), ["名称", "数"], read) is first
    assert kept.begin(wanted(kind="xlsx"), ["名称", "数"], read) is not first
    assert kept.begin(wanted("bert"), ["名称", "数"], read) is not first
    read.may_go_on.set()
    await ended(kept)
    assert kept.begin(wanted(), ["名称", "数"], read) is not first
    await kept.close()


async def test_a_service_that_is_away_ends_it_and_is_told() -> None:
    kept, read = Exports(), Slow()
    read.fails = True
    export = kept.begin(wanted(), ["名称", "数"], read)
    read.may_go_on.set()
    await ended(kept)
    assert export.state == "failed"
    await kept.close()


async def test_a_file_is_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, read = Exports(), Slow()
    read.may_go_on.set()
    export = kept.begin(wanted(), ["名称", "数"], read)
    await ended(kept)
    monkeypatch.setattr(exports, "KEPT_SECONDS", -1.0)
    kept.begin(wanted("bert"), ["名称", "数"], read)
    assert kept.find(export.export_id, "anna") is None
    assert not export.path.exists()
    await ended(kept)
    await kept.close()


async def test_its_page_shows_a_bar_then_the_file_or_that_it_failed() -> None:
    reader, read = visit("/exports/x"), Slow()
    kept = reader.portal.exports
    export = kept.begin(wanted(owner="合成"), ["名称", "数"], read)
    reader.request.scope["path_params"] = {"export_id": export.export_id}

    async def shown() -> str:
        return bytes((await pages.one(reader)).body).decode()

    assert f'data-events="/exports/{export.export_id}/progress"' in await shown()
    with pytest.raises(HTTPException):
        await pages.file(reader)
    read.may_go_on.set()
    await ended(kept)
    assert f'href="/exports/{export.export_id}/file"' in await shown()
    answer = await pages.file(reader)
    assert "filename" in answer.headers["content-disposition"]
    assert export.title in bytes((await pages.listing(reader)).body).decode()
    export.state = "failed"
    assert "未能写完" in await shown()
    reader.request.scope["path_params"] = {"export_id": "another"}
    with pytest.raises(HTTPException):
        await pages.one(reader)
    await kept.close()
