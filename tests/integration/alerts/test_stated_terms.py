"""Institutions hear of the terms that a bureau states for orders: each that they concern, once."""

from __future__ import annotations

from datetime import timedelta

from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2
from services.alerts.notices.links import path_of
from services.alerts.tables import Notice
from tests.integration.alerts.running_alerts import (
    BUREAU,
    TODAY,
    RunningAlerts,
    instrument,
)
from tests.integration.alerts.test_ending_notices import ending, put
from tests.integration.alerts.test_order_notices import changed

CITY, FAR = "330100", "120104"
KEPT_BY = {"本区院": BUREAU, "市院": CITY, "到期院": BUREAU, "外地院": FAR, "来做院": FAR}


async def on_file(alerts: RunningAlerts) -> None:
    """Institutions of several bureaus; one has ended, one of another province has an order here."""
    for number, (name, keeper) in enumerate(KEPT_BY.items(), 1):
        one = institutions_pb2.Institution(
            institution_id=f"i{number}", name=name, bureau=keeper, email="a@b.example", version=1
        )
        await alerts.announce(events.InstitutionsChanged(institutions=[one]))
        last = TODAY - timedelta(days=1) if name == "到期院" else TODAY
        await put(alerts, ending("authorisation", number, last, what="FUEL", institution=name))
    await alerts.announce(events.InstrumentsChanged(instruments=[instrument(1)]))
    order = changed("accepted", 1, due_on="2026-09-14")
    order.orders[0].institution = "来做院"
    await alerts.announce(order, aggregate="subject/s1")


async def told(alerts: RunningAlerts, accepting: int, completing: int) -> dict[str, Notice]:
    """What institutions get of terms that are announced twice, by their names."""
    event = events.OrderTermsStated(
        terms_id=f"t{accepting}",
        bureau=BUREAU,
        acceptance_days=accepting,
        completion_days=completing,
        valid_from="2026-10-01",
        source="（合成）局办〔2026〕1号",
    )
    for _ in range(2):
        await alerts.announce(event, aggregate=f"order_terms/{BUREAU}")
    found = await alerts.notices("institution")
    of_terms = [one for one in found if f"/order_terms/t{accepting}/" in one.key]
    assert len({one.recipient for one in of_terms}) == len(of_terms)
    return {one.recipient: one for one in of_terms}


async def test_who_acts_by_the_terms_of_a_bureau_hears_of_them_once(alerts: RunningAlerts) -> None:
    await on_file(alerts)
    found = await told(alerts, 3, 15)
    assert {*found} == {"本区院", "市院", "来做院"}
    mail = found["市院"]
    assert path_of(mail) == "/orders"
    for part in (
        "市院：\n测试市场监管局规定了",
        "自 2026-10-01 起",
        "收到申请后 3 个工作日内",
        "受理后 15 个工作日内",
        "（合成）局办〔2026〕1号",
        "以前的仍按原来的期限",
    ):
        assert part in mail.body
    assert "within 3 working days of the application" in mail.body_en
    assert "from 2026-10-01 on" in mail.body_en


async def test_terms_that_a_bureau_takes_back_name_those_that_hold_then(
    alerts: RunningAlerts,
) -> None:
    await on_file(alerts)
    mail = (await told(alerts, 1, 0))["本区院"]
    assert "完成检定：不另规定，按上级机关的规定" in mail.body
    assert "within 1 working day of the application" in mail.body_en
    assert "To complete: none of its own" in mail.body_en
