"""The tour leads to pages that exist, as people who may open them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from law.errors import NotFound
from plumbing.identity import Role
from plumbing.settings import Settings
from services.cli.sample.cast import LISTING, members
from services.cli.sample.subjects import subjects
from services.portal.pages.sandbox import tour
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


def test_an_exposure_list_can_be_tried_by_three_people_of_one_bureau() -> None:
    people = [(one.role, one.bureau) for one in members("330102") if one.bureau == LISTING]
    assert sorted(people) == [
        (Role.CASEWORKER, LISTING),
        (Role.CASEWORKER, LISTING),
        (Role.UNIT_HEAD, LISTING),
    ]
    untrusted = {one.ref for one in subjects() if one.bureau == LISTING}
    assert {"TZ-03", "TZ-05"} <= untrusted


async def test_without_its_people_the_tour_says_why(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, sandbox=True)
    visit: Any = SimpleNamespace(portal=SimpleNamespace(settings=settings))
    with pytest.raises(NotFound) as refused:
        await tour(visit)
    assert "样例数据正在装入" in refused.value.zh
