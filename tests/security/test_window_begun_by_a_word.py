"""Attacker: a reviewer, who has the public read an adverse record before its subject could object.

They have their own account of the bureau and did not write the record. They say that its document
was served on paper long ago, though a mail proves another day, or the record did not stand yet.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from law.errors import InvalidInput, WrongState
from law.evidence import RecordKind
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from protos.registry.v1 import publication_pb2 as pb
from services.registry.announce_changes import save_records
from services.registry.publication.review import review_record
from services.registry.tables import Record
from tests.integration.registry.test_tellings import (
    FIVE_WORKING_DAYS_LATER,
    NOW,
    REVIEWER,
    WRITER,
    record,
    register,
    review,
    shown,
    state,
    tell_by_hand,
    told,
)

__all__ = ["register"]


async def enter_today(database: Database) -> None:
    """The writer enters a record of a decision of 1 September today, the 14th."""
    row = record("old", RecordKind.PENALTY)
    row.record_id, row.source_ref, row.entered_on = "new", "合成罚〔2026〕新号", date(2026, 9, 14)
    async with Changes(database, FixedClock(NOW)).change(WRITER) as change:
        await save_records(change, [row])
        change.audit("test", "test/entry")


async def test_a_word_does_not_move_the_day_that_a_mail_has_proved(register: Database) -> None:
    await told(register, 14)
    await review(register)
    with pytest.raises(WrongState, match="2026-09-14"):
        await tell_by_hand(register, "2026-09-02")
    now = await state(register)
    assert (now.told_on, now.told_how) == ("2026-09-14", "mail")
    assert now.public_from == FIVE_WORKING_DAYS_LATER


async def test_a_review_says_nothing_of_a_telling(register: Database) -> None:
    request = pb.ReviewRecordRequest(
        record_id="old", version=1, classification="open", summary="超期使用", told_on="2026-09-02"
    )
    with pytest.raises(InvalidInput) as refused:
        async with Changes(register, FixedClock(NOW)).change(REVIEWER) as change:
            await review_record(change, request)
    assert [fault.field for fault in refused.value.faults] == ["told_on"]


async def test_a_mail_counts_before_a_word_while_the_record_is_not_public(
    register: Database,
) -> None:
    await enter_today(register)
    await review(register, "new")
    await tell_by_hand(register, "2026-09-02", record_id="new")
    await told(register, 15, record_id="new")
    now = await state(register, "new")
    assert (now.told_on, now.told_how, now.told_remark) == ("2026-09-15", "mail", "")
    assert now.public_from == "2026-09-22"
    await told(register, 16, record_id="new")  # the first proof stands
    assert (await state(register, "new")).told_on == "2026-09-15"


async def test_what_is_public_stays_so_when_a_late_mail_proves_less(register: Database) -> None:
    await review(register)
    await tell_by_hand(register, "2026-09-02")
    assert sorted(await shown(register)) == ["award", "old"]
    await told(register, 14)
    assert sorted(await shown(register)) == ["award", "old"]


@pytest.mark.parametrize("told_first", [True, False])
async def test_no_window_begins_before_the_record_was_entered(
    register: Database, *, told_first: bool
) -> None:
    await enter_today(register)
    if not told_first:
        await review(register, "new")
    await tell_by_hand(register, "2026-09-02", record_id="new")
    if told_first:
        await review(register, "new")
    now = await state(register, "new")
    assert (now.told_on, now.public_from) == ("2026-09-02", FIVE_WORKING_DAYS_LATER)
    assert await shown(register) == ["award"]


async def test_no_window_begins_before_the_change_that_made_a_record_worse(
    register: Database,
) -> None:
    corrected = FixedClock(datetime(2026, 9, 10, 1, 0, tzinfo=UTC))
    for contested in (False, True):  # a mark of contest changes nothing that is reviewed
        async with Changes(register, corrected).change(WRITER) as change:
            row = await change.session.get_one(Record, "old")
            row.kind, row.contested = RecordKind.CRIME, contested
            await save_records(change, [row])
            change.audit("test", "test/correction")
    request = pb.ReviewRecordRequest(
        record_id="old", version=3, classification="open", summary="超期使用"
    )
    async with Changes(register, FixedClock(NOW)).change(REVIEWER) as change:
        await review_record(change, request)
    now = await tell_by_hand(register, "2026-09-02", version=3)
    assert now.public_from == "2026-09-18"  # five working days after the 10th
