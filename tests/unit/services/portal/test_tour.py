"""The tour leads to pages that exist, as people who may open them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from law.errors import NotFound
from plumbing.identity import Role
from plumbing.settings import Settings
from services.cli.sample.cast import members
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


async def test_without_its_people_the_tour_says_why(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, sandbox=True)
    visit: Any = SimpleNamespace(portal=SimpleNamespace(settings=settings))
    with pytest.raises(NotFound) as refused:
        await tour(visit)
    assert "样例数据正在装入" in refused.value.zh
