"""Where institutions verify, what they complete a day, and when they are expected to be ready."""

from __future__ import annotations

from typing import Any

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import institutions_pb2 as pb
from protos.registry.v1 import orders_pb2 as orders
from tests.integration.registry.running_registry import (
    FOREIGN,
    Client,
    RunningRegistry,
    refused,
)
from tests.integration.registry.test_directory import found as in_directory
from tests.integration.registry.test_directory import put as list_in_directory
from tests.integration.registry.test_orders import application, firm, move


async def state(client: Client, name: str, **values: Any) -> pb.Capacity:
    """States ten fuel dispensers a day from the beginning of the year, if not said otherwise."""
    given: dict[str, Any] = {"type_codes": ["FUEL"], "per_day": 10, "from_on": "2026-01-01"}
    capacity = pb.Capacity(institution_id=name, **(given | values))
    request = pb.PutCapacityRequest(request_id=new_request_id(), capacity=capacity)
    return (await client.institutions.PutCapacity(request)).capacity


async def put_site(client: Client, institution: str, **values: Any) -> pb.Site:
    given: dict[str, Any] = {"name": "城东检定站", "address": "样例市样例路18号"}
    site = pb.Site(institution_id=institution, **(given | values))
    request = pb.PutSiteRequest(request_id=new_request_id(), site=site)
    return (await client.institutions.PutSite(request)).site


async def ready(client: Client, name: str, *types: str, sort: str = "") -> orders.Verifier:
    """What an applicant finds of an institution."""
    return (await verifiers(client, *types, sort=sort))[name]


async def verifiers(client: Client, *types: str, sort: str = "") -> dict[str, orders.Verifier]:
    request = orders.ListVerifiersRequest(type_codes=types, sort=sort)
    return {one.name: one for one in (await client.orders.ListVerifiers(request)).verifiers}


async def show(client: Client, order_id: str) -> orders.GetOrderResponse:
    return await client.orders.GetOrder(orders.GetOrderRequest(order_id=order_id))


async def test_applicants_see_when_an_institution_is_expected_to_be_ready(
    registry: RunningRegistry,
) -> None:
    name = "合成能力检定所甲"
    lab = await registry.speaker(name, "FUEL", "TAXI")
    operator, ids = await firm(registry, 4)
    unstated = (await ready(operator, name, "FUEL")).expectation
    # Five working days to accept and twenty to complete, without the holidays of the autumn.
    assert (unstated.expected_on, unstated.term_on) == ("", "2026-10-23")
    assert list(unstated.types_without_capacity) == ["FUEL"]
    await state(lab, name, per_day=2)
    first = (await ready(operator, name, "FUEL")).expectation
    assert (first.expected_on, first.within_term) == ("2026-09-15", True)
    applied = await operator.orders.ApplyForVerification(application(ids[:3], name))
    queued = await ready(operator, name, "FUEL", "FUEL")
    assert queued.open_orders == 3
    assert queued.expectation.expected_on == "2026-09-17"  # the fifth, two a day
    [figure] = queued.expectation.figures
    assert (figure.ahead, figure.per_day, figure.from_on) == (3, 2, "2026-01-01")
    both = (await ready(operator, name, "FUEL", "TAXI")).expectation
    assert (both.expected_on, list(both.types_without_capacity)) == ("", ["TAXI"])

    async def expected(order_id: str) -> str:
        return (await show(operator, order_id)).expectation.expected_on

    placed = [one.order_id for one in applied.orders]
    [last] = (await operator.orders.ApplyForVerification(application(ids[3:], name))).orders
    assert sorted([await expected(one) for one in placed]) == [
        *("2026-09-15", "2026-09-15"),
        "2026-09-16",
    ]
    assert await expected(last.order_id) == "2026-09-16"
    assert (await show(lab, last.order_id)).expectation.figures[0].ahead == 3
    await lab.orders.MoveOrders(move([last.order_id], "accepted"))
    accepted = await show(operator, last.order_id)
    assert accepted.expectation.term_on == accepted.order.due_on  # the term stays what it is
    assert accepted.order.due_on == "2026-10-16"
    day = {"appointed_on": "2026-09-18"}
    await lab.orders.MoveOrders(move([last.order_id], "scheduled", **day))
    assert not (await show(operator, last.order_id)).HasField("expectation")


