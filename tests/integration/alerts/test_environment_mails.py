"""An institution and the bureaus hear once of what hours outside the limits marked."""

from __future__ import annotations

from uuid import uuid4

from plumbing.events.envelope import Received
from plumbing.identity import service_caller
from protos.registry.v1 import events_pb2 as events
from services.alerts.notices.environment_mails import environment_marked
from tests.integration.alerts.running_alerts import BUREAU, START, RunningAlerts, bureau
from tests.integration.alerts.test_institution_mails import LAB

OTHER = "330110"


def verification(number: int) -> events.MarkedVerification:
    return events.MarkedVerification(
        verification_id=f"v{number}",
        type_code="FUEL",
        serial_no=f"NO-{number}",
        certificate_no="" if number == 2 else f"JL-{number}",
        laboratory="力学室",
        worked_from="2026-09-01T09:00",
        hours=2,
        hours_outside=1,
    )


def marked(*bureaus: str) -> events.EnvironmentMarked:
    """A batch of records marked as many verifications in each bureau as its place says."""
    parts = [
        events.MarkedInBureau(bureau=bureau, verifications=[verification(place)], total=place)
        for place, bureau in enumerate(bureaus, 1)
    ]
    total = sum(part.total for part in parts)
    return events.EnvironmentMarked(institution=LAB, bureaus=parts, total=total)


async def test_each_hears_once_of_its_own(alerts: RunningAlerts) -> None:
    known = events.BureausChanged(bureaus=[bureau(OTHER)])
    await alerts.announce(known, aggregate=f"bureau/{OTHER}")
    received = Received(
        uuid4(), marked(BUREAU, OTHER), "institution/i1", 1, BUREAU, START, "someone", 1, 1
    )
    for _ in range(2):
        async with alerts.changes.change(service_caller("alerts")) as change:
            await environment_marked(change, received)
    every = await alerts.notices("institution")
    assert len(every) == 3, "the institution and two bureaus"
    by_key = {notice.key.rpartition("/")[2]: notice for notice in every}
    own, other, lab = by_key[BUREAU], by_key[OTHER], by_key[str(received.id)]
    assert "NO-1" in own.body
    assert "JL-1" in own.body
    assert "NO-2" not in own.body, "it is of the other bureau"
    assert "另有 1 次" in other.body
    assert lab.address == "lab@example.com"
    for part in ("NO-1", "NO-2", "燃油加油机", "1 小时超出限值"):
        assert part in lab.body
    assert lab.title_en == "The laboratory was outside the limits: 3"
    assert "1 more" in lab.body_en


async def test_the_institution_hears_what_was_found(alerts: RunningAlerts) -> None:
    noted = events.EnvironmentNoted(
        institution=LAB, verification=verification(1), bureau=BUREAU, note="（合成）已重新检定"
    )
    await alerts.announce(noted, aggregate="institution/i1")
    [notice] = await alerts.notices("institution")
    assert notice.address == "lab@example.com"
    assert "（合成）已重新检定" in notice.body
    assert notice.about == "verification/v1"
