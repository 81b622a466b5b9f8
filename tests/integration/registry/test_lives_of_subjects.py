"""The life of a subject: split, re-registered, deregistered, joined with a twin, parted again."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import sameness_pb2 as sameness
from tests.integration.registry.import_files import (
    firm_on_file,
    instruments_of,
    reasons,
    subject_rows,
    table,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.permits import CODE as PERMIT_CODE
from tests.integration.registry.permits import NAME as PERMIT_OF
from tests.integration.registry.permits import NUMBER as PERMIT_NO
from tests.integration.registry.permits import end as end_permit
from tests.integration.registry.permits import of as permits_of
from tests.integration.registry.permits import permit, published
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
    read_subject,
    refused,
    verify,
)

GROUND = "登记机关证明（合成）"


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


async def acts(client: Client, subject_id: str) -> list[lives.SubjectAct]:
    """The acts of a subject's life, the latest first."""
    request = lives.ListSubjectActsRequest(subject_id=subject_id)
    return list((await client.lives.ListSubjectActs(request)).acts)


async def join(client: Client, kept: pb.Subject, joined: pb.Subject) -> proposals.Proposal:
    """Proposes to join two subjects."""
    request = lives.JoinSubjectsRequest(
        request_id=new_request_id(),
        kept_id=kept.subject_id,
        joined_id=joined.subject_id,
        kept_version=kept.version,
        joined_version=joined.version,
        ground=GROUND,
    )
    return (await client.lives.JoinSubjects(request)).proposal


async def part(client: Client, act: lives.SubjectAct) -> proposals.Proposal:
    """Proposes to undo a joining."""
    request = lives.PartSubjectsRequest(
        request_id=new_request_id(), act_id=act.act_id, ground=GROUND
    )
    return (await client.lives.PartSubjects(request)).proposal


def split(owner: pb.Subject, **values: Any) -> lives.SplitSubjectRequest:
    """A request that splits a subject."""
    content = pb.Subject(
        kind="organisation",
        name=f"分店{uuid4().hex[:8]}",
        sector="fuel_station",
        bureau=owner.bureau,
    )
    given = {"part": content, "ground": GROUND, "version": owner.version, **values}
    return lives.SplitSubjectRequest(
        request_id=new_request_id(), subject_id=owner.subject_id, **given
    )


def recode(owner: pb.Subject, code: str) -> lives.ChangeCreditCodeRequest:
    """A request that gives a subject the code of its new registration."""
    return lives.ChangeCreditCodeRequest(
        request_id=new_request_id(),
        subject_id=owner.subject_id,
        version=owner.version,
        credit_code=code,
        ground=GROUND,
    )


