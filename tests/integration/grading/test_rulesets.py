"""A text comes into force: its impact is run and read, then it is activated; who may do what."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import grpc
import pytest

from law.texts_in_force import load as texts
from plumbing.audit import AuditEntry
from plumbing.client import new_request_id, refusal_of
from plumbing.identity import Role
from protos.grading.v1 import rulesets_pb2 as pb
from services.grading.policy import RULESET_POLICY, RULESETS
from services.grading.rulesets import impacts
from services.grading.tables import Activation, Grade, Impact
from tests.integration.grading.office import (
    MUNICIPAL,
    NEW_YEAR,
    TODAY,
    Office,
    announced_activations,
    request_for,
    ruled,
)
from tests.integration.grading.support import penalty, subject
from tests.integration.grading.test_surface import refused


def test_each_rpc_about_texts_has_a_rule() -> None:
    methods = pb.DESCRIPTOR.services_by_name["RulesetService"].methods
    assert set(RULESET_POLICY) == {f"/{RULESETS}/{method.name}" for method in methods}


async def test_the_texts_are_listed_with_status_and_validity(office: Office) -> None:
    listed = (await office.head.ListRulesets(pb.ListRulesetsRequest())).rulesets
    by_id = {text.ruleset_id: text for text in listed}
    assert by_id["hangzhou-2021-120"].status == "issued"
    assert by_id["hangzhou-2021-120"].valid_from == "2021-09-30"
    assert by_id["hangzhou-trial"].status == "draft"
    assert all(one.hash and one.title_zh and one.title_en for one in listed)


async def test_an_impact_counts_and_names_who_moves_and_changes_nothing(office: Office) -> None:
    before = await office.platform.rows(Grade)
    _, penalised = await ruled(office.platform)
    impact = await office.impact()
    assert (impact.subjects, impact.moved) == (3, 2)
    counts = {(one.ruleset_before, one.before, one.after): one.subjects for one in impact.counts}
    assert counts == {
        ("", "", ""): 1,  # the person is graded under neither text
        ("hangzhou-2021-120", "B", "basically_trusted"): 1,
        ("hangzhou-2021-120", penalised, "untrusted"): 1,
    }
    moves = pb.ListImpactMovesRequest(impact_id=impact.impact_id, page_size=1)
    first = await office.head.ListImpactMoves(moves)
    moves.page_token = first.next_page_token
    second = await office.head.ListImpactMoves(moves)
    assert [one.subject_id for one in (*first.moves, *second.moves)] == ["subj-1", "subj-2"]
    assert (second.moves[0].bureau, second.next_page_token) == ("330110", "")
    assert await office.platform.rows(Grade) == before
    assert await announced_activations(office.platform) == []


async def test_an_impact_is_computed_for_its_day_and_sectors(office: Office) -> None:
    alone = await office.impact(sectors=["fuel_station"])
    assert (alone.subjects, list(alone.sectors)) == (1, ["fuel_station"])
    after_the_window = await office.impact("hangzhou-2021-120", date(2031, 5, 7))
    pairs = {(count.before, count.after) for count in after_the_window.counts}
    assert pairs == {("", ""), ("B", "B")}


async def test_an_impact_is_refused_with_every_fault(office: Office) -> None:
    call = office.impact(as_of=TODAY - timedelta(days=1), sectors=["fuel_station", "moon"])
    refusal = await refused(call)
    assert refusal.reason == "INVALID_INPUT"
    assert {path for path, _, _ in refusal.faults} == {"sectors", "as_of"}
    assert (await refused(office.impact("taizhou-block"))).reason == "NOT_FOUND"


async def test_chunks_change_nothing_about_an_impact(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await office.impact()
    monkeypatch.setattr(impacts, "CHUNK", 1)
    parts = await office.impact()
    assert (parts.counts, parts.moved) == (whole.counts, whole.moved)


async def test_a_text_is_not_activated_before_its_impact_was_read(office: Office) -> None:
    impact = await office.impact()
    assert (await refused(office.activate(impact))).reason == "WRONG_STATE"
    assert await office.platform.rows(Activation) == []
    seen = await office.look(impact)
    assert (seen.seen_by, seen.HasField("seen_at")) == ("account/head", True)
    reviewer = office.sign_in(Role.MUNICIPAL_REVIEWER, account="reviewer")
    again = pb.AcknowledgeImpactRequest(request_id=new_request_id(), impact_id=impact.impact_id)
    assert (await reviewer.AcknowledgeImpact(again)).impact == seen  # who looked first stays
    assert (await office.activate(seen)).ruleset_id == "national-2017-566"


async def test_the_person_who_ran_the_impact_may_not_activate(office: Office) -> None:
    office.caseworker = office.head
    seen = await office.look(await office.impact())
    assert (await refused(office.activate(seen))).reason == "NOT_PERMITTED"
    office.head = office.sign_in(Role.UNIT_HEAD, account="another head")
    assert (await office.activate(seen)).activated_by == "account/another head"


@pytest.mark.parametrize("news", ["record", "subject", "activation"])
async def test_an_outdated_impact_must_be_run_again(office: Office, news: str) -> None:
    seen = await office.look(await office.impact())
    if news == "record":
        await office.platform.tell_records(penalty(2))
    elif news == "subject":
        await office.platform.tell_subjects(subject(5))
    else:
        await office.bring_in("national-2017-566", NEW_YEAR, sectors=("market",))
    refusal = await refused(office.activate(seen))
    assert (refusal.reason, "重新试算" in refusal.message_zh) == ("WRONG_STATE", True)
    await office.activate(await office.look(await office.impact()))


async def test_a_change_in_another_city_does_not_outdate_an_impact(office: Office) -> None:
    seen = await office.look(await office.impact())
    await office.platform.tell_subjects(subject(5, bureau="120104", sector="optical"))
    await office.activate(seen)


async def test_an_impact_allows_one_activation_on_its_own_day(office: Office) -> None:
    seen = await office.look(await office.impact(as_of=NEW_YEAR))
    other_day = office.activate(seen, valid_from="2027-01-02")
    assert (await refused(other_day)).reason == "WRONG_STATE"
    past = await refused(office.activate(seen, valid_from="2026-09-13"))
    assert (past.reason, past.faults[0][0]) == ("INVALID_INPUT", "valid_from")
    await office.activate(seen)
    assert (await refused(office.activate(seen))).reason == "WRONG_STATE"


async def test_a_draft_must_be_adopted_explicitly(office: Office) -> None:
    seen = await office.look(await office.impact("hangzhou-trial"))
    assert (await refused(office.activate(seen))).reason == "WRONG_STATE"
    groundless = request_for(seen, adopt_draft=True)
    groundless.ground = ""
    assert (await refused(office.head.ActivateRuleset(groundless))).reason == "INVALID_INPUT"
    assert (await office.activate(seen, adopt_draft=True)).adopted_draft
    await office.a_day_begins()
    assert (await ruled(office.platform))[0] == "hangzhou-trial"


async def test_a_repeated_request_has_one_effect(office: Office) -> None:
    request = pb.RunImpactRequest(
        request_id=new_request_id(),
        bureau=MUNICIPAL,
        ruleset_id="national-2017-566",
        as_of=TODAY.isoformat(),
    )
    first, again = [(await office.caseworker.RunImpact(request)).impact for _ in range(2)]
    assert first == again
    assert len(await office.platform.rows(Impact)) == 1
    activation = request_for(await office.look(first))
    answers = [(await office.head.ActivateRuleset(activation)).activation for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(await office.platform.rows(Activation)) == 1
    assert len(await announced_activations(office.platform)) == 1


async def test_it_is_announced_and_audited_with_its_ground(office: Office) -> None:
    activation = await office.bring_in("hangzhou-trial", NEW_YEAR, adopt_draft=True)
    [event] = await announced_activations(office.platform)
    assert event.activation == activation
    entries = await office.platform.rows(AuditEntry)
    audited = {one.action: one for one in entries if one.actor.startswith("account/")}
    assert list(audited) == ["run_impact", "look_at_impact", "activate_ruleset"]
    last = audited["activate_ruleset"]
    assert (last.actor, last.ground) == ("account/head", "局务会决定")
    assert last.after is not None
    assert last.after["ruleset_hash"] == texts.load("hangzhou-trial").hash
    assert last.after["adopted_draft"] is True


async def test_only_the_municipality_itself_brings_a_text_into_force(office: Office) -> None:
    impact = await office.look(await office.impact())
    get = pb.GetImpactRequest(impact_id=impact.impact_id)
    moves = pb.ListImpactMovesRequest(impact_id=impact.impact_id)
    look = pb.AcknowledgeImpactRequest(request_id=new_request_id(), impact_id=impact.impact_id)
    for bureau in ("330106", "120000"):
        district = office.sign_in(Role.UNIT_HEAD, bureau=bureau)
        assert (await refused(district.GetImpact(get))).reason == "NOT_FOUND"
        assert (await refused(district.ListImpactMoves(moves))).reason == "NOT_FOUND"
        assert (await refused(district.AcknowledgeImpact(look))).reason == "NOT_PERMITTED"
        run = district.ActivateRuleset(request_for(impact))
        assert (await refused(run)).reason == "NOT_PERMITTED"
        office.caseworker = district
        assert (await refused(office.impact())).reason == "NOT_PERMITTED"
        assert (await refused(office.impact(bureau="330106"))).reason == "NOT_PERMITTED"
    await office.activate(impact)
    for bureau, seen in (("330106", 1), ("330100", 1), ("120000", 0), ("000000", 1)):
        desk = office.sign_in(Role.INSPECTOR, bureau=bureau)
        listed = await desk.ListActivations(pb.ListActivationsRequest())
        assert len(listed.activations) == seen, bureau


async def test_each_step_has_its_roles(office: Office) -> None:
    impact = await office.impact()
    look = pb.AcknowledgeImpactRequest(request_id=new_request_id(), impact_id=impact.impact_id)
    for role in (Role.CASEWORKER, Role.ADMINISTRATOR, Role.SERVICE):
        desk = office.sign_in(role)
        assert (await refused(desk.AcknowledgeImpact(look))).reason == "NOT_PERMITTED"
    for role in (Role.CASEWORKER, Role.MUNICIPAL_REVIEWER, Role.ADMINISTRATOR, Role.SERVICE):
        run = office.sign_in(role).ActivateRuleset(request_for(impact))
        assert (await refused(run)).reason == "NOT_PERMITTED"
    office.caseworker = office.sign_in(Role.INSPECTOR)
    assert (await refused(office.impact())).reason == "NOT_PERMITTED"


async def test_of_two_activations_at_once_the_second_is_refused(office: Office) -> None:
    seen = [await office.look(await office.impact()) for _ in range(2)]
    answers = await asyncio.gather(*map(office.activate, seen), return_exceptions=True)
    refusals = [refusal_of(one) for one in answers if isinstance(one, grpc.aio.AioRpcError)]
    assert [one.reason for one in refusals] == ["WRONG_STATE"]
    assert len(await office.platform.rows(Activation)) == 1
