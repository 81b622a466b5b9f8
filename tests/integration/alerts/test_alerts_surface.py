"""The calls of alerts over a real server: which rows each role sees."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.message import Message

from plumbing.addresses import Endpoint
from plumbing.audit import AuditEntry
from plumbing.client import open_channel, refusal_of
from plumbing.clock import SystemClock
from plumbing.identity import Caller, Role
from plumbing.rpc import serve
from plumbing.settings import Settings
from plumbing.tokens import Signer, Verifier, make_keys, public_key
from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1.alerts_pb2_grpc import AlertsServiceStub
from protos.registry.v1.events_pb2 import (
    CalibrationDueChanged,
    Ending,
    EndingsChanged,
    OrdersChanged,
)
from protos.registry.v1.orders_pb2 import Order
from services.alerts.escalation.tables import AwaitedOrder
from services.alerts.policy import POLICY, SERVICE
from services.alerts.servicer import AlertsServicer
from services.alerts.tables import (
    DigestPreference,
    Failure,
    Notice,
    NoticeKind,
    NoticeState,
    Rhythm,
)
from tests.integration.alerts.running_alerts import (
    BUREAU,
    TODAY,
    RunningAlerts,
    bureau,
    instrument,
    subject,
    verification,
)
from tests.integration.alerts.test_order_notices import changed
from tests.logins import none_ended
from tests.ports import free_port

As = Callable[..., AlertsServiceStub]
STAFF = {"bureau": "330100"}


@pytest.fixture
async def sign_in(alerts: RunningAlerts, tmp_path: Path) -> AsyncIterator[As]:
    """Returns a stub that calls in a role."""
    signer = Signer(make_keys(tmp_path, []), SystemClock(), timedelta(minutes=5))
    address = f"127.0.0.1:{free_port()}"
    verifier = Verifier(public_key(tmp_path), SystemClock())
    servicer = AlertsServicer(alerts.changes, Settings())
    server, _ = await serve(
        address, {SERVICE: servicer.register}, verifier, [POLICY], none_ended(), credentials=None
    )
    channels: list[grpc.aio.Channel] = []

    def sign_in(
        role: Role, bureau: str = "", subject_id: str = "", institution: str = ""
    ) -> AlertsServiceStub:
        who = Caller("account/test", "测试", frozenset({role}), bureau, subject_id)
        token, _ = signer.issue(replace(who, institution=institution))

        async def source() -> str:
            return token

        channels.append(open_channel(Endpoint(address), source))
        return AlertsServiceStub(channels[-1])

    yield sign_in
    for channel in channels:
        await channel.close()
    await server.stop(None)


@pytest.fixture
async def coloured(alerts: RunningAlerts) -> RunningAlerts:
    """Two subjects in one bureau and one in Tianjin, with instruments of every colour."""
    untils = {1: 400, 2: 50, 3: 20, 4: -1, 5: -30}
    await alerts.put(
        bureau("120101"),
        subject(2),
        subject(3, bureau="120101"),
        *(instrument(n, subject_id="s1" if n < 5 else "s2") for n in untils),
        *(verification(n, TODAY + timedelta(days=days)) for n, days in untils.items()),
        instrument(6, subject_id="s3", bureau="120101"),
        verification(6, TODAY - timedelta(days=1)),
        instrument(7, state="stopped"),
    )
    await alerts.watch_days(1)
    return alerts


def test_each_rpc_has_a_rule() -> None:
    methods = pb.DESCRIPTOR.services_by_name["AlertsService"].methods
    assert set(POLICY) == {f"/{SERVICE}/{method.name}" for method in methods}


async def test_colours_are_counted_within_the_scope(coloured: RunningAlerts, sign_in: As) -> None:
    staff = sign_in(Role.CASEWORKER, **STAFF)
    answer = await staff.SummariseColours(pb.SummariseColoursRequest())
    assert {(c.bureau, c.colour): c.instruments for c in answer.counts} == {
        (BUREAU, "none"): 2,
        (BUREAU, "green"): 1,
        (BUREAU, "yellow"): 1,
        (BUREAU, "red"): 2,
    }
    later = await staff.SummariseColours(pb.SummariseColoursRequest(on="2028-01-01"))
    assert {c.colour: c.instruments for c in later.counts} == {"none": 1, "red": 5}
    own = await sign_in(Role.OPERATOR, subject_id="s2").SummariseColours(
        pb.SummariseColoursRequest()
    )
    assert [(c.colour, c.instruments) for c in own.counts] == [("red", 1)]


async def test_colours_are_listed_the_most_severe_first_page_by_page(
    coloured: RunningAlerts, sign_in: As
) -> None:
    institution = sign_in(Role.VERIFICATION_INSTITUTION, **STAFF)
    listed, token = [], ""
    while True:
        request = pb.ListColoursRequest(page_size=2, page_token=token)
        answer = await institution.ListColours(request)
        listed += [(row.instrument_id, row.colour) for row in answer.instruments]
        if not (token := answer.next_page_token):
            break
    assert listed == [
        ("i5", "red"),
        ("i4", "red"),
        ("i3", "yellow"),
        ("i2", "green"),
        ("i1", "none"),
        ("i7", "none"),
    ]
    red = await institution.ListColours(pb.ListColoursRequest(colour="red", subject_id="s1"))
    [row] = red.instruments
    assert (row.instrument_id, row.cite) == ("i4", "S4 四(一)")


def listed(answer: pb.ListColoursResponse) -> list[str]:
    return [row.instrument_id for row in answer.instruments]


async def test_colours_are_filtered_and_ordered(coloured: RunningAlerts, sign_in: As) -> None:
    await coloured.put(instrument(8, type_code="FUEL", state="spare", owner_no="JL-012"))
    staff = sign_in(Role.CASEWORKER, **STAFF)

    async def found(**asked: Any) -> list[str]:
        return listed(await staff.ListColours(pb.ListColoursRequest(**asked)))

    assert await found(state="stopped") == ["i7"]
    assert await found(type_code="NO-SUCH-TYPE") == []
    assert await found(text="NO-3") == ["i3"]
    free = instrument(9, non_compulsory_ground="只用于内部工艺")
    await coloured.put(free)
    [one] = (await staff.ListColours(pb.ListColoursRequest(instrument_id="i9"))).instruments
    assert one.non_compulsory
    assert await found(non_compulsory=True) == ["i9"]
    assert (one.colour, one.reason_zh) == ("none", "非强制检定，由使用单位按校准周期校准")
    free.version, free.removed = 2, True
    await coloured.put(free)
    assert await found(text="jl-01") == ["i8"]  # the owner's own number
    [own] = (await staff.ListColours(pb.ListColoursRequest(text="JL-012"))).instruments
    assert own.owner_no == "JL-012"
    assert await found(text="加油机") == ["i8"]  # the name of the type, not its code
    assert len(await found(text="试验用")) == 6
    assert await found(text="%") == []
    day = TODAY.isoformat()
    assert await found(valid_until_from=day) == ["i3", "i2", "i1"]
    assert await found(valid_until_to=day) == ["i5", "i4"]
    assert await found(order_by="serial_no", colour="red") == ["i4", "i5"]
    backwards = [row for row in await found(order_by="valid_until desc") if row not in ("i7", "i8")]
    assert backwards == ["i1", "i2", "i3", "i4", "i5"]


async def test_an_order_is_kept_from_page_to_page(coloured: RunningAlerts, sign_in: As) -> None:
    staff, found, token = sign_in(Role.CASEWORKER, **STAFF), list[str](), ""
    while True:
        request = pb.ListColoursRequest(
            order_by="serial_no desc", page_size=2, page_token=token, state="in_use"
        )
        answer = await staff.ListColours(request)
        found += listed(answer)
        if not (token := answer.next_page_token):
            break
    assert found == ["i5", "i4", "i3", "i2", "i1"]


async def counted(staff: AlertsServiceStub) -> pb.GetColourBoardResponse:
    """The board, each number of which has a list behind it."""
    board = await staff.GetColourBoard(pb.GetColourBoardRequest())
    for count in board.counts:
        request = pb.ListColoursRequest(
            bureau=count.bureau, type_code=count.type_code, colour=count.colour
        )
        assert len(listed(await staff.ListColours(request))) == count.instruments
    return board


async def test_the_board_is_exact_after_every_change(coloured: RunningAlerts, sign_in: As) -> None:
    staff = sign_in(Role.UNIT_HEAD, **STAFF)

    async def board() -> set[tuple[str, str, str, int]]:
        counts = (await counted(staff)).counts
        return {(one.bureau, one.type_code, one.colour, one.instruments) for one in counts}

    kind = "试验用器具"
    before = {(BUREAU, kind, c, 1) for c in ("green", "yellow")}
    before |= {(BUREAU, kind, c, 2) for c in ("none", "red")}
    assert await board() == before
    # One is verified again, one changes its type, one goes to another bureau, the last is removed.
    await coloured.put(verification(8, TODAY + timedelta(days=400), instrument_id="i4"))
    assert (BUREAU, kind, "none", 3) in await board()
    await coloured.put(instrument(3, version=2, type_code="另一种器具"))
    assert (BUREAU, "另一种器具", "yellow", 1) in await board()
    await coloured.put(bureau("330105"), instrument(5, version=2, subject_id="s2", bureau="330105"))
    assert ("330105", kind, "red", 1) in await board()
    await coloured.put(instrument(2, version=2, removed=True))
    left = {(BUREAU, "另一种器具", "yellow", 1), ("330105", kind, "red", 1)}
    assert await board() == left | {(BUREAU, kind, "none", 3)}
    coloured.pass_days(40)  # on another day the colours are others
    assert (BUREAU, "另一种器具", "red", 1) in await board()


async def test_types_are_named_of_what_is_in_scope(coloured: RunningAlerts, sign_in: As) -> None:
    await coloured.put(
        instrument(8, type_code="NAWI-D", subject_id="s2"),
        instrument(9, type_code="FUEL"),
        instrument(10, type_code="TAXI", subject_id="s3", bureau="120101"),
    )

    async def types(*who: Any, **where: Any) -> list[str]:
        answer = await sign_in(*who, **where).GetTypes(pb.GetTypesRequest())
        return list(answer.type_codes)

    # In the order of the catalogue, which does not know the last one.
    assert await types(Role.CASEWORKER, **STAFF) == ["FUEL", "NAWI-D", "试验用器具"]
    assert await types(Role.OPERATOR, subject_id="s2") == ["NAWI-D", "试验用器具"]


async def test_the_board_counts_what_the_lists_show(coloured: RunningAlerts, sign_in: As) -> None:
    staff = sign_in(Role.UNIT_HEAD, **STAFF)
    board = await counted(staff)
    assert sum(count.instruments for count in board.counts) == 6
    assert len(board.weeks) == 8
    assert (board.weeks[0].starts_on, board.weeks[0].ends_on) == ("2026-09-15", "2026-09-20")
    for week in board.weeks:
        request = pb.ListColoursRequest(
            valid_until_from=week.starts_on, valid_until_to=week.ends_on
        )
        answer = await staff.ListColours(request)
        assert len(listed(answer)) == week.instruments
    assert sum(week.instruments for week in board.weeks) == 2  # 20 and 50 days from today
    assert list(board.types) == []
    by_type = pb.GetColourBoardRequest(weeks=4, by_type=True)
    [of_type] = (await staff.GetColourBoard(by_type)).types
    assert of_type.type_code == "试验用器具"
    assert list(of_type.weeks) == list(board.weeks[:4])
    own = await sign_in(Role.OPERATOR, subject_id="s2").GetColourBoard(pb.GetColourBoardRequest())
    assert [(count.colour, count.instruments) for count in own.counts] == [("red", 1)]


async def test_each_count_of_a_group_is_that_of_its_list(
    coloured: RunningAlerts, sign_in: As
) -> None:
    await coloured.put(
        subject(1, version=2, sector="market", address="样例市新城街道一号"),
        subject(2, version=2, address="样例市老城镇二号，原新城街道"),
        verification(4, TODAY - timedelta(days=1), version=2, institution="另一检定机构"),
    )
    staff = sign_in(Role.UNIT_HEAD, **STAFF)
    filters = {"type": "type_code", "sector": "sector", "institution": "institution"}
    wanted = {
        "type": {"试验用器具": 6},
        "sector": {"market": 5, "": 1},
        "institution": {"测试检定机构": 4, "另一检定机构": 1, "": 1},
    }
    for by, expected in wanted.items():
        board = await staff.GetColourBoard(pb.GetColourBoardRequest(by=by))
        assert of_each(board.groups, "group") == expected
        assert of_each(board.groups, "colour") == of_each(board.counts, "colour")
        for one in board.groups:
            asked: dict[str, Any] = {filters[by]: one.group or "-", "colour": one.colour}
            answer = await staff.ListColours(pb.ListColoursRequest(**asked))
            assert len(answer.instruments) == one.instruments


async def test_streets_are_those_that_addresses_name(coloured: RunningAlerts, sign_in: As) -> None:
    await coloured.put(
        subject(1, version=2, address="样例市新城街道一号"),
        subject(2, version=2, address="样例市老城镇二号，原新城街道"),
    )
    staff = sign_in(Role.UNIT_HEAD, **STAFF)
    streets = ["新城街道", "老城镇", "江边街道"]
    asked = pb.GetColourBoardRequest(by="street", streets=streets)
    groups = (await staff.GetColourBoard(asked)).groups
    assert of_each(groups, "group") == {"新城街道": 6}, "the one that names both counts once"
    other = ["老城镇", "新城街道", "江边街道"]
    groups = (
        await staff.GetColourBoard(pb.GetColourBoardRequest(by="street", streets=other))
    ).groups
    assert of_each(groups, "group") == {"新城街道": 5, "老城镇": 1}
    for one in groups:
        before = other[: other.index(one.group)]
        request = pb.ListColoursRequest(street=one.group, without_streets=before, colour=one.colour)
        assert len(listed(await staff.ListColours(request))) == one.instruments
    elsewhere = pb.GetColourBoardRequest(by="street", streets=["老城镇"])
    rest = (await staff.GetColourBoard(elsewhere)).groups
    assert of_each(rest, "group") == {"老城镇": 1, "": 5}
    listed_rest = await staff.ListColours(pb.ListColoursRequest(without_streets=["老城镇"]))
    assert len(listed(listed_rest)) == 5
    unnamed = (await staff.GetColourBoard(pb.GetColourBoardRequest(by="street"))).groups
    assert of_each(unnamed, "group") == {"": 6}
    own = sign_in(Role.OPERATOR, subject_id="s2")
    of_own = (await own.GetColourBoard(elsewhere)).groups
    assert of_each(of_own, "group") == {"老城镇": 1}


@pytest.fixture
async def applied(coloured: RunningAlerts) -> RunningAlerts:
    """As `coloured`, with red and yellow instruments of which anybody is late, or nobody."""
    yesterday = TODAY - timedelta(days=1)
    await coloured.put(
        *(instrument(n) for n in range(11, 17)),
        *(verification(n, yesterday) for n in (11, 12, 13, 14)),
        verification(15, TODAY + timedelta(days=20)),
        verification(16, result="reject"),
    )
    late, term = timedelta(days=1), timedelta(days=9)
    await coloured.announce(
        order(11, TODAY - late, TODAY + term),  # red, in time: nobody
        order(12, TODAY - late, TODAY - late),  # red, in time, past the term: the institution
        order(13, TODAY, TODAY + term),  # red, made late: the owner
        order(14, TODAY, TODAY - late),  # red, made late, past the term: both
        order(15, TODAY - late, TODAY - late),  # yellow, past the term: the institution
        order(16, TODAY - late, TODAY - late),  # rejected: none can be in time
        order(4, TODAY - late, None),  # refused: counts for nothing
    )
    return coloured


def order(number: int, applied_on: date, due_on: date | None) -> OrdersChanged:
    """An order for an instrument whose verification ended the day before today."""
    row = Order(
        order_id=f"o{number}",
        instrument_id=f"i{number}",
        subject_id="s1",
        bureau=BUREAU,
        type_code="FUEL",
        serial_no=f"NO-{number}",
        institution="合成检定院",
        state="applied" if due_on else "refused",
        applied_on=applied_on.isoformat(),
        valid_until=(TODAY - timedelta(days=1)).isoformat(),
        due_on=due_on.isoformat() if due_on else "",
        version=1,
    )
    return OrdersChanged(orders=[row])


LATE = {
    "i4": "owner",
    "i5": "owner",
    "i12": "institution",
    "i13": "owner",
    "i14": "both",
    "i15": "institution",
    "i16": "both",
}


async def test_who_is_late_is_told_of_each_and_counted(applied: RunningAlerts, sign_in: As) -> None:
    staff = sign_in(Role.UNIT_HEAD, **STAFF)
    every = (await staff.ListColours(pb.ListColoursRequest())).instruments
    assert {row.instrument_id: row.late for row in every if row.late} == LATE
    of = {row.instrument_id: row for row in every}
    assert of["i12"].application.institution == "合成检定院"
    assert of["i11"].application.in_time
    assert not of["i4"].HasField("application")  # it was refused
    institution = sign_in(Role.VERIFICATION_INSTITUTION, **STAFF)
    [one] = (await institution.ListColours(pb.ListColoursRequest(instrument_id="i12"))).instruments
    assert (one.late, one.HasField("application")) == ("institution", False)
    board = await staff.GetColourBoard(pb.GetColourBoardRequest())
    totals = {one.late: one.instruments for one in board.late}
    assert totals == Counter(LATE.values())
    for who in ("owner", "institution", "both"):  # each number is that of its list
        listed_ones = listed(await staff.ListColours(pb.ListColoursRequest(late=who)))
        assert sorted(listed_ones) == sorted(one for one, late in LATE.items() if late == who)
    own = sign_in(Role.OPERATOR, subject_id="s2")
    of_own = await own.GetColourBoard(pb.GetColourBoardRequest())
    assert [(one.late, one.instruments) for one in of_own.late] == [("owner", 1)]


async def test_an_alert_names_who_is_late_while_it_tells_how_things_stand(
    applied: RunningAlerts, sign_in: As
) -> None:
    staff = sign_in(Role.UNIT_HEAD, **STAFF)

    async def found(**asked: Any) -> list[pb.Alert]:
        return list((await staff.ListAlerts(pb.ListAlertsRequest(page_size=100, **asked))).alerts)

    every = await found()
    worst = {one.instrument_id: one.late for one in every if one.late}
    assert worst == LATE
    # The green and yellow alerts of what is red now tell of days that have gone by.
    assert sum(bool(one.late) for one in every) == len(LATE)
    for who in ("owner", "institution", "both"):
        named = sorted(one.alert_id for one in every if one.late == who)
        assert sorted(one.alert_id for one in await found(late=who)) == named


def of_each(counts: Iterable[Any], name: str) -> Counter[str]:
    """How many instruments the counts of a board have for each value of a field."""
    found = Counter[str]()
    for one in counts:
        found[getattr(one, name)] += one.instruments
    return found


async def test_the_public_sees_counts_of_listed_subjects_only(
    coloured: RunningAlerts, sign_in: As
) -> None:
    await coloured.put(subject(4, kind="natural_person"), subject(5, in_review=True))
    public = sign_in(Role.PUBLIC)
    answer = await public.CountColours(pb.CountColoursRequest(subject_id="s1"))
    assert {total.colour: total.instruments for total in answer.totals} == {
        "none": 2,
        "green": 1,
        "yellow": 1,
        "red": 1,
    }
    for hidden in ("s4", "s5", "no-such"):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await public.CountColours(pb.CountColoursRequest(subject_id=hidden))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_alerts_are_listed_newest_first(coloured: RunningAlerts, sign_in: As) -> None:
    staff = sign_in(Role.INSPECTOR, **STAFF)
    listed, token = [], ""
    while True:
        answer = await staff.ListAlerts(pb.ListAlertsRequest(page_size=4, page_token=token))
        listed += [int(alert.alert_id) for alert in answer.alerts]
        if not (token := answer.next_page_token):
            break
    assert listed == sorted(listed, reverse=True)
    assert len(listed) == 9  # a whole ladder for each: 1 + 2 + 3 + 3
    own = await sign_in(Role.OPERATOR, subject_id="s1").ListAlerts(
        pb.ListAlertsRequest(instrument_id="i5")
    )
    assert list(own.alerts) == []


async def test_operators_see_their_own_notices_and_staff_those_of_the_bureau(
    coloured: RunningAlerts, sign_in: As
) -> None:
    staff = await sign_in(Role.UNIT_HEAD, **STAFF).ListNotices(
        pb.ListNoticesRequest(state="pending", kind="digest", page_size=1)
    )
    assert staff.next_page_token
    rest = await sign_in(Role.UNIT_HEAD, **STAFF).ListNotices(
        pb.ListNoticesRequest(
            state="pending", kind="digest", page_size=1, page_token=staff.next_page_token
        )
    )
    assert {n.subject_id for n in (*staff.notices, *rest.notices)} == {"s1", "s2"}
    own = await sign_in(Role.OPERATOR, subject_id="s1").ListNotices(pb.ListNoticesRequest())
    assert {(notice.subject_id, notice.kind) for notice in own.notices} == {
        ("s1", "digest"),
        ("s1", "result"),
    }
    nobody = await sign_in(Role.OPERATOR).ListNotices(pb.ListNoticesRequest())
    assert list(nobody.notices) == []


async def test_the_watch_of_each_bureau_in_scope_is_listed(
    coloured: RunningAlerts, sign_in: As
) -> None:
    answer = await sign_in(Role.MUNICIPAL_REVIEWER, **STAFF).GetWatch(pb.GetWatchRequest())
    assert [(w.bureau, w.watched_through) for w in answer.watches] == [
        (BUREAU, coloured.today.isoformat())
    ]


@pytest.mark.parametrize(
    ("role", "code"),
    [
        (Role.OPERATOR, grpc.StatusCode.PERMISSION_DENIED),
        (Role.CASEWORKER, grpc.StatusCode.NOT_FOUND),
    ],
)
async def test_a_delivery_is_retried_by_staff_only(
    alerts: RunningAlerts, sign_in: As, role: Role, code: grpc.StatusCode
) -> None:
    request = pb.RetryDeliveryRequest(request_id=str(uuid4()), notice_id="nothing")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sign_in(role, BUREAU, "s1").RetryDelivery(request)
    assert refusal_of(caught.value).code is code


async def test_deliveries_are_counted_and_started_again_by_filter(
    coloured: RunningAlerts, sign_in: As
) -> None:
    desk, tianjin = sign_in(Role.CASEWORKER, BUREAU), sign_in(Role.CASEWORKER, "120101")
    refused, unreached, unknown, unwanted = await _troubled(coloured)

    async def found(stub: AlertsServiceStub, **of: str) -> tuple[int, int]:
        answer = await stub.CountRetries(pb.CountRetriesRequest(of=pb.Undelivered(**of)))
        return answer.notices, answer.without_address

    async def listed(**wanted: Any) -> set[str]:
        answer = await desk.ListNotices(pb.ListNoticesRequest(**wanted))
        return {one.notice_id for one in answer.notices}

    assert await found(desk) == (2, 1)
    assert await found(desk, failure="refused") == (1, 0)
    assert await found(desk, state="no_address") == (0, 1)  # who wants no mail is not meant
    tomorrow = (coloured.today + timedelta(days=1)).isoformat()
    assert await found(desk, kind="letter", created_from=tomorrow) == (0, 0)
    assert await found(desk, channel="webhook") == (0, 0)
    assert await found(tianjin) == (0, 0)
    assert await listed(failure="unreachable") == {unreached}
    assert await listed(state="failed", kind="letter", channel="mail") == {refused, unreached}

    retry = pb.RetryDeliveriesRequest(
        request_id=str(uuid4()), of=pb.Undelivered(failure="unreachable")
    )
    started = await desk.RetryDeliveries(retry)
    assert (started.retried, started.left) == (1, 0)
    assert await desk.RetryDeliveries(retry) == started  # sent twice, done once
    [again] = (
        await desk.ListNotices(pb.ListNoticesRequest(state="pending", kind="letter"))
    ).notices
    assert (again.notice_id, again.error, again.failure) == (unreached, "", "")
    await coloured.wait_until_idle()
    assert unreached in coloured.timers.delivered
    assert not {refused, unknown, unwanted} & {*coloured.timers.delivered}

    await coloured.put(subject(1, 3, email="unit1@test.example"))
    rest = pb.RetryDeliveriesRequest(request_id=str(uuid4()), of=pb.Undelivered())
    assert (await tianjin.RetryDeliveries(rest)).retried == 0
    rest.request_id = str(uuid4())
    assert (await desk.RetryDeliveries(rest)).retried == 2


async def _troubled(alerts: RunningAlerts) -> list[str]:
    """Notices to s2 and, without an address, to s1: refused, not taken, none known, none wanted."""
    at = alerts.clock.now()
    shared: dict[str, Any] = {"bureau": BUREAU, "title": "标题", "body": "正文", "created_at": at}
    failed: dict[str, Any] = {
        "kind": NoticeKind.LETTER,
        "state": NoticeState.FAILED,
        "subject_id": "s2",
    }
    failed |= {"address": "unit2@test.example", "error": "x"}
    unknown: dict[str, Any] = {
        "kind": NoticeKind.LETTER,
        "state": NoticeState.NO_ADDRESS,
        "subject_id": "s1",
    }
    rows = [
        Notice(notice_id="n1", key="n1", failure=Failure.REFUSED, **failed, **shared),
        Notice(notice_id="n2", key="n2", failure=Failure.UNREACHABLE, **failed, **shared),
        Notice(notice_id="n3", key="n3", address="", **unknown, **shared),
        Notice(
            **{**unknown, "kind": NoticeKind.DIGEST, "subject_id": "s2"},
            **{"notice_id": "n4", "key": "n4", "address": "", **shared},
        ),
    ]
    wish = DigestPreference(subject_id="s2", rhythm=Rhythm.DAILY, mailed=False)
    silent = subject(1, 2)
    silent.email = ""
    await alerts.put(silent)
    async with alerts.database.transaction() as session:
        session.add_all([*rows, wish])
    return [row.notice_id for row in rows]


async def test_an_institution_has_the_last_days_of_its_open_orders(
    alerts: RunningAlerts, sign_in: As
) -> None:
    name, secret = "测试检定机构", "i" * 43
    institution = sign_in(Role.VERIFICATION_INSTITUTION, institution=name)
    nameless, public = sign_in(Role.VERIFICATION_INSTITUTION), sign_in(Role.PUBLIC)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    renew = pb.RenewCalendarFeedRequest(request_id=str(uuid4()), secret_sha256=digest)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await nameless.RenewCalendarFeed(renew)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    await institution.RenewCalendarFeed(renew)

    def order(number: int, **fields: Any) -> AwaitedOrder:
        own = {"institution": name, "due_on": TODAY + timedelta(days=number), **fields}
        return AwaitedOrder(
            order_id=f"o{number}",
            instrument_id=f"i{number}",
            type_code="FUEL",
            serial_no=f"NO-{number}",
            applied_on=TODAY,
            in_time=True,
            version=number,
            **own,
        )

    async with alerts.database.transaction() as session:
        session.add_all([order(2), order(1), order(3, due_on=None), order(4, institution="别家")])
    answer = await public.ReadCalendar(pb.ReadCalendarRequest(secret=secret))
    assert answer.subject_name == name
    assert [(due.due_id, due.kind, due.on) for due in answer.due_dates] == [
        (f"order/o{n}", "order", (TODAY + timedelta(days=n)).isoformat()) for n in (1, 2)
    ]
    await institution.EndCalendarFeed(pb.EndCalendarFeedRequest(request_id=str(uuid4())))
    with pytest.raises(grpc.aio.AioRpcError):
        await public.ReadCalendar(pb.ReadCalendarRequest(secret=secret))
    audited = [row.object for row in await alerts.rows(AuditEntry) if "calendar" in row.action]
    assert audited == [f"institution_calendar/{name}"] * 2


async def test_calendars_have_appointments_uploads_and_what_ends(
    alerts: RunningAlerts, sign_in: As
) -> None:
    name, public = "测试检定机构", sign_in(Role.PUBLIC)
    owners = {
        "o" * 43: sign_in(Role.OPERATOR, subject_id="s1"),
        "n" * 43: sign_in(Role.OPERATOR, subject_id="s2"),
        "i" * 43: sign_in(Role.VERIFICATION_INSTITUTION, institution=name),
    }
    for secret, owner in owners.items():
        digest = hashlib.sha256(secret.encode()).hexdigest()
        renew = pb.RenewCalendarFeedRequest(request_id=str(uuid4()), secret_sha256=digest)
        await owner.RenewCalendarFeed(renew)

    async def due(secret: str) -> dict[str, tuple[str, int]]:
        answer = await public.ReadCalendar(pb.ReadCalendarRequest(secret=secret * 43))
        return {one.due_id: (one.on, one.version) for one in answer.due_dates}

    def moved(day: str, version: int, **fields: Any) -> Message:
        return changed("scheduled", version, due_on="2026-10-16", appointed_on=day, **fields)

    def ending(kind: str, version: int, day: str) -> EndingsChanged:
        own = {"kind": kind, "ending_id": "e1", "what": "FUEL", "number": "号-1"}
        one = Ending(**own, bureau=BUREAU, institution=name, version=version)
        one.last_day = day
        return EndingsChanged(endings=[one])

    await alerts.announce(moved("2026-09-16", 2), aggregate="subject/s1")
    await alerts.announce(moved("2026-09-18", 3), aggregate="subject/s1")
    reported: dict[str, Any] = {"reported_on": "2026-09-14", "report_by": "2026-09-21"}
    upload = verification(1, TODAY + timedelta(days=400), **reported)
    await alerts.put(instrument(), upload)
    for version, day in enumerate(("2026-12-31", "2027-12-31"), 1):
        await alerts.announce(ending("authorisation", version, day))
    assert (await due("o"))["appointment/o1"] == ("2026-09-18", 3), "the same id moved"
    await alerts.put(subject(2), instrument(1, 2, subject_id="s2"))
    assert "appointment/o1" not in await due("o")
    assert "appointment/o1" in await due("n"), "it is that of the present owner"
    of_institution = await due("i")
    assert of_institution["certificate/v1"] == ("2026-09-21", 1)
    assert of_institution["ending/authorisation/e1"] == ("2027-12-31", 2)
    done = verification(1, TODAY + timedelta(days=400), 2, certificate_on="2026-09-15", **reported)
    await alerts.put(done)
    await alerts.announce(changed("completed", 4), aggregate="subject/s1")
    assert "certificate/v1" not in await due("i")
    assert "appointment/o1" not in await due("n")


async def test_an_impossible_day_is_refused_with_its_field(
    alerts: RunningAlerts, sign_in: As
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await sign_in(Role.CASEWORKER, **STAFF).SummariseColours(
            pb.SummariseColoursRequest(on="2026-02-30")
        )
    assert [fault[0] for fault in refusal_of(caught.value).faults] == ["on"]


async def test_a_calendar_is_read_by_its_secret_alone(coloured: RunningAlerts, sign_in: As) -> None:
    operator, public = sign_in(Role.OPERATOR, subject_id="s1"), sign_in(Role.PUBLIC)
    secret = "s" * 43
    digest = hashlib.sha256(secret.encode()).hexdigest()
    ask = pb.ReadCalendarRequest(secret=secret)
    assert not (await operator.GetCalendarFeed(pb.GetCalendarFeedRequest())).HasField("made_at")
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await public.ReadCalendar(ask)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND

    renew = pb.RenewCalendarFeedRequest(request_id=str(uuid4()), secret_sha256=digest)
    await operator.RenewCalendarFeed(renew)
    assert (await operator.GetCalendarFeed(pb.GetCalendarFeedRequest())).HasField("made_at")
    answer = await public.ReadCalendar(ask)
    assert answer.subject_name == "测试单位1"
    assert [(due.due_id, due.on) for due in answer.due_dates] == [
        (f"instrument/i{n}", (TODAY + timedelta(days=days)).isoformat())
        for n, days in ((4, -1), (3, 20), (2, 50), (1, 400))
    ]
    before = {due.due_id: due.version for due in answer.due_dates}
    for version, days in enumerate((300, 30), 2):
        day = TODAY + timedelta(days=days)
        await coloured.put(verification(3, day, version=version))
        moved = {due.due_id: due for due in (await public.ReadCalendar(ask)).due_dates}
        assert moved["instrument/i3"].on == day.isoformat()  # the same id, another day
        assert moved["instrument/i3"].version > before["instrument/i3"]  # a calendar takes it over
        before = {due_id: due.version for due_id, due in moved.items()}

    due = CalibrationDueChanged(instrument_id="i2", due_on="2026-12-01", due_version=2)
    stale = CalibrationDueChanged(instrument_id="i2", due_on="2026-11-01", due_version=1)
    unknown_here = CalibrationDueChanged(instrument_id="nobody's", due_on="2026-12-01")
    await coloured.announce(due, stale, unknown_here)
    calibrations = [
        (one.due_id, one.on, one.version)
        for one in (await public.ReadCalendar(ask)).due_dates
        if one.kind == "calibration"
    ]
    assert calibrations == [("calibration/i2", "2026-12-01", 2)]
    await coloured.announce(CalibrationDueChanged(instrument_id="i2", due_version=3))
    kinds = {one.kind for one in (await public.ReadCalendar(ask)).due_dates}
    assert "calibration" not in kinds

    await operator.EndCalendarFeed(pb.EndCalendarFeedRequest(request_id=str(uuid4())))
    with pytest.raises(grpc.aio.AioRpcError):
        await public.ReadCalendar(ask)


async def test_a_recipient_reads_and_acknowledges_its_own_notices(
    coloured: RunningAlerts, sign_in: As
) -> None:
    own = sign_in(Role.OPERATOR, subject_id="s1")
    [notice, *_] = (await own.ListNotices(pb.ListNoticesRequest(unread=True))).notices
    assert not notice.HasField("read_at")
    request = pb.MarkNoticesRequest(request_id=str(uuid4()), notice_ids=[notice.notice_id])
    [read] = (await own.MarkNotices(request)).notices
    assert (read.HasField("read_at"), read.HasField("acknowledged_at")) == (True, False)
    unread = (await own.ListNotices(pb.ListNoticesRequest(unread=True))).notices
    assert notice.notice_id not in {one.notice_id for one in unread}
    request = pb.MarkNoticesRequest(
        request_id=str(uuid4()), notice_ids=[notice.notice_id], acknowledge=True
    )
    [acknowledged] = (await own.MarkNotices(request)).notices
    assert acknowledged.read_at == read.read_at
    assert acknowledged.HasField("acknowledged_at")
    with pytest.raises(grpc.aio.AioRpcError) as foreign:
        await sign_in(Role.OPERATOR, subject_id="s2").MarkNotices(
            pb.MarkNoticesRequest(request_id=str(uuid4()), notice_ids=[notice.notice_id])
        )
    assert foreign.value.code() is grpc.StatusCode.NOT_FOUND