async def test_a_part_takes_what_was_chosen_and_both_tell_of_each_other(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner = await registry.subject()
    stays, goes = [await registry.instrument(owner) for _ in range(2)]
    record = await registry.record(owner)
    request = split(owner, instrument_ids=[goes.instrument_id], record_ids=[record.record_id])
    answer = await caseworker.lives.SplitSubject(request)
    assert answer.proposal.act == "split_subject"
    assert [i.subject_id for i in await instruments_of(caseworker, owner)] == [
        owner.subject_id,
        owner.subject_id,
    ]
    await registry.release(answer.proposal)
    [act] = await acts(caseworker, owner.subject_id)
    assert (act.act, act.instruments, act.records, act.other_name) == (
        *("split", 1, 1),
        request.part.name,
    )
    new = await read_subject(caseworker, act.other_id)
    assert (new.name, new.origin_id, new.bureau) == (
        *(request.part.name, owner.subject_id),
        owner.bureau,
    )
    assert [one.act_id for one in await acts(caseworker, new.subject_id)] == [act.act_id]
    kept = [i.instrument_id for i in await instruments_of(caseworker, owner)]
    went = [i.instrument_id for i in await instruments_of(caseworker, new)]
    assert (kept, went) == ([stays.instrument_id], [goes.instrument_id])
    got = await caseworker.registry.GetRecord(pb.GetRecordRequest(record_id=record.record_id))
    assert got.record.subject_id == new.subject_id
    events = await registry.events_of(f"subject/{owner.subject_id}")
    acted = [e for e in events if e.DESCRIPTOR.name == "SubjectActed"]
    assert [(e.act.act, e.other.subject_id, list(e.record_ids)) for e in acted] == [
        ("split", new.subject_id, [record.record_id])
    ]
    audited = await registry.audited(f"subject/{owner.subject_id}")
    assert (audited[-1].action, audited[-1].ground) == ("split_subject", GROUND)


async def test_a_repeated_proposal_gets_the_first_answer(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner, twin = await registry.subject(), await registry.subject()
    ids = [(await registry.instrument(owner)).instrument_id for _ in range(3)]
    request = split(owner, instrument_ids=[ids[2][:12], ids[0], ids[1]])
    first, again = [await caseworker.lives.SplitSubject(request) for _ in range(2)]
    assert first == again
    await registry.release(first.proposal)
    [act] = await acts(caseworker, owner.subject_id)
    new = await read_subject(caseworker, act.other_id)
    assert {i.instrument_id for i in await instruments_of(caseworker, new)} == {*ids}
    joining = lives.JoinSubjectsRequest(
        request_id=new_request_id(),
        kept_id=twin.credit_code,
        joined_id=owner.subject_id,
        ground=GROUND,
    )
    one, two = [await caseworker.lives.JoinSubjects(joining) for _ in range(2)]
    assert one == two


async def test_a_split_names_what_is_not_the_subjects(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner, other = await registry.subject(), await registry.instrument()
    with refused("INVALID_INPUT", "instrument_ids"):
        await caseworker.lives.SplitSubject(split(owner, instrument_ids=[other.instrument_id]))
    with refused("INVALID_INPUT", "part.name"):
        content = pb.Subject(kind="organisation", name=" ", sector="fuel_station", bureau=DISTRICT)
        await caseworker.lives.SplitSubject(split(owner, part=content))
    with refused("WRONG_STATE"):
        await caseworker.lives.SplitSubject(split(owner, version=owner.version + 1))
    with refused("INVALID_INPUT", "on"):
        await caseworker.lives.SplitSubject(split(owner, on="2099-01-01"))


async def test_a_former_code_leads_to_the_subject_in_every_way(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner = await registry.subject()
    former, code = owner.credit_code, credit_code()
    changed = (await caseworker.lives.ChangeCreditCode(recode(owner, code))).subject
    assert changed.credit_code == code
    assert (await read_subject(caseworker, former)).subject_id == owner.subject_id
    [act] = await acts(caseworker, former)
    assert (act.act, act.former_code, act.ground) == ("recoded", former, GROUND)
    # A ledger, and a list of subjects, that still have the former code.
    mark = uuid4().hex
    rows = verifications(verification(使用单位=former, 出厂编号=mark))
    batch = await upload(caseworker, "verifications", rows, bureau=DISTRICT, file_missing=True)
    assert (batch.changed, batch.rejected) == (1, 0)
    assert (2, "使用单位", "FORMER_CODE") in await reasons(caseworker, batch, warnings=True)
    beside = verification(使用单位=owner.name, 统一社会信用代码=former, 出厂编号=f"{mark}2")
    batch = await upload(
        caseworker, "verifications", verifications(beside), bureau=DISTRICT, file_missing=True
    )
    assert (batch.changed, batch.rejected) == (1, 0)
    numbers = {i.serial_no for i in await instruments_of(caseworker, owner)}
    assert numbers == {mark, f"{mark}2"}
    listed = table(*subject_rows(owner.name, bureau=DISTRICT, 统一社会信用代码=former))
    batch = await upload(caseworker, "subjects", listed, bureau=DISTRICT)
    assert (2, "统一社会信用代码", "FORMER_CODE") in await reasons(caseworker, batch, warnings=True)
    assert (await read_subject(caseworker, code)).subject_id == owner.subject_id


async def test_a_former_code_leads_to_the_subject_until_another_one_has_it(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner = await registry.subject()
    former = owner.credit_code
    await caseworker.lives.ChangeCreditCode(recode(owner, credit_code()))
    assert (await read_subject(caseworker, former)).subject_id == owner.subject_id
    holder = await registry.subject(credit_code=former)
    assert (await read_subject(caseworker, former)).subject_id == holder.subject_id


async def test_a_code_that_was_written_wrongly_leads_nowhere_once_it_is_corrected(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner = await registry.subject()
    wrong, owner.credit_code = owner.credit_code, credit_code()
    request = pb.PutSubjectRequest(request_id=new_request_id(), subject=owner)
    await caseworker.registry.PutSubject(request)
    with refused("NOT_FOUND"):
        await read_subject(caseworker, wrong)
    assert await acts(caseworker, owner.subject_id) == []


async def test_a_deregistration_is_released_shown_to_all_and_ended_by_a_new_act(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner = await registry.subject()
    request = lives.DeregisterSubjectRequest(
        request_id=new_request_id(),
        subject_id=owner.subject_id,
        version=owner.version,
        on="2026-09-01",
        ground=GROUND,
    )
    answer = await caseworker.lives.DeregisterSubject(request)
    assert (answer.proposal.act, answer.open_orders) == ("deregister_subject", 0)
    await registry.release(answer.proposal)
    gone = await read_subject(caseworker, owner.subject_id)
    assert (gone.deregistered_on, gone.deregistration_ground) == ("2026-09-01", GROUND)
    public = await read_subject(registry.client(Role.PUBLIC), owner.subject_id)
    assert (public.deregistered_on, public.deregistration_ground) == ("2026-09-01", "")
    mark = uuid4().hex
    rows = verifications(verification(使用单位=owner.credit_code, 出厂编号=mark))
    batch = await upload(caseworker, "verifications", rows, bureau=DISTRICT, file_missing=True)
    assert (2, "使用单位", "DEREGISTERED") in await reasons(caseworker, batch, warnings=True)
    listed = table(*subject_rows(owner.name, bureau=DISTRICT, 统一社会信用代码=owner.credit_code))
    batch = await upload(caseworker, "subjects", listed, bureau=DISTRICT)
    assert (2, "名称", "DEREGISTERED") in await reasons(caseworker, batch, warnings=True)
    gone = await read_subject(caseworker, owner.subject_id)
    with refused("WRONG_STATE"):
        request.version, request.request_id = gone.version, new_request_id()
        await caseworker.lives.DeregisterSubject(request)
    back = lives.ReinstateSubjectRequest(
        request_id=new_request_id(),
        subject_id=owner.subject_id,
        version=gone.version,
        ground="登记机关恢复登记（合成）",
    )
    restored = (await caseworker.lives.ReinstateSubject(back)).subject
    assert restored.deregistered_on == ""
    told = [one.act for one in await acts(caseworker, owner.subject_id)]
    assert told == ["reinstated", "deregistered"]


async def test_twins_of_two_bureaus_are_joined_with_the_consent_of_both(
    registry: RunningRegistry, caseworker: Client
) -> None:
    name = f"合成双胞店{uuid4().hex[:8]}"
    kept = await registry.subject(name=name)
    twin = await registry.subject(
        name=name, credit_code="", bureau=OTHER_DISTRICT, email="twin@example.com"
    )
    instrument = await registry.instrument(twin)
    city = registry.client(Role.CASEWORKER, bureau=CITY)
    [(_, [_])] = await twins_named(city, name)
    twins = (await caseworker.lives.ListTwins(lives.ListTwinsRequest(page_size=200))).twins
    [mine] = [one for one in twins if one.subject.name == name]
    assert [(one.subject_id, one.email) for one in mine.namesakes] == [(twin.subject_id, "")]
    proposal = await join(caseworker, kept, twin)
    assert (proposal.act, proposal.bureau) == ("join_subjects", OTHER_DISTRICT)
    # Whoever proposed it sees it, although another bureau releases it.
    seen = await caseworker.proposals.GetProposal(
        proposals.GetProposalRequest(proposal_id=proposal.proposal_id)
    )
    assert seen.proposal.state == "waiting"
    await registry.release(proposal)
    owned = await instruments_of(caseworker, kept)
    assert [(i.instrument_id, i.bureau) for i in owned] == [(instrument.instrument_id, DISTRICT)]
    assert await twins_named(city, name) == []


async def twins_named(client: Client, name: str) -> list[tuple[str, list[str]]]:
    """What a caller's list tells of the subjects of a name: the id of each, and its namesakes'."""
    request, found = lives.ListTwinsRequest(page_size=100), []
    while True:
        answer = await client.lives.ListTwins(request)
        found += [
            (one.subject.subject_id, [other.subject_id for other in one.namesakes])
            for one in answer.twins
            if one.subject.name == name
        ]
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token


async def test_of_twins_in_three_bureaus_none_hides_another(registry: RunningRegistry) -> None:
    name, third = f"合成三胞店{uuid4().hex[:8]}", "330108"
    filed = [
        await registry.subject(credit_code="", bureau=bureau)
        for bureau in (DISTRICT, OTHER_DISTRICT, third)
    ]
    first, between, last = sorted(filed, key=lambda one: one.subject_id)
    # Only the one between has no code, so it alone may be each of the others.
    first.credit_code, last.credit_code = credit_code(), credit_code()
    for one in (first, between, last):
        one.name = name
        change = pb.PutSubjectRequest(request_id=new_request_id(), subject=one)
        await registry.client(Role.CASEWORKER, bureau=one.bureau).registry.PutSubject(change)
    ids = [one.subject_id for one in (first, between, last)]
    city = registry.client(Role.CASEWORKER, bureau=CITY)
    told = [(one, set(namesakes)) for one, namesakes in await twins_named(city, name)]
    assert told == [(ids[0], {ids[1]}), (ids[1], {ids[0], ids[2]})]
    for one in (first, last):
        own = registry.client(Role.CASEWORKER, bureau=one.bureau)
        assert await twins_named(own, name) == [(one.subject_id, [between.subject_id])]
    stranger = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    assert await twins_named(stranger, name) == []


async def test_a_stranger_to_both_bureaus_joins_nothing(registry: RunningRegistry) -> None:
    kept, joined = [await registry.subject(bureau=OTHER_DISTRICT) for _ in range(2)]
    with refused("NOT_PERMITTED"):
        await join(registry.client(Role.CASEWORKER), kept, joined)


async def joined_pair(
    registry: RunningRegistry, caseworker: Client
) -> tuple[pb.Subject, pb.Subject, lives.SubjectAct]:
    """A subject, the one that was joined to it, with an instrument and a record, and the act."""
    kept, joined = [await registry.subject() for _ in range(2)]
    await registry.instrument(joined)
    await registry.record(joined)
    await registry.release(await join(caseworker, kept, joined))
    [act] = await acts(caseworker, kept.subject_id)
    return kept, joined, act


async def test_a_joining_is_undone_and_everything_is_as_it_was(
    registry: RunningRegistry, caseworker: Client
) -> None:
    kept, joined, act = await joined_pair(registry, caseworker)
    assert (act.act, act.instruments, act.records) == ("joined", 1, 1)
    assert (await read_subject(caseworker, joined.credit_code)).subject_id == kept.subject_id
    [moved] = await instruments_of(caseworker, kept)
    # A verification of an instrument goes with it.
    await caseworker.registry.RecordVerification(verify(moved.instrument_id))
    await registry.release(await part(caseworker, act))
    again = await read_subject(caseworker, joined.credit_code)
    assert (again.subject_id, again.name) == (joined.subject_id, joined.name)
    assert (await read_subject(caseworker, joined.subject_id)).subject_id == joined.subject_id
    assert await instruments_of(caseworker, kept) == []
    [back] = await instruments_of(caseworker, again)
    assert (back.instrument_id, back.subject_id) == (moved.instrument_id, joined.subject_id)
    restored = await read_subject(caseworker, kept.subject_id)
    for name in ("credit_code", "name", "address", "former_names"):
        assert getattr(restored, name) == getattr(kept, name)
    records = await caseworker.registry.ListRecords(
        pb.ListRecordsRequest(subject_id=joined.subject_id)
    )
    assert len(records.records) == 1
    told = [one.act for one in await acts(caseworker, kept.subject_id)]
    assert told == ["parted", "joined"]
    with refused("WRONG_STATE"):
        await part(caseworker, act)


@pytest.mark.parametrize("since", ["", "cancelled"])
async def test_permits_go_along_and_come_back(
    registry: RunningRegistry, caseworker: Client, since: str
) -> None:
    kept, joined = [await firm_on_file(caseworker) for _ in range(2)]
    of_both = permit(joined)
    other, code = permit(joined), {"许可机关统一社会信用代码": "1133010099900001XW"}
    # The one that stays has it with the code of the authority, and the other without.
    own = of_both | {PERMIT_OF: kept.name, PERMIT_CODE: kept.credit_code} | code
    for rows in ((of_both, other), (own,)):
        await upload(caseworker, "permits", published(*rows))
    [doubled] = [
        one
        for one in await permits_of(caseworker, joined)
        if one.permit.document_no == of_both[PERMIT_NO]
    ]
    await end_permit(caseworker, doubled, "revoked")
    before = [await permits_of(caseworker, one) for one in (kept, joined)]
    assert [len(one) for one in before] == [1, 2]
    await registry.release(await join(caseworker, kept, joined))
    assert {
        one.permit.document_no: (one.permit.ended, one.permit.ended_ground)
        for one in await permits_of(caseworker, kept)
    } == {
        of_both[PERMIT_NO]: ("revoked", "撤销决定书〔2026〕1号"),
        other[PERMIT_NO]: ("", ""),
    }
    if since:  # what a person says of it now stays with it
        await end_permit(caseworker, before[0][0], since)
    [act] = [one for one in await acts(caseworker, kept.subject_id) if one.act == "joined"]
    await registry.release(await part(caseworker, act))
    before[0][0].permit.ended = since
    after = [await permits_of(caseworker, one) for one in (kept, joined)]
    assert [{one.permit.permit_id: one.permit.ended for one in found} for found in after] == [
        {one.permit.permit_id: one.permit.ended for one in found} for found in before
    ]


async def test_what_waited_of_records_that_both_had_waits_again_once_parted(
    registry: RunningRegistry, caseworker: Client
) -> None:
    kept, joined = [await registry.subject() for _ in range(2)]
    numbers = [f"（合成）罚〔2026〕{uuid4().hex[:8]}号" for _ in range(2)]
    for owner in (kept, joined):
        for number in numbers:
            await registry.record(owner, source_ref=number)
    assert [await told_twice(caseworker, one) for one in (kept, joined)] == [1, 1]
    await registry.release(await join(caseworker, kept, joined))
    assert await told_twice(caseworker, kept) == 1
    [act] = await acts(caseworker, kept.subject_id)
    await registry.release(await part(caseworker, act))
    assert [await told_twice(caseworker, one) for one in (kept, joined)] == [1, 1]


async def test_whether_a_record_is_public_is_said_again_when_it_takes_the_place_of_another(
    registry: RunningRegistry, caseworker: Client
) -> None:
    kept, joined = [await registry.subject() for _ in range(2)]
    number = f"（合成）罚〔2026〕{uuid4().hex[:8]}号"
    stays, _ = [await registry.record(owner, source_ref=number) for owner in (kept, joined)]
    await registry.publish(stays)
    await registry.release(await join(caseworker, kept, joined))
    told = await registry.events_of(f"subject/{kept.subject_id}")
    at = [type(one).__name__ for one in told]
    [said] = told[at.index("SubjectsJoined") + 1 : at.index("SubjectActed")]
    [state] = said.publications
    assert (state.record_id, state.released) == (stays.record_id, True)


async def told_twice(client: Client, subject: pb.Subject) -> int:
    """How much of a subject is perhaps told twice, and waits for a person."""
    request = sameness.ListLikenessesRequest(subject_id=subject.subject_id, state="waiting")
    return len((await client.sameness.ListLikenesses(request)).likenesses)


async def test_what_was_filed_since_stands_on_a_joining_and_is_named(
    registry: RunningRegistry, caseworker: Client
) -> None:
    kept, _, act = await joined_pair(registry, caseworker)
    later = await registry.instrument(kept)
    record = await registry.record(kept)
    with refused("WRONG_STATE") as refusals:
        await part(caseworker, act)
    assert later.serial_no in refusals[0].message_zh
    assert record.source_ref in refusals[0].message_zh


async def test_a_change_of_the_subject_stands_on_a_joining(
    registry: RunningRegistry, caseworker: Client
) -> None:
    kept, _, act = await joined_pair(registry, caseworker)
    now = await read_subject(caseworker, kept.subject_id)
    now.address = "样例路9号"
    await caseworker.registry.PutSubject(
        pb.PutSubjectRequest(request_id=new_request_id(), subject=now)
    )
    with refused("WRONG_STATE") as refusals:
        await part(caseworker, act)
    assert "登记内容" in refusals[0].message_zh
