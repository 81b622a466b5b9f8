"""Which entry of the navigation a page belongs to."""

from __future__ import annotations

import pytest

from plumbing.identity import Role
from services.portal.navigation import PUBLIC, navigation, place_of


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
