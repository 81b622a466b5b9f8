"""Properties of every grading, checked on generated dossiers under every ruleset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from law.evidence import (
    ADVERSE,
    Dossier,
    Previous,
    Record,
    RecordKind,
    RecordStatus,
    Sector,
    Severity,
    SubjectKind,
)
from law.grading import Receipt, grade, next_change_on, outlook, verify, what_if
from law.grading.changes import Ending
from law.grading.turning_days import result_of, turning_days
from law.texts_in_force.load import GRADING, load
from law.texts_in_force.model import Ruleset

# Few days, and those at the edges of windows and years, so that generated records meet them.
EDGES = [
    date(2020, 2, 29), date(2021, 2, 28), date(2021, 6, 30), date(2022, 12, 31),
    date(2023, 1, 1), date(2023, 6, 30), date(2023, 12, 31), date(2024, 2, 29), date(2024, 6, 30),
    date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30),
]  # fmt: skip
GOOD = (RecordKind.COMPLIANCE, RecordKind.SOUND_MANAGEMENT, RecordKind.COMMITMENT_KEPT)
days = st.sampled_from(EDGES).flatmap(
    lambda day: st.integers(-1, 1).map(lambda shift: day + timedelta(days=shift))
)
as_ofs = st.one_of(days, st.dates(date(2022, 1, 1), date(2028, 12, 31)))


@st.composite
def records(draw: st.DrawFn, kinds: list[RecordKind] | None = None) -> Record:
    determined = draw(days)
    return Record(
        id="",
        kind=draw(st.sampled_from(kinds or list(RecordKind))),
        determined_on=determined,
        entered_on=draw(st.sampled_from([determined, determined + timedelta(days=5)])),
        severity=draw(st.sampled_from([None, *Severity])),
        status=draw(st.sampled_from([RecordStatus.ACTIVE, *RecordStatus])),
        status_on=draw(st.none() | days),
        verified=draw(st.booleans()),
        final=draw(st.booleans()),
        contested=draw(st.booleans()),
        points=draw(st.none() | st.integers(0, 30)),
    )


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    found = draw(st.lists(records(), max_size=7))
    # Three good records together are rare by chance and decide the best class.
    for day in draw(st.lists(days, max_size=1)):
        found += [Record("", kind, day, day) for kind in GOOD]
    years = st.none() | st.integers(2020, 2027)
    previous = st.builds(Previous, st.sampled_from("123"), years)
    return Dossier(
        subject_id=draw(st.sampled_from(["S1", "S2"])),
        sector=draw(st.sampled_from([Sector.OPTICAL, Sector.FUEL_STATION, Sector.MARKET])),
        subject_kind=draw(st.sampled_from([SubjectKind.ORGANISATION, *SubjectKind])),
        records=tuple(replace(one, id=f"r{number}") for number, one in enumerate(found)),
        previous=tuple(draw(st.lists(previous, max_size=2))),
        bureau="330106",
    )


rulesets = st.sampled_from([load(ruleset_id) for ruleset_id in GRADING])


def _rank(ruleset: Ruleset, receipt: Receipt) -> int:
    return -1 if receipt.grade is None else ruleset.rank(receipt.grade)


@given(dossiers(), rulesets, as_ofs)
def test_removing_an_adverse_record_never_worsens_a_grade(
    dossier: Dossier, ruleset: Ruleset, as_of: date
) -> None:
    before = grade(dossier, ruleset, as_of)
    for record in dossier.records:
        if record.kind in ADVERSE:
            fewer = tuple(other for other in dossier.records if other is not record)
            after = grade(replace(dossier, records=fewer), ruleset, as_of)
            assert _rank(ruleset, after) <= _rank(ruleset, before)


@given(dossiers(), rulesets, as_ofs, records(sorted(ADVERSE)))
def test_adding_an_adverse_record_never_improves_a_grade(
    dossier: Dossier, ruleset: Ruleset, as_of: date, added: Record
) -> None:
    before = grade(dossier, ruleset, as_of)
    more = (*dossier.records, replace(added, id="added"))
    after = grade(replace(dossier, records=more), ruleset, as_of)
    assert _rank(ruleset, after) >= _rank(ruleset, before)


@given(dossiers(), rulesets, as_ofs, st.sampled_from(sorted(set(RecordStatus) - {"active"})))
def test_ending_an_adverse_record_never_worsens_a_grade(
    dossier: Dossier, ruleset: Ruleset, as_of: date, status: RecordStatus
) -> None:
    before = grade(dossier, ruleset, as_of)
    for record in dossier.records:
        if record.kind in ADVERSE and record.stands_on(as_of):
            ending = Ending(record.id, status, as_of)
            after = what_if(dossier, ruleset, as_of, [ending])
            assert _rank(ruleset, after) <= _rank(ruleset, before)


@given(dossiers(), rulesets, as_ofs, st.randoms(use_true_random=False))
def test_the_order_of_records_never_matters(
    dossier: Dossier, ruleset: Ruleset, as_of: date, random: object
) -> None:
    shuffled = list(dossier.records)
    random.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random of Hypothesis
    one = grade(dossier, ruleset, as_of)
    other = grade(replace(dossier, records=tuple(shuffled)), ruleset, as_of)
    assert result_of(one) == result_of(other)
    assert set(one.lines) == set(other.lines)
    assert one.ambiguities == other.ambiguities


@given(dossiers(), rulesets, as_ofs)
def test_a_receipt_recomputes_to_itself_also_from_json(
    dossier: Dossier, ruleset: Ruleset, as_of: date
) -> None:
    receipt = grade(dossier, ruleset, as_of)
    assert verify(receipt) == []
    assert Receipt.from_json(receipt.to_json()) == receipt


@given(dossiers(), rulesets, as_ofs)
def test_every_record_has_a_line(dossier: Dossier, ruleset: Ruleset, as_of: date) -> None:
    receipt = grade(dossier, ruleset, as_of)
    assert [line.record for line in receipt.lines] == [record.id for record in dossier.records]
    if receipt.score is not None:
        base = ruleset.at(as_of).base
        assert base is not None
        assert receipt.score == base.points + sum(line.points or 0 for line in receipt.lines)


@given(dossiers(), rulesets, as_ofs)
def test_nothing_changes_before_the_day_named(
    dossier: Dossier, ruleset: Ruleset, as_of: date
) -> None:
    now, turn = grade(dossier, ruleset, as_of), next_change_on(dossier, ruleset, as_of)
    later = as_of + timedelta(days=4000) if turn is None else turn
    # Every day would be slow: the days around each turning day and one in between are tried.
    tried = {as_of + timedelta(days=number) for number in range(1, 40)}
    for day in turning_days(dossier, ruleset, as_of):
        tried |= {day - timedelta(days=1), day, day + timedelta(days=1)}
    for day in tried:
        if as_of < day < later:
            assert result_of(grade(dossier, ruleset, day)) == result_of(now)
    if turn is not None:
        assert result_of(grade(dossier, ruleset, turn)) != result_of(now)


@given(dossiers(), rulesets, as_ofs)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_way_leads_to_a_better_grade_and_needs_each_of_its_steps(
    dossier: Dossier, ruleset: Ruleset, as_of: date
) -> None:
    ahead = outlook(dossier, ruleset, as_of)
    if ahead.path is None or ahead.soonest is None or ahead.grade is None:
        assert ahead.path is None
        assert ahead.soonest is None
        return
    assert ruleset.rank(ahead.path.grade) < ruleset.rank(ahead.grade)
    assert ruleset.rank(ahead.soonest.grade) < ruleset.rank(ahead.grade)
    assert len(ahead.path.steps) <= len(ahead.soonest.steps)
    assert ahead.soonest.on <= ahead.path.on
    assert all(step.possible_on <= ahead.path.on for step in ahead.path.steps)


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_the_generated_dossiers_reach_every_grade(ruleset_id: str) -> None:
    ruleset = load(ruleset_id)
    first = settings(max_examples=400, database=None, derandomize=True, phases=[Phase.generate])

    def comes_to(wanted: str) -> Callable[[tuple[Dossier, date]], bool]:
        return lambda drawn: grade(drawn[0], ruleset, drawn[1]).grade == wanted

    for known in ruleset.grades:
        # `find` raises when no dossier it draws comes to the grade
        find(st.tuples(dossiers(), as_ofs), comes_to(known.id), settings=first)
