"""Which text governs an archive, and since when: activations, then the packaged table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from law.disclosure.retention import retention, still_kept_from
from law.evidence import Record, RecordKind, Sector, SubjectKind
from law.figures import Validity
from law.texts_in_force import load as ruleset
from law.texts_in_force.governing import PACKAGED, Activation, GoverningTexts
from law.texts_in_force.model import NotGraded, Ruleset

DAY = timedelta(days=1)
TRIAL = Activation("a1", "3301", frozenset({"optical"}), "hangzhou-trial", date(2026, 10, 1))
GOVERNING = GoverningTexts((TRIAL,))


def text_id(found: Ruleset | NotGraded) -> str:
    return found.reason if isinstance(found, NotGraded) else found.id


def test_an_archive_is_governed_where_nobody_is_graded() -> None:
    person = SubjectKind.NATURAL_PERSON
    assert text_id(PACKAGED.text("330106", Sector.RETAIL, date(2026, 9, 1), person)) == (
        "subject_kind"
    )
    found = PACKAGED.of_archive("330106", Sector.RETAIL, date(2026, 9, 1))
    assert text_id(found) == "hangzhou-2021-120"


@pytest.mark.parametrize(
    ("sector", "day", "expected", "since"),
    [
        (Sector.OPTICAL, date(2026, 9, 30), "hangzhou-2021-120", date(2021, 9, 30)),
        (Sector.OPTICAL, date(2026, 10, 1), "hangzhou-trial", date(2026, 10, 1)),
        (Sector.OPTICAL, date(2027, 1, 1), "hangzhou-trial", date(2026, 10, 1)),
        (Sector.RETAIL, date(2027, 1, 1), "hangzhou-2021-120", date(2021, 9, 30)),
    ],
)
def test_what_was_activated_governs_from_its_day(
    sector: Sector, day: date, expected: str, since: date
) -> None:
    assert text_id(GOVERNING.of_archive("330106", sector, day)) == expected
    assert GOVERNING.of_archive_since("330106", sector, day) == since


@pytest.fixture
def ended_trial(monkeypatch: pytest.MonkeyPatch) -> date:
    """The trial text ends; returns its last day."""
    last, load = date(2026, 12, 31), ruleset.load
    ended = replace(load("hangzhou-trial"), valid_to=last)
    monkeypatch.setattr(ruleset, "load", lambda id_: ended if id_ == ended.id else load(id_))
    return last


def test_where_an_entry_ends_another_text_may_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    packaged, last = ruleset.jurisdictions(), date(2027, 5, 31)
    first, *others = packaged.entries
    ended = replace(
        packaged, entries=(replace(first, validity=Validity(first.valid_from, last)), *others)
    )
    assert last + DAY not in set(PACKAGED.turns())
    monkeypatch.setattr(ruleset, "jurisdictions", lambda: ended)
    assert last + DAY in set(PACKAGED.turns())


def test_an_ended_text_holds_through_its_last_day_and_nothing_comes_back(ended_trial: date) -> None:
    asked = ("330106", Sector.OPTICAL)
    assert text_id(GOVERNING.of_archive(*asked, ended_trial)) == "hangzhou-trial"
    assert text_id(GOVERNING.of_archive(*asked, ended_trial + DAY)) == "ended"
    assert text_id(GOVERNING.text(*asked, ended_trial + DAY, SubjectKind.ORGANISATION)) == "ended"
    assert GOVERNING.of_archive_since(*asked, ended_trial + 9 * DAY) == ended_trial + DAY
    assert ended_trial + DAY in set(GOVERNING.turns())


@pytest.mark.parametrize(
    ("bureau", "sector", "kind", "expected"),
    [
        ("120104", Sector.FUEL_STATION, SubjectKind.ORGANISATION, "tianjin-pilot"),
        ("120104", Sector.RETAIL, SubjectKind.ORGANISATION, "outside_sectors"),
        ("510100", Sector.FUEL_STATION, SubjectKind.ORGANISATION, "national-2017-566"),
        ("330106", Sector.OPTICAL, SubjectKind.NATURAL_PERSON, "subject_kind"),
    ],
)
def test_bureau_sector_and_kind_decide(
    bureau: str, sector: Sector, kind: SubjectKind, expected: str
) -> None:
    assert text_id(PACKAGED.text(bureau, sector, date(2026, 9, 1), kind)) == expected


def test_a_text_outside_its_own_sectors_grades_nobody_there() -> None:
    everywhere = Activation("a2", "3301", frozenset(), "tianjin-pilot", date(2026, 10, 1))
    found = GoverningTexts((everywhere,)).text(
        "330106", Sector.RETAIL, date(2026, 10, 1), SubjectKind.ORGANISATION
    )
    assert isinstance(found, NotGraded)


def test_a_text_without_a_change_has_always_governed() -> None:
    assert PACKAGED.of_archive_since("120104", Sector.OPTICAL, date(2020, 1, 1)) == date.min


@pytest.mark.parametrize("text", ["hangzhou-2021-120", "hangzhou-trial"])
@pytest.mark.parametrize("on", [date(2028, 2, 28), date(2028, 2, 29), date(2029, 3, 1)])
def test_no_record_determined_since_that_day_is_gone(text: str, on: date) -> None:
    first = still_kept_from(text, on)
    assert first is not None
    for back in range(-3, 4):
        day = first - back * DAY
        record = Record("r", RecordKind.PENALTY, determined_on=day, entered_on=day)
        removed_on = retention(text, record, on).removed_on
        assert removed_on is not None
        assert (removed_on <= on) == (day < first)


@pytest.mark.parametrize("text", ["tianjin-pilot", "national-2017-566"])
def test_a_text_without_deletion_deletes_nothing(text: str) -> None:
    assert still_kept_from(text, date(2040, 1, 1)) is None
