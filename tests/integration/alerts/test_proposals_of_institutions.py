"""An institution hears what became of what was proposed for it, once and with the ground."""

from __future__ import annotations

import pytest

from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import proposals_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.alerts.notices.links import path_of
from services.alerts.notices.proposal_notices import to_institution
from tests.integration.alerts.running_alerts import (
    BUREAU,
    RunningAlerts,
    bureau,
    instrument,
    subject,
)
from tests.integration.alerts.test_institution_mails import LAB


def decided(state: str, act: str = "correct_instrument") -> events.ProposalDecided:
    proposal = pb.Proposal(
        proposal_id="p1",
        act=act,
        object="instrument/i1/details" if act == "correct_instrument" else "instrument/i1",
        bureau=BUREAU,
        state=state,
        ground="证书 JL-1 与登记不同",
        changes=[pb.ProposedChange(field="owner_no", before="一号", after="1号")],
        proposed_by="a1",
        reasons="" if state == "waiting" else "（合成）铭牌上是一号",
        institution=LAB.name,
    )
    return events.ProposalDecided(proposal=proposal, institution=LAB)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("released", ("已批准", "登记已按证书更正", "corrected by the certificate")),
        ("declined", ("未获批准", "登记没有更改", "stays as it was")),
    ],
)
async def test_the_institution_hears_how_its_correction_was_decided(
    alerts: RunningAlerts, state: str, said: tuple[str, ...]
) -> None:
    await alerts.put(bureau(), subject(), instrument())
    for event in (decided("waiting"), decided(state), decided(state)):
        await alerts.announce(event, aggregate="proposal/p1")
    [notice] = await alerts.notices("institution")
    assert notice.address == LAB.email
    assert path_of(notice) == "/proposals/p1"
    *in_chinese, in_english = said
    written = f"{notice.title}\n{notice.body}"
    for part in (
        *in_chinese,
        "NO-1",
        "单位自编号：登记的是 一号，证书上是 1号",
        "（合成）铭牌上是一号",
    ):
        assert part in written
    assert in_english in to_institution(decided(state), "Bureau", None)[1].body
    # The bureau hears of it as before.
    assert len(await alerts.notices("proposal")) == 2


async def test_it_hears_of_a_verification_beyond_the_cycle_too(alerts: RunningAlerts) -> None:
    await alerts.put(bureau(), subject(), instrument())
    await alerts.announce(decided("declined", "exceed_cycle"), aggregate="proposal/p1")
    [notice] = await alerts.notices("institution")
    assert "检定结果没有登记" in notice.body
    assert "单位自编号" not in notice.body


async def test_mails_wait_for_a_bureau_that_is_not_known_yet(alerts: RunningAlerts) -> None:
    other = "330110"
    late = decided("declined", "exceed_cycle")
    late.proposal.bureau = late.institution.bureau = other
    batch = events.BatchDecided(
        batch=registry.Batch(batch_id="b9", state="rejected", bureau=other, rows=1)
    )
    overdue = events.InstitutionDue(institution=LAB, on="2026-09-15", overdue=1, total=1)
    overdue.institution.bureau = other
    for event, aggregate in (
        (late, "proposal/p9"),
        (batch, "batch/b9"),
        (overdue, "institution/i9"),
    ):
        await alerts.announce(event, aggregate=aggregate, wait=False)
    await alerts.put(bureau(other), subject(), instrument())
    kinds = [notice.kind.value for notice in await alerts.notices() if notice.bureau == other]
    assert sorted(kinds) == ["batch", "institution", "institution", "institution", "proposal"]
