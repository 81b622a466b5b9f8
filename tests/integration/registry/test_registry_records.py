"""Credit records: entered, corrected, withdrawn, contested, seen."""

from __future__ import annotations

import asyncio
from typing import Any

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import sameness_pb2 as sameness
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    Client,
    RunningRegistry,
    enter_record,
    refused,
)


def corrected(
    record: pb.Record, ground: str = "S4 四(三)", **values: Any
) -> pb.CorrectRecordRequest:
    """A request that corrects a record as it was last read."""
    copy = pb.Record()
    copy.CopyFrom(record)
    for name, value in values.items():
        setattr(copy, name, value)
    return pb.CorrectRecordRequest(request_id=new_request_id(), record=copy, ground=ground)


def withdrawn(record: pb.Record, ground: str = "原决定已撤销") -> pb.WithdrawRecordRequest:
    return pb.WithdrawRecordRequest(
        request_id=new_request_id(), record_id=record.record_id, ground=ground
    )


async def objection(registry: RunningRegistry, subject_id: str) -> Client:
    """The service that carries out decisions of cases, for one who may object and decide."""
    return await registry.acting_for(Role.CASEWORKER, Role.OPERATOR, subject_id=subject_id)


async def correct(registry: RunningRegistry, request: pb.CorrectRecordRequest) -> pb.Record:
    """Corrects a record: one person proposes it, another releases it."""
    client = registry.client(Role.CASEWORKER)
    answer = await client.registry.CorrectRecord(request)
    await registry.release(answer.proposal)
    return (await read(client, request.record)).record


async def withdraw(registry: RunningRegistry, request: pb.WithdrawRecordRequest) -> pb.Record:
    """Withdraws a record: one person proposes it, another releases it."""
    client = registry.client(Role.CASEWORKER)
    answer = await client.registry.WithdrawRecord(request)
    await registry.release(answer.proposal)
    return (await read(client, answer.record)).record


async def contest(client: Client, case: str, *records: pb.Record, ends: bool = False) -> list[bool]:
    """Sets or ends the mark of a case; returns the marks after that."""
    request = pb.SetContestedRequest(
        request_id=new_request_id(),
        record_ids=[record.record_id for record in records],
        case_id=case,
        contested=not ends,
    )
    answer = await client.registry.SetContested(request)
    marks = {record.record_id: record.contested for record in answer.records}
    return [marks[record.record_id] for record in records]


async def read(client: Client, record: pb.Record) -> pb.GetRecordResponse:
    return await client.registry.GetRecord(pb.GetRecordRequest(record_id=record.record_id))


