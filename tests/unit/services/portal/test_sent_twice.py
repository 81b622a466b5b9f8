"""Forms that are sent twice: by a second click, or changed after they were carried out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from sqlmodel import select
from starlette.datastructures import FormData
from starlette.responses import Response

from plumbing import migrations
from plumbing.client import Refusal
from plumbing.clock import FixedClock
from plumbing.database import Database
from services.portal.pages import webhooks
from services.portal.second_clicks import KEPT_FOR, SecondClicks
from services.portal.submissions import Submissions
from services.portal.tables import SecondClick
from services.portal.visit import Visit

NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)


def form(**fields: str) -> FormData:
    return FormData({"request_id": "r1", "form_token": "any", **fields})


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'portal.sqlite'}")
    await migrations.upgrade(database, "portal")
    yield database
    await database.close()


async def test_a_form_with_other_content_is_told_apart_from_the_same_once_more(
    database: Database,
) -> None:
    done = Submissions(database, FixedClock(NOW))
    assert await done.earlier("me", form(reasons="a")) == ""
    await done.carried_out("me", form(reasons="a"), "/cases/1")
    assert await done.earlier("me", form(reasons="b")) == "/cases/1"
    assert await done.earlier("me", form(reasons="a", form_token="another")) == ""
    assert await done.earlier("somebody else", form(reasons="b")) == ""
    assert await done.earlier("me", form(reasons="b", request_id="r2")) == ""


async def test_every_replica_of_the_portal_knows_what_one_has_carried_out(
    database: Database,
) -> None:
    one, other = (Submissions(database, FixedClock(NOW)) for _ in range(2))
    for replica in (one, other):  # both clicks of a double click were answered
        await replica.carried_out("me", form(reasons="a"), "/cases/1")
    assert await other.earlier("me", form(reasons="b")) == "/cases/1"


async def test_a_form_without_a_request_id_and_an_old_one_are_forgotten(
    database: Database,
) -> None:
    clock = FixedClock(NOW)
    done = Submissions(database, clock)
    await done.carried_out("me", form(request_id="", reasons="a"), "/cases/1")
    assert await done.earlier("me", form(request_id="", reasons="b")) == ""
    await done.carried_out("me", form(reasons="a"), "/cases/1")
    clock.moment += timedelta(days=1)
    assert await done.earlier("me", form(reasons="b")) == ""


class Desk:
    """Answers once; every further answer is a refusal, as of a code that counts once."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self) -> Response:
        self.asked += 1
        await asyncio.sleep(0)
        if self.asked > 1:
            return Response(status_code=422)
        response = Response(status_code=303, headers={"location": "/home"})
        response.set_cookie("a", "1")
        response.set_cookie("b", "2")
        response.raw_headers = [
            (name, value.partition(b";")[0]) for name, value in response.raw_headers
        ]
        return response


async def test_a_second_click_gets_the_answer_of_the_first_from_every_replica(
    database: Database,
) -> None:
    clock, desk = FixedClock(NOW), Desk()
    one, other = SecondClicks(database, clock), SecondClicks(database, clock)
    answers = await asyncio.gather(one.answer("code", desk), other.answer("code", desk))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert all(answer.headers["location"] == "/home" for answer in answers)
    assert all(answer.headers.getlist("set-cookie") == ["a=1", "b=2"] for answer in answers)
    assert (await other.answer("another code", desk)).status_code == 422
    clock.moment += KEPT_FOR + timedelta(seconds=1)
    assert (await other.answer("code", desk)).status_code == 422
    assert desk.asked == 3


async def test_whoever_reads_the_database_reads_no_answer(database: Database) -> None:
    await SecondClicks(database, FixedClock(NOW)).answer("code", Desk())
    async with database.snapshot() as transaction:
        [row] = await transaction.exec(select(SecondClick))
    assert row.answer
    assert b"/home" not in row.answer
    assert "code" not in row.sent


async def test_what_the_first_click_raises_is_raised_for_both(database: Database) -> None:
    async def fails() -> Response:
        raise RuntimeError("no service")

    clicks = SecondClicks(database, FixedClock(NOW))
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await clicks.answer("code", fails)


@pytest.mark.parametrize("act", ["add", "renew"])
async def test_a_second_click_shows_the_secret_of_a_webhook_that_holds(
    database: Database, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    held: dict[str, str] = {}

    async def ask(request: Any) -> None:
        await asyncio.sleep(0)
        if held.setdefault(request.request_id, request.secret) != request.secret:
            raise Refusal(grpc.StatusCode.ALREADY_EXISTS, "", "已用于另一项请求", "used")

    async def page(_visit: Visit, status: int = 200, **values: Any) -> Response:
        return Response(values.get("secret", ""), status)

    monkeypatch.setattr(webhooks, "ask", ask)
    monkeypatch.setattr(webhooks, "_page", page)
    calls = {name: lambda request: request for name in ("AddWebhook", "RenewWebhookSecret")}
    portal = SimpleNamespace(
        services=SimpleNamespace(webhooks=SimpleNamespace(**calls)),
        second_clicks=SecondClicks(database, FixedClock(NOW)),
    )
    request = SimpleNamespace(method="POST", cookies={"quanheng_session": "s"})
    sent = form(act=act, url="https://erp.example.com/hooks", webhook_id="w1")
    clicks = [Visit(cast("Any", portal), cast("Any", request), None, sent) for _ in range(2)]
    answers = await asyncio.gather(*map(webhooks.page, clicks))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert {bytes(answer.body).decode() for answer in answers} == {held["r1"]}