async def test_the_earliest_comes_first_if_asked(registry: RunningRegistry) -> None:
    slow, fast, silent = (f"合成能力检定所{one}" for one in ("乙慢", "丙快", "丁"))
    for name, per_day in ((slow, 1), (fast, 20), (silent, 0)):
        lab = await registry.speaker(name, "WATER-S25")
        if per_day:
            await state(lab, name, type_codes=["WATER-S25"], per_day=per_day)
    operator, _ = await firm(registry)
    types = ["WATER-S25"] * 20
    sorted_ = list(await verifiers(operator, *types, sort="expected"))
    assert [one for one in sorted_ if one in (slow, fast, silent)] == [fast, slow, silent]
    late = (await ready(operator, slow, *types)).expectation
    assert (late.expected_on, late.within_term) == ("2026-10-16", True)
    later = (await ready(operator, slow, *types, *types)).expectation
    assert later.expected_on > later.term_on
    assert not later.within_term


async def test_only_the_institution_states_its_capacity(registry: RunningRegistry) -> None:
    name = "合成能力检定所戊"
    lab = await registry.speaker(name, "FUEL", "TAXI")
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    with refused("NOT_PERMITTED"):
        await state(head, name)
    other = await registry.speaker("合成能力检定所己", "FUEL")
    with refused("NOT_FOUND"):
        await state(other, name)
    with refused("INVALID_INPUT", "capacity.type_codes[1]"):
        await state(lab, name, type_codes=["FUEL", "CNG"])
    with refused("INVALID_INPUT", "capacity.from_on"):
        await state(lab, name, from_on="2027-10-01")
    filed = await state(lab, name, type_codes=["燃油加油机", "TAXI"])
    assert list(filed.type_codes) == ["FUEL", "TAXI"]
    with refused("INVALID_INPUT", "capacity.from_on"):
        await state(lab, name, type_codes=["TAXI"])
    with refused("WRONG_STATE"):
        await state(lab, name, capacity_id=filed.capacity_id)
    same = await state(lab, name, capacity_id=filed.capacity_id, version=1, per_day=3)
    assert (same.per_day, same.version) == (3, 2)
    await state(lab, name, type_codes=["FUEL"], per_day=0, from_on="2026-10-01")
    shown = await head.institutions.GetInstitution(pb.GetInstitutionRequest(institution_id=name))
    assert [(one.from_on, one.per_day) for one in shown.capacities] == [
        ("2026-01-01", 3),
        ("2026-10-01", 0),
    ]


async def test_sites_are_public_as_the_institution_released_them(
    registry: RunningRegistry,
) -> None:
    name = "合成能力检定所庚"
    lab = await registry.speaker(name, "FUEL", "TAXI")
    await list_in_directory(lab, name)
    head = registry.client(Role.UNIT_HEAD, name="unit-head")

    async def public() -> list[str]:
        return [one.name for one in (await in_directory(registry))[name].places]

    with refused("INVALID_INPUT", "site.address", "site.type_codes[0]"):
        await put_site(lab, name, address="", type_codes=["CNG"])
    await put_site(lab, name, released=True, type_codes=["FUEL"])
    entered = await put_site(head, name, name="上门检定", address="", at_owner=True, released=True)
    assert not entered.released  # the institution has not released it
    assert await public() == ["城东检定站"]
    own = {"name": "上门检定", "address": "", "at_owner": True, "site_id": entered.site_id}
    await put_site(lab, name, **own, version=1, released=True)
    assert await public() == ["上门检定", "城东检定站"]
    unchanged = await put_site(head, name, **own, version=2)
    assert unchanged.released
    changed = await put_site(head, name, **own | {"address": "样例市港口路2号"}, version=3)
    assert not changed.released
    operator, _ = await firm(registry)
    assert not (await ready(operator, name, "TAXI")).sites  # not as the institution released it
    await put_site(lab, name, **own, version=4, released=True)
    sites = (await ready(operator, name, "TAXI")).sites
    assert [(one.name, one.at_owner) for one in sites] == [("上门检定", True)]
    await put_site(lab, name, **own, version=5, closed=True, released=True)
    assert await public() == ["城东检定站"]
    assert not (await ready(operator, name, "TAXI")).sites


