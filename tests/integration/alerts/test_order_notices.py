"""A subject hears of each step of its order for verification that concerns it, once."""

from __future__ import annotations

from typing import Any

from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2
from protos.registry.v1 import orders_pb2 as pb
from services.alerts import wire
from services.alerts.notices.links import path_of
from services.alerts.notices.tables import BroughtInstrument
from services.alerts.tables import NoticeState
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, instrument, subject
from tests.integration.alerts.test_ways_of_notices import prefer

LAB = institutions_pb2.Institution(
    institution_id="i1", name="合成检定院", bureau=BUREAU, email="lab@example.com", version=1
)


def changed(state: str, version: int, ground: str = "", **fields: Any) -> events.OrdersChanged:
    order = pb.Order(
        order_id="o1",
        instrument_id="i1",
        subject_id="s1",
        bureau=BUREAU,
        type_code="FUEL",
        serial_no="NO-7",
        applied_on="2026-09-14",
        institution="合成检定院",
        state=state,
        version=version,
        **fields,
    )
    return events.OrdersChanged(orders=[order], ground=ground)


async def test_a_subject_hears_what_the_institution_does(alerts: RunningAlerts) -> None:
    for event in (
        changed("applied", 1, due_on="2026-09-20"),
        changed("accepted", 2, due_on="2026-10-16"),
        changed("accepted", 2, due_on="2026-10-16"),
        changed("scheduled", 3, due_on="2026-10-16", appointed_on="2026-09-16"),
        changed("in_work", 4, due_on="2026-10-16"),
        changed("refused", 5, "加油机已锁定，无法检定"),
    ):
        await alerts.announce(event, aggregate="subject/s1")
    receipt, accepted, scheduled, refused = sorted(
        await alerts.notices("order"), key=lambda notice: int(notice.key.rpartition("/")[2])
    )
    assert {notice.subject_id for notice in (receipt, accepted, scheduled, refused)} == {"s1"}
    assert receipt.title == "检定申请回执"
    for part in ("燃油加油机 NO-7", "合成检定院", "2026-09-20 前受理"):
        assert part in receipt.body
    assert accepted.title == "检定申请已受理"
    assert "2026-10-16" in accepted.body
    assert "燃油加油机 NO-7" in accepted.body
    assert "2026-09-16" in scheduled.body
    assert "加油机已锁定，无法检定" in refused.body


async def test_orders_that_took_a_step_together_are_one_notice(alerts: RunningAlerts) -> None:
    both = two(changed("accepted", 2, due_on="2026-10-16"))
    for _ in range(2):
        await alerts.announce(both, aggregate="subject/s1")
    [notice] = await alerts.notices("order")
    assert (notice.title, notice.about) == ("检定申请已受理（2 台）", "")
    assert "1. 燃油加油机 NO-7\n" in notice.body
    assert "2. 燃油加油机 NO-8\n" in notice.body
    assert path_of(notice) == "/orders"


def two(event: events.OrdersChanged) -> events.OrdersChanged:
    """The same with a second order beside the first."""
    other = pb.Order()
    other.CopyFrom(event.orders[0])
    other.order_id, other.instrument_id, other.serial_no = "o2", "i2", "NO-8"
    event.orders.append(other)
    return event


async def test_one_receipt_lists_all_that_was_applied_for_together(alerts: RunningAlerts) -> None:
    await alerts.announce(two(changed("applied", 1, due_on="2026-09-20", note="周末停业")))
    # Another last day, by a new edition of the calendar, is no receipt.
    await alerts.announce(changed("applied", 2, due_on="2026-09-21"))
    [notice] = await alerts.notices("order")
    assert (notice.title, notice.address) == ("检定申请回执（2 台）", "unit1@test.example")
    for part in ("1. 燃油加油机 NO-7", "2. 燃油加油机 NO-8", "周末停业", "2026-09-20"):
        assert part in notice.body


async def where_told(alerts: RunningAlerts) -> list[str]:
    """What the first subject was told by the next day of where its instruments are."""
    await alerts.watch_days(1)
    rows = await alerts.notices("order")
    return [row.body for row in rows if row.key.startswith("order/s1/")]


async def test_owners_hear_once_a_day_where_their_instruments_are(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(1), instrument(2))
    await alerts.announce(two(changed("received", 3, due_on="2026-10-16")))
    await alerts.announce(changed("in_work", 4, due_on="2026-10-16"))
    [first] = await where_told(alerts)
    for part in ("NO-7：合成检定院已收到（2026-09-14）", "NO-8：合成检定院已收到"):
        assert part in first
    assert await where_told(alerts) == [first], "nothing is told twice"
    await alerts.announce(changed("completed", 5))
    [_, second] = await where_told(alerts)
    assert "NO-7：已检定，可以到合成检定院取回（2026-09-16）" in second
    assert "NO-8" not in second
    await alerts.announce(changed("returned", 6))
    [*_, third] = await where_told(alerts)
    assert "NO-7：合成检定院已退还" in third
    # One that was verified where it stands is not fetched.
    on_site = changed("completed", 4)
    on_site.orders[0].order_id = "o3"
    await alerts.announce(on_site)
    assert len(await where_told(alerts)) == 3


async def test_who_bought_an_instrument_hears_where_it_is(alerts: RunningAlerts) -> None:
    await alerts.put(subject(2), instrument())
    await alerts.announce(changed("received", 3, due_on="2026-10-16"))
    await alerts.put(instrument(1, 2, subject_id="s2"))
    await alerts.watch_days(1)
    [notice] = await alerts.notices("order")
    assert (notice.subject_id, notice.address) == ("s2", "unit2@test.example")


