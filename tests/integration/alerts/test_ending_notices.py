"""Who holds a permit or an authorisation that ends is reminded, and so is the bureau."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from law.periods import add_months
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2, permits_pb2
from protos.registry.v1 import orders_pb2 as pb
from services.alerts.notices.links import path_of
from services.alerts.workflows import WatchRun
from tests.integration.alerts.running_alerts import (
    BUREAU,
    TODAY,
    RunningAlerts,
    bureau,
    instrument,
    subject,
)
from tests.integration.alerts.test_order_notices import LAB, changed, two

OTHER, SOON = "330110", TODAY + timedelta(days=20)
LAST = add_months(TODAY, 2) + timedelta(days=1)


def permit(number: int, last: date, version: int = 1, **fields: Any) -> permits_pb2.Permit:
    message = permits_pb2.Permit(
        permit_id=f"p{number}",
        subject_id="s1",
        certificate_name="计量标准考核证书",
        permit_no=f"量标-{number}",
        valid_until=last.isoformat(),
        version=version,
    )
    message.MergeFrom(permits_pb2.Permit(**fields))
    return message


def ending(kind: str, number: int, last: date, version: int = 1, **fields: Any) -> events.Ending:
    message = events.Ending(
        kind=kind,
        ending_id=f"e{number}",
        bureau=BUREAU,
        institution="合成检定院",
        number=f"授-{number}",
        last_day=last.isoformat(),
        version=version,
    )
    message.MergeFrom(events.Ending(**fields))
    return message


async def put(alerts: RunningAlerts, *rows: permits_pb2.Permit | events.Ending) -> None:
    """Announces permits and other things that end; each event comes twice."""
    for row in rows:
        event = (
            events.PermitsChanged(permits=[row])
            if isinstance(row, permits_pb2.Permit)
            else events.EndingsChanged(endings=[row])
        )
        for _ in range(2):
            await alerts.announce(event, aggregate="some/thing")


async def test_holders_and_bureau_hear_once_at_each_reminder(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await put(
        alerts,
        permit(1, LAST),
        permit(2, LAST, certificate_name="型式批准证书"),
        ending("authorisation", 1, LAST, what="FUEL"),
        ending("laboratory", 2, LAST, what="力学室"),
        ending("qualification", 3, LAST, what="examiner", institution=""),
    )
    await alerts.run_watch()
    assert await alerts.notices() == [], "two months and a day are left"
    await alerts.watch_days(1)
    owner, office = sorted(await alerts.notices("ending"), key=lambda one: one.subject_id == "")
    [lab] = await alerts.notices("institution")
    assert (owner.subject_id, path_of(owner)) == ("s1", "/permits")
    for part in ("计量标准考核证书（编号 量标-1）", f"有效期至 {LAST}", "量标-2", "示例"):
        assert part in owner.body
    assert "授-" not in owner.body
    assert (lab.address, lab.recipient) == ("lab@example.com", "合成检定院")
    for part in ("燃油加油机检定授权（编号 授-1）", "实验室“力学室”专项授权"):
        assert part in lab.body
    assert "laboratory" in lab.body_en
    assert "量标" not in lab.body
    for part in (
        "测试单位1，计量标准考核证书",
        "合成检定院，燃油加油机检定授权",
        "计量考评员（编号",
    ):
        assert part in office.body
    assert office.subject_id == ""
    await alerts.watch_days(3)
    assert len(await alerts.notices()) == 3
    alerts.pass_days((LAST - alerts.today).days)
    await alerts.run_watch()
    *_, last = await alerts.notices("ending")
    assert "今天到期" in last.body
    before = len(await alerts.notices())
    await alerts.watch_days(1)
    assert len(await alerts.notices()) == before, "nothing after the last day"


async def test_nobody_hears_of_what_was_renewed_or_had_ended_before(alerts: RunningAlerts) -> None:
    await put(
        alerts,
        permit(1, TODAY),
        permit(2, add_months(TODAY, 36), permit_no="量标-1"),
        permit(3, TODAY, certificate_name="其他证书", ended="revoked"),
        permit(4, TODAY - timedelta(days=1), certificate_name="更早的证书"),
        ending("authorisation", 1, TODAY, what="FUEL"),
        ending("authorisation", 2, add_months(TODAY, 12), what="FUEL"),
        ending("qualification", 3, TODAY, what="metrologist"),
        ending("qualification", 3, add_months(TODAY, 60), 2, what="metrologist"),
    )
    await alerts.watch_days(1)
    assert await alerts.notices() == []


async def test_of_several_permits_of_one_name_each_is_told(alerts: RunningAlerts) -> None:
    await put(alerts, permit(1, TODAY), permit(2, add_months(TODAY, 36)))
    await alerts.watch_days(1)
    owner, _ = sorted(await alerts.notices("ending"), key=lambda one: one.subject_id == "")
    assert "量标-1" in owner.body
    assert "量标-2" not in owner.body


async def test_what_an_institution_holds_is_told_to_the_bureau_that_keeps_it_by_then(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(bureau(OTHER))
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await put(
        alerts,
        ending("authorisation", 1, SOON, what="FUEL"),
        ending("laboratory", 2, SOON, what="力学室"),
        ending("qualification", 3, SOON, what="metrologist"),
    )
    moved = institutions_pb2.Institution()
    moved.CopyFrom(LAB)
    moved.bureau, moved.version = OTHER, LAB.version + 1
    await alerts.announce(events.InstitutionsChanged(institutions=[moved]))
    await alerts.watch_days(1)
    told = {one.bureau: one.body for one in await alerts.notices("ending")}
    assert "授-3" in told[BUREAU], "a person stays with the bureau of its register"
    assert "授-1" not in told[BUREAU]
    await alerts.activities.watch(WatchRun(bureau=OTHER, through=alerts.today))
    told = {one.bureau: one.body for one in await alerts.notices("ending")}
    assert "授-1" in told[OTHER]
    assert "授-2" in told[OTHER]
    assert "授-3" not in told[OTHER]


async def test_only_an_institution_whose_authorisation_ends_hears_that_results_are_not_taken(
    alerts: RunningAlerts,
) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await put(alerts, ending("qualification", 3, TODAY, what="metrologist"))
    await alerts.watch_days(1)
    await put(alerts, ending("laboratory", 2, alerts.today + timedelta(days=1), what="力学室"))
    await alerts.watch_days(1)
    of_person, of_laboratory = await alerts.notices("institution")
    for said in ("到期以后的检定结果不再收下", "results of later days are not taken"):
        assert said not in of_person.body + of_person.body_en
        assert said in of_laboratory.body + of_laboratory.body_en


async def test_a_permit_that_went_to_another_subject_is_told_to_that_one(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(2), subject(3, in_review=True))
    await put(alerts, permit(1, TODAY), permit(1, TODAY, 2, subject_id="s2"))
    await put(alerts, permit(2, TODAY, subject_id="s3", certificate_name="其他证书"))
    await alerts.watch_days(1)
    owner, office = sorted(await alerts.notices("ending"), key=lambda one: one.subject_id == "")
    assert (owner.subject_id, path_of(owner)) == ("s2", "/permits/p1")
    assert "其他证书" not in office.body
    assert path_of(office) == "/permits"


def told_by(alerts: RunningAlerts) -> Callable[[], Awaitable[list[tuple[str, str]]]]:
    """Returns what tells the addresses and bodies of new notices of such orders."""
    already = set[str]()

    async def told() -> list[tuple[str, str]]:
        new = [one for one in await alerts.notices() if one.key not in already]
        already.update(one.key for one in new)
        return sorted((one.address, one.body) for one in new if "/authorised/" in one.key)

    return told


async def test_owner_and_institution_hear_of_orders_that_an_authorisation_does_not_outlast(
    alerts: RunningAlerts,
) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await alerts.put(instrument(1), instrument(2))
    await put(alerts, ending("authorisation", 1, date(2030, 1, 1), what="FUEL"))
    await alerts.announce(two(changed("accepted", 2, due_on="2026-10-16")))
    told = told_by(alerts)
    await put(alerts, ending("authorisation", 1, date(2026, 10, 16), 2, what="FUEL"))
    assert await told() == [], "they are due on the last day"
    await put(alerts, ending("authorisation", 1, date(2026, 10, 15), 3, what="FUEL"))
    [(lab, to_lab), (owner, to_owner)] = await told()
    assert (lab, owner) == ("lab@example.com", "unit1@test.example")
    for part in ("NO-7：合成检定院，授权至 2026-10-15", "NO-8", "向其他检定机构申请"):
        assert part in to_owner
    assert "1. 燃油加油机 NO-7：授权至 2026-10-15" in to_lab
    await alerts.watch_days(1)
    assert await told() == [], "nobody is told twice"
    await put(alerts, ending("authorisation", 2, date(2030, 1, 1), what="FUEL"))
    await put(alerts, ending("authorisation", 1, TODAY, 4, what="FUEL"))
    assert await told() == [], "another authorisation lasts longer"


async def test_a_last_day_that_is_set_back_is_told_with_all_orders(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await alerts.put(instrument(1), instrument(2))
    await alerts.announce(changed("accepted", 2, due_on="2026-10-16"))
    told = told_by(alerts)
    first, second = date(2026, 10, 15), date(2026, 10, 14)
    for version, last in enumerate((first, second), 1):
        alerts.pass_days(1)
        await put(alerts, ending("authorisation", 1, last, version, what="FUEL"))
        assert [str(last) in body for _, body in await told()] == [True, True]
    between = two(changed("accepted", 2, due_on="2026-10-16"))
    await alerts.announce(between)
    alerts.pass_days(1)
    await put(alerts, ending("authorisation", 1, first, 3, what="FUEL"))
    again = await told()
    assert len(again) == 2
    for _, body in again:
        assert f"NO-8：合成检定院，授权至 {first}" in body or f"NO-8：授权至 {first}" in body
        assert "NO-7" in body
    await alerts.watch_days(2)
    assert await told() == []


async def test_what_is_announced_together_is_one_mail_to_each(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await alerts.put(instrument(1), instrument(2))
    both = two(changed("accepted", 2, due_on="2026-10-16"))
    both.orders[1].type_code = "WATER"
    await alerts.announce(both)
    told = told_by(alerts)
    fuel = ending("authorisation", 1, date(2026, 10, 14), what="FUEL")
    water = ending("authorisation", 2, date(2026, 10, 15), what="WATER")
    for _ in range(2):
        await alerts.announce(events.EndingsChanged(endings=[fuel, water]), aggregate="some/thing")
    [(lab, to_lab), (owner, to_owner)] = await told()
    assert (lab, owner) == ("lab@example.com", "unit1@test.example")
    for body in (to_lab, to_owner):
        assert ("NO-7" in body, "2026-10-14" in body) == (True, True)
        assert ("NO-8" in body, "2026-10-15" in body) == (True, True)


async def test_who_is_cut_off_again_by_the_same_day_hears_again(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await alerts.put(instrument(1))
    await alerts.announce(changed("accepted", 2, due_on="2026-10-16"))
    told = told_by(alerts)
    short, long = date(2026, 10, 15), date(2030, 1, 1)
    await put(alerts, ending("authorisation", 1, short, what="FUEL"))
    assert len(await told()) == 2
    for version, last, notices in ((2, long, 0), (3, short, 2), (4, short, 0)):
        alerts.pass_days(1)
        await put(alerts, ending("authorisation", 1, last, version, what="FUEL"))
        assert len(await told()) == notices, last
    await alerts.announce(changed("scheduled", 3, due_on="2026-10-16", appointed_on="2026-10-15"))
    await alerts.watch_days(1)
    assert await told() == [], "it is verified while the institution may"
    await alerts.announce(changed("scheduled", 4, due_on="2026-10-16", appointed_on="2026-10-16"))
    await alerts.watch_days(1)
    assert len(await told()) == 2


async def test_who_gets_an_instrument_hears_that_its_order_is_cut_off(
    alerts: RunningAlerts,
) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await alerts.put(subject(2), instrument(1))
    await alerts.announce(changed("accepted", 2, due_on="2026-10-16"))
    told = told_by(alerts)
    await put(alerts, ending("authorisation", 1, date(2026, 10, 15), what="FUEL"))
    assert len(await told()) == 2
    sold = instrument(1, 2, subject_id="s2")
    await alerts.put(sold, cause=events.CAUSE_ENTERED)
    await alerts.watch_days(1)
    assert "unit2@test.example" in {address for address, _ in await told()}


async def test_orders_of_the_type_that_an_authorisation_no_longer_has_are_told(
    alerts: RunningAlerts,
) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await alerts.put(instrument(1), instrument(2))
    await put(alerts, ending("authorisation", 1, date(2030, 1, 1), what="FUEL"))
    await alerts.announce(changed("accepted", 2, due_on="2026-10-16"))
    elsewhere = changed("accepted", 2, due_on="2026-10-16")
    elsewhere.orders[0].MergeFrom(pb.Order(order_id="o2", institution="从未告知的机构"))
    await alerts.announce(elsewhere)
    told = told_by(alerts)
    await put(alerts, ending("authorisation", 1, date(2030, 1, 1), 2, what="WATER"))
    [(lab, to_lab), (owner, to_owner)] = await told()
    assert (lab, owner) == ("lab@example.com", "unit1@test.example")
    assert "1. 燃油加油机 NO-7：合成检定院，已没有该类型的授权" in to_owner
    assert "NO-7：已没有该类型的授权" in to_lab
    await alerts.watch_days(1)
    assert await told() == [], "nobody is told twice"
    await put(alerts, ending("authorisation", 1, date(2026, 10, 15), 3, what="FUEL"))
    assert ["2026-10-15" in body for _, body in await told()] == [True, True]
    await put(alerts, ending("authorisation", 2, date(2030, 1, 1), what="FUEL"))
    await put(alerts, ending("authorisation", 1, date(2030, 1, 1), 4, what="WATER"))
    assert await told() == [], "another authorisation for the type is left"


async def test_of_orders_that_came_later_the_watch_tells(alerts: RunningAlerts) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await alerts.put(instrument(1))
    await put(alerts, ending("authorisation", 1, TODAY, what="FUEL"))
    await alerts.announce(changed("scheduled", 2, due_on="2026-10-16", appointed_on=str(TODAY)))
    before = {notice.key for notice in await alerts.notices()}
    await alerts.watch_days(1)
    told = [one for one in await alerts.notices() if "/authorised/" in one.key]
    assert {one.address for one in told} == {"lab@example.com", "unit1@test.example"}
    assert len({one.key for one in told} - before) == 2
