"""Circulars: authorities are told of untrusted subjects by one letter that two people make."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from law.errors import AlreadyExists, InvalidInput, NotPermitted, WrongState
from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role, set_current_caller
from plumbing.papers.letter_pdf import letter_of_circular, letter_pdf
from plumbing.papers.letter_text import parts_of
from plumbing.papers.servicer import LetterServicer
from plumbing.view import open_view
from protos.alerts.v1 import circulars_pb2 as pb
from protos.alerts.v1 import events_pb2 as events
from protos.alerts.v1 import exposure_lists_pb2 as exposures
from protos.letters.v1 import letters_pb2 as letters
from services.alerts.circulars import authorities, commands, queries, telling
from services.alerts.letters import find_letters
from services.alerts.notices import mail
from services.alerts.notices.links import path_of
from services.alerts.tables import Notice
from tests.integration.alerts.escalation_desk import CASEWORKER, OTHER_BUREAU, UNIT_HEAD
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts
from tests.integration.alerts.test_cases_of_grades import contest, grade
from tests.integration.alerts.test_exposure_lists import NATIONAL, Lists, faults, lists

__all__ = ["lists"]

SYSTEM = Caller("account/system", "", frozenset({Role.INTEGRATOR}), BUREAU)
STRANGER = Caller("account/stranger", "", frozenset({Role.INTEGRATOR}), BUREAU)
HEAD = Caller("account/head-2", "另一负责人", frozenset({Role.UNIT_HEAD}), BUREAU)
HOUSING: dict[str, Any] = {
    "name": "样例市住房和建设局（合成）",
    "email": "credit@housing.test.example",
}
COUNCIL: dict[str, Any] = {"name": "样例区人民政府（合成）", "address": "样例路1号"}


class Desk:
    """A released list with two untrusted subjects, and the calls of people on circulars."""

    def __init__(self, lists: Lists) -> None:
        self.lists, self.alerts = lists, lists.alerts

    async def call(self, caller: Caller, command: Any, request: Any) -> Any:
        request.request_id = str(uuid4())
        checks = command in (commands.draft, commands.issue)
        bound = partial(command, public=self.lists.public) if checks else command
        response = getattr(pb, type(request).__name__.replace("Request", "Response"))
        answer = await self.alerts.changes.once(caller, request, bound, response)
        await self.alerts.wait_until_idle()
        return answer

    async def put(self, by: Caller = UNIT_HEAD, **fields: Any) -> pb.Authority:
        fields = {"bureau": BUREAU, "uses": ["tender"], **fields}
        request = pb.PutAuthorityRequest(authority=pb.Authority(**fields))
        answer = await self.call(by, authorities.put_authority, request)
        kept: pb.Authority = answer.authority
        return kept

    async def draft(
        self, one: exposures.ExposureList, *to: pb.Authority, by: Caller = CASEWORKER, **of: Any
    ) -> pb.Circular:
        ids = [authority.authority_id for authority in to]
        request = pb.DraftCircularRequest(list_id=one.list_id, authority_ids=ids, **of)
        found: pb.Circular = (await self.call(by, commands.draft, request)).circular
        return found

    async def issue(self, one: pb.Circular, by: Caller = UNIT_HEAD) -> pb.Circular:
        request = pb.IssueCircularRequest(circular_id=one.circular_id)
        found: pb.Circular = (await self.call(by, commands.issue, request)).circular
        return found

    async def sent(self, one: pb.Circular, to: pb.Authority, **fields: str) -> pb.Circular:
        fields = {"sent_on": "2026-09-14", "means": "posted", "remark": "挂号 1 号", **fields}
        request = pb.RecordCircularSentRequest(
            circular_id=one.circular_id, authority_id=to.authority_id, **fields
        )
        found: pb.Circular = (await self.call(CASEWORKER, telling.record_sent, request)).circular
        return found

    async def ask(self, query: Any, request: Any, by: Caller = CASEWORKER) -> Any:
        async with open_view(self.alerts.database, self.alerts.clock, by) as view:
            return await query(view, request)

    async def read(self, one: pb.Circular) -> pb.Circular:
        request = pb.GetCircularRequest(circular_id=one.circular_id)
        found: pb.Circular = (await self.ask(queries.get_circular, request)).circular
        return found

    async def waiting(self) -> list[str]:
        """The numbers of the circulars that somebody has to send by hand."""
        answer = await self.ask(queries.list_circulars, pb.ListCircularsRequest(to_send=True))
        return [one.number for one in answer.circulars]

    async def feed(self, by: Caller = SYSTEM) -> list[tuple[str, str]]:
        """Of whom the system of an authority reads, with the day on which that ended."""
        answer = await self.ask(queries.list_told_subjects, pb.ListToldSubjectsRequest(), by)
        return [(one.subject_id, one.ended_on) for one in answer.subjects]

    async def announced(self, event: type[Any]) -> list[Any]:
        kind = "circular_issued" if event is events.CircularIssued else "circular_entry_ended"
        async with self.alerts.database.snapshot() as session:
            rows = select(Outbox.payload).where(col(Outbox.subject).contains(kind))
            found = (await session.exec(rows.order_by(col(Outbox.seq)))).all()
        return [event.FromString(payload) for payload in found]


@pytest.fixture
def desk(lists: Lists) -> Desk:
    return Desk(lists)


async def test_one_drafts_another_issues_and_each_authority_is_told_its_way(desk: Desk) -> None:
    await desk.lists.untrusted(2)
    one = await desk.lists.released("s1", "s2")
    housing = await desk.put(**HOUSING, uses=["policy", "tender"], feed_account=SYSTEM.account_id)
    council = await desk.put(**COUNCIL, uses=["approval"])
    draft = await desk.draft(one, housing, council, by=UNIT_HEAD)
    assert (draft.state, draft.number, draft.check_code) == ("drafted", "", "")
    assert "请样例市住房和建设局（合成）在公开招标、政策应用时予以考虑。" in draft.body
    assert await desk.feed() == []
    with pytest.raises(NotPermitted, match="unit head"):
        await desk.issue(draft, CASEWORKER)
    with pytest.raises(NotPermitted, match="Somebody else"):
        await desk.issue(draft)
    issued = await desk.issue(draft, HEAD)
    assert issued.number == f"通报〔2026〕{BUREAU}-0001号"
    parts = parts_of(issued.body)
    assert parts.addressee == "样例市住房和建设局（合成）、样例区人民政府（合成）："
    assert (parts.signer, parts.day) == ("测试市场监管局", "2026年9月14日")
    assert [entry.statement in issued.body for entry in issued.entries] == [True, True]
    assert "第十二条" in issued.body
    assert [to.state for to in issued.receivers] == ["mailed", "to_send"]
    assert await desk.feed() == [("s2", ""), ("s1", "")]
    assert await desk.feed(STRANGER) == []
    assert await desk.waiting() == [issued.number]
    await desk.sent(issued, council)
    assert await desk.waiting() == []
    [notice] = await letters_of(desk.alerts)
    assert (notice.address, path_of(notice)) == (HOUSING["email"], "")
    async with desk.alerts.changes.change(UNIT_HEAD) as change:
        await mail.mark_delivered(change, notice.notice_id)
    found = await desk.read(issued)
    assert [to.state for to in found.receivers] == ["delivered", "sent"]
    [event] = await desk.announced(events.CircularIssued)
    assert [to.name for to in event.receivers] == [HOUSING["name"], COUNCIL["name"]]
    assert event.receivers[0].uses == ["公开招标", "政策应用"]


async def letters_of(alerts: RunningAlerts) -> list[Notice]:
    return [notice for notice in await alerts.notices("case") if notice.number]


async def test_a_circular_is_the_same_pdf_again_and_is_checked_by_number_and_code(
    desk: Desk,
) -> None:
    one = await desk.lists.released("s1")
    issued = await desk.issue(await desk.draft(one, await desk.put(**HOUSING)))
    servicer = LetterServicer(desk.alerts.changes, find_letters)

    async def check(code: str) -> letters.CheckLetterResponse:
        number = issued.number.replace("〔", "[").replace("〕", "]").removesuffix("号")
        request = letters.CheckLetterRequest(number=number, check_code=code)
        return await servicer.CheckLetter(request, None)

    set_current_caller(SYSTEM)
    found = await check(issued.check_code.lower())
    assert (found.genuine, found.title, found.sha256) == (True, "通报", issued.sha256)
    assert not (await check("2222-2222")).genuine
    first = letter_pdf(letter_of_circular(issued), "https://portal.test.example", "")
    desk.alerts.pass_days(40)
    again = letter_of_circular(await desk.read(issued))
    assert letter_pdf(again, "https://portal.test.example", "") == first


async def test_numbers_have_no_gaps_where_drafts_are_discarded(desk: Desk) -> None:
    one = await desk.lists.released("s1")
    housing, council = await desk.put(**HOUSING), await desk.put(**COUNCIL)
    draft = await desk.draft(one, housing)
    request = pb.DiscardCircularRequest(circular_id=draft.circular_id, reasons="重拟")
    gone = (await desk.call(CASEWORKER, commands.discard, request)).circular
    assert (gone.state, gone.number) == ("discarded", "")
    with pytest.raises(WrongState):
        await desk.issue(draft)
    first = await desk.issue(await desk.draft(one, council))
    second = await desk.issue(await desk.draft(one, housing))
    assert [first.number[-6:], second.number[-6:]] == ["-0001号", "-0002号"]
    with pytest.raises(WrongState) as refused:
        await desk.draft(one, council)
    assert f"已由{first.number}得知测试单位1" in faults(refused)


async def test_nobody_is_told_of_a_subject_that_objects_or_came_down(desk: Desk) -> None:
    await desk.lists.untrusted(2)
    one = await desk.lists.released("s1", "s2")
    housing = await desk.put(**HOUSING)
    draft = await desk.draft(one, housing)
    await contest(desk.alerts, "lodged", 1, "record/r1", of="s2")
    with pytest.raises(WrongState) as refused:
        await desk.issue(draft)
    assert faults(refused) == "entries[1] 测试单位2：异议、复核尚未办结（异议〔2026〕1号）"
    [first, second] = one.entries
    only = await desk.draft(one, housing, entry_ids=[first.entry_id])
    await desk.lists.take_down(first)
    with pytest.raises(WrongState) as refused:
        await desk.issue(only)
    assert "entries[0] 测试单位1：已从名单撤下" in faults(refused)
    with pytest.raises(WrongState):
        await desk.draft(one, housing, entry_ids=[second.entry_id])
    with pytest.raises(InvalidInput) as unknown:
        await desk.draft(one, housing, entry_ids=["999999"])
    assert "名单中没有这一项" in faults(unknown)
    assert await letters_of(desk.alerts) == []


async def test_those_told_before_are_told_that_a_subject_came_off_the_list(desk: Desk) -> None:
    one = await desk.lists.released("s1")
    housing = await desk.put(**HOUSING, feed_account=SYSTEM.account_id)
    issued = await desk.issue(await desk.draft(one, housing))
    await grade(desk.alerts, NATIONAL, "trusted", "receipt-2")
    [event] = await desk.announced(events.CircularEntryEnded)
    assert (event.number, event.entry.subject_name) == (issued.number, "测试单位1")
    assert "等级已变动" in event.reasons
    assert await desk.feed() == [("s1", "2026-09-14")]
    assert (await desk.read(issued)).body == issued.body


async def test_the_feed_is_in_the_order_of_issue_not_of_drafts(desk: Desk) -> None:
    await desk.lists.untrusted(2)
    one = await desk.lists.released("s1", "s2")
    housing = await desk.put(**HOUSING, feed_account=SYSTEM.account_id)
    waits, hurries = [
        await desk.draft(one, housing, entry_ids=[entry.entry_id]) for entry in one.entries
    ]
    await desk.issue(hurries)
    assert await desk.feed() == [("s2", "")]
    desk.alerts.pass_days(1)
    await desk.issue(waits)
    assert await desk.feed() == [("s1", ""), ("s2", "")]  # the new one first
    request = pb.ListToldSubjectsRequest(page_size=1)
    first = await desk.ask(queries.list_told_subjects, request, SYSTEM)
    request.page_token = first.next_page_token
    second = await desk.ask(queries.list_told_subjects, request, SYSTEM)
    assert [told.subject_id for told in (*first.subjects, *second.subjects)] == ["s1", "s2"]


async def test_what_a_person_wrote_to_the_subject_goes_to_no_authority(desk: Desk) -> None:
    one = await desk.lists.released("s1")
    await desk.issue(await desk.draft(one, await desk.put(**HOUSING)))
    await desk.lists.take_down(one.entries[0])
    [event] = await desk.announced(events.CircularEntryEnded)
    assert event.reasons == "我局决定撤下。"


async def test_a_bureau_keeps_its_list_of_authorities(desk: Desk) -> None:
    with pytest.raises(InvalidInput) as refused:
        await desk.put(name=" ", uses=["other"])
    said = faults(refused)
    assert "authority.name 须写明" in said
    assert "authority.address 地址和电子邮箱至少写一项" in said
    assert "市场准入、资质认定、行政审批、公开招标、政策应用" in said
    for email in ("credit", "a@one.test.example, b@two.test.example"):  # nobody else reads along
        with pytest.raises(InvalidInput) as refused:
            await desk.put(**{**HOUSING, "email": email})
        assert "authority.email 须为一个电子邮箱地址" in faults(refused)
    housing = await desk.put(**HOUSING)
    assert (housing.version, housing.changed_by) == (1, UNIT_HEAD.account_id)
    with pytest.raises(AlreadyExists):
        await desk.put(**HOUSING)
    kept: dict[str, Any] = {"authority_id": housing.authority_id, "version": 1, **HOUSING}
    with pytest.raises(NotPermitted):
        await desk.put(OTHER_BUREAU, **kept)
    moved = await desk.put(HEAD, **{**kept, "email": "new@housing.test.example"})
    assert (moved.version, moved.changed_by) == (2, HEAD.account_id)
    with pytest.raises(WrongState, match="changed meanwhile"):
        await desk.put(**kept)


async def test_a_draft_to_an_authority_that_was_changed_or_retired_is_not_issued(
    desk: Desk,
) -> None:
    one = await desk.lists.released("s1")
    housing = await desk.put(**HOUSING, feed_account=SYSTEM.account_id)
    draft = await desk.draft(one, housing)
    kept: dict[str, Any] = {"authority_id": housing.authority_id, "version": 1, **HOUSING}
    await desk.put(**kept, retired=True)
    with pytest.raises(WrongState) as refused:
        await desk.issue(draft)
    assert "登记的内容在拟稿之后变动" in faults(refused)
    with pytest.raises(InvalidInput) as stopped:
        await desk.draft(one, housing)
    assert "已停止通报" in faults(stopped)
    shown = await desk.ask(queries.list_authorities, pb.ListAuthoritiesRequest())
    assert list(shown.authorities) == []


async def test_a_red_alert_is_told_to_nobody(desk: Desk, lists: Lists) -> None:
    await grade(desk.alerts, NATIONAL, "untrusted", "receipt-9")
    one = await lists.released("s1")
    housing = await desk.put(**HOUSING)
    async with desk.alerts.database.transaction() as session:
        from services.alerts.exposure_lists.tables import ExposureEntry

        [entry] = (await session.exec(select(ExposureEntry))).all()
        entry.ruleset_id, entry.grade = "", ""
    with pytest.raises(WrongState) as refused:
        await desk.draft(one, housing)
    assert "没有通报的依据" in faults(refused)


async def test_a_sending_by_hand_has_its_day_and_its_proof(desk: Desk) -> None:
    one = await desk.lists.released("s1")
    council = await desk.put(**COUNCIL)
    draft = await desk.draft(one, council)
    with pytest.raises(WrongState, match="not issued"):
        await desk.sent(draft, council)
    issued = await desk.issue(draft)
    for fields, said in (
        ({"sent_on": "2026-09-13"}, "送达日期应在签发之日和今天之间"),
        ({"sent_on": "2026-09-15"}, "送达日期应在签发之日和今天之间"),
        ({"remark": " "}, "请写明凭据"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await desk.sent(issued, council, **fields)
        assert said in faults(refused)
    await desk.sent(issued, council)
    with pytest.raises(WrongState, match="recorded"):
        await desk.sent(issued, council)
