"""Namesakes that a person has said are not the same are listed no more, until one changes."""

from __future__ import annotations

from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    refused,
)
from tests.integration.registry.test_lives_of_subjects import twins_named

GROUND = "法定代表人和住所都不同（合成）"


@pytest.fixture
def caseworker(registry: RunningRegistry) -> Client:
    return registry.client(Role.CASEWORKER)


async def keep_apart(
    client: Client, one: pb.Subject, other: pb.Subject, **values: int
) -> lives.TwinsApart:
    request = lives.KeepTwinsApartRequest(
        request_id=new_request_id(),
        subject_id=one.subject_id,
        other_id=other.subject_id,
        ground=GROUND,
        **values,
    )
    return (await client.lives.KeepTwinsApart(request)).apart


async def kept_apart(client: Client, subject: pb.Subject) -> list[lives.Twins]:
    request = lives.ListTwinsRequest(subject_id=subject.subject_id, apart=True)
    return list((await client.lives.ListTwins(request)).twins)


async def of_two_bureaus(registry: RunningRegistry) -> tuple[pb.Subject, pb.Subject]:
    name = f"合成双胞店{uuid4().hex[:8]}"
    here = await registry.subject(name=name)
    there = await registry.subject(name=name, credit_code="", bureau=OTHER_DISTRICT)
    return here, there


async def test_what_is_kept_apart_is_told_apart_and_listed_no_more(
    registry: RunningRegistry, caseworker: Client
) -> None:
    here, there = await of_two_bureaus(registry)
    city = registry.client(Role.CASEWORKER, bureau=CITY)
    assert len(await twins_named(city, here.name)) == 1
    apart = await keep_apart(caseworker, here, there)
    assert (apart.ground, apart.other_id) == (GROUND, there.subject_id)
    for client in (city, caseworker, registry.client(Role.CASEWORKER, bureau=OTHER_DISTRICT)):
        assert await twins_named(client, here.name) == []
    [told] = await kept_apart(caseworker, here)
    assert [one.subject_id for one in told.namesakes] == [there.subject_id]
    assert [one.ground for one in told.apart] == [GROUND]
    [entry] = [
        one
        for one in await registry.audited(f"subject/{here.subject_id}")
        if one.action == "keep_twins_apart"
    ]
    assert entry.ground == GROUND


async def test_another_fact_brings_the_pair_back(
    registry: RunningRegistry, caseworker: Client
) -> None:
    here, there = await of_two_bureaus(registry)
    await keep_apart(caseworker, here, there)
    here.phone = "0571-00000000"  # tells nothing apart
    put = pb.PutSubjectRequest(request_id=new_request_id(), subject=here)
    here = (await caseworker.registry.PutSubject(put)).subject
    assert await twins_named(caseworker, here.name) == []
    here.address = "样例路9号"
    put = pb.PutSubjectRequest(request_id=new_request_id(), subject=here)
    here = (await caseworker.registry.PutSubject(put)).subject
    assert len(await twins_named(caseworker, here.name)) == 1
    assert await kept_apart(caseworker, here) == []
    await keep_apart(caseworker, here, there)  # and may be decided again
    assert await twins_named(caseworker, here.name) == []


async def test_of_three_namesakes_only_the_pair_is_kept_apart(
    registry: RunningRegistry, caseworker: Client
) -> None:
    here, there = await of_two_bureaus(registry)
    third = await registry.subject(name=here.name, credit_code="", bureau="330108")
    await keep_apart(caseworker, here, there)
    [(_, others)] = await twins_named(caseworker, here.name)
    assert others == [third.subject_id]


async def test_only_namesakes_that_were_seen_are_kept_apart_by_their_bureaus(
    registry: RunningRegistry, caseworker: Client
) -> None:
    here, there = await of_two_bureaus(registry)
    stranger = await registry.subject(bureau=OTHER_DISTRICT)
    with refused("WRONG_STATE"):
        await keep_apart(caseworker, here, stranger)
    with refused("INVALID_INPUT", "other_id"):
        await keep_apart(caseworker, here, here)
    with refused("WRONG_STATE"):
        await keep_apart(caseworker, here, there, subject_version=here.version + 1)
    persons = [
        await registry.subject(name=here.name, kind="natural_person", credit_code="", bureau=bureau)
        for bureau in (DISTRICT, OTHER_DISTRICT)
    ]
    with refused("WRONG_STATE"):  # nobody is shown them as twins
        await keep_apart(caseworker, *persons)
    outside = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    with refused("NOT_PERMITTED"):
        await keep_apart(outside, here, there)
    assert here.bureau == DISTRICT
