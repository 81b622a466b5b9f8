"""Who is away, who stands in, and who may record it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as pb
from services.registry import wire
from tests.integration.registry.running_registry import (
    OTHER_DISTRICT,
    TODAY,
    Client,
    RunningRegistry,
    refused,
)
from tests.integration.registry.test_accounts_of_people import newcomer, person

HEAD = wire.role_number(Role.UNIT_HEAD)


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


async def away(
    registry: RunningRegistry,
    client: Client,
    substitute: str,
    days: tuple[int, int] = (0, 3),
    **more: Any,
) -> pb.Absence:
    request = pb.SetAbsenceRequest(
        request_id=new_request_id(),
        from_on=day(days[0]),
        to_on=day(days[1]),
        substitute_id=substitute,
        **more,
    )
    return (await client.identity.SetAbsence(request)).absence


async def absences(client: Client, **asked: Any) -> list[str]:
    answer = await client.identity.ListAbsences(pb.ListAbsencesRequest(**asked))
    return [one.absence_id for one in answer.absences]


async def test_an_absence_is_recorded_listed_and_ended(registry: RunningRegistry) -> None:
    (me, client), (other, _) = await person(registry), await person(registry)
    now = await away(registry, client, other.account_id)
    later = await away(registry, client, other.account_id, (10, 12))
    assert (now.display_name, now.substitute_id) == ("合成人员", other.account_id)
    mine = {"account_id": me.account_id}
    assert await absences(client, **mine) == [now.absence_id, later.absence_id]
    assert await absences(client, **mine, begun_to=day(0)) == [now.absence_id]
    stands_in = {"substitute_id": other.account_id, "begun_to": day(0)}
    assert await absences(client, **stands_in) == [now.absence_id]
    for absence in (now, later):
        request = pb.EndAbsenceRequest(request_id=new_request_id(), absence_id=absence.absence_id)
        await client.identity.EndAbsence(request)
        with refused("WRONG_STATE"):
            again = pb.EndAbsenceRequest(request_id=new_request_id(), absence_id=absence.absence_id)
            await client.identity.EndAbsence(again)
    assert await absences(client, **mine) == []
    entries = await registry.audited(f"account/{me.account_id}")
    assert [one.action for one in entries][-4:] == [*["set_absence"] * 2, *["end_absence"] * 2]
    assert {one.actor for one in entries[-4:]} == {me.account_id}


async def test_the_substitute_can_do_the_work(registry: RunningRegistry) -> None:
    (me, client), (other, others) = await person(registry), await person(registry)
    head = await newcomer(registry, roles=[HEAD])
    await registry.bureau(OTHER_DISTRICT)
    far = await newcomer(registry, bureau=OTHER_DISTRICT)
    for unfit in (head.account_id, far.account_id, me.account_id, "nobody"):
        with refused("INVALID_INPUT", "substitute_id"):
            await away(registry, client, unfit)
    await away(registry, others, me.account_id, (1, 2))
    # Away on one of these days, on which also nobody would stand in for them.
    with refused("INVALID_INPUT", "substitute_id", "from_on"):
        await away(registry, client, other.account_id, (2, 5))
    with refused("INVALID_INPUT", "from_on"):  # stands in for somebody else on that day
        third = await newcomer(registry)
        await away(registry, client, third.account_id, (1, 1))
    await away(registry, client, other.account_id, (3, 5))
    with refused("INVALID_INPUT", "from_on"):
        await away(registry, client, other.account_id, (5, 6))


@pytest.mark.parametrize("days", [(3, 2), (-5, -1), (0, 400)])
async def test_the_days_are_in_order_and_not_over(
    registry: RunningRegistry, days: tuple[int, int]
) -> None:
    (_, client), other = await person(registry), await newcomer(registry)
    with refused("INVALID_INPUT", "to_on"):
        await away(registry, client, other.account_id, days)
    with refused("INVALID_INPUT", "from_on"):  # a slip of the pen
        await away(registry, client, other.account_id, (367, 370))


async def test_only_the_person_and_the_head_of_the_unit_record_it(
    registry: RunningRegistry,
) -> None:
    (me, _), (other, others) = await person(registry), await person(registry)
    _, head = await person(registry, roles=[HEAD])
    await registry.bureau(OTHER_DISTRICT)
    _, far = await person(registry, roles=[HEAD], bureau=OTHER_DISTRICT)
    _, city = await person(registry, roles=[HEAD], bureau=await registry.bureau("330100"))
    for client in (others, far, city):
        with refused("NOT_PERMITTED"):
            await away(registry, client, other.account_id, account_id=me.account_id)
    absence = await away(registry, head, other.account_id, account_id=me.account_id)
    request = pb.EndAbsenceRequest(request_id=new_request_id(), absence_id=absence.absence_id)
    for client in (others, far):
        with refused("NOT_PERMITTED"):
            await client.identity.EndAbsence(request)
    assert absence.absence_id not in await absences(far)
    assert absence.absence_id in await absences(city)
    listed = await others.identity.ListUnitPeople(pb.ListUnitPeopleRequest(page_size=1000))
    assert {me.account_id, other.account_id} <= {one.account_id for one in listed.people}
    with refused("NOT_PERMITTED"):
        await far.identity.ListUnitPeople(pb.ListUnitPeopleRequest(bureau=me.bureau))
    await head.identity.EndAbsence(request)
