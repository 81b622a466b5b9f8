"""Terms as ledgers: properties for every order of extensions and suspensions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from law.errors import InvalidInput, LawError, NotFound, NotInForce, WrongState
from law.reader.data_file import understand
from law.terms.data import Basis, Definition, definition, definitions, read_terms
from law.terms.ledger import Term, start
from law.terms.workdays import edition, next_working_day, nth_working_day, working_days_between
from tests.unit.law.broken_files import fresh

DAY = timedelta(days=1)
CALENDAR = edition()
EVENT = date(2026, 3, 2)
GROUND = "CIVIL-CODE 203"

steps = st.lists(
    st.tuples(
        st.sampled_from(["extend", "pause", "resume"]), st.integers(0, 9), st.integers(1, 12)
    ),
    max_size=12,
)


def _apply(term: Term, kind: str, on: date, days: int) -> Term:
    if kind == "extend":
        return term.extend(days, "head", "complex", on, edition=CALENDAR)
    return term.pause(on, GROUND, edition=CALENDAR) if kind == "pause" else term.resume(on)


def _run(entries: list[tuple[str, int, int]]) -> Term:
    term, on = start("objection_first", EVENT, CALENDAR), EVENT
    for kind, later, days in entries:
        on += DAY * later
        try:
            term = _apply(term, kind, on, days)
        except LawError:
            continue
    return term


def _running(term: Term) -> Term:
    return term.resume(term.last_entry_on + DAY) if term.is_paused else term


@given(steps)
@example([("pause", 7, 1), ("resume", 5, 1), ("pause", 2, 1)])
def test_extension_and_pause_in_any_order_respect_the_cap(
    entries: list[tuple[str, int, int]],
) -> None:
    term = _running(_run(entries))
    last = term.target(CALENDAR).date
    assert term.total <= term.cap == 20
    assert last <= term.latest(CALENDAR).date
    assert term.consumed(last, CALENDAR) <= 20


@given(steps)
def test_days_used_up_at_the_last_day_are_the_days_granted(
    entries: list[tuple[str, int, int]],
) -> None:
    term = _running(_run(entries))
    last = term.target(CALENDAR).date
    assert term.consumed(last, CALENDAR) == term.total
    assert term.remaining(last, CALENDAR) >= 1
    assert term.remaining(last + DAY, CALENDAR) == -1


@given(steps)
def test_suspended_days_never_count(entries: list[tuple[str, int, int]]) -> None:
    term = _run(entries)
    for pause in term.pauses:
        end = pause.until or pause.on + DAY * 30
        assert term.consumed(end, CALENDAR) == term.consumed(pause.on, CALENDAR)


@given(steps)
def test_json_keeps_a_ledger_whole(entries: list[tuple[str, int, int]]) -> None:
    term = _run(entries)
    assert Term.from_json(term.to_json()) == term


@given(steps, st.integers(0, 60 * 24 * 60))
@settings(max_examples=50)
def test_overdue_exactly_from_the_moment_it_says(
    entries: list[tuple[str, int, int]], minutes: int
) -> None:
    term = _running(_run(entries))
    at = term.overdue_at(CALENDAR)
    moment = at + timedelta(minutes=minutes - 30 * 24 * 60)
    assert term.is_overdue(moment, CALENDAR) == (moment >= at)


@given(steps)
def test_reminders_lie_around_the_last_day(entries: list[tuple[str, int, int]]) -> None:
    term = _running(_run(entries))
    at = term.overdue_at(CALENDAR)
    for reminder in term.reminders(CALENDAR):
        assert (reminder.at < at) == (reminder.kind == "remind")
        assert CALENDAR.is_workday(reminder.at.date())


@given(st.integers(0, 40))
def test_days_left_count_down_on_working_days_only(later: int) -> None:
    term = start("objection_first", EVENT, CALENDAR)
    today, tomorrow = EVENT + DAY * later, EVENT + DAY * (later + 1)
    last = term.target(CALENDAR).date
    left = term.remaining(today, CALENDAR)
    if tomorrow <= last:
        worked = CALENDAR.is_workday(today) and today > EVENT
        assert left - term.remaining(tomorrow, CALENDAR) == worked
    assert (left < 0) == (today > last)


def test_a_suspended_term_has_no_last_day_but_says_what_it_would_be() -> None:
    term = start("objection_first", EVENT, CALENDAR).pause(EVENT + DAY, GROUND, edition=CALENDAR)
    for asked in (term.target, term.latest, term.overdue_at):
        with pytest.raises(WrongState) as caught:
            asked(CALENDAR)
        assert (caught.value.zh, caught.value.cite) == ("期限中止期间没有到期日", "S3 28")
    assert term.reminders(CALENDAR) == ()
    assert not term.is_overdue(datetime.fromisoformat("2030-01-01T00:00:00+08:00"), CALENDAR)
    resumed = term.target_if_resumed(EVENT + DAY * 10, CALENDAR)
    assert resumed == term.resume(EVENT + DAY * 10).target(CALENDAR)
    assert term.remaining(EVENT + DAY * 10, CALENDAR) == 4


def test_every_suspension_stays_in_the_ledger() -> None:
    term = start("objection_first", EVENT, CALENDAR)
    for day in (1, 2, 3):
        term = term.pause(EVENT + DAY * day, GROUND, edition=CALENDAR).resume(EVENT + DAY * day)
    assert [pause.on for pause in term.pauses] == [EVENT + DAY * day for day in (1, 2, 3)]


def test_a_term_suspended_twice_on_its_last_day_has_no_day_left() -> None:
    term = start("objection_first", EVENT, CALENDAR)
    for begun, ended in ((7, 12), (14, 16)):
        term = term.pause(EVENT + DAY * begun, GROUND, edition=CALENDAR)
        assert term.remaining(EVENT + DAY * ended, CALENDAR) == 0
        term = term.resume(EVENT + DAY * ended)
    assert term.target(CALENDAR).date == EVENT + DAY * 16


def test_a_running_term_has_its_target_as_if_resumed() -> None:
    term = start("repair", EVENT, CALENDAR)
    assert term.target_if_resumed(EVENT + DAY, CALENDAR) == term.target(CALENDAR)


def test_an_entry_before_the_latest_entry_is_refused() -> None:
    term = start("objection_first", EVENT, CALENDAR)
    with pytest.raises(InvalidInput) as caught:
        term.extend(1, "head", "complex", EVENT - DAY, edition=CALENDAR)
    assert [f.field for f in caught.value.faults] == ["on"]


def test_two_entries_may_be_made_on_one_day() -> None:
    term = start("objection_first", EVENT, CALENDAR).extend(
        1, "head", "complex", EVENT, edition=CALENDAR
    )
    assert term.pause(EVENT, GROUND, edition=CALENDAR).resume(EVENT).total == 6


def test_every_fault_of_an_extension_is_listed() -> None:
    with pytest.raises(InvalidInput) as caught:
        start("objection_first", EVENT, CALENDAR).extend(0, "", " ", EVENT, edition=CALENDAR)
    assert [f.field for f in caught.value.faults] == ["days", "approved_by", "ground"]


def test_a_pause_may_cite_a_law_that_is_not_modelled_here() -> None:
    term = start("objection_first", EVENT, CALENDAR)
    ground = "《市场监督管理行政处罚程序规定》第六十四条"
    assert term.pause(EVENT + DAY, ground, edition=CALENDAR).pauses[0].ground_cite == ground


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        start("repair", EVENT, CALENDAR).is_overdue(datetime(2026, 3, 3), CALENDAR)  # noqa: DTZ001


def test_a_new_edition_moves_the_dates_and_leaves_the_ledger() -> None:
    term = start("objection_first", date(2026, 12, 28), CALENDAR)
    new = CALENDAR.with_year(
        2027, published_on=date(2026, 12, 1), document="某号", off=[date(2027, 1, 1)]
    )
    assert term.target(CALENDAR).date == date(2027, 1, 4)
    assert term.target(CALENDAR).provisional
    assert term.target(new).date == date(2027, 1, 5)
    assert not term.target(new).provisional
    assert term.edition == CALENDAR.number


def test_under_an_edition_with_more_working_days_no_more_are_used_than_were_granted() -> None:
    term = start("objection_first", EVENT, CALENDAR)
    last = term.target(CALENDAR).date
    term = term.pause(last, GROUND, edition=CALENDAR).resume(last + DAY)
    new = CALENDAR.with_year(2026, published_on=last, document="某号", work=[last - 2 * DAY])
    assert working_days_between(term.event_on, last, new) > term.total
    assert term.consumed(last, new) == term.total
    assert term.target(new) == next_working_day(last + DAY, new)


def test_every_term_has_a_basis() -> None:
    for found in definitions():
        assert found.days >= 1
        assert found.cap >= found.days
        assert (found.adopted_for is not None) == (found.basis is Basis.ADOPTED)
        assert found.in_force(found.valid_from)
        assert not found.in_force(found.valid_from - DAY)


def test_the_ledger_keeps_the_figures_of_its_start() -> None:
    term = start("objection_first", EVENT, CALENDAR)
    found = definition("objection_first", EVENT)
    assert (term.budget, term.cap, term.cite) == (found.days, found.cap, "S3 28")
    assert term.target(CALENDAR) == nth_working_day(EVENT, 5, CALENDAR)
    assert working_days_between(EVENT, term.latest(CALENDAR).date, CALENDAR) == 20


def test_an_unknown_term_is_not_found() -> None:
    with pytest.raises(NotFound):
        start("nothing", EVENT, CALENDAR)


def _terms(document: object) -> tuple[Definition, ...]:
    return understand(document, "terms", read_terms)


def test_the_packaged_terms_read_afresh() -> None:
    afresh = {d.id: d for d in _terms(fresh("terms"))}
    found = afresh["objection_first"]
    assert (found.id, found.name_zh, found.name_en) == (
        "objection_first",
        "异议办理期限",
        "decide an objection",
    )
    assert (found.days, found.cap, found.counts_from) == (5, 20, "acceptance")
    assert (found.cite, found.basis) == ("S3 28", Basis.ADOPTED)
    assert str(found.adopted_for).startswith("S4 五(三)")
    assert (found.requirements, found.ambiguities) == (("R-114", "R-115"), ("C-12",))
    assert (found.valid_from, found.valid_to) == (date(2021, 9, 30), None)
    assert [(r.id, r.kind, r.working_days, r.overdue, r.local_hour) for r in found.reminders] == [
        ("two_days_before", "remind", 3, False, 9),
        ("nearly_due", "remind", 2, False, 9),
        ("last_day", "remind", 1, False, 9),
        ("overdue", "escalate", 1, True, 9),
        ("overdue_third", "escalate", 3, True, 9),
    ]
    assert [r.tells[-1] for r in found.reminders] == [
        *("caseworker", "caseworker", "unit_head", "unit_head"),
        "municipal_bureau",
    ]
    assert {d.id: (d.days, d.cap) for d in afresh.values()} == {
        "objection_first": (5, 20),
        "objection_total": (20, 20),
        "reconsideration": (5, 20),
        "reconsideration_total": (20, 20),
        "repair": (15, 15),
        "certificate_upload": (5, 5),
        "record_entry": (5, 5),
        "shared_data_correction": (5, 5),
        "objection_intake": (5, 5),
        "reconsideration_intake": (5, 5),
        "verification_acceptance": (5, 5),
        "verification_completion": (20, 20),
        "supplement": (10, 10),
    }
    assert afresh["repair"].adopted_for is None


@pytest.fixture
def amended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changed terms: since April 2026 an objection has 7 days, at most 30, and repair has none."""
    data = fresh("terms")
    for old in [
        d for d in data["definitions"] if d["id"] in ("objection_first", "objection_total")
    ]:
        old["valid_to"] = date(2026, 3, 31)
        days = 7 if old["id"] == "objection_first" else 30
        data["definitions"].append(old | {"days": days, "valid_from": date(2026, 4, 1)})
        data["definitions"][-1]["valid_to"] = None
    next(d for d in data["definitions"] if d["id"] == "repair")["valid_to"] = date(2026, 3, 31)
    monkeypatch.setattr("law.terms.data.definitions", lambda: _terms(data))


