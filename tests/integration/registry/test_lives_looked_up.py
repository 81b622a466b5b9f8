"""What an act of a subject's life names by short ids, and what is looked at again after it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.running_registry import (
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
    odd_code,
    refused,
)
from tests.integration.registry.test_entry_corrections import likenesses
from tests.integration.registry.test_lives_of_subjects import (
    GROUND,
    acts,
    join,
    recode,
    split,
)
from tests.integration.registry.test_registry_records import contest

SHORT = 12  # characters of an id, as lists show it


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


async def alike_pair(registry: RunningRegistry, owner: pb.Subject) -> list[pb.Instrument]:
    """Two instruments of a subject that are perhaps one."""
    one, other = [await registry.instrument(owner) for _ in range(2)]
    other.serial_no = one.serial_no
    change = pb.PutInstrumentRequest(request_id=new_request_id(), instrument=other)
    caseworker = registry.client(Role.CASEWORKER)
    return [one, (await caseworker.registry.PutInstrument(change)).instrument]


async def part_of(registry: RunningRegistry, owner: pb.Subject) -> str:
    """The id of the subject that was split from another one last."""
    [act, *_] = await acts(registry.client(Role.CASEWORKER), owner.subject_id)
    return act.other_id


async def test_what_goes_along_is_named_by_short_ids_and_looked_at_where_it_is(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner = await registry.subject()
    pair = await alike_pair(registry, owner)
    assert len(await likenesses(caseworker, owner.subject_id)) == 1
    request = split(owner, instrument_ids=[one.instrument_id[:SHORT] for one in pair])
    await registry.release((await caseworker.lives.SplitSubject(request)).proposal)
    assert await likenesses(caseworker, owner.subject_id) == []
    part = await part_of(registry, owner)
    assert [one.kind for one in await likenesses(caseworker, part)] == ["instrument"]
    foreign = await registry.instrument()
    with refused("INVALID_INPUT", "instrument_ids"):
        new = (await caseworker.registry.GetSubject(pb.GetSubjectRequest(subject_id=part))).subject
        short = foreign.instrument_id[:SHORT]
        await caseworker.lives.SplitSubject(split(new, instrument_ids=[short]))


async def test_a_new_code_tells_two_namesakes_of_a_bureau_apart(
    registry: RunningRegistry, caseworker: Client
) -> None:
    name = f"合成同名店{uuid4().hex[:8]}"
    await registry.subject(name=name)
    uncoded = await registry.subject(name=name, credit_code="")
    assert name in {one.subject_name for one in await likenesses(caseworker)}
    await caseworker.lives.ChangeCreditCode(recode(uncoded, credit_code()))
    assert name not in {one.subject_name for one in await likenesses(caseworker)}
    assert await acts(caseworker, uncoded.subject_id) == []  # there was no former code


async def test_subjects_are_joined_by_code_or_short_id_and_parted_by_a_short_one(
    registry: RunningRegistry, caseworker: Client
) -> None:
    name = f"合成双胞店{uuid4().hex[:8]}"
    kept = await registry.subject(name=name)
    twin = await registry.subject(name=name, credit_code="", bureau=OTHER_DISTRICT)
    asked = lives.ListTwinsRequest(subject_id=kept.credit_code)
    [twins] = (await caseworker.lives.ListTwins(asked)).twins
    assert [one.subject_id for one in twins.namesakes] == [twin.subject_id]
    request = lives.JoinSubjectsRequest(
        request_id=new_request_id(),
        kept_id=kept.credit_code,
        joined_id=kept.subject_id[:SHORT],
        ground=GROUND,
    )
    with refused("INVALID_INPUT", "joined_id"):  # one subject, named in two ways
        await caseworker.lives.JoinSubjects(request)
    request.joined_id = twin.subject_id
    await registry.release((await caseworker.lives.JoinSubjects(request)).proposal)
    [act] = await acts(caseworker, kept.subject_id)
    assert (act.act, act.other_id) == ("joined", twin.subject_id)
    parting = lives.PartSubjectsRequest(
        request_id=new_request_id(), act_id=act.act_id[:SHORT], ground=GROUND
    )
    await registry.release((await caseworker.lives.PartSubjects(parting)).proposal)
    assert [one.act for one in await acts(caseworker, kept.subject_id)] == ["parted", "joined"]


async def test_an_origin_contests_what_went_from_it_and_nothing_later(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner = await registry.subject()
    record = await registry.record(owner)
    request = split(owner, record_ids=[record.record_id])
    await registry.release((await caseworker.lives.SplitSubject(request)).proposal)
    part = await part_of(registry, owner)
    found = await caseworker.registry.GetSubject(pb.GetSubjectRequest(subject_id=part))
    later = await registry.record(found.subject)
    service = await registry.acting_for(Role.OPERATOR, bureau="", subject_id=owner.subject_id)
    assert await contest(service, uuid4().hex, record) == [True]
    with refused("NOT_PERMITTED"):
        await contest(service, uuid4().hex, later)


async def test_the_ground_of_a_code_does_not_come_along_with_another_code(
    registry: RunningRegistry, caseworker: Client
) -> None:
    odd = odd_code()
    kept = await registry.subject()
    joined = await registry.subject(credit_code=odd, code_ground=GROUND)
    await registry.release(await join(caseworker, kept, joined))
    asked = pb.GetSubjectRequest(subject_id=odd)
    found = (await caseworker.registry.GetSubject(asked)).subject
    assert (found.subject_id, found.credit_code) == (kept.subject_id, kept.credit_code)
    assert found.code_ground == ""
