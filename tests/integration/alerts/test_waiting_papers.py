"""The bureau is mailed, and counts, which exposure lists and circulars wait for the next person."""

from __future__ import annotations

from tests.integration.alerts.test_alerts_figures import awaiting
from tests.integration.alerts.test_circulars import HEAD, HOUSING, Desk, desk
from tests.integration.alerts.test_exposure_lists import lists

__all__ = ["desk", "lists"]


async def digested(desk: Desk) -> str:
    """What the digest of the next day tells the bureau; empty if there is none."""
    before = len(await desk.alerts.notices("approvals"))
    await desk.alerts.watch_days(1)
    new = (await desk.alerts.notices("approvals"))[before:]
    return "\n".join(line for one in new for line in (one.title, *one.body.splitlines()))


async def test_the_next_person_hears_of_a_list_and_of_a_circular_each_day(desk: Desk) -> None:
    alerts, before = desk.alerts, await awaiting(desk.alerts)
    assert "份" not in await digested(desk)
    day = alerts.today
    one = await desk.lists.compile("s1")
    assert await awaiting(alerts) == before | {"exposure_list_waiting": 1}
    for _ in range(2):
        told = await digested(desk)
        assert "1 份曝光名单待保密审查" in told
        assert f"曝光名单待保密审查：1 份，最早的自 {day} 起；请编制人以外的" in told
    day = alerts.today
    one = await desk.lists.review(one)
    assert await awaiting(alerts) == before | {"exposure_list_waiting": 1}
    told = await digested(desk)
    assert f"曝光名单待批准公开：1 份，最早的自 {day} 起；请没有编制、审查过的" in told
    assert "保密审查：" not in told
    one = await desk.lists.release(one)
    assert await awaiting(alerts) == before
    assert "曝光名单" not in await digested(desk)
    day = alerts.today
    draft = await desk.draft(one, await desk.put(**HOUSING))
    assert await awaiting(alerts) == before | {"circular_drafted": 1}
    assert f"通报待签发：1 份，最早的自 {day} 起；请没有拟稿的" in await digested(desk)
    await desk.issue(draft, HEAD)
    assert await awaiting(alerts) == before
    assert "通报待签发" not in await digested(desk)
