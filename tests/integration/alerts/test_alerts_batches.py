"""A bureau gets a notice of each batch that waits for its unit head, and of each decision."""

from __future__ import annotations

from typing import Any

from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, instrument


def decided(state: str, digest: str = "d1", **fields: str) -> events.BatchDecided:
    defaults: dict[str, Any] = {"bureau": BUREAU, "file_name": "合成.csv", "imported_by": "sender"}
    batch = pb.Batch(batch_id="b1", state=state, rows=40, **(defaults | fields))
    batch.estimate.MergeFrom(pb.BatchEstimate(alerts=30, instruments=40, digest=digest))
    return events.BatchDecided(batch=batch)


async def test_each_estimate_and_each_decision_has_one_notice(alerts: RunningAlerts) -> None:
    aggregate = "batch/b1"
    for event in (
        decided("awaiting_approval"),
        decided("awaiting_approval"),
        decided("awaiting_approval", "d2"),
        decided("rejected", "d2", reasons="日期列有误"),
        decided("discarded", "d2"),
        decided("expired", bureau="000000"),
    ):
        await alerts.announce(event, aggregate=aggregate)
    waiting, anew, rejected = sorted(await alerts.notices("batch"), key=lambda n: n.created_at)
    assert {notice.address for notice in (waiting, anew, rejected)} == {"desk@test.example"}
    assert waiting.title == "导入批次待批准：合成.csv"
    assert "30 件" in waiting.body
    assert "在平台上批准或退回" in waiting.body
    assert "quanheng" not in waiting.body + anew.body
    assert (rejected.title, "日期列有误" in rejected.body) == ("导入批次未获批准：合成.csv", True)


async def test_a_notice_names_the_people_of_a_batch(alerts: RunningAlerts) -> None:
    event = decided("rejected", reasons="日期列有误", decided_by="head")
    event.imported_by_name, event.decided_by_name = "测试办案人员", "测试负责人"
    await alerts.announce(event, aggregate="batch/b1")
    await alerts.announce(decided("applied", "d2"), aggregate="batch/b1")
    rejected, applied = sorted(await alerts.notices("batch"), key=lambda n: n.created_at)
    assert "由测试办案人员提交" in rejected.body
    assert "决定人：测试负责人" in rejected.body
    assert "由账号 sender 提交" in applied.body
    assert "决定人" not in applied.body


async def test_a_bureau_is_told_what_an_operator_files_and_the_operator_gets_a_receipt(
    alerts: RunningAlerts,
) -> None:
    filed = instrument(7, state="spare", type_code="FUEL", location="一号岛")
    event = events.InstrumentsChanged(
        change=events.Change(cause=events.CAUSE_FILED), instruments=[filed]
    )
    for _ in range(2):  # a notice for each instrument, however often the event comes
        await alerts.announce(event, aggregate="subject/s1")
    await alerts.put(instrument(8, state="spare"))  # filed by the bureau itself
    receipt, notice = sorted(await alerts.notices("filing"), key=lambda one: one.subject_id == "")
    assert (notice.address, notice.subject_id) == ("desk@test.example", "")
    assert notice.title == "新器具备案：测试单位1，燃油加油机 NO-7"
    assert "一号岛" in notice.body
    assert "备案无须批准" in notice.body
    assert (receipt.subject_id, receipt.title) == ("s1", "器具备案回执：燃油加油机 NO-7")
    assert "测试单位1" in receipt.body
    assert "向检定机构申请检定" in receipt.body


async def test_what_comes_from_one_file_is_one_notice_and_one_receipt(
    alerts: RunningAlerts,
) -> None:
    on_file = instrument(9, version=3, repeated_serial=True)  # the number of a new one, elsewhere
    new = [instrument(number, state="spare", type_code="FUEL") for number in (7, 8)]
    event = events.InstrumentsChanged(
        change=events.Change(cause=events.CAUSE_FILED), instruments=[*new, on_file]
    )
    marked = events.InstrumentsChanged(change=event.change, instruments=[on_file])
    for one in (event, event, marked):
        await alerts.announce(one, aggregate="subject/s1")
    receipt, notice = sorted(await alerts.notices("filing"), key=lambda one: one.subject_id == "")
    assert (notice.title, notice.about) == ("新器具备案：测试单位1，2 台", "")
    assert (receipt.subject_id, receipt.title) == ("s1", "器具备案回执：2 台")
    for text in (notice.body, receipt.body):
        assert "1. 燃油加油机 NO-7（" in text
        assert "2. 燃油加油机 NO-8（" in text
        assert "NO-9" not in text


async def test_an_owner_hears_what_need_not_be_verified_and_what_must_be_again(
    alerts: RunningAlerts,
) -> None:
    def stated(ground: str, version: int, *numbers: int, baseline: bool = False) -> Any:
        found = [
            instrument(number, type_code="FUEL", non_compulsory_ground=ground, version=version)
            for number in numbers
        ]
        return events.InstrumentsChanged(change=events.Change(baseline=baseline), instruments=found)

    for event in (
        stated("首次建档", 1, 7, baseline=True),  # a first load is told of to nobody
        stated("只用于内部工艺", 1, 8, 9),
        stated("只用于内部工艺", 1, 8, 9),
        stated("另一理由", 2, 8),  # another ground is no other statement
        stated("", 3, 8),
        stated("", 3, 8),
    ):
        await alerts.announce(event, aggregate="subject/s1")
    free, bound = sorted(await alerts.notices("subject"), key=lambda one: one.created_at)
    assert (free.subject_id, free.address) == ("s1", "unit1@test.example")
    assert free.title == "登记信息变动：器具不属于强制检定（2 台）"
    assert "1. 燃油加油机 NO-8，理由：只用于内部工艺" in free.body
    assert bound.title == "登记信息变动：器具恢复强制检定"
    assert "1. 燃油加油机 NO-8\n" in bound.body
    assert (free.about, bound.about) == ("", "instrument/i8")