async def test_an_entered_record_is_dated_today_and_announced(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    client = registry.client(Role.INSPECTOR, bureau=CITY, name="inspector-1")
    request = enter_record(
        subject.subject_id, record_id="mine", status="expired", contested=True, version=9
    )
    record = (await client.registry.EnterRecord(request)).record
    assert record.record_id != "mine"
    assert (record.entered_on, record.entered_by) == ("2026-09-14", "inspector-1")
    assert (record.status, record.contested, record.version) == ("active", False, 1)
    assert record.bureau == CITY
    event = (await registry.events_of(f"subject/{subject.subject_id}"))[-1]
    assert isinstance(event, events.RecordsChanged)
    assert list(event.records) == [record]
    assert event.change.cause == events.CAUSE_ENTERED
    [entry] = await registry.audited(f"record/{record.record_id}")
    assert (entry.action, entry.actor) == ("enter_record", "inspector-1")


async def test_a_fact_is_entered_once_from_its_source(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    client = registry.client(Role.CASEWORKER)
    request = enter_record(subject.subject_id)
    first = await client.registry.EnterRecord(request)
    assert await client.registry.EnterRecord(request) == first
    request.request_id = new_request_id()
    with refused("ALREADY_EXISTS") as refusals:
        await client.registry.EnterRecord(request)
    assert refusals[0].facts["record_id"] == first.record.record_id
    request.record.kind = "short_measure"
    await client.registry.EnterRecord(request)


async def test_a_fact_is_entered_once_in_whatever_writing_of_its_number(
    registry: RunningRegistry,
) -> None:
    subject = await registry.subject()
    client = registry.client(Role.CASEWORKER)
    request = enter_record(subject.subject_id)
    request.record.source_ref = "样罚〔2026〕2号"
    first = await client.registry.EnterRecord(request)
    for written in (
        "样罚[2026]2号",
        "样罚（2026）第2号",
        "样罚【2026】02号",
        "样罚〔２０２６〕２ 号",
    ):
        request.request_id, request.record.source_ref = new_request_id(), written
        with refused("ALREADY_EXISTS") as refusals:
            await client.registry.EnterRecord(request)
        assert refusals[0].facts["record_id"] == first.record.record_id
        assert "样罚〔2026〕2号" in refusals[0].message_zh
    request.request_id, request.record.source_ref = new_request_id(), "样罚〔2026〕20号"
    other = await client.registry.EnterRecord(request)
    assert (first.likeness_id, bool(other.likeness_id)) == ("", True)  # one fact, two numbers


async def test_a_record_is_checked_as_it_would_be_entered(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    client = registry.client(Role.CASEWORKER)

    async def check(**values: Any) -> None:
        record = enter_record(subject.subject_id, **values).record
        await client.registry.CheckRecord(pb.CheckRecordRequest(record=record))

    with refused("INVALID_INPUT", "record.determined_on", "record.severity"):
        await check(determined_on="2026-09-15", severity="dreadful")
    await check()
    await check()  # nothing was entered
    entered = enter_record(subject.subject_id, source_ref="合成罚决字〔2026〕七号")
    await client.registry.EnterRecord(entered)
    with refused("ALREADY_EXISTS"):
        await check(source_ref="合成罚决字〔2026〕七号")
    record = enter_record(subject.subject_id).record
    with refused("NOT_PERMITTED"):
        foreign = registry.client(Role.CASEWORKER, bureau=FOREIGN)
        await foreign.registry.CheckRecord(pb.CheckRecordRequest(record=record))


async def test_every_fault_of_a_record_is_named_at_once(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    client = registry.client(Role.CASEWORKER)
    for values, field in (
        ({"kind": "gossip"}, "kind"),
        ({"severity": "dreadful"}, "severity"),
        ({"occurred_on": "2026-09-02"}, "occurred_on"),
        ({"determined_on": "2026-09-15"}, "determined_on"),
        ({"source_ref": ""}, "source_ref"),
        ({"points": -1}, "points"),
    ):
        with refused("INVALID_INPUT", f"record.{field}"):
            await client.registry.EnterRecord(enter_record(subject.subject_id, **values))
    with refused("INVALID_INPUT", "record.kind", "record.severity"):
        await client.registry.EnterRecord(
            enter_record(subject.subject_id, kind="gossip", severity="dreadful")
        )
    with refused("NOT_FOUND"):
        await client.registry.EnterRecord(enter_record("nobody"))


async def test_points_of_nothing_are_not_no_points(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    none = await registry.record(subject)
    nothing = await registry.record(subject, points=0)
    client = registry.client(Role.CASEWORKER)
    assert not (await read(client, none)).record.HasField("points")
    assert (await read(client, nothing)).record.HasField("points")


async def test_a_correction_keeps_what_the_record_said_before(registry: RunningRegistry) -> None:
    record = await registry.record(points=20)
    client = registry.client(Role.CASEWORKER)
    second = await correct(registry, corrected(record, points=5))
    third = await correct(registry, corrected(second, summary="更正后"))
    assert (third.points, third.summary, third.status, third.version) == (5, "更正后", "active", 3)
    answer = await read(client, record)
    assert answer.record == third
    assert list(answer.earlier) == [second, record]
    event = (await registry.events_of(f"subject/{record.subject_id}"))[-1]
    assert (event.change.cause, event.change.ground) == (events.CAUSE_CORRECTED, "S4 四(三)")
    entry = (await registry.audited(f"record/{record.record_id}"))[1]
    assert entry.before
    assert entry.after
    assert (entry.before["points"], entry.after["points"]) == (20, 5)
    assert entry.ground == "S4 四(三)"


async def test_a_correction_is_refused_when_it_would_do_more_or_came_late(
    registry: RunningRegistry,
) -> None:
    record, other = await registry.record(), await registry.subject()
    twin = await registry.record(await _owner(registry, record))
    client = registry.client(Role.CASEWORKER)
    with refused("INVALID_INPUT", "record.subject_id"):
        await client.registry.CorrectRecord(corrected(record, subject_id=other.subject_id))
    with refused("INVALID_INPUT", "record.determined_on"):
        await client.registry.CorrectRecord(corrected(record, determined_on="2026-09-30"))
    with refused("INVALID_INPUT", "ground"):
        await client.registry.CorrectRecord(corrected(record, ground=""))
    with refused("ALREADY_EXISTS"):
        await client.registry.CorrectRecord(corrected(record, source_ref=twin.source_ref))
    await correct(registry, corrected(record, summary="更正一"))
    with refused("WRONG_STATE"):
        await client.registry.CorrectRecord(corrected(record, summary="更正二"))
    with refused("NOT_FOUND"):
        await client.registry.CorrectRecord(corrected(record, record_id="nothing"))


async def _owner(registry: RunningRegistry, record: pb.Record) -> pb.Subject:
    request = pb.GetSubjectRequest(subject_id=record.subject_id)
    return (await registry.client(Role.CASEWORKER).registry.GetSubject(request)).subject


async def test_a_withdrawn_record_no_longer_counts_and_is_not_entered_anew(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    client = registry.client(Role.CASEWORKER)
    request = withdrawn(record)
    gone = await withdraw(registry, request)
    assert (gone.status, gone.status_on, gone.version) == ("withdrawn", "2026-09-14", 2)
    assert (await client.registry.WithdrawRecord(request)).proposal.state == "waiting"  # at first
    event = (await registry.events_of(f"subject/{record.subject_id}"))[-1]
    assert (event.change.cause, list(event.records)) == (events.CAUSE_WITHDRAWN, [gone])
    with refused("WRONG_STATE"):
        await client.registry.WithdrawRecord(withdrawn(record))
    with refused("WRONG_STATE"):
        await client.registry.CorrectRecord(corrected(gone, summary="又活了"))
    again = enter_record(record.subject_id, source_ref=record.source_ref)
    with refused("ALREADY_EXISTS"):
        await client.registry.EnterRecord(again)


async def test_a_record_is_contested_until_the_last_case_ends(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    records = [await registry.record(subject) for _ in range(2)]
    client = await objection(registry, subject.subject_id)
    assert await contest(client, "case-1", *records) == [True, True]
    assert await contest(client, "case-2", records[0]) == [True]
    assert await contest(client, "case-2", records[0]) == [True]
    assert await contest(client, "case-1", *records, ends=True) == [True, False]
    assert await contest(client, "case-2", records[0], ends=True) == [False]
    assert await contest(client, "case-2", records[0], ends=True) == [False]
    marks = [
        [(record.record_id, record.contested) for record in event.records]
        for event in await registry.events_of(f"subject/{subject.subject_id}")
        if getattr(event.change, "cause", None) == events.CAUSE_CONTESTED
    ]
    first, second = (record.record_id for record in records)
    assert sorted(marks[0]) == sorted([(first, True), (second, True)])
    assert marks[1:] == [[(second, False)], [(first, False)]]
    assert [entry.action for entry in await registry.audited("case/case-1")] == [
        "set_contested"
    ] * 2


async def test_only_objection_contests_and_only_what_is_there(registry: RunningRegistry) -> None:
    record = await registry.record()
    alerts = registry.client(Role.SERVICE, bureau="", name="service:alerts")
    for other in (registry.client(Role.CASEWORKER), alerts):
        with refused("NOT_PERMITTED"):
            await contest(other, "case-3", record)
    service = await objection(registry, record.subject_id)
    with refused("NOT_FOUND"):
        await contest(service, "case-3", record, pb.Record(record_id="nothing"))
    assert not (await read(service, record)).record.contested


async def test_a_service_corrects_for_the_person_who_decided(registry: RunningRegistry) -> None:
    record = await registry.record()
    service = await objection(registry, record.subject_id)
    with refused("NOT_PERMITTED"):
        await service.registry.CorrectRecord(corrected(record, summary="无案件"))
    await contest(service, "case-7", record)
    contested = (await read(service, record)).record
    request = corrected(contested, summary="异议成立")
    with refused("WRONG_STATE"):  # of which case?
        await service.registry.CorrectRecord(request)
    request.case_id = "case-7"
    answer = await service.registry.CorrectRecord(request)
    assert (answer.record.bureau, answer.record.summary) == (DISTRICT, "异议成立")
    assert len(answer.record.authors) == 2  # who entered it, and who decided the case
    entry = (await registry.audited(f"record/{record.record_id}"))[-1]
    assert (entry.actor, bool(entry.on_behalf_of)) == ("service:objection", True)


async def test_a_service_acts_for_nobody_who_may_not_do_it_themselves(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    await contest(await objection(registry, record.subject_id), "case-8", record)
    contested = (await read(registry.client(Role.CASEWORKER), record)).record
    request = corrected(contested, summary="代人更正")
    for service in (
        registry.client(Role.SERVICE, bureau="", name="service:objection"),  # for nobody
        await registry.acting_for(Role.INSPECTOR),
        await registry.acting_for(Role.CASEWORKER, bureau=FOREIGN),
    ):
        with refused("NOT_PERMITTED"):
            await service.registry.CorrectRecord(request)
        with refused("NOT_PERMITTED"):
            await contest(service, "case-9", record)
    other = await registry.subject()
    with refused("NOT_PERMITTED"):
        await contest(await objection(registry, other.subject_id), "case-9", record)
    with refused("NOT_PERMITTED"):
        await end(await registry.acting_for(Role.UNIT_HEAD), record)


async def test_a_service_corrects_and_does_not_repair_for_a_reviewer_of_the_city(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    await contest(await objection(registry, record.subject_id), "case-10", record)
    contested = (await read(registry.client(Role.CASEWORKER), record)).record
    reviewer = await registry.acting_for(Role.MUNICIPAL_REVIEWER, bureau=CITY)
    request = corrected(contested, summary="复核成立")
    request.case_id = "case-10"
    assert (await reviewer.registry.CorrectRecord(request)).record.summary == "复核成立"
    repair = pb.RepairRecordsRequest(
        request_id=new_request_id(), record_ids=[record.record_id], ground="复核人不办理修复"
    )
    with refused("NOT_PERMITTED"):
        await reviewer.registry.RepairRecords(repair)


async def test_records_are_seen_by_their_subject_and_their_bureau_alone(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    listing = pb.ListRecordsRequest(subject_id=record.subject_id)
    for client in (
        registry.client(Role.OPERATOR, subject_id=record.subject_id),
        registry.client(Role.UNIT_HEAD),
        registry.client(Role.MUNICIPAL_REVIEWER, bureau=CITY),
        registry.client(Role.INTEGRATOR),
    ):
        assert (await read(client, record)).record == record
        assert list((await client.registry.ListRecords(listing)).records) == [record]
    other = await registry.subject()
    for client in (
        registry.client(Role.OPERATOR, subject_id=other.subject_id),
        registry.client(Role.CASEWORKER, bureau=FOREIGN),
        registry.client(Role.VERIFICATION_INSTITUTION),
    ):
        with refused("NOT_PERMITTED"):
            await read(client, record)
        with refused("NOT_PERMITTED"):
            await client.registry.ListRecords(listing)
    public = registry.client(Role.PUBLIC)
    with refused("NOT_PERMITTED"):
        await read(public, record)
    await registry.publish(record)
    [disclosed] = (await public.registry.ListRecords(listing)).records
    assert (disclosed.record_id, disclosed.entered_by) == (record.record_id, "")
    with refused("NOT_FOUND"):
        await read(registry.client(Role.CASEWORKER), pb.Record(record_id="nothing"))


async def end(client: Client, *records: pb.Record, stop: bool = False) -> list[pb.Record]:
    """Repairs records, or stops their disclosure, as a service does."""
    ids = [record.record_id for record in records]
    if stop:
        await contest(client, "case-of-disclosure", *records)
        stopping = pb.StopDisclosureRequest(
            request_id=new_request_id(), record_ids=ids, ground="S4 五(三)"
        )
        return list((await client.registry.StopDisclosure(stopping)).records)
    repairing = pb.RepairRecordsRequest(
        request_id=new_request_id(), record_ids=ids, ground="S4 四(四)"
    )
    return list((await client.registry.RepairRecords(repairing)).records)


async def test_what_is_perhaps_told_twice_waits_no_more_when_one_is_repaired(
    registry: RunningRegistry,
) -> None:
    first = await registry.record()
    owner = pb.Subject(subject_id=first.subject_id, bureau=first.bureau)
    second = await registry.record(owner)
    caseworker = registry.client(Role.CASEWORKER)
    asked = sameness.ListLikenessesRequest(subject_id=first.subject_id)
    [one] = (await caseworker.sameness.ListLikenesses(asked)).likenesses
    assert (one.kind, one.state) == ("record", "waiting")
    service = await objection(registry, first.subject_id)
    await end(service, second)
    assert list((await caseworker.sameness.ListLikenesses(asked)).likenesses) == []


async def test_a_repaired_record_no_longer_counts_and_is_repaired_once(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    service = await objection(registry, record.subject_id)
    [repaired] = await end(service, record)
    assert (repaired.status, repaired.status_on) == ("repaired", "2026-09-14")
    assert await end(service, record) == [repaired]
    event = (await registry.events_of(f"subject/{record.subject_id}"))[-1]
    assert (event.change.cause, event.change.ground) == (events.CAUSE_REPAIRED, "S4 四(四)")
    entries = await registry.audited(f"record/{record.record_id}")
    assert [entry.action for entry in entries] == ["enter_record", "repair_record"]
    listing = pb.ListRecordsRequest(subject_id=record.subject_id)
    assert not (await registry.client(Role.PUBLIC).registry.ListRecords(listing)).records
    good = await registry.record(kind="award")
    with refused("WRONG_STATE"):
        await end(service, good)


async def test_stopped_disclosure_hides_a_record_from_the_public_alone(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    listing = pb.ListRecordsRequest(subject_id=record.subject_id)
    public = registry.client(Role.PUBLIC)
    await registry.publish(record)
    assert len((await public.registry.ListRecords(listing)).records) == 1
    [stopped] = await end(await objection(registry, record.subject_id), record, stop=True)
    assert (stopped.status, stopped.disclosure_stopped, stopped.version) == ("active", True, 3)
    assert not (await public.registry.ListRecords(listing)).records
    assert (await read(registry.client(Role.CASEWORKER), record)).record == stopped
    [entry] = [
        entry
        for entry in await registry.audited(f"record/{record.record_id}")
        if entry.action == "stop_disclosure"
    ]
    assert (entry.before or {})["disclosure_stopped"] is False


async def test_strangers_change_no_record(registry: RunningRegistry) -> None:
    record = await registry.record()
    foreign = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    with refused("NOT_PERMITTED"):
        await foreign.registry.EnterRecord(enter_record(record.subject_id))
    with refused("NOT_PERMITTED"):
        await foreign.registry.CorrectRecord(corrected(record, summary="x"))
    with refused("NOT_PERMITTED"):
        await foreign.registry.WithdrawRecord(withdrawn(record))
    operator = registry.client(Role.OPERATOR, subject_id=record.subject_id)
    with refused("NOT_PERMITTED"):
        await operator.registry.WithdrawRecord(withdrawn(record))


async def test_records_are_paged_by_the_day_they_were_determined(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    days = ["2026-09-03", "2026-09-01", "2026-09-02", "2026-09-01", "2026-09-04"]
    for day in days:
        await registry.record(subject, determined_on=day)
    client = registry.client(Role.CASEWORKER)
    seen: list[pb.Record] = []
    token = ""
    while True:
        page = await client.registry.ListRecords(
            pb.ListRecordsRequest(subject_id=subject.subject_id, page_size=2, page_token=token)
        )
        seen += page.records
        if not (token := page.next_page_token):
            break
    assert [record.determined_on for record in seen] == sorted(days)
    assert len({record.record_id for record in seen}) == len(days)


async def test_of_many_corrections_at_once_one_is_made(registry: RunningRegistry) -> None:
    record = await registry.record()
    client = registry.client(Role.CASEWORKER)
    answers = await asyncio.gather(
        *(client.registry.CorrectRecord(corrected(record, points=n)) for n in range(8)),
        return_exceptions=True,
    )
    [made] = [answer for answer in answers if isinstance(answer, pb.CorrectRecordResponse)]
    assert (await read(client, record)).record.version == 1
    await registry.release(made.proposal)
    assert (await read(client, record)).record.version == 2


async def disclosed_by_all(client: Client, **asked: str) -> list[pb.DisclosedRecord]:
    """All pages of the disclosed records."""
    found: list[pb.DisclosedRecord] = []
    token = ""
    while True:
        request = pb.ListDisclosedRecordsRequest(page_size=2, page_token=token, **asked)
        answer = await client.registry.ListDisclosedRecords(request)
        found += answer.records
        if not (token := answer.next_page_token):
            return found


async def test_disclosed_records_are_listed_with_their_last_day_and_alike_for_everybody(
    registry: RunningRegistry,
) -> None:
    record = await registry.record()
    stopped = await registry.record()
    await end(await objection(registry, stopped.subject_id), stopped, stop=True)
    person = await registry.subject(kind="natural_person", credit_code="")
    of_person = await registry.record(person)
    for one in (record, of_person):
        await registry.publish(one)
    public = registry.client(Role.PUBLIC)
    everything = await disclosed_by_all(public)
    by_id = {one.record.record_id: one for one in everything}
    assert not {stopped.record_id, of_person.record_id} & set(by_id)
    shown = by_id[record.record_id]
    assert shown.subject_name
    assert shown.disclosed_until > record.determined_on
    assert shown.disclosure_cite
    assert (shown.record.entered_by, shown.record.provided_by) == ("", "")
    for role in (Role.CASEWORKER, Role.OPERATOR):
        client = registry.client(role, subject_id=record.subject_id)
        assert await disclosed_by_all(client, subject_id=record.subject_id) == [shown]
    assert await disclosed_by_all(public, bureau=FOREIGN) == []
