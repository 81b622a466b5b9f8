"""The tour leads to pages that exist, as people who may open them."""

from __future__ import annotations

from plumbing.identity import Role
from services.cli.sample.cast import members
from services.portal.routes import ADDRESSES
from services.portal.tour import STOPS


def test_every_stop_is_a_page_that_its_person_may_open() -> None:
    pages = {address.path: address.roles for address in ADDRESSES}
    people = {member.name: Role(member.role) for member in members("330102")}
    for stop in STOPS:
        roles = pages[stop.path.partition("?")[0]]
        if stop.member:
            assert people[stop.member] in roles, stop.path
        else:
            assert roles == (), stop.path
