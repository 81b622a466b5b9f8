"""What one person exposed before ADR 0055 stands on a list, and ends like any other entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import grpc
import pytest

from law.escalation import Step
from plumbing.audit import AuditEntry
from plumbing.client import Refusal
from plumbing.row_checks import check_rows
from plumbing.row_digests import proven_tables
from plumbing.service import Findings
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.base import Base
from services.alerts.escalation.documents import facts_of
from services.alerts.escalation.filing import save, snapshot
from services.alerts.exposure_lists import texts
from services.alerts.exposure_lists.carrying_over import CarryingOver
from services.alerts.exposure_lists.tables import ExposureEntry, ExposureList
from services.alerts.tables import Escalation, EscalationState, EscalationStep, StepState, Subject
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    UNIT_HEAD,
    EscalationDesk,
    passed,
    rejected,
)
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, instrument, subject
from tests.integration.alerts.test_exposure_lists import NATIONAL, Lists

NUMBER = f"曝光〔2026〕{BUREAU}-0001号"


class Grading:
    """What grading answers of the grades that the public is shown; None while it is away."""

    def __init__(self, public: dict[str, Grade] | None) -> None:
        self.public = public

    async def public_grades(self, subject_ids: Sequence[str], account: str) -> dict[str, Grade]:
        if self.public is None and subject_ids:
            raise Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "", "")
        return self.public or {}


@pytest.fixture
async def followed_up(desk: EscalationDesk) -> EscalationDesk:
    """Two red instruments of a subject, whose exposure is proposed."""
    await desk.alerts.put(instrument(2), rejected(2, instrument_id="i2"))
    await desk.propose_exposure()
    return desk


async def expose_alone(desk: EscalationDesk, escalation_id: str = "s1/1") -> None:
    """Exposes the subject of a case as releases before ADR 0055 did."""
    async with desk.alerts.changes.change(UNIT_HEAD) as change:
        case = await change.session.get_one(Escalation, escalation_id)
        of = await change.session.get_one(Subject, case.subject_id)
        step = EscalationStep(
            escalation_id=escalation_id,
            step=Step.EXPOSURE,
            state=StepState.CARRIED_OUT,
            proposed_at=change.at,
            decided_at=change.at,
            decided_by=change.on_behalf_of,
            number=NUMBER,
            statement=texts.of_grade(of.name, "失信", "S1 12(二)")
            if case.grade
            else texts.of_red_alerts(await facts_of(change.session, case, of, change.today, "")),
            media=["报刊"],
        )
        change.session.add(step)
        before = snapshot(case)
        case.state, case.waits_from, case.due_on = EscalationState.EXHAUSTED, None, None
        await save(change, case, "approve_exposure", before, "S1 19")
    await desk.alerts.wait_until_idle()


async def carried(desk: EscalationDesk, public: dict[str, Grade] | None = None) -> None:
    await CarryingOver(desk.alerts.changes, cast("Any", Grading(public))).look()
    await desk.alerts.wait_until_idle()


async def unproven(alerts: RunningAlerts) -> list[str]:
    findings = Findings()
    async with alerts.database.snapshot() as session:
        await check_rows(session, proven_tables(Base.metadata), findings)
    return [problem.object for problem in findings.problems if "exposure" in problem.object]


async def test_a_single_exposure_becomes_a_list_of_one_that_follows_the_facts(
    followed_up: EscalationDesk,
) -> None:
    desk, alerts = followed_up, followed_up.alerts
    lists = Lists(alerts)
    await expose_alone(desk)
    await alerts.put(passed(3, 1, alerts.today), subject(1, 2, name="改名后的单位"))
    assert await lists.shown() == []
    assert await lists.problems() == ["exposure.not_carried_over"]
    await carried(desk)
    await carried(desk)  # once is enough
    assert await lists.shown() == ["s1"]
    assert await lists.problems() == []
    [row] = await alerts.rows(ExposureList)
    one = await lists.read(cast("Any", row))
    assert (one.number, one.compiled_by, one.released_by) == (NUMBER, "", UNIT_HEAD.account_id)
    assert NUMBER in one.verified_how
    [entry] = one.entries
    assert entry.statement.startswith("改名后的单位：经核实")
    assert "NO-1" not in entry.statement
    assert "NO-2" in entry.statement
    step = (await desk.read_case(CASEWORKER)).steps[-1]
    assert (step.number, step.HasField("exposure")) == (NUMBER, False)
    assert await unproven(alerts) == []
    await alerts.put(passed(4, 2, alerts.today))
    assert await lists.shown() == []


async def test_an_exposure_of_a_closed_case_stays_as_it_was(followed_up: EscalationDesk) -> None:
    desk, alerts = followed_up, followed_up.alerts
    await expose_alone(desk)
    await alerts.put(passed(3, 1, alerts.today), passed(4, 2, alerts.today))
    await carried(desk)
    assert await alerts.rows(ExposureEntry) == []
    assert (await desk.read_case(CASEWORKER)).steps[-1].exposure.media == ["报刊"]


async def test_an_exposure_for_a_grade_that_the_public_is_not_shown_comes_down(
    alerts: RunningAlerts,
) -> None:
    alerts.timers.running.add(f"watch/{BUREAU}")
    desk, lists = EscalationDesk(alerts), Lists(alerts)
    await lists.untrusted()
    await expose_alone(desk)
    with pytest.raises(Refusal):
        await carried(desk)
    assert await lists.shown() == []  # nobody knows yet whether it may be public
    await carried(desk, {"s1": Grade(ruleset_id=NATIONAL, grade="trusted")})
    assert await lists.shown() == []
    [entry] = await alerts.rows(ExposureEntry)
    assert (entry.state, entry.ended_why) == ("taken_down", "not_shown")
    assert any("曝光撤下告知" in n.title for n in await alerts.notices("escalation"))


async def test_an_exposure_for_red_alerts_does_not_wait_for_grading(
    followed_up: EscalationDesk,
) -> None:
    lists = Lists(followed_up.alerts)
    await lists.untrusted(2)
    await expose_alone(followed_up)
    await expose_alone(followed_up, "s2/1")
    with pytest.raises(Refusal):
        await carried(followed_up)
    assert await lists.shown() == ["s1"]
    await carried(followed_up, lists.public)
    assert await lists.shown() == ["s2", "s1"]


async def test_what_a_list_names_already_is_dropped_and_audited(
    followed_up: EscalationDesk,
) -> None:
    alerts, lists = followed_up.alerts, Lists(followed_up.alerts)
    await expose_alone(followed_up)
    await lists.released("s1")
    await carried(followed_up)
    assert await lists.shown() == ["s1"]
    assert len(await alerts.rows(ExposureEntry)) == 1
    audited = [one for one in await alerts.rows(AuditEntry) if one.action == "drop_single_exposure"]
    [(about, before)] = [(one.object, one.before or {}) for one in audited]
    assert about == "escalation/s1/1"
    assert (before["number"], before["media"]) == (NUMBER, ["报刊"])
    assert "经核实" in before["statement"]


async def test_an_exposure_for_a_grade_stays_public_beside_one_for_red_alerts(
    followed_up: EscalationDesk,
) -> None:
    desk, lists = followed_up, Lists(followed_up.alerts)
    await lists.untrusted()
    await lists.released("s1")
    await expose_alone(desk)
    await carried(desk, lists.public)
    assert await lists.shown() == ["s1", "s1"]
    assert await lists.problems() == []
