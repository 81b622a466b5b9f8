"""Every address of the portal has lines in the table that says who may open it."""

from __future__ import annotations

from collections import defaultdict

from services.portal.address import Address
from services.portal.routes import ADDRESSES
from tests.e2e import who_may_open
from tests.e2e.visitors import is_about_a_place
from tests.e2e.who_may_open import COLUMNS, Line

LINES = who_may_open.lines()


def supposed(address: Address) -> list[Line]:
    """The lines of an address whose things only their own bureau or firm may see."""
    own = {role: _cell(role, address) for role in COLUMNS.values()}
    if not is_about_a_place(address.path):
        return [Line(address.path, "any", own)]
    foreign = {role: "-" if cell == "+" else cell for role, cell in own.items()}
    return [Line(address.path, "own", own), Line(address.path, "foreign", foreign)]


def _cell(role: str, address: Address) -> str:
    if not address.roles:
        return "+"
    if role == "nobody":
        return ">"
    name = {"city_reviewer": "municipal_reviewer"}.get(role, role.removeprefix("city_"))
    return "+" if name in address.roles else "-"


def test_every_address_has_its_lines() -> None:
    classified = {line.path for line in LINES}
    missing = [
        str(line)
        for address in ADDRESSES
        if address.path not in classified
        for line in supposed(address)
    ]
    told = ["add to tests/e2e/who_may_open.py, with the cells that are right:", *missing]
    assert not missing, "\n".join(told)


def test_what_is_held_of_somebody_is_tried_by_others() -> None:
    places: defaultdict[str, set[str]] = defaultdict(set)
    for line in LINES:
        places[line.path].add(line.place)
    known = {address.path for address in ADDRESSES}
    assert set(places) <= known
    for path, tried in places.items():
        assert {"own", "foreign"} <= tried or not is_about_a_place(path), path


def test_no_line_stands_twice() -> None:
    assert len({(line.address, line.place) for line in LINES}) == len(LINES)
