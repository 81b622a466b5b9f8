"""An impact runs in the background: it is listed, tells how far it has come, and ends once."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from law.grading.direction import Direction, direction
from law.texts_in_force import load as texts
from plumbing.audit import AuditEntry
from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.grading.v1 import rulesets_pb2 as pb
from services.grading.rulesets import impacts
from services.grading.tables import Impact
from tests.integration.grading.office import MUNICIPAL, TODAY, Office
from tests.integration.grading.test_surface import refused
from tests.patience import PATIENCE_SECONDS


def wanted(ruleset: str = "national-2017-566", as_of: date = TODAY) -> pb.StartImpactRequest:
    return pb.StartImpactRequest(
        request_id=new_request_id(),
        bureau=MUNICIPAL,
        ruleset_id=ruleset,
        as_of=as_of.isoformat(),
    )


async def ended(office: Office, impact: pb.Impact) -> pb.Impact:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while impact.state == "running":
            await asyncio.sleep(0.02)
            request = pb.GetImpactRequest(impact_id=impact.impact_id)
            impact = (await office.head.GetImpact(request)).impact
    return impact


async def test_an_impact_in_the_background_has_the_same_result(office: Office) -> None:
    at_once = await office.impact()
    started = (await office.caseworker.StartImpact(wanted())).impact
    assert (started.state, started.subjects, started.done) == ("running", 3, 0)
    impact = await ended(office, started)
    assert (impact.state, impact.done, impact.moved) == ("done", 3, at_once.moved)
    assert (impact.counts, impact.run_by) == (at_once.counts, at_once.run_by)
    moves = pb.ListImpactMovesRequest(impact_id=impact.impact_id)
    assert len((await office.head.ListImpactMoves(moves)).moves) == impact.moved
    entries = [e for e in await office.platform.rows(AuditEntry) if impact.impact_id in e.object]
    audited = [(entry.action, entry.on_behalf_of or entry.actor) for entry in entries]
    assert audited == [(a, "account/caseworker") for a in ("start_impact", "run_impact")]


async def test_it_leads_to_an_activation_like_any_other(office: Office) -> None:
    request = wanted()
    started = (await office.caseworker.StartImpact(request)).impact
    again = (await office.caseworker.StartImpact(request)).impact
    assert started.impact_id == again.impact_id
    impact = await ended(office, started)
    activation = await office.activate(await office.look(impact))
    listed = (await office.head.ListImpacts(pb.ListImpactsRequest())).impacts
    assert [(one.impact_id, one.activation_id) for one in listed] == [
        (impact.impact_id, activation.activation_id)
    ]


async def test_no_result_can_be_read_before_it_is_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = asyncio.Event()

    async def waiting(*_arguments: object) -> impacts.ImpactResult:
        await may_go_on.wait()
        raise RuntimeError("planted")

    monkeypatch.setattr(impacts, "run", waiting)
    started = (await office.caseworker.StartImpact(wanted())).impact
    assert (await refused(office.look(started))).reason == "WRONG_STATE"
    may_go_on.set()
    failed = await ended(office, started)
    assert (failed.state, failed.moved) == ("failed", 0)
    assert (await refused(office.look(failed))).reason == "WRONG_STATE"


async def test_impacts_are_listed_newest_first_and_only_to_the_city(office: Office) -> None:
    made = [await office.impact() for _ in range(2)]
    found, token = [], ""
    while True:
        request = pb.ListImpactsRequest(page_size=1, page_token=token)
        page = await office.head.ListImpacts(request)
        found += [one.impact_id for one in page.impacts]
        token = page.next_page_token
        if not token:
            break
    assert sorted(found) == sorted(one.impact_id for one in made)
    district = office.sign_in(Role.UNIT_HEAD, bureau="330106")
    assert not (await district.ListImpacts(pb.ListImpactsRequest())).impacts


async def test_moves_are_listed_by_the_pair_of_grades(office: Office) -> None:
    impact = await office.impact()
    for count in impact.counts:
        request = pb.ListImpactMovesRequest(
            impact_id=impact.impact_id,
            one_pair=True,
            ruleset_before=count.ruleset_before,
            before=count.before,
            after=count.after,
        )
        moves = (await office.head.ListImpactMoves(request)).moves
        expected = count.subjects if count.before != count.after else 0
        assert len(moves) == expected
        assert {move.direction for move in moves} <= {"incomparable"}


async def test_a_run_tells_how_many_are_graded(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impacts, "CHUNK", 1)
    told: list[int] = []

    async def tell(done: int) -> None:
        told.append(done)

    scope = impacts.Scope(MUNICIPAL)
    text = texts.load("national-2017-566")
    await impacts.run(office.platform.database, scope, text, TODAY, tell)
    assert told == [1, 2, 3]
    assert await office.platform.rows(Impact) == []


def test_only_grades_of_one_scale_are_compared() -> None:
    hangzhou, tianjin = texts.load("hangzhou-trial"), texts.load("tianjin-pilot")
    best, worst = hangzhou.grades[0].id, hangzhou.grades[-1].id
    assert direction(hangzhou, worst, hangzhou, best) is Direction.UP
    assert direction(hangzhou, best, hangzhou, worst) is Direction.DOWN
    assert direction(hangzhou, best, hangzhou, best) is Direction.SAME
    assert direction(hangzhou, best, tianjin, tianjin.grades[0].id) is Direction.INCOMPARABLE
    with pytest.raises(ValueError, match="not a grade"):
        direction(hangzhou, "Z", tianjin, tianjin.grades[0].id)
