"""Forms that are sent twice: by a second click, or changed after they were carried out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.datastructures import FormData
from starlette.responses import Response

from plumbing import migrations
from plumbing.clock import FixedClock
from plumbing.database import Database
from services.portal.second_clicks import SECONDS, SecondClicks
from services.portal.submissions import Submissions

NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


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
        return Response(status_code=303 if self.asked == 1 else 422)


async def test_a_second_click_gets_the_answer_of_the_first() -> None:
    time, desk = Time(), Desk()
    clicks = SecondClicks(time)
    answers = await asyncio.gather(clicks.answer("code", desk), clicks.answer("code", desk))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert (await clicks.answer("another code", desk)).status_code == 422
    time.now = SECONDS
    assert (await clicks.answer("code", desk)).status_code == 422
    assert desk.asked == 3


async def test_what_the_first_click_raises_is_raised_for_both() -> None:
    async def fails() -> Response:
        raise RuntimeError("no service")

    clicks = SecondClicks()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await clicks.answer("code", fails)
