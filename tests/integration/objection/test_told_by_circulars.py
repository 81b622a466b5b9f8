"""Whom a circular told of whom: a sharing each, and a notice once the subject is off the list."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from law.objection import CaseKind, Outcome
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.envelope import Received
from plumbing.identity import Caller, Role, service_caller
from plumbing.view import open_view
from protos.alerts.v1 import circulars_pb2 as circulars
from protos.alerts.v1.events_pb2 import CircularEntryEnded, CircularIssued, CircularOffice
from protos.objection.v1 import sharings_pb2 as pb
from services.objection.sharings import commands, queries
from services.objection.sharings.circulars import circular_entry_ended, circular_issued
from services.objection.sharings.concerned import sharings_of
from services.objection.sharings.tables import Sharing
from services.objection.tables import Case
from tests.postgres import Databases

NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)
BUREAU = "330106"
OFFICE = CircularOffice(bureau=BUREAU, name="测试区市场监督管理局", phone="0571-00000000")
NUMBER = f"通报〔2026〕{BUREAU}-0001号"
CASEWORKER = Caller("account/case", "办案人员", frozenset({Role.CASEWORKER}), BUREAU)
ENTRIES = [
    circulars.CircularEntry(entry_id="1", subject_id="s1", subject_name="测试加油站"),
    circulars.CircularEntry(entry_id="2", subject_id="s2", subject_name="测试菜场"),
]


def issued() -> CircularIssued:
    receivers = [
        circulars.CircularReceiver(
            authority_id="housing", name="样例市住建局（合成）", email="a@housing.test.example",
            uses=["公开招标"],
        ),
        circulars.CircularReceiver(
            authority_id="council", name="样例区政府（合成）", address="样例路1号",
            uses=["政策应用"],
        ),
    ]  # fmt: skip
    event = CircularIssued(
        circular_id="c1", number=NUMBER, office=OFFICE, receivers=receivers, entries=ENTRIES
    )
    event.at.FromDatetime(NOW)
    return event


class Heard:
    """Objection as it hears of circulars, each event twice."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, FixedClock(NOW)
        self.changes = Changes(database, self.clock)

    async def hear(self, handler: Any, event: Any) -> None:
        for _ in range(2):
            async with self.changes.change(service_caller("objection")) as change:
                await handler(
                    change, Received(uuid4(), event, "circular/c1", 1, BUREAU, NOW, "", 1, 1)
                )

    async def sharings(self) -> list[Sharing]:
        async with self.database.snapshot() as session:
            rows = (await session.exec(select(Sharing))).all()
        return sorted(rows, key=lambda one: (one.subject_id, one.receiver))

    async def notices(self) -> list[pb.ReceiverNotice]:
        async with open_view(self.database, self.clock, CASEWORKER) as view:
            request = pb.ListReceiverNoticesRequest()
            return list((await queries.list_receiver_notices(view, request)).notices)


@pytest.fixture
async def heard(databases: Databases, tmp_path: Path) -> AsyncIterator[Heard]:
    database = await databases.migrated(tmp_path, "objection")
    yield Heard(database)
    await database.close()


async def test_each_subject_of_which_an_authority_was_told_is_a_sharing_once(
    heard: Heard,
) -> None:
    await heard.hear(circular_issued, issued())
    found = await heard.sharings()
    assert [(one.subject_id, one.receiver) for one in found] == [
        ("s1", "样例区政府（合成）"), ("s1", "样例市住建局（合成）"),
        ("s2", "样例区政府（合成）"), ("s2", "样例市住建局（合成）"),
    ]  # fmt: skip
    council = found[0]
    assert (council.way, council.document, council.purpose) == ("circular", NUMBER, "政策应用")
    assert (council.contact, council.with_grade, council.record_ids) == ("样例路1号", True, [])


async def test_who_was_told_hears_once_that_a_subject_came_off_the_list(heard: Heard) -> None:
    await heard.hear(circular_issued, issued())
    ended = CircularEntryEnded(
        circular_id="c1", number=NUMBER, office=OFFICE, entry=ENTRIES[0], reasons="等级已变动。"
    )
    await heard.hear(circular_entry_ended, ended)
    [by_hand] = await heard.notices()  # the other one is mailed
    assert (by_hand.receiver, by_hand.case_number) == ("样例区政府（合成）", NUMBER)
    assert "向贵单位通报了测试加油站的计量信用情况" in by_hand.body
    assert "已从曝光名单撤下：等级已变动。" in by_hand.body
    assert by_hand.due_on == "2026-09-20"  # a Sunday on which people work
    request = pb.RecordNoticeSentRequest(
        request_id=str(uuid4()), notice_id=by_hand.notice_id, sent_on="2026-09-14",
        means="posted", remark="挂号 1 号",
    )  # fmt: skip
    answer = await heard.changes.once(
        CASEWORKER, request, commands.record_notice_sent, pb.RecordNoticeSentResponse
    )
    assert (answer.notice.state, answer.notice.case_number) == ("sent", NUMBER)
    assert await heard.notices() == []


async def test_who_got_the_list_of_a_grade_hears_once_that_a_subject_is_on_it_no_more(
    heard: Heard,
) -> None:
    number, cite = "信用名单推送函〔2026〕330106-0002号", "S4 四(五)E3"
    pushed = issued()
    pushed.MergeFrom(CircularIssued(number=number, cite=cite))
    await heard.hear(circular_issued, pushed)
    ended = CircularEntryEnded(
        circular_id="c1",
        office=OFFICE,
        entry=ENTRIES[0],
        reasons="计量信用等级已经变动。",
        of_grade=True,
        number=number,
        cite=cite,
    )
    await heard.hear(circular_entry_ended, ended)
    [by_hand] = await heard.notices()
    assert by_hand.title == "信用名单变更：测试加油站"
    assert "已不在该名单的范围内：计量信用等级已经变动。" in by_hand.body
    assert "曝光" not in by_hand.body


async def test_a_repair_concerns_whoever_was_told_of_the_subject(heard: Heard) -> None:
    await heard.hear(circular_issued, issued())

    def case(**columns: Any) -> Case:
        fields: dict[str, Any] = {
            "kind": CaseKind.REPAIR, "outcome": Outcome.CONFIRM_REPAIR, "subject_id": "s1",
            "record_ids": ["r1"], "items": [], "grade_before": "untrusted",
            "grade_after": "untrusted",
        }  # fmt: skip
        return Case(**{**fields, **columns})

    async with heard.database.snapshot() as session:
        granted = await sharings_of(session, case())
        refused = await sharings_of(session, case(outcome=Outcome.DECLINE_REPAIR))
        earlier = await sharings_of(session, case(settled_at=datetime(2026, 9, 1, tzinfo=UTC)))
    assert [one.subject_id for one in granted] == ["s1", "s1"]
    assert (list(refused), list(earlier)) == ([], [])
