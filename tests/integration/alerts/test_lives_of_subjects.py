"""What becomes of alerts, cases and notices when a subject is deregistered, joined or parted."""

from __future__ import annotations

from typing import Any

from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import registry_pb2 as registry
from services.alerts.notices.links import path_of
from services.alerts.tables import Escalation, Notice, Webhook
from tests.integration.alerts.escalation_desk import EscalationDesk
from tests.integration.alerts.running_alerts import (
    BUREAU,
    START,
    RunningAlerts,
    instrument,
    subject,
)
from tests.integration.alerts.test_order_notices import LAB, changed, two


def acted(act: str, number: int = 1, **fields: Any) -> events.SubjectActed:
    """An act of the life of subject 1, with subject 2 as the other one."""
    given = {"on": "2026-09-14", "ground": "登记机关证明（合成）", "other_id": "s2"} | fields
    told = lives.SubjectAct(act_id=f"a{number}", subject_id="s1", act=act, **given)
    other = registry.Subject(subject_id="s2", name="测试单位2")
    return events.SubjectActed(act=told, subject=subject(1), other=other)


async def test_a_deregistered_subject_is_warned_no_more_and_its_case_ends(
    desk: EscalationDesk,
) -> None:
    alerts, case = desk.alerts, await desk.case()
    assert case.closed_at is None
    await alerts.put(subject(1, version=2, deregistered_on="2026-09-14"))
    await alerts.announce(acted("deregistered"), aggregate="subject/s1")
    assert (await desk.case()).state == "closed"
    # It is told of the deregistration, and not that its instruments are in order.
    [notice] = await alerts.notices("subject")
    assert notice.subject_id == "s1"
    assert notice.title == "登记信息变动：主体已注销"
    assert "不再预警" in notice.body
    assert "登记机关证明（合成）" in notice.body
    assert not [one for one in await alerts.notices("escalation") if "终结" in one.title]
    # By a new act its instruments are watched again, and the case goes on as another one.
    await alerts.put(subject(1, version=3))
    states = {one.escalation_id: one.state for one in await alerts.rows(Escalation)}
    assert states == {"s1/1": "closed", "s1/2": "waiting"}
    assert await desk.problems() == []


async def test_institutions_hear_of_the_orders_of_a_deregistered_subject(
    alerts: RunningAlerts,
) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await alerts.put(instrument(1), instrument(2))
    await alerts.announce(two(changed("accepted", 2, due_on="2026-10-16")))
    for _ in range(2):
        await alerts.announce(acted("deregistered"), aggregate="subject/s1")
    [lab] = [one for one in await alerts.notices() if one.address == "lab@example.com"]
    for part in ("测试单位1自 2026-09-14 起登记为已注销", "NO-7", "2. 燃油加油机 NO-8"):
        assert part in lab.body
    assert path_of(lab) == "/orders"


async def test_notices_follow_a_joining_and_come_back_when_it_is_undone(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(1))
    await alerts.put(subject(2))
    await alerts.announce(acted("recoded", 1, former_code="X"), aggregate="subject/s1")
    by_key = {one.key: one for one in await alerts.rows(Notice)}
    assert set(by_key) == {"subject/a1/s1"}
    async with alerts.database.transaction() as session:
        session.add_all(webhook(name, of) for name, of in (("h1", "s1"), ("h2", "s2")))
    joined = events.SubjectsJoined(former_id="s1", present_id="s2")
    await alerts.announce(joined, aggregate="subject/s2")
    [moved] = await alerts.rows(Notice)
    assert moved.subject_id == "s2"
    assert await owners_of_webhooks(alerts) == {"h1": "s2", "h2": "s2"}
    back = acted("parted", 2)
    back.act.subject_id, back.act.other_id = "s2", "s1"
    back.subject.CopyFrom(subject(2))
    back.other.CopyFrom(subject(1))
    await alerts.announce(back, aggregate="subject/s2")
    owners = {one.key: one.subject_id for one in await alerts.rows(Notice)}
    assert owners == {
        "subject/a1/s1": "s1",
        "subject/a2/s1": "s1",
        "subject/a2/s2": "s2",
    }
    assert await owners_of_webhooks(alerts) == {"h1": "s1", "h2": "s2"}


def webhook(webhook_id: str, owner: str) -> Webhook:
    return Webhook(
        webhook_id=webhook_id,
        subject_id=owner,
        bureau=BUREAU,
        url=f"https://1.1.1.1/{webhook_id}",
        kinds=[],
        sealed_secret="",
        secret_set_at=START,
        added_by="account/op",
        added_at=START,
    )


async def owners_of_webhooks(alerts: RunningAlerts) -> dict[str, str]:
    return {row.webhook_id: row.subject_id for row in await alerts.rows(Webhook)}
