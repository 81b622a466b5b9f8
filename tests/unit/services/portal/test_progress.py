"""The events of long work: what they say, and when they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from plumbing.client import Refusal
from services.portal import progress
from services.portal.progress import Progress, events

RUNNING, DONE = Progress("正在导入", 1, 2), Progress("完成", 2, 2, ended=True)


class Sessions:
    """Sessions, of which one is there until it is signed out."""

    def __init__(self) -> None:
        self.open = True

    async def find(self, _cookie: str) -> object | None:
        return object() if self.open else None


class AVisit:
    """A visit of somebody who is signed in."""

    def __init__(self) -> None:
        self.sessions, self.stopping = Sessions(), asyncio.Event()
        self.portal, self.request, self.cookies = self, self, dict[str, str]()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "ASK_EVERY_SECONDS", 0.01)


async def stream(visit: AVisit, *answers: Progress | Refusal) -> AsyncIterator[bytes]:
    """The events of work that stands like this each time it is asked for; the last stays."""
    left = list(answers)

    async def ask_now() -> Progress:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Refusal):
            raise answer
        return answer

    given: Any = visit
    response: Any = await events(given, ask_now)
    async for part in response.body_iterator:
        yield part


async def test_each_change_is_told_once_and_the_end_ends_it() -> None:
    found = [part async for part in stream(AVisit(), RUNNING, RUNNING, RUNNING, DONE)]
    names = [part.split(b"\n")[0] for part in found]
    assert names == [b"event: progress", b"event: ended"]
    told = json.loads(found[0].split(b"data: ")[1])
    assert told == {"words": "正在导入", "done": 1, "total": 2}


async def test_it_ends_when_the_visitor_signs_out() -> None:
    visit = AVisit()
    parts = stream(visit, RUNNING)
    assert b"progress" in await anext(parts)
    visit.sessions.open = False
    assert [part async for part in parts] == []


async def test_it_ends_when_the_portal_stops() -> None:
    visit = AVisit()
    parts = stream(visit, RUNNING)
    assert b"progress" in await anext(parts)
    visit.stopping.set()
    assert [part async for part in parts] == []


async def test_it_ends_when_the_service_refuses() -> None:
    refusal = Refusal.__new__(Refusal)
    assert len([part async for part in stream(AVisit(), RUNNING, refusal)]) == 1


async def test_it_says_something_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SAY_SOMETHING_SECONDS", 0.0)
    parts = stream(AVisit(), RUNNING)
    await anext(parts)
    assert (await anext(parts)).startswith(b":")


async def test_it_ends_by_itself_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LONGEST_SECONDS", 0.0)
    assert len([part async for part in stream(AVisit(), RUNNING)]) == 1
