"""What each person gets from each page, and from a link or form with the ids of others in it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import product

from plumbing.client import ask
from services.cli.client import log_in, new_password_step
from services.portal.routes import ADDRESSES
from tests.e2e import who_may_open
from tests.e2e.harvest import Wish, swaps, wishes
from tests.e2e.requests import Place, create_account
from tests.e2e.running_platform import RunningPlatform
from tests.e2e.staffed_platform import ANOTHER_CITY, MUNICIPAL, StaffedPlatform
from tests.e2e.visitors import (
    SIGN_IN,
    Visitor,
    address_of,
    is_about_a_place,
    shows,
    tells_of,
    visitor,
)
from tests.e2e.who_may_open import Line

ROLES = tuple(who_may_open.COLUMNS.values())
PUBLIC = {address.path for address in ADDRESSES if not address.roles}
# Whose pages are searched for ids, and whose ids they try instead.
SWAPPERS = {
    "operator": ("neighbour", "foreign"),
    "caseworker": ("foreign",),
    "unit_head": ("foreign",),
    "inspector": ("foreign",),
}


@dataclass
class House:
    """The staffed platform, and its people at their browsers."""

    staff: StaffedPlatform
    visitors: dict[str, Visitor]
    far_visitors: dict[str, Visitor]  # of those who work for a city, in another one

    def who(self, place: str, role: str) -> Visitor:
        far = place == "foreign" and role in self.far_visitors
        return self.far_visitors[role] if far else self.visitors[role]


async def visit(staff: StaffedPlatform, exits: AsyncExitStack) -> House:
    """Signs the people of a staffed platform in at its portal."""
    platform = staff.platform
    portal = platform.machine.settings.portal_url
    visitors = {"nobody": await visitor(portal, exits, "nobody")}
    for role in ROLES[1:]:
        person = staff.people[role]
        visitors[role] = await visitor(portal, exits, role, person.name, person.password)
    far = {role: await _far(platform, role, exits) for role in MUNICIPAL}
    return House(staff, visitors, far)


async def _far(platform: RunningPlatform, role: str, exits: AsyncExitStack) -> Visitor:
    name, first, password = f"far.{role}", secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    request = create_account(name, first, MUNICIPAL[role], ANOTHER_CITY)
    await ask(platform.administrator.identity.CreateAccount(request))
    await log_in(platform.machine.settings, name, first, new_password_step(password))
    portal = platform.machine.settings.portal_url
    return await visitor(portal, exits, role, name, password)


async def found(house: House, line: Line, tried: Collection[str]) -> Line:
    """The line of an address and a place as it is for the roles that try it."""
    address, place = line.address, line.place
    roles = [role for role in ROLES if role in tried]
    cells = await asyncio.gather(*(_cell(house, address, place, role) for role in roles))
    return Line(address, place, line.cells | dict(zip(roles, cells, strict=True)))


async def _cell(house: House, address: str, place_name: str, role: str) -> str:
    place = house.staff.places[place_name]
    answer = await house.who(place_name, role).open(address_of(address, place))
    if answer.path.startswith(SIGN_IN) and not address.startswith(SIGN_IN):
        return ">"
    if answer.status in (403, 404):
        return {403: "-", 404: "0"}[answer.status]
    assert answer.status < 500, (address, role, answer)
    return "+" if place_name == "any" or shows(answer.text, place) else "."


@dataclass
class Swapping:
    """How many requests with the ids of others were sent, and what was wrong with the answers."""

    sent: int = 0
    wrong: list[str] = field(default_factory=list)


async def swapping(house: House, role: str) -> Swapping:
    """What a role gets that swaps the ids in the links and forms of its own pages."""
    result, offered = Swapping(), await _offers(house, role)
    for wish, name in product(offered, SWAPPERS[role]):
        own, other = house.staff.places["own"], house.staff.places[name]
        swapped = wish.swapped(swaps(own, other))
        if swapped is not None and swapped.address.partition("?")[0] not in _public(other):
            result.sent += 1
            if told := await _told(house.visitors[role], swapped, other):
                result.wrong.append(f"{name}: {told}")
    return result


async def _offers(house: House, role: str) -> list[Wish]:
    """One of each sort of links and forms on the pages that a role opens about its own."""
    who, own = house.visitors[role], house.staff.places["own"]
    ids = swaps(own, own)
    sorts: dict[str, Wish] = {}
    for line in who_may_open.lines():
        if line.place in ("own", "any") and line.cells[role] == "+":
            answer = await who.open(address_of(line.address, own))
            for wish in wishes(answer.text, answer.path):
                sorts.setdefault(wish.kind(ids), wish)
    return list(sorts.values())


async def _told(who: Visitor, wish: Wish, other: Place) -> str:
    """What is wrong with the answer to a request about another place; empty if nothing is."""
    if wish.method == "GET":
        answer = await who.http.get(wish.address, params=wish.fields or None)
    else:
        answer = await who.http.post(
            wish.address, data={**wish.fields, "form_token": who.form_token}
        )
    done = wish.method == "POST" and answer.history
    if done or answer.status_code >= 500 or tells_of(answer.text, other):
        return f"{wish.method} {wish.address} {wish.fields} → {answer.status_code} {answer.url}"
    return ""


def _public(place: Place) -> set[str]:
    return {address_of(path, place) for path in PUBLIC if is_about_a_place(path)}
