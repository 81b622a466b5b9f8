"""The packaged data: complete, with citations and days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from law.colours.rule import Colour, Mode
from law.disclosure.retention import retention
from law.disclosure.rule import (
    Audience,
    Classification,
    Field,
    record_visible,
    visible,
    visible_fields,
)
from law.errors import InvalidInput, NotFound, NotPermitted, WrongState
from law.evidence import Record, RecordKind, SubjectKind
from law.instruments import (
    Confidence,
    Listed,
    catalogue,
    code_of,
    end_of_cycle,
    exceeds_cycle,
    instrument_type,
    mode_of,
    nearest,
    not_periodic,
    read_catalogue,
)
from law.measures.rule import MeasureKind, alert_measures, measures, sample_size, sampling
from law.objection import (
    OUTCOME_ZH,
    OUTCOMES,
    STATE_ZH,
    STEP_ZH,
    TERM_OF,
    CaseKind,
    CaseState,
    Outcome,
    Step,
    after,
    may_decide,
    permitted,
)
from law.reader.data_file import understand
from law.reader.packaged import content_hash, read
from law.terms.data import definitions
from law.texts_in_force.load import GRADING, load
from tests.unit.law.broken_files import fresh
from tests.unit.law.versions import SINCE, put_in_place, verified_since

DAY = date(2026, 1, 5)


def test_the_hash_names_the_content() -> None:
    assert content_hash("terms") != content_hash("colours")
    assert content_hash("terms").startswith("sha256:")


def test_109_instrument_types_each_with_its_confidence() -> None:
    types = catalogue()
    assert len(types) == 109
    doubtful = [t for t in types.values() if t.to_be_checked]
    assert len(doubtful) == 95
    assert all(t.confidence is not Confidence.HIGH for t in doubtful)
    assert instrument_type("FUEL").cycle_months == 6
    verified = date(2026, 9, 15)
    assert end_of_cycle("FUEL", verified) == date(2027, 3, 15)
    # Of a type without a cycle the longest one of the catalogue: no verification is for ever.
    assert end_of_cycle("OF-NO-CATALOGUE", verified) == date(2036, 9, 15)
    assert exceeds_cycle("OF-NO-CATALOGUE", verified, date(2999, 12, 31))
    assert instrument_type("WATER-S25").mode is Mode.FIRST_THEN_ROTATE
    assert instrument_type("FUEL").listed is Listed.YES
    with pytest.raises(NotFound):
        instrument_type("SUNDIAL")


def test_a_type_names_its_regulation_where_it_has_one() -> None:
    document = fresh("instruments")
    document["types"][0]["cite"] = "METROLOGY-LAW 9"
    found = list(understand(document, "instruments", read_catalogue).values())
    assert found[0].jjg is None
    assert {one.jjg[:4] for one in found[1:] if one.jjg} == {"JJG "}


def test_a_verification_is_judged_by_the_regulation_of_its_day() -> None:
    document = fresh("instruments")
    document["types"][0].update(
        valid_from=date(2024, 1, 1),
        earlier=[
            {"cite": "JJG 443-2015", "cycle_months": 3, "basis": "recalled"}
            | {"valid_from": date(2015, 1, 1), "valid_to": date(2023, 12, 31)},
            {"cite": "METROLOGY-LAW 9", "cycle_months": None, "basis": "recalled"}
            | {"valid_from": None, "valid_to": date(2014, 12, 31)},
        ],
    )
    fuel = understand(document, "instruments", read_catalogue)["FUEL"]
    days = [date(2024, 1, 1), date(2023, 12, 31), date(2015, 1, 1), date(2014, 12, 31)]
    assert [fuel.cycle_on(day).months for day in days] == [6, 3, 3, None]
    assert (fuel.jjg, fuel.cycle_months) == ("JJG 443-2023", 6)
    assert fuel.cycle_on(days[-1]).jjg is None
    taxi = instrument_type("TAXI")
    assert taxi.cycle_on(date(2017, 5, 29)).jjg == "JJG 517-2009"
    assert taxi.jjg == "JJG 517-2016"


def test_a_type_is_verified_by_the_version_of_the_catalogue_in_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = not_periodic(SINCE)
    assert before["LOADCELL"] is Mode.TYPE_APPROVAL_ONLY
    assert "FUEL" not in before
    put_in_place(
        monkeypatch,
        "instruments",
        verified_since(LOADCELL="periodic", THERM_G="first_then_rotate", FUEL="first_then_scrap"),
    )
    assert not_periodic(SINCE - timedelta(days=1)) == not_periodic(date.min) == before
    loadcell, fuel = before.pop("LOADCELL"), {"FUEL": Mode.FIRST_THEN_SCRAP}
    assert not_periodic(SINCE) == before | fuel | {"THERM-G": Mode.FIRST_THEN_ROTATE}
    assert mode_of("LOADCELL", SINCE - timedelta(days=1)) is loadcell
    assert mode_of("LOADCELL", SINCE) is mode_of("OF-NO-CATALOGUE", SINCE) is Mode.PERIODIC
    assert instrument_type("LOADCELL").mode is Mode.PERIODIC


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_every_grade_of_every_text_has_its_measures_said(ruleset_id: str) -> None:
    for grade in load(ruleset_id).grades:
        for measure in measures(ruleset_id, grade.id, DAY):
            assert measure.zh
            assert measure.en
            assert measure.cite.startswith(load(ruleset_id).text)


def test_best_grades_have_incentives_only_and_worst_restrictions_only() -> None:
    for ruleset_id in GRADING:
        grades = load(ruleset_id).grades
        best = {m.kind for m in measures(ruleset_id, grades[0].id, DAY)}
        worst = {m.kind for m in measures(ruleset_id, grades[-1].id, DAY)}
        assert (best, worst) == ({MeasureKind.INCENTIVE}, {MeasureKind.RESTRICTION})


def test_only_a_red_alert_leads_to_interview_or_letter() -> None:
    assert [m.id for m in alert_measures(Colour.RED, DAY)] == ["interview", "guidance_letter"]
    assert [alert_measures(c, DAY) for c in Colour if c is not Colour.RED] == [(), (), ()]


def test_where_a_text_is_silent_on_sampling() -> None:
    assert sampling("hangzhou-2021-120", "B", DAY) is None
    with pytest.raises(NotFound):
        sampling("nowhere", "A", DAY)


@pytest.mark.parametrize(("population", "percent"), [(-1, 5), (10, 101), (10, -1)])
def test_a_sample_of_nonsense_is_refused(population: int, percent: int) -> None:
    with pytest.raises(InvalidInput):
        sample_size(population, percent)


def test_unknown_texts_have_no_retention() -> None:
    with pytest.raises(NotFound):
        retention("nowhere", None, None)  # type: ignore[arg-type]


def test_every_kind_of_subject_and_audience_has_its_fields() -> None:
    for kind in SubjectKind:
        for audience in Audience:
            assert set(visible_fields(kind, audience, DAY)) <= set(Field)
    assert set(read("disclosure")["classifications"]) == set(Classification)
    assert set(read("disclosure")["audiences"]) == set(Audience)


def test_the_public_sees_no_more_of_a_person_than_of_an_organisation() -> None:
    for audience in (Audience.PUBLIC, Audience.QUERY):
        person = set(visible_fields(SubjectKind.NATURAL_PERSON, audience, DAY))
        assert not person & {Field.ADDRESS, Field.CONTACT, Field.IDENTITY_NUMBER}


def test_a_missing_permission_denies() -> None:
    person, query = SubjectKind.NATURAL_PERSON, Audience.QUERY
    day = DAY
    fine = Record("r1", RecordKind.PENALTY, day, day)
    assert not visible(Field.NAME, person, query, DAY).allowed
    assert not record_visible("hangzhou-trial", fine, person, query, day).allowed
    firm, public = SubjectKind.ORGANISATION, Audience.PUBLIC
    shown = record_visible("hangzhou-trial", fine, firm, public, day)
    assert (shown.allowed, shown.cite) == (True, "S3 17; S4 三(五); S1 19")
    assert visible(Field.CONTACT, firm, public, DAY).cite == "S3 17; S4 三(五); S1 19"
    kept = record_visible("hangzhou-trial", fine, firm, Audience.OFFICIAL, day)
    assert (kept.allowed, kept.cite) == (True, "S3 29; S1 20")


def test_states_steps_and_outcomes_have_their_chinese() -> None:
    assert (set(STATE_ZH), set(STEP_ZH), set(OUTCOME_ZH)) == (
        set(CaseState),
        set(Step),
        set(Outcome),
    )


def test_every_kind_of_case_has_its_term_and_outcomes() -> None:
    assert set(TERM_OF) == set(OUTCOMES) == set(CaseKind)
    assert set(TERM_OF.values()) <= {d.id for d in definitions()}
    assert OUTCOMES[CaseKind.OBJECTION] == (
        Outcome.DELETE,
        Outcome.CORRECT,
        Outcome.STOP_DISCLOSURE,
        Outcome.UPHOLD,
        Outcome.BY_ITEM,
    )


def test_a_case_ends_only_in_the_three_final_states() -> None:
    final = {s for s in CaseState if not permitted(s)}
    assert final == {CaseState.CLOSED, CaseState.DECLINED, CaseState.WITHDRAWN}
    assert permitted(CaseState.DECIDED) == (Step.CLOSE,)


def test_a_permission_can_be_required() -> None:
    may_decide("b", ["a"]).require()
    with pytest.raises(NotPermitted) as caught:
        may_decide("a", ["a"]).require()
    assert (caught.value.cite, caught.value.zh, caught.value.en) == (
        "S3 27",
        "不得对本人录入的记录作出决定",
        "nobody decides on a record of their own",
    )


def test_a_step_that_is_not_permitted_says_state_and_step_to_programs() -> None:
    with pytest.raises(WrongState) as caught:
        after(CaseState.CLOSED, Step.DECIDE)
    assert caught.value.facts == {"state": "closed", "step": "decide"}


def test_a_type_is_known_by_its_code_its_name_and_the_names_of_the_trade() -> None:
    for written in ("FUEL", "ｆｕｅｌ", "燃油加油机", "燃油 加油机", "加油机"):
        assert code_of(written) == "FUEL"
    assert code_of("什么秤") == "什么秤"


@pytest.mark.parametrize(
    ("written", "first"),
    [("加油枪机", "FUEL"), ("电子称", "NAWI-D"), ("血压仪", "BP-M"), ("fuel dispencer", "FUEL")],
)
def test_what_the_catalogue_does_not_have_is_answered_with_the_nearest(
    written: str, first: str
) -> None:
    near = nearest(written)
    assert near[0].code == first
    assert len(near) <= 3
    assert nearest("随便写的东西") == []


def test_a_name_of_two_types_is_a_fault() -> None:
    document = fresh("instruments")
    document["types"][0]["aliases"] = ["血压计"]
    with pytest.raises(InvalidInput) as refused:
        understand(document, "instruments", read_catalogue)
    assert [fault.field.rpartition(".")[2] for fault in refused.value.faults] == ["aliases"]
