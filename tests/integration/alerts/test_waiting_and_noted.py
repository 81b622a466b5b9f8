"""Who confirms certificates, who looks at repairs, and whose laboratory is shown: each hears."""

from __future__ import annotations

from datetime import timedelta

from protos.registry.v1 import events_pb2 as events
from services.alerts.notices.links import path_of
from services.alerts.notices.tables import UntoldUpkeep
from tests.integration.alerts.running_alerts import (
    BUREAU,
    TODAY,
    RunningAlerts,
    bureau,
    instrument,
)
from tests.integration.alerts.test_order_notices import LAB

OTHER = "330110"


async def sent(
    alerts: RunningAlerts, number: int, state: str = "waiting", version: int = 1, by: str = ""
) -> None:
    event = events.DccChanged(
        dcc_id=f"d{number}",
        institution=by,
        bureau=BUREAU,
        state=state,
        certificate_no=f"JZ-{number}",
        laboratory="合成校准实验室",
        version=version,
    )
    for _ in range(2):
        await alerts.announce(event, aggregate=f"dcc/d{number}")


async def test_certificates_that_wait_are_told_once_to_who_confirms_them(
    alerts: RunningAlerts,
) -> None:
    await alerts.announce(events.InstitutionsChanged(institutions=[LAB]))
    await sent(alerts, 1)
    await sent(alerts, 2)
    await sent(alerts, 3, "confirmed", 2)
    await sent(alerts, 3)  # what is older comes later
    await sent(alerts, 4, by="合成检定院")
    await sent(alerts, 5, by="没有登记的机构")
    await alerts.watch_days(2)
    [office] = await alerts.notices("calibration")
    [lab] = await alerts.notices("institution")
    assert (office.subject_id, path_of(office)) == ("", "/calibrations?state=waiting")
    assert "1. JZ-1，合成校准实验室\n2. JZ-2" in office.body
    assert "JZ-3" not in office.body
    assert (lab.address, lab.recipient) == ("lab@example.com", "合成检定院")
    assert "JZ-4" in lab.body
    assert "JZ-1" not in lab.body
    for state, version in (("confirmed", 2), ("waiting", 3)):  # confirmed, and taken back
        await sent(alerts, 1, state, version)
    await alerts.watch_days(1)
    assert "JZ-1" in (await alerts.notices("calibration"))[-1].body


def noted(number: int, kind: str = "repair") -> events.UpkeepNoted:
    return events.UpkeepNoted(
        upkeep_id=f"u{number}", instrument_id=f"i{number}", kind=kind, done_on=TODAY.isoformat()
    )


async def test_what_owners_noted_is_one_digest_to_the_bureau_of_the_instrument_by_then(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(bureau(OTHER))
    await alerts.put(*(instrument(number, state="stopped") for number in (1, 2, 3, 4, 5)))
    kinds = ("repair", "seal_broken", "repair", "repair", "repair")
    for number, kind in enumerate(kinds, start=1):
        for _ in range(2):
            await alerts.announce(noted(number, kind), aggregate="subject/s1")
    by_mistake = noted(5)
    by_mistake.taken_back = True
    await alerts.announce(by_mistake, aggregate="subject/s1")
    await alerts.put(
        instrument(3, version=2, state="stopped", bureau=OTHER),
        instrument(4, version=2, state="stopped", removed=True),
    )
    await alerts.watch_days(2)
    [digest] = await alerts.notices("upkeep")
    assert (digest.bureau, digest.subject_id, path_of(digest)) == (BUREAU, "", "/upkeep")
    assert f"1. 测试单位1，试验用器具 NO-1：{TODAY} 修理" in digest.body
    assert "NO-2" in digest.body
    assert "NO-3" not in digest.body
    assert "NO-4" not in digest.body
    assert "NO-5" not in digest.body, "it was noted by mistake"
    assert [row.upkeep_id for row in await alerts.rows(UntoldUpkeep)] == ["u3"]


async def test_an_institution_hears_that_its_laboratory_is_shown_or_hidden(
    alerts: RunningAlerts,
) -> None:
    for shown, changed, title, title_en in (
        (True, False, "实验室已公开：力学室", "Shown to the public: 力学室"),
        (False, True, "实验室暂不公开：力学室", "Hidden from the public: 力学室"),
        (False, False, "实验室已撤下：力学室", "Hidden from the public: 力学室"),
    ):
        alerts.clock.moment += timedelta(minutes=1)
        event = events.LaboratoryShown(
            institution=LAB,
            laboratory_id="l1",
            name="力学室",
            shown=shown,
            changed_by_bureau=changed,
        )
        await alerts.announce(event, aggregate="institution/i1")
        *_, notice = await alerts.notices("institution")
        assert (notice.title, notice.title_en) == (title, title_en)
        assert notice.address == "lab@example.com"
        assert path_of(notice) == "/laboratories/l1"
