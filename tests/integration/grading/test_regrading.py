"""From the registry's events to grades, receipts and announcements, over NATS and SQLite."""

from __future__ import annotations

import json
from datetime import date, timedelta

from law.grading import verify_document
from plumbing.audit import AuditEntry
from plumbing.migrations import differences
from plumbing.service import digest_of
from protos.registry.v1 import events_pb2 as events
from services.grading.checks import check
from services.grading.consumers import NAME
from services.grading.receipts.cutting import whole
from services.grading.tables import Grade, Receipt
from tests.integration.grading.support import START, Platform, penalty, subject

TODAY = date(2026, 9, 14)


async def test_the_migration_agrees_with_the_models(platform: Platform) -> None:
    assert await differences(platform.database, "grading") == []


async def test_a_subject_without_records_is_graded_at_once(platform: Platform) -> None:
    await platform.tell_subjects(subject(), baseline=True)
    grade = await platform.current()
    assert (grade.grade, grade.score, grade.no_record) == ("B", 90, True)
    assert (grade.ruleset_id, grade.in_force_from) == ("hangzhou-2021-120", TODAY)
    [event] = await platform.announced()
    assert not event.HasField("before")
    assert (event.after.grade_id, event.fell, event.baseline) == (grade.grade_id, False, True)


async def test_a_penalty_lowers_the_grade_and_is_named(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    platform.pass_days(1)
    await platform.tell_records(penalty(), ground="S4 二")
    grade = await platform.current()
    event = (await platform.announced())[-1]
    assert grade.score is not None
    assert grade.score < 90
    assert (event.before.score, event.after.score) == (90, grade.score)
    assert (list(event.record_ids), event.fell) == (
        ["rec-1"],
        event.before.grade != event.after.grade,
    )
    assert event.before.receipt_id != event.after.receipt_id
    [entry] = [one for one in await platform.rows(AuditEntry) if one.ground]
    assert (entry.object, entry.on_behalf_of) == ("subject/subj-1", "account/caseworker")


async def test_past_grades_and_past_knowledge_can_still_be_read(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    platform.pass_days(3)
    await platform.tell_records(penalty())
    first, again, last = await platform.grades()
    changed_on, changed_at = TODAY + timedelta(days=3), START + timedelta(days=3, seconds=1)
    assert (first.in_force_from, first.in_force_to) == (TODAY, None)
    assert (first.known_from, first.known_to) == (START, changed_at)
    assert (again.in_force_from, again.in_force_to) == (TODAY, changed_on)
    assert (again.known_from, again.known_to) == (changed_at, None)
    assert (last.in_force_from, last.in_force_to, last.known_to) == (changed_on, None, None)
    assert again.receipt_id == first.receipt_id


async def test_a_later_correction_of_the_same_day_replaces_the_grade(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    first, last = await platform.grades()
    assert (first.in_force_from, last.in_force_from) == (TODAY, TODAY)
    assert (first.known_to is not None, last.known_to) == (True, None)


async def test_an_equal_grade_is_not_written_again(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    before = len(await platform.rows(Grade)), len(await platform.announced())
    await platform.tell_records(penalty(version=2, summary="更正错别字"))
    await platform.tell_subjects(subject(version=2, name="改名"))
    assert (len(await platform.rows(Grade)), len(await platform.announced())) == before


async def test_an_objection_marks_the_grade_and_changes_nothing_else(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    before = len(await platform.announced())
    await platform.tell_records(penalty(version=2, contested=True))
    marked = await platform.current()
    assert marked.contested
    assert (await platform.receipts())[marked.receipt_id]["contested"] == ["rec-1"]
    await platform.tell_records(penalty(version=3))
    assert not (await platform.current()).contested
    assert len(await platform.announced()) == before


async def test_a_withdrawn_record_restores_the_grade(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    await platform.tell_records(penalty(version=2, status="withdrawn"))
    event = (await platform.announced())[-1]
    assert (event.after.score, event.fell) == (90, False)
    assert all(verify_document(one) == [] for one in (await platform.receipts()).values())


async def test_an_undone_import_leaves_tombstones(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    await platform.tell_records(penalty(version=2, removed=True), cause=events.CAUSE_UNDONE)
    assert (await platform.current()).score == 90
    await platform.tell_records(penalty(version=1))
    assert (await platform.current()).score == 90
    await platform.tell_subjects(subject(version=2, removed=True), cause=events.CAUSE_UNDONE)
    gone = await platform.current()
    assert (gone.grade, gone.receipt_id) == (None, "")
    assert gone.not_graded_zh
    findings = await check(platform.database, platform.clock)
    held = {one.topic: one.count for one in findings.digests}
    assert held == {"subjects": 1, "subjects.graded": 1, "records": 1}
    assert findings.figures["subjects"] == 0


async def test_a_deregistered_subject_is_graded_no_more_until_it_is_registered_again(
    platform: Platform,
) -> None:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    score = (await platform.current()).score
    today = platform.clock.today()
    ended = today.isoformat()
    gone = subject(version=2, deregistered_on=ended)
    await platform.tell_subjects(gone, cause=events.CAUSE_DEREGISTERED)
    present = await platform.current()
    assert (present.grade, present.receipt_id) == (None, "")
    assert f"已于{ended}注销" in present.not_graded_zh
    held = {one.topic: one for one in (await check(platform.database, platform.clock)).digests}
    assert held["subjects.graded"] == digest_of("subjects.graded", [("subj-1", 2, "market", today)])
    platform.pass_days(3)
    # What comes later is kept, and grades nobody.
    await platform.tell_records(penalty(2, determined_on=ended, entered_on=ended))
    assert (await platform.current()).grade_id == present.grade_id
    assert score in [one.score for one in await platform.grades()]  # what stood then stays
    await platform.tell_subjects(subject(version=3), cause=events.CAUSE_REINSTATED)
    again = await platform.current()
    assert again.receipt_id
    assert (again.score or 0) < (score or 0)  # both penalties count


async def test_records_may_arrive_before_their_subject_and_in_any_order(platform: Platform) -> None:
    await platform.tell(events.RecordsChanged(records=[penalty(version=2, points=3)]), "batch/2")
    assert await platform.rows(Grade) == []
    await platform.tell(events.RecordsChanged(records=[penalty(version=1, points=9)]), "batch/1")
    await platform.tell(events.SubjectsChanged(subjects=[subject()]), "batch/3")
    assert (await platform.current()).score == 87
    assert len(await platform.grades()) == 1


async def test_a_record_moved_to_another_subject_regrades_both(platform: Platform) -> None:
    await platform.tell_subjects(subject(1), subject(2))
    await platform.tell_records(penalty())
    await platform.tell_records(penalty(version=2, subject_id="subj-2"))
    scores = [(await platform.current(f"subj-{one}")).score for one in (1, 2)]
    assert scores[0] == 90
    assert scores[1] is not None
    assert scores[1] < 90


async def test_a_subject_without_a_grade_has_the_reason(platform: Platform) -> None:
    await platform.tell_subjects(
        subject(1, kind="natural_person"),
        subject(2, bureau="120104", sector="market"),
        subject(3, bureau="120104", sector="optical"),
    )
    person, outside, optical = [await platform.current(f"subj-{one}") for one in (1, 2, 3)]
    assert (person.grade, outside.grade) == (None, None)
    assert "试点" in outside.not_graded_zh
    assert "S0" in outside.not_graded_zh
    assert (optical.ruleset_id, optical.grade) == ("tianjin-pilot", "2")
    assert len(await platform.announced()) == 1


async def test_a_repeated_event_has_one_effect(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    before = await platform.grades(), await platform.announced()
    await platform.js.delete_consumer("REGISTRY", NAME)  # everything is delivered again
    await platform.tell_subjects(subject(2))
    assert (await platform.grades(), (await platform.announced())[:-1]) == before


async def test_a_tampered_grade_is_found(platform: Platform) -> None:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    assert (await check(platform.database, platform.clock)).problems == []
    async with platform.database.transaction() as session:
        texts = await platform.receipts()
        [key] = [key for key, document in texts.items() if document["score"] != 90]
        receipt = await session.get_one(Receipt, key)
        receipt.content = whole(json.dumps({**texts[key], "score": 100}))
    [problem] = (await check(platform.database, platform.clock)).problems
    assert (problem.name, problem.object) == ("grade.differs", "subject/subj-1")
