"""Attacker: a caseworker, who alone enters an adverse record and has the public read it.

They have their own account of the bureau. Into the summary they write somebody's ID number. Nobody
helps them; in some tests a careless or a malicious reviewer does.
"""

from __future__ import annotations

from typing import Any

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import publication_pb2 as publication
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.conftest import _settings, nats_url, registry
from tests.integration.registry.import_files import table, upload
from tests.integration.registry.running_registry import (
    DISTRICT,
    FOREIGN,
    RunningRegistry,
    enter_record,
    refused,
    review,
    telling,
)

__all__ = ["_settings", "nats_url", "registry"]  # one registry, as for its own tests

ID_NUMBER = "110101199003070011"
SUMMARY = f"使用超期衡器，当事人证件号{ID_NUMBER}"


async def seen(registry: RunningRegistry, record: pb.Record) -> list[pb.Record]:
    """What the public is shown of a record, by either call."""
    public = registry.client(Role.PUBLIC).registry
    listed = pb.ListRecordsRequest(subject_id=record.subject_id)
    disclosed = pb.ListDisclosedRecordsRequest(subject_id=record.subject_id)
    by_subject = [*(await public.ListRecords(listed)).records]
    openly = [one.record for one in (await public.ListDisclosedRecords(disclosed)).records]
    assert by_subject == openly
    return [one for one in openly if one.record_id == record.record_id]


async def test_an_adverse_record_is_not_public_on_one_word(registry: RunningRegistry) -> None:
    record = await registry.record(summary=SUMMARY)
    assert await seen(registry, record) == []
    both = registry.client(Role.CASEWORKER, Role.UNIT_HEAD, name="someone")
    with refused("NOT_PERMITTED"):  # who entered it
        await both.publication.ReviewRecord(review(record))
    far = registry.client(Role.UNIT_HEAD, bureau=FOREIGN, name="far")
    with refused("NOT_PERMITTED"):
        await far.publication.ReviewRecord(review(record))
    assert await seen(registry, record) == []
    with refused("INVALID_INPUT", "summary") as held:  # what the reviewer might overlook
        await registry.publish(record)
    assert ID_NUMBER in held[0].faults[0][1]
    released = await registry.publish(record, despite_found=True)
    assert (released.state, released.reviewed_by) == ("released", "reviewer")
    [shown] = await seen(registry, record)
    assert shown.summary == SUMMARY
    entries = await registry.audited(f"record/{record.record_id}")
    acts = ["enter_record", "review_record", "tell_subject"]
    assert [entry.action for entry in entries] == acts


async def test_the_public_reads_what_was_released_and_the_bureau_all(
    registry: RunningRegistry,
) -> None:
    record = await registry.record(summary=SUMMARY)
    await registry.publish(record, summary="使用超期衡器，当事人证件号*", personal_data=True)
    [shown] = await seen(registry, record)
    assert (shown.summary, shown.source_ref) == ("使用超期衡器，当事人证件号*", record.source_ref)
    request = publication.GetPublicationRequest(record_id=record.record_id)
    found = await registry.client(Role.CASEWORKER).publication.GetPublication(request)
    assert found.publication.record.summary == SUMMARY
    assert found.publication.personal_data