async def test_applicants_see_which_site_verifies_which_of_several_types(
    registry: RunningRegistry,
) -> None:
    name = "合成能力检定所子"
    lab = await registry.speaker(name, "FUEL", "TAXI", "CNG")
    operator = (await firm(registry, 1))[0]
    assert not (await ready(operator, name, "FUEL")).types_without_site  # it shows no site
    await put_site(lab, name, released=True, type_codes=["FUEL", "CNG"])

    async def seen(*types: str) -> tuple[dict[str, list[str]], list[str]]:
        found = await ready(operator, name, *types)
        sites = {one.name: list(one.type_codes) for one in found.sites}
        return sites, list(found.types_without_site)

    assert await seen("FUEL") == ({"城东检定站": []}, [])
    assert await seen("TAXI") == ({}, ["TAXI"])
    assert await seen("FUEL", "TAXI") == ({"城东检定站": ["FUEL"]}, ["TAXI"])
    await put_site(lab, name, name="总部", released=True)
    assert await seen("FUEL", "TAXI") == ({"城东检定站": ["FUEL"], "总部": []}, [])


async def test_a_site_belongs_to_one_institution(registry: RunningRegistry) -> None:
    name, other = "合成能力检定所辛", "合成能力检定所壬"
    lab, stranger = await registry.speaker(name, "FUEL"), await registry.speaker(other, "FUEL")
    site = await put_site(lab, name)
    with refused("ALREADY_EXISTS"):
        await put_site(lab, name)
    with refused("NOT_FOUND"):
        await put_site(stranger, name)
    with refused("NOT_FOUND"):
        await put_site(stranger, other, site_id=site.site_id, version=1)
    with refused("NOT_FOUND"):
        await put_site(registry.client(Role.UNIT_HEAD, bureau=FOREIGN), name)
    with refused("WRONG_STATE"):
        await put_site(lab, name, site_id=site.site_id)
    again = await put_site(lab, name, site_id=site.site_id, version=1, name="城西检定站")
    assert (again.name, again.version) == ("城西检定站", 2)


async def test_a_site_is_shown_with_what_is_authorised_today(registry: RunningRegistry) -> None:
    name = "合成能力检定所癸"
    lab = await registry.speaker(name, "FUEL", "TAXI")
    await list_in_directory(lab, name)
    await put_site(lab, name, released=True, type_codes=["FUEL", "TAXI"])
    await put_site(lab, name, name="城西检定站", released=True, type_codes=["TAXI"])
    await put_site(lab, name, name="总部", released=True)
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    asked = pb.GetInstitutionRequest(institution_id=name)
    held = (await head.institutions.GetInstitution(asked)).authorisations
    [taxi] = [one for one in held if one.type_code == "TAXI"]
    taxi.valid_until = "2026-08-31"
    request = pb.PutAuthorisationRequest(
        request_id=new_request_id(), authorisation=taxi, ground="撤销授权"
    )
    await head.institutions.PutAuthorisation(request)
    places = (await in_directory(registry))[name].places
    assert {one.name: list(one.type_codes) for one in places} == {
        "城东检定站": ["FUEL"],
        "总部": [],
    }
