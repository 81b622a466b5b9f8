"""A subject hears of each step of its order for verification that concerns it, once."""

from __future__ import annotations

from typing import Any

from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2
from protos.registry.v1 import orders_pb2 as pb
from services.alerts import wire
from services.alerts.notices.links import path_of
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts

LAB = institutions_pb2.Institution(
    institution_id="i1", name="合成检定院", bureau=BUREAU, email="lab@example.com", version=1
)


def changed(state: str, version: int, ground: str = "", **fields: Any) -> events.OrdersChanged:
    order = pb.Order(
        order_id="o1",
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
    accepted, scheduled, refused = sorted(
        await alerts.notices("order"), key=lambda notice: int(notice.key.rpartition("/")[2])
    )
    assert {notice.subject_id for notice in (accepted, scheduled, refused)} == {"s1"}
    assert accepted.title == "检定申请已受理"
    assert "2026-10-16" in accepted.body
    assert "燃油加油机 NO-7" in accepted.body
    assert "2026-09-16" in scheduled.body
    assert "加油机已锁定，无法检定" in refused.body


async def test_orders_that_took_a_step_together_are_one_notice(alerts: RunningAlerts) -> None:
    both = changed("accepted", 2, due_on="2026-10-16")
    other = pb.Order()
    other.CopyFrom(both.orders[0])
    other.order_id, other.serial_no = "o2", "NO-8"
    both.orders.append(other)
    for _ in range(2):
        await alerts.announce(both, aggregate="subject/s1")
    [notice] = await alerts.notices("order")
    assert (notice.title, notice.about) == ("检定申请已受理（2 台）", "")
    assert "1. 燃油加油机 NO-7\n" in notice.body
    assert "2. 燃油加油机 NO-8\n" in notice.body
    assert path_of(notice) == "/orders"


async def test_an_institution_hears_at_once_of_what_was_withdrawn(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    both = changed("withdrawn", 2, "不再使用该器具")
    other = pb.Order()
    other.CopyFrom(both.orders[0])
    other.order_id, other.serial_no = "o2", "NO-8"
    both.orders.append(other)
    for _ in range(2):
        await alerts.announce(both, aggregate="subject/s1")
    [notice] = await alerts.notices()
    assert (notice.address, notice.recipient) == ("lab@example.com", "合成检定院")
    assert wire.notice(notice).recipient == "合成检定院"
    assert path_of(notice) == "/orders"
    for part in ("测试单位1的下列检定申请", "2. 燃油加油机 NO-8", "不再使用该器具", "withdrawn"):
        assert part in notice.body
    await alerts.announce(changed("withdrawn", 3), aggregate="subject/s1")
    *_, alone = await alerts.notices()
    assert path_of(alone) == "/orders/o1"


async def test_nobody_hears_for_an_institution_that_is_not_on_file(alerts: RunningAlerts) -> None:
    await alerts.announce(changed("withdrawn", 2), aggregate="subject/s1")
    assert await alerts.notices() == []
