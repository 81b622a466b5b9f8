"""What stands red at a first load: told to nobody that day, and released in portions by another."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotPermitted
from plumbing.audit import AuditEntry
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.checks import Checks
from services.alerts.first_notices import release_untold
from services.alerts.tables import Alert, Escalation
from services.alerts.untold import list_untold
from tests.integration.alerts.escalation_desk import passed, rejected
from tests.integration.alerts.running_alerts import (
    BUREAU,
    TODAY,
    RunningAlerts,
    bureau,
    instrument,
    subject,
    verification,
)

LOADER = "account/caseworker"  # on whose behalf the events of these tests come


def caller(account: str = "account/head", role: Role = Role.UNIT_HEAD, scope: str = BUREAU) -> Any:
    return Caller(account, "测试", frozenset({role}), scope)


@pytest.fixture
async def loaded(empty_alerts: RunningAlerts) -> RunningAlerts:
    """Two shops and a station, whose five instruments stood red when they were first loaded."""
    await empty_alerts.put(bureau())
    await empty_alerts.run_watch()
    await empty_alerts.put(
        subject(1, sector="retail", address="测试市文一路1号"),
        subject(2, sector="retail", address="测试市古翠路2号"),
        subject(3, sector="fuel_station", address="测试市文一路3号"),
        *(instrument(number, subject_id=f"s{number % 3 + 1}") for number in range(1, 6)),
        instrument(6, subject_id="s1"),
        *(rejected(number) for number in range(1, 5)),
        verification(5, TODAY.replace(month=8)),
        verification(6, TODAY.replace(year=2027)),
        baseline=True,
    )
    return empty_alerts


async def to_come(alerts: RunningAlerts) -> int:
    async with open_view(alerts.database, alerts.clock, caller()) as view:
        return (await list_untold(view, pb.ListUntoldRequest())).to_come


async def listed(alerts: RunningAlerts, by: Caller | None = None, **of: str) -> list[Any]:
    request = pb.ListUntoldRequest(of=pb.Untold(**of))
    async with open_view(alerts.database, alerts.clock, by or caller()) as view:
        return [*(await list_untold(view, request)).alerts]


async def released(
    alerts: RunningAlerts, by: Caller | None = None, **wanted: Any
) -> pb.ReleaseUntoldResponse:
    request = pb.ReleaseUntoldRequest(request_id=str(uuid4()), **wanted)
    args = (by or caller(), request, release_untold, pb.ReleaseUntoldResponse)
    first = await alerts.changes.once(*args)
    assert await alerts.changes.once(*args) == first  # sent twice, done once
    await alerts.wait_until_idle()
    return first


async def test_nobody_is_alarmed_and_the_bureau_is_told_every_day(loaded: RunningAlerts) -> None:
    assert await loaded.notices() == []
    assert len(await listed(loaded)) == 5
    await loaded.watch_days(2)
    first, second = await loaded.notices()
    assert {first.kind, second.kind} == {"approvals"}
    assert first.address == "desk@test.example"
    assert "没有告知经营者的器具：5 台" in second.body
    assert "已 2 天" in second.body
    assert await loaded.rows(Escalation) == []
    assert {one.days_untold for one in await listed(loaded)} == {2}


async def test_a_portion_is_told_and_followed_up_like_any_other_red(loaded: RunningAlerts) -> None:
    loaded.pass_days(1)
    answer = await released(loaded, of=pb.Untold(sector="retail"), at_most=2)
    assert (answer.released, answer.subjects, answer.left, answer.own_loads) == (2, 2, 1, 0)
    digests = await loaded.notices("digest")
    assert {notice.subject_id for notice in digests} == {"s1", "s2"}
    assert all("红色警示 1 台" in notice.title for notice in digests)
    assert {case.subject_id for case in await loaded.rows(Escalation)} == {"s1", "s2"}
    told = [alert for alert in await loaded.rows(Alert) if alert.released_at]
    assert {alert.released_by for alert in told} == {"account/head"}
    assert all(alert.notice_id and not alert.baseline for alert in told)
    announced = [a for event in await loaded.announced_alerts() for a in event.alerts]
    assert len(announced) == 2
    [entry] = [e for e in await loaded.rows(AuditEntry) if e.action == "release_first_notices"]
    assert entry.bureau == BUREAU


async def test_what_has_today_s_digest_already_is_told_in_tomorrow_s(loaded: RunningAlerts) -> None:
    await released(loaded, of=pb.Untold(subject_id="s3"), at_most=1)
    await released(loaded, of=pb.Untold(subject_id="s3"))
    assert len(await loaded.notices("digest")) == 1
    await loaded.watch_days(1)
    assert len(await loaded.notices("digest")) == 2
    assert await listed(loaded, subject_id="s3") == []


async def test_the_portion_is_chosen_by_type_sector_street_and_one_by_one(
    loaded: RunningAlerts,
) -> None:
    assert len(await listed(loaded, street="文一路")) == 3
    assert len(await listed(loaded, sector="fuel_station", street="文一路")) == 2
    assert len(await listed(loaded, type_code="试验用器具")) == 5
    assert await listed(loaded, type_code="fuel_dispenser") == []
    [one, *_] = await listed(loaded)
    answer = await released(loaded, alert_ids=[one.alert.alert_id])
    assert (answer.released, answer.left) == (1, 0)
    assert len(await listed(loaded)) == 4
    with pytest.raises(InvalidInput):
        await released(loaded)


async def test_who_made_the_load_releases_nothing_of_it(loaded: RunningAlerts) -> None:
    loader = caller(LOADER, Role.CASEWORKER)
    assert all(one.own_load for one in await listed(loaded, loader))
    with pytest.raises(NotPermitted):
        await released(loaded, loader, at_most=5)
    assert await listed(loaded, caller(scope="120101")) == []
    assert (await released(loaded, caller(scope="120101"), at_most=5)).released == 0
    assert len(await listed(loaded)) == 5


async def test_what_is_cured_meanwhile_is_not_told_of(loaded: RunningAlerts) -> None:
    await loaded.put(passed(11, 1, loaded.today))
    assert len(await listed(loaded)) == 4
    assert (await released(loaded, at_most=1000)).released == 4
    assert await listed(loaded) == []
    loaded.timers.running.add(f"watch/{BUREAU}")
    await loaded.watch_days(1)
    assert "首次建档" not in "".join(n.body for n in await loaded.notices("approvals"))


async def test_the_check_names_what_is_untold_and_for_how_long(loaded: RunningAlerts) -> None:
    loaded.timers.running.add(f"watch/{BUREAU}")
    loaded.pass_days(9)
    await loaded.run_watch()
    findings = await Checks(loaded.database, loaded.clock, loaded.timers).check()
    assert findings.figures["untold_reds"] == 5
    assert findings.figures["untold_reds.days"] == 9
    await released(loaded, at_most=1000)
    findings = await Checks(loaded.database, loaded.clock, loaded.timers).check()
    assert (findings.figures["untold_reds"], findings.figures["untold_reds.days"]) == (0, 0)
    assert findings.problems == []


async def test_what_was_never_verified_is_foretold_and_counts_from_the_load(
    loaded: RunningAlerts,
) -> None:
    assert await to_come(loaded) == 0
    await loaded.put(instrument(7, subject_id="s2"), instrument(8, subject_id="s2"), baseline=True)
    assert (len(await listed(loaded)), await to_come(loaded)) == (5, 2)
    await loaded.put(passed(18, 8, loaded.today), baseline=True)  # it came with the load
    assert (len(await listed(loaded)), await to_come(loaded)) == (5, 1)
    await loaded.watch_days(1)
    assert (len(await listed(loaded)), await to_come(loaded)) == (6, 0)
    assert {one.days_untold for one in await listed(loaded)} == {1}
    [first] = await loaded.notices("approvals")
    assert "没有告知经营者的器具：6 台" in first.body
