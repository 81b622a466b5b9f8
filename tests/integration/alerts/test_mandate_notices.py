"""Who hears of the mandate of an agent: the agent and the firm, and the bureau that checks it."""

from __future__ import annotations

from typing import Any

from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.languages import Language
from services.alerts.tables import DigestPreference, Rhythm
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, subject


def case(**of_agent: Any) -> objection_pb2.Case:
    agent = {"subject_id": "s2", "name": "测试代理人", "until": "2026-10-16", **of_agent}
    return objection_pb2.Case(
        case_id="c1",
        number="测异〔2026〕1号",
        subject_id="s1",
        bureau=BUREAU,
        agent=objection_pb2.Agent(**agent),
    )


async def told(alerts: RunningAlerts, *events: Any) -> list[tuple[str, str, str]]:
    before = {notice.key for notice in await alerts.notices()}
    await alerts.announce(*events)
    new = [notice for notice in await alerts.notices() if notice.key not in before]
    return sorted((notice.subject_id, notice.title, notice.body) for notice in new)


async def test_agent_and_firm_hear_that_a_mandate_ends_and_that_it_is_over(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(2))
    async with alerts.database.transaction() as session:
        session.add(
            DigestPreference(
                subject_id="s1", rhythm=Rhythm.DAILY, mailed=True, language=Language.BOTH
            )
        )
    soon = objection.MandateEnding(case=case(), rung="r1", message_zh="有效至2026年10月16日")
    for notices, title in (
        (await told(alerts, soon), "委托书即将到期：测异〔2026〕1号"),
        (
            await told(
                alerts, objection.MandateEnding(case=case(), rung="r2", message_zh="", over=True)
            ),
            "委托书已到期：测异〔2026〕1号",
        ),
    ):
        assert [(one, named) for one, named, _ in notices] == [("s1", title), ("s2", title)]
    assert await told(alerts, soon) == []  # once
    in_english = " ".join(notice.body_en for notice in await alerts.notices())
    assert "lasts until 2026-10-16" in in_english
    assert "lasted until 2026-10-16" in in_english, "it is over"


async def test_the_firm_hears_of_a_later_mandate_and_the_bureau_that_checks_it(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(2))
    later = {"mandate_id": "next", "until": "2026-12-31", "sent_on": "2026-10-14"}
    waits = objection.MandateRenewed(
        case=case(renewal=objection_pb2.RenewedMandate(**later), checked_by="account/c")
    )
    bureau, firm = await told(alerts, waits)
    assert (bureau[0], bureau[1]) == ("", "请核对新的委托书：测异〔2026〕1号")
    assert firm[0] == "s1"
    assert "有效至2026-12-31，监管部门核对后生效" in firm[2]
    [firm] = await told(alerts, objection.MandateRenewed(case=case()))
    assert "监管部门受理时核对" in firm[2]
    refused = objection.MandateChecked(case=case(), reasons="没有签章")
    notices = await told(alerts, refused)
    assert [one for one, _, _ in notices] == ["s1", "s2"]
    assert all("没有签章" in body for _, _, body in notices)
    approved = objection.MandateChecked(case=case(until="2026-12-31"), approved=True)
    assert all("有效至2026-12-31" in body for _, _, body in await told(alerts, approved))