@pytest.mark.usefixtures("amended")
@pytest.mark.parametrize(
    ("event", "budget", "cap"), [(date(2026, 3, 31), 5, 20), (date(2026, 4, 1), 7, 30)]
)
def test_the_version_of_the_day_of_the_event_applies(event: date, budget: int, cap: int) -> None:
    term = start("objection_first", event, CALENDAR)
    assert (term.budget, term.cap) == (budget, cap)
    assert definition("objection_first", event).days == budget


@pytest.mark.usefixtures("amended")
def test_an_ended_figure_never_falls_back() -> None:
    assert start("repair", date(2026, 3, 31), CALENDAR).budget == 15
    with pytest.raises(InvalidInput) as caught:
        start("repair", date(2026, 4, 1), CALENDAR)
    assert [f.field for f in caught.value.faults] == ["event_on"]


def test_a_term_may_be_as_long_as_its_cap() -> None:
    document = fresh("terms")
    by_id = {one["id"]: one for one in document["definitions"]}
    capped = next(one for one in document["definitions"] if "cap_by" in one)
    capped["days"] = by_id[capped["cap_by"]]["days"]
    found = next(one for one in _terms(document) if one.id == capped["id"])
    assert found.cap == found.days == capped["days"]
    capped["days"] += 1
    with pytest.raises(InvalidInput):
        _terms(document)


