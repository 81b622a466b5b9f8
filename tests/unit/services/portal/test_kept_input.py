"""Input that a session's end interrupted reaches its own person, once, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.datastructures import FormData

from plumbing import migrations
from plumbing.clock import FixedClock
from plumbing.database import Database
from protos.identity.v1 import identity_pb2 as identity
from services.portal.kept_input import KeptInput, read_kept
from services.portal.sessions import Sessions

NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
FORM = FormData(
    [("reasons", "第一行\n𠮷"), ("chosen", "a"), ("chosen", "b"), ("old_password", "x"),
     ("form_token", "t"), ("request_id", "r")]
)  # fmt: skip
KEPT = (("reasons", "第一行\n𠮷"), ("chosen", "a"), ("chosen", "b"), ("request_id", "r"))


class Desk:
    """The sessions of a portal, and a clock to let them end."""

    def __init__(self, database: Database) -> None:
        self.clock = FixedClock(NOW)
        self.sessions = Sessions(
            database, self.clock, idle=timedelta(minutes=30), longest=timedelta(hours=12)
        )

    async def sign_in(self, account_id: str) -> str:
        answer = identity.LoginResponse(token="token")
        answer.account.account_id = answer.account.name = account_id
        answer.expires_at.FromDatetime(NOW + timedelta(days=9))
        return await self.sessions.open(answer, "")

    async def send_too_late(self, cookie: str) -> None:
        session = await self.sessions.find(cookie)
        assert session is not None
        self.clock.moment += timedelta(minutes=31)
        assert await self.sessions.find(cookie) is None
        kept = KeptInput.of("/cases/1/decide", FORM)
        await self.sessions.keep(cookie, session.form_token, kept)

    async def taken(self, cookie: str, path: str = "/cases/1/decide") -> KeptInput | None:
        session = await self.sessions.find(cookie)
        assert session is not None
        return await self.sessions.take_kept(session, path)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'portal.sqlite'}")
    await migrations.upgrade(database, "portal")
    yield Desk(database)
    await database.close()


def test_input_is_kept_without_secrets_and_read_as_it_was() -> None:
    kept = KeptInput.of("/x", FORM)
    assert kept.fields == KEPT
    assert read_kept(kept.written()) == kept
    assert read_kept("") is None


async def test_who_signs_in_again_gets_their_input_once(desk: Desk) -> None:
    await desk.send_too_late(await desk.sign_in("anna"))
    await desk.sign_in("bert")  # which clears away what is over
    again = await desk.sign_in("anna")
    assert await desk.taken(again, "/home") is None
    kept = await desk.taken(again)
    assert kept is not None
    assert kept.fields == KEPT
    assert await desk.taken(again) is None


async def test_nobody_else_gets_it(desk: Desk) -> None:
    await desk.send_too_late(await desk.sign_in("anna"))
    assert await desk.taken(await desk.sign_in("bert")) is None


async def test_a_form_without_the_token_of_its_session_is_not_kept(desk: Desk) -> None:
    cookie = await desk.sign_in("anna")
    desk.clock.moment += timedelta(minutes=31)
    await desk.sessions.keep(cookie, "forged", KeptInput.of("/cases/1/decide", FORM))
    assert await desk.taken(await desk.sign_in("anna")) is None


async def test_it_is_forgotten_after_a_day(desk: Desk) -> None:
    await desk.send_too_late(await desk.sign_in("anna"))
    desk.clock.moment += timedelta(days=1)
    await desk.sign_in("bert")
    assert await desk.taken(await desk.sign_in("anna")) is None
