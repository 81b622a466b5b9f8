"""Which entry of the navigation a page belongs to."""

from __future__ import annotations

import pytest

from plumbing.identity import Role
from services.portal.navigation import FIT, PUBLIC, in_one_line, navigation, place_of
from services.portal.pages import orders, permits
from services.portal.routes import ADDRESSES


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/unit", "/unit"),
        ("/unit/report", "/unit/report"),
        ("/unit-people", "/unit-people"),
        ("/cases/1/decide", "/cases"),
        ("/account", ""),
        ("/", ""),
    ],
)
def test_a_page_belongs_to_one_place(path: str, place: str) -> None:
    assert place_of(navigation([Role.UNIT_HEAD]), path) == place


@pytest.mark.parametrize(
    ("path", "place"), [("/", "/"), ("/notices/indices", "/notices"), ("/x", "")]
)
def test_the_front_page_holds_no_other(path: str, place: str) -> None:
    assert place_of(PUBLIC, path) == place


@pytest.mark.parametrize("role", [Role.UNIT_HEAD, Role.CASEWORKER, Role.OPERATOR, Role.AUDITOR])
def test_the_navigation_stands_in_one_line_and_none_is_lost(role: Role) -> None:
    places = navigation([role])
    shown, more = in_one_line(places)
    assert (*shown, *more) == places
    assert len(shown) + bool(more) <= FIT


@pytest.mark.parametrize("path", [permits.PATH, orders.PATH])
def test_a_list_stands_in_the_navigation_of_all_who_may_open_it(path: str) -> None:
    [roles] = [address.roles for address in ADDRESSES if address.path == path]
    found = {role for role in Role if path in {one.path for one in navigation([role])}}
    assert found == set(roles)
