"""Letters are numbered for each bureau, title and year, without gaps, whoever writes at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest

from plumbing.change import Changes
from plumbing.clock import FixedClock, SystemClock
from plumbing.database import Database
from plumbing.identity import Caller, Role, set_current_caller
from plumbing.papers.servicer import LetterServicer
from protos.letters.v1 import letters_pb2 as pb
from services.objection import queries
from services.objection.numbers import next_letter_number
from services.objection.tables import CaseLetter
from tests.postgres import Databases

TITLE = "异议处理决定书"
CALLER = Caller("c", "c", frozenset({Role.PUBLIC}))
NOON = datetime(2026, 9, 14, 4, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    """The tables of objection."""
    database = await databases.migrated(tmp_path, "objection")
    yield database
    await database.close()


async def test_letters_written_at_once_get_each_number_once(database: Database) -> None:
    changes = Changes(database, FixedClock(NOON))

    async def number(title: str, bureau: str = "330106") -> str:
        async with changes.change(CALLER) as change:
            return await next_letter_number(change, title, bureau)

    given = await asyncio.gather(*(number(TITLE) for _ in range(8)))
    assert sorted(given) == [f"{TITLE}〔2026〕330106-{n:04d}号" for n in range(1, 9)]
    assert await number("不予信用修复决定书") == "不予信用修复决定书〔2026〕330106-0001号"
    assert await number(TITLE, "330110") == f"{TITLE}〔2026〕330110-0001号"


async def test_a_number_of_a_letter_that_failed_is_given_again(database: Database) -> None:
    changes = Changes(database, FixedClock(NOON))

    async def fail() -> None:
        async with changes.change(CALLER) as change:
            await next_letter_number(change, TITLE, "330106")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with changes.change(CALLER) as change:
        assert (await next_letter_number(change, TITLE, "330106")).endswith("-0001号")


async def test_anybody_with_number_and_code_learns_that_a_letter_is_genuine(
    database: Database,
) -> None:
    changes = Changes(database, SystemClock())
    body = "案号：异议〔2026〕330106-0001号\n测试单位：\n正文\n西湖区市场监督管理局\n2026年9月14日"
    number = f"{TITLE}〔2026〕330106-0001号"
    async with changes.change(CALLER) as change:
        change.session.add(
            CaseLetter(
                case_id="c",
                title=TITLE,
                letter_id="l",
                body=body,
                issued_at=NOON,
                number=number,
                check_code="AAAA-BBBB",
            )
        )
        change.session.add(
            CaseLetter(case_id="old", title=TITLE, letter_id="o", body=body, issued_at=NOON)
        )
    servicer = LetterServicer(changes, queries.find_letters)
    set_current_caller(CALLER)

    async def check(number: str, code: str) -> pb.CheckLetterResponse:
        request = pb.CheckLetterRequest(number=number, check_code=code)
        return await servicer.CheckLetter(request, grpc.aio.ServicerContext)

    found = await check(f"{TITLE}[2026] 330106-0001", "aaaabbbb")
    assert (found.genuine, found.number, found.title) == (True, number, TITLE)
    assert (found.bureau_name, found.issued_on) == ("西湖区市场监督管理局", "2026-09-14")
    for wrong in (
        (number, "AAAA-BBBC"),
        (f"{TITLE}〔2026〕330106-0002号", "AAAA-BBBB"),
        ("号", "-"),
    ):
        assert await check(*wrong) == pb.CheckLetterResponse()