def test_of_several_ended_versions_the_last_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    term = definition("objection_first", EVENT)
    versions = [
        replace(term, valid_from=date(year, 1, 1), valid_to=date(year, 12, 31), name_zh=str(year))
        for year in (2024, 2025, 2023)
    ]
    monkeypatch.setattr("law.terms.data.definitions", lambda: tuple(versions))
    with pytest.raises(NotInForce) as refused:
        definition("objection_first", date(2026, 1, 1))
    assert refused.value.zh == "2026-01-01时“2025”无效力"
    assert refused.value.en == "objection_first is not in force on 2026-01-01"


def test_a_cap_that_does_not_hold_is_a_fault() -> None:
    document = fresh("terms")
    by_id = {one["id"]: one for one in document["definitions"]}
    by_id["objection_total"]["valid_from"] = date(2021, 10, 1)
    by_id["repair"]["adopted_for"] = "S4"
    with pytest.raises(InvalidInput) as refused:
        _terms(document)
    assert {(one.field.partition(".")[2], one.cite) for one in refused.value.faults} == {
        ("cap_by", "D-08"),
        ("adopted_for", "D-08"),
    }


def test_a_reminder_goes_out_within_the_day() -> None:
    document = fresh("terms")
    document["reminder_points"][0]["local_hour"] = 23
    assert 23 in {point.local_hour for one in _terms(document) for point in one.reminders}
