"""An institution and its bureau hear shortly after midnight what is due."""

from __future__ import annotations

import sqlalchemy as sa

from plumbing.identity import service_caller
from protos.alerts.v1 import alerts_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2 as institutions
from services.alerts.notices.retries import retry_delivery
from services.alerts.tables import Notice, NoticeState
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts

LAB = institutions.Institution(
    institution_id="i1", name="合成检定院", bureau=BUREAU, email="lab@example.com"
)


def item(kind: str, rung: str, due_on: str, number: str = "") -> events.DueFromInstitution:
    return events.DueFromInstitution(
        kind=kind,
        rung=rung,
        type_code="FUEL",
        serial_no="NO-7",
        certificate_no=number,
        due_on=due_on,
    )


def due(*items: events.DueFromInstitution, total: int = 0) -> events.InstitutionDue:
    overdue = sum(one.rung == "overdue" for one in items)
    return events.InstitutionDue(
        institution=LAB, on="2026-09-15", items=items, total=total or len(items), overdue=overdue
    )


async def told(alerts: RunningAlerts, event: events.InstitutionDue) -> dict[str, str]:
    """The notices by who gets them, after the event came twice."""
    for _ in range(2):
        await alerts.announce(event, aggregate="institution/i1")
    notices = await alerts.notices("institution")
    found = {notice.key.partition("/")[0]: notice for notice in notices}
    assert len(notices) == len(found)
    assert found["institution"].address == "lab@example.com"
    return {who: "\n".join(parts_of(notice)) for who, notice in found.items()}


def parts_of(notice: Notice) -> tuple[str, ...]:
    return notice.title, notice.body, notice.title_en, notice.body_en


async def test_the_institution_hears_of_all_and_its_bureau_of_what_is_overdue(
    alerts: RunningAlerts,
) -> None:
    event = due(
        item("certificate", "overdue", "2026-09-14", "JL-1"),
        item("order", "new", "2026-09-20"),
        total=300,
    )
    found = await told(alerts, event)
    lab, office = found["institution"], found["overdue"]
    for part in ("JL-1", "燃油加油机 NO-7", "新的申请", "2026-09-20", "另有 298 项", "Overdue"):
        assert part in lab
    assert "5 个工作日" in lab, "the term of the text"
    assert "within 5 working days of the verification (" in lab, "the same in English"
    assert "certificate JL-1 not uploaded yet, last day 2026-09-14" in lab
    assert "JL-1" in office
    assert "2026-09-20" not in office


async def test_both_hear_of_a_result_that_came_late(alerts: RunningAlerts) -> None:
    late = item("result", "overdue", "2026-09-11", "JL-2")
    late.came_on = "2026-09-14"
    found = await told(alerts, due(late))
    for mail in found.values():
        assert "燃油加油机 NO-7，检定结果于 2026-09-14 上传，逾期 3 天，期限 2026-09-11" in mail
    assert "result uploaded on 2026-09-14, 3 days late, last day" in found["institution"]


async def test_the_bureau_hears_nothing_of_what_is_in_time(alerts: RunningAlerts) -> None:
    found = await told(alerts, due(item("certificate", "nearly_due", "2026-09-16")))
    assert [*found] == ["institution"]
    assert "certificate not uploaded yet, last day" in found["institution"], "it has no number"


async def test_a_mail_that_is_tried_again_goes_to_the_institution(alerts: RunningAlerts) -> None:
    await told(alerts, due(item("order", "overdue", "2026-09-14")))
    head = service_caller("alerts")
    async with alerts.database.transaction() as session:
        failed = sa.update(Notice).values(state=NoticeState.FAILED)
        await (await session.connection()).execute(failed)
    for notice in await alerts.notices("institution"):
        async with alerts.changes.change(head) as change:
            request = pb.RetryDeliveryRequest(notice_id=notice.notice_id)
            again = await retry_delivery(change, request)
        assert again.notice.address == notice.address