async def test_the_subject_has_its_window_before_an_unfavourable_publication(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    with refused("INVALID_INPUT", "told_on"):  # in a review nobody says that the subject was told
        await registry.release_record(record, told_on="2026-09-02")
    released = await registry.release_record(record)
    assert (released.state, released.awaits_telling) == ("released", True)
    assert await seen(registry, record) == []
    served = telling(record)
    with refused("NOT_PERMITTED"):  # who entered it does not say that its subject was told
        await registry.client(Role.CASEWORKER).publication.RecordTelling(served)
    reviewer = registry.client(Role.CASEWORKER, name="reviewer")
    released = (await reviewer.publication.RecordTelling(served)).publication
    assert (released.awaits_telling, released.public_from > "2026-09-18") == (False, True)
    assert await seen(registry, record) == []
    operator = registry.client(Role.OPERATOR, subject_id=record.subject_id)
    request = publication.GetPublicationRequest(record_id=record.record_id)
    told = (await operator.publication.GetPublication(request)).publication
    assert (told.public_from, told.window_days) == (released.public_from, 5)
    assert told.window_example
    assert told.window_cite
    good = await registry.record(kind="award", severity="")
    assert (await registry.publish(good)).public_from == ""
    assert len(await seen(registry, good)) == 1


@pytest.mark.parametrize("text", ["此人是骗子", "使用超期衡器*，此人是骗子", "超期衡器"])
async def test_a_reviewer_writes_nothing_new(registry: RunningRegistry, text: str) -> None:
    record = await registry.record(summary=SUMMARY)
    with refused("INVALID_INPUT", "summary"):
        await registry.publish(record, summary=text)
    assert await seen(registry, record) == []


@pytest.mark.parametrize("text", ["电话138 1234 5678", "证件11010119900307001 1", "负责人王小明明"])
async def test_personal_data_hold_a_text_back(registry: RunningRegistry, text: str) -> None:
    await registry.subject(person_in_charge="王小明明")
    record = await registry.record(summary=text)
    with refused("INVALID_INPUT", "summary"):
        await registry.publish(record)
    request = publication.GetPublicationRequest(record_id=record.record_id)
    found = (await registry.client(Role.CASEWORKER).publication.GetPublication(request)).publication
    [data] = found.found
    assert data.text in text
    await registry.publish(record, summary="*")
    [shown] = await seen(registry, record)
    assert shown.summary == "*"


async def test_a_good_record_whose_document_names_a_number_is_not_public_either(
    registry: RunningRegistry,
) -> None:
    record = await registry.record(kind="award", severity="", source_ref=f"表彰{ID_NUMBER}")
    assert await seen(registry, record) == []


async def test_a_good_record_is_public_at_once_but_no_free_text_of_it(
    registry: RunningRegistry,
) -> None:
    record = await registry.record(kind="award", severity="", summary=SUMMARY)
    [shown] = await seen(registry, record)
    assert (shown.kind, shown.summary, shown.source_ref) == ("award", "", "")
    await registry.publish(record, despite_found=True)
    [shown] = await seen(registry, record)
    assert (shown.summary, shown.source_ref) == (SUMMARY, record.source_ref)


@pytest.mark.parametrize("found", ["internal", "privacy", "state_secret", "barred_by_law"])
async def test_what_is_not_open_is_withheld_with_its_reason(
    registry: RunningRegistry, found: str
) -> None:
    record = await registry.record(kind="award", severity="")
    with refused("INVALID_INPUT", "reasons"):
        await registry.publish(record, classification=found)
    withheld = await registry.publish(record, classification=found, reasons="含他人信息")
    assert (withheld.state, withheld.released_summary) == ("withheld", "")
    assert await seen(registry, record) == []
    kept = (await registry.client(Role.CASEWORKER).registry.GetRecord(_get(record))).record
    assert kept.summary == ("" if found == "state_secret" else record.summary)
    owner = registry.client(Role.OPERATOR, subject_id=record.subject_id)
    own = (await owner.registry.GetRecord(_get(record))).record
    assert kept.source_ref == own.source_ref
    assert own.summary == ("" if found in ("state_secret", "barred_by_law") else record.summary)


async def test_the_subject_is_not_told_who_reviewed_its_record_and_why(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    reasons = "内部讨论：另案调查中"
    await registry.publish(record, classification="internal", reasons=reasons)
    owner = registry.client(Role.OPERATOR, subject_id=record.subject_id).publication
    request = publication.GetPublicationRequest(record_id=record.record_id)
    listed = publication.ListPublicationsRequest(subject_id=record.subject_id)
    by_id = (await owner.GetPublication(request)).publication
    for told in (by_id, *(await owner.ListPublications(listed)).publications):
        assert (told.state, told.record.record_id) == ("withheld", record.record_id)
        told.record.Clear()
        assert reasons not in str(told)
        assert not (told.reviewed_by)
        assert not (told.reviewed_by_name)
        assert not (told.HasField("reviewed_at"))


def _get(record: pb.Record) -> pb.GetRecordRequest:
    return pb.GetRecordRequest(record_id=record.record_id)


async def test_a_changed_record_awaits_its_review_again(registry: RunningRegistry) -> None:
    record = await registry.record()
    await registry.publish(record)
    changed = pb.Record()
    changed.CopyFrom(record)
    changed.summary = SUMMARY
    request = pb.CorrectRecordRequest(
        request_id=new_request_id(), record=changed, ground="原文有误"
    )
    proposed = await registry.client(Role.CASEWORKER).registry.CorrectRecord(request)
    [shown] = await seen(registry, record)
    assert shown.summary == record.summary
    await registry.release(proposed.proposal)
    assert await seen(registry, record) == []
    with refused("WRONG_STATE"):  # the reviewer read the version before
        await registry.publish(record)
    with refused("NOT_PERMITTED"):  # who released the correction is among its authors
        head = registry.client(Role.UNIT_HEAD, name="unit-head")
        await head.publication.ReviewRecord(review(record, version=2))


async def test_a_file_publishes_nothing_either(registry: RunningRegistry) -> None:
    owner, sender = await registry.subject(), registry.client(Role.CASEWORKER, name="sender")
    columns = ("使用单位", "信息类别", "发生日期", "认定日期", "经核实", "文书编号", "摘要")
    values: tuple[Any, ...] = (
        "penalty",
        "2026-08-01",
        "2026-08-02",
        "是",
        new_request_id(),
        SUMMARY,
    )
    content = table(columns, (owner.credit_code, *values))
    await upload(sender, "records", content, bureau=DISTRICT, baseline=True)
    request = pb.ListRecordsRequest(subject_id=owner.subject_id)
    [record] = (await sender.registry.ListRecords(request)).records
    assert await seen(registry, record) == []
    waiting = publication.ListPublicationsRequest(state="waiting", subject_id=owner.subject_id)
    [one] = (await sender.publication.ListPublications(waiting)).publications
    assert (one.classification, one.may_review) == ("internal", False)
    colleague = registry.client(Role.CASEWORKER, name="colleague")
    [one] = (await colleague.publication.ListPublications(waiting)).publications
    assert one.may_review
    operator = registry.client(Role.OPERATOR, subject_id=owner.subject_id)
    [one] = (await operator.publication.ListPublications(waiting)).publications
    assert not one.may_review


async def test_a_record_that_a_service_enters_waits_too(registry: RunningRegistry) -> None:
    owner = await registry.subject()
    service = await registry.acting_for(Role.CASEWORKER, name="alerts")
    record = (await service.registry.EnterRecord(enter_record(owner.subject_id))).record
    assert await seen(registry, record) == []


async def test_a_review_does_not_undo_one_that_its_author_has_not_seen(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    released = await registry.publish(record, revision=0)
    with refused("WRONG_STATE"):
        await registry.publish(record, revision=0, classification="state_secret", reasons="合成")
    withheld = await registry.publish(
        record, revision=released.revision, classification="state_secret", reasons="合成"
    )
    with refused("WRONG_STATE"):  # the page was opened before the record became a secret
        await registry.publish(record, revision=released.revision)
    assert withheld.state == "withheld"