async def test_the_digest_of_steps_follows_the_wishes_of_the_subject(
    alerts: RunningAlerts,
) -> None:
    await prefer(alerts, rhythm="weekly", weekday=4, language="en", portal_only=["order"])
    await alerts.put(instrument())
    await alerts.announce(changed("received", 3, due_on="2026-10-16"))
    await alerts.watch_days(2)
    assert await alerts.notices("order") == []
    await alerts.watch_days(1)
    [notice] = await alerts.notices("order")
    assert notice.state is NoticeState.INBOX
    assert "合成检定院 received it (2026-09-14)" in notice.body_en


async def test_an_institution_hears_at_once_of_what_was_withdrawn(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    both = two(changed("withdrawn", 2, "不再使用该器具"))
    for _ in range(2):
        await alerts.announce(both, aggregate="subject/s1")
    [notice] = await alerts.notices()
    assert (notice.address, notice.recipient) == ("lab@example.com", "合成检定院")
    assert wire.notice(notice).recipient == "合成检定院"
    assert path_of(notice) == "/orders"
    for part in ("测试单位1的下列检定申请", "2. 燃油加油机 NO-8", "不再使用该器具"):
        assert part in notice.body
    assert "withdrawn" in notice.body_en
    await alerts.announce(changed("withdrawn", 3), aggregate="subject/s1")
    *_, alone = await alerts.notices()
    assert path_of(alone) == "/orders/o1"


async def test_owner_and_institution_hear_of_an_order_that_the_bureau_ended(
    alerts: RunningAlerts,
) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    for _ in range(2):
        await alerts.announce(changed("cancelled", 5, "该机构已停业"), aggregate="subject/s1")
    told = {notice.address: notice for notice in await alerts.notices()}
    assert len(await alerts.notices()) == len(told)
    assert set(told) == {"unit1@test.example", "lab@example.com"}
    owner, lab = told["unit1@test.example"], told["lab@example.com"]
    assert owner.title == "检定申请已由监管机关终止"
    for part in ("燃油加油机 NO-7", "该机构已停业", "可以向其他检定机构申请", "请取回"):
        assert part in owner.body
    assert lab.title == "检定申请已终止：1 台"
    for part in ("测试单位1的下列检定申请已由监管机关终止", "该机构已停业", "请退还使用单位"):
        assert part in lab.body
    assert "ended by the bureau" in lab.body_en


async def test_nobody_hears_for_an_institution_that_is_not_on_file(alerts: RunningAlerts) -> None:
    await alerts.announce(changed("withdrawn", 2), aggregate="subject/s1")
    assert await alerts.notices() == []


def reopened(state: str, version: int) -> events.OrdersChanged:
    event = changed(state, version, "检定结果已撤销：导错了文件", due_on="2026-10-16")
    event.reopened = True
    return event


async def test_both_hear_that_an_order_is_open_again(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    both = two(reopened("scheduled", 5))
    for _ in range(2):
        await alerts.announce(both, aggregate="subject/s1")
    to_owner, to_lab = sorted(await alerts.notices(), key=lambda one: one.address == LAB.email)
    for notice in (to_owner, to_lab):
        assert notice.title == "检定申请恢复办理（2 台）"
        for part in ("1. 燃油加油机 NO-7", "2. 燃油加油机 NO-8", "导错了文件", "2026-10-16"):
            assert part in notice.body
    assert "open again" in to_lab.body_en
    assert "检定合格以前不要使用该器具" in to_owner.body
    assert "请重新报送检定结果" in to_lab.body


async def test_each_order_that_is_open_again_has_its_own_last_day(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    both = two(reopened("applied", 5))
    both.orders[1].due_on = "2026-11-20"
    await alerts.announce(both, aggregate="subject/s1")
    notices = await alerts.notices()
    assert len(notices) == 2
    for notice in notices:
        assert "检定结果不在登记中或者已经更改" in notice.body
        assert "1. 燃油加油机 NO-7（应于 2026-10-16 前受理）" in notice.body
        assert "2. 燃油加油机 NO-8（应于 2026-11-20 前受理）" in notice.body
        assert "完成" not in notice.body
    assert any("NO-8 (to be accepted by 2026-11-20)" in one.body_en for one in notices)


async def test_what_is_verified_no_more_is_not_to_be_fetched(alerts: RunningAlerts) -> None:
    await alerts.put(instrument())
    await alerts.announce(changed("received", 3, due_on="2026-10-16"))
    await alerts.announce(changed("completed", 4))
    await alerts.announce(reopened("received", 5))
    assert await where_told(alerts) == [], "it may not be fetched, and both know where it is"
    await alerts.announce(changed("completed", 6))
    [line] = await where_told(alerts)
    assert "已检定，可以到合成检定院取回" in line


async def test_what_is_verified_anew_may_be_fetched_again(alerts: RunningAlerts) -> None:
    await alerts.put(instrument())
    await alerts.announce(changed("received", 3, due_on="2026-10-16"))
    await alerts.announce(changed("completed", 4))
    [first] = await where_told(alerts)
    assert "已检定，可以到合成检定院取回" in first
    await alerts.announce(changed("completed", 5))
    assert await where_told(alerts) == [first], "nothing is told twice"
    await alerts.announce(reopened("in_work", 6))
    assert await where_told(alerts) == [first], "it may not be fetched"
    await alerts.announce(changed("completed", 7))
    [_, again] = await where_told(alerts)
    assert "已检定，可以到合成检定院取回" in again
    await alerts.announce(changed("returned", 8))
    assert len(await where_told(alerts)) == 3
    assert await alerts.rows(BroughtInstrument) == []
