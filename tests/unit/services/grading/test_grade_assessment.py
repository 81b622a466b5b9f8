"""Assessing one dossier: when a text or time changes the result, and what counts as the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.figures import Validity
from law.texts_in_force import load as ruleset
from services.grading.assessment import REMOVED, File, assess, digest_of, fell, turns

DAY = date(2026, 9, 14)
PENALTY = Record(
    id="rec-1",
    kind=RecordKind.PENALTY,
    determined_on=date(2026, 5, 6),
    entered_on=date(2026, 5, 8),
    final=True,
)


def file(*records: Record, bureau: str = "330106", removed: bool = False) -> File:
    dossier = Dossier(
        "subj-1", Sector.MARKET, SubjectKind.ORGANISATION, records=records, bureau=bureau
    )
    return File(dossier, removed)


def test_another_day_keeps_the_digest_and_another_record_changes_it() -> None:
    today = assess(file(PENALTY), DAY)
    assert today.digest == assess(file(PENALTY), date(2027, 1, 1)).digest
    assert today.digest == digest_of(today.document)
    assert today.digest != assess(file(replace(PENALTY, contested=True)), DAY).digest
    assert today.digest != assess(file(replace(PENALTY, final=False)), DAY).digest


def test_a_removed_subject_is_not_graded() -> None:
    gone = assess(file(PENALTY, removed=True), DAY)
    assert (gone.receipt, gone.not_graded, gone.next_change_on()) == (None, REMOVED, None)


def test_a_deregistered_subject_is_graded_until_the_day_and_no_more() -> None:
    ended = replace(file(PENALTY), deregistered_on=DAY)
    before, after = assess(ended, date(2026, 5, 9)), assess(ended, DAY)
    assert before.receipt
    assert after.not_graded
    assert (after.receipt, after.not_graded.reason) == (None, "deregistered")
    assert after.not_graded_words()[0].startswith(f"主体已于{DAY}注销")
    assert after.next_change_on() is None


def test_a_text_that_ends_changes_the_grade_on_the_day_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = ruleset.jurisdictions()
    entries = [
        replace(one, validity=Validity(one.valid_from, date(2026, 12, 31)))
        if one.id == "hangzhou"
        else one
        for one in table.entries
    ]
    monkeypatch.setattr(ruleset, "jurisdictions", lambda: replace(table, entries=tuple(entries)))
    following = list(turns(file(PENALTY), DAY, date(2031, 1, 1)))
    texts = [one.receipt.ruleset_id for one in following if one.receipt]
    assert texts == ["hangzhou-2021-120", "national-2017-566"]
    assert following[1].day == date(2027, 1, 1)


def test_without_evidence_nothing_changes_by_time() -> None:
    assert assess(file(), DAY).next_change_on() is None
    assert list(turns(file(), None, DAY)) == []


def test_a_grade_falls_in_the_order_of_its_text() -> None:
    assert fell("hangzhou-2021-120", "B", "C")
    assert fell("tianjin-pilot", "2", "3")
    assert not fell("hangzhou-2021-120", "C", "B")
    assert not fell("hangzhou-2021-120", "B", "B")
    assert not fell("hangzhou-2021-120", None, "E")
    assert not fell("hangzhou-2021-120", "B", None)
