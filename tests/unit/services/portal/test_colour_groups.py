"""The page of colours by group: its rows, and the lists to which its numbers lead."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from protos.alerts.v1 import alerts_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import Asked
from services.portal.pages import colour_groups as page
from services.portal.pages import streets
from services.portal.rendering import _environment

COUNTS = [
    pb.GroupCount(group=group, colour=colour, instruments=number)
    for group, colour, number in (
        ("", "red", 1),
        ("market", "red", 2),
        ("market", "none", 5),
        ("retail", "yellow", 9),
    )
]


def test_a_row_has_every_colour_and_the_most_red_come_first() -> None:
    assert page._rows(COUNTS) == [
        page.Row("market", {"red": 2, "yellow": 0, "green": 0, "none": 5}),
        page.Row("", {"red": 1, "yellow": 0, "green": 0, "none": 0}),
        page.Row("retail", {"red": 0, "yellow": 9, "green": 0, "none": 0}),
    ]


def test_a_number_leads_to_the_list_of_what_it_counts() -> None:
    market, unknown, _ = page._rows(COUNTS)
    count = partial(page._count, "sector", "330106", [])
    assert count("red", market).link == "/instruments?sector=market&colour=red&bureau=330106"
    assert (count("", market).value, count("", market).link) == (
        7,
        "/instruments?sector=market&bureau=330106",
    )
    assert count("red", unknown).link == "/instruments?sector=-&colour=red&bureau=330106"
    assert count("yellow", market).link == ""  # none is there


def test_a_number_of_a_street_leads_to_what_counts_under_no_street_before_it() -> None:
    names = ["新城街道", "老城镇"]
    first, second, rest = (page.Row(group, {"red": 1}) for group in (*names, ""))
    link = {
        row.group: parse_qs(urlsplit(page._count("street", "", names, "red", row).link).query)
        for row in (first, second, rest)
    }
    assert link == {
        "新城街道": {"street": ["新城街道"], "colour": ["red"]},
        "老城镇": {"street": ["老城镇"], "colour": ["red"], "without": ["新城街道"]},
        "": {"colour": ["red"], "without": ["新城街道 老城镇"]},
    }


def test_streets_are_written_with_any_punctuation_each_once() -> None:
    written = "新城街道、老城镇，新城街道 江边街道;"
    assert streets.street_names(written) == ["新城街道", "老城镇", "江边街道"]


async def test_the_names_that_bureaus_keep_are_counted_by_where_none_is_asked_for() -> None:
    async def listed(_request: registry.ListBureausRequest) -> registry.ListBureausResponse:
        named = {"330102": ["甲街道", "乙镇"], "330106": ["丙街道", "甲街道"], "120104": ["丁街道"]}
        bureaus = [registry.Bureau(code=code, streets=names) for code, names in named.items()]
        return registry.ListBureausResponse(bureaus=bureaus)

    services = SimpleNamespace(registry=SimpleNamespace(ListBureaus=listed))
    person = SimpleNamespace(bureau="330100")
    visit = cast("Any", SimpleNamespace(services=services, person=person))
    assert await streets.kept(visit, "") == ["甲街道", "乙镇", "丙街道"]
    assert await streets.kept(visit, "330106") == ["丙街道", "甲街道"]
    person.bureau = "330102"
    assert await streets.kept(visit, "") == ["甲街道", "乙镇"]


def test_a_page_says_which_streets_were_left_and_leads_to_them() -> None:
    template = _environment("zh-CN").get_template("city/colours.html")
    table = SimpleNamespace(asked={"by": "street"})
    values: dict[str, Any] = {
        "own": None,
        "table": table,
        "most": 50,
        "named": 52,
        "left": ["甲街道", "乙镇"],
        "left_link": "/colours?by=x",
    }
    shown = "".join(
        template.blocks["above"](template.new_context({"number": str, "_": str, **values}))
    )
    assert "共有 52 个，还有 2 个没有统计：甲街道、乙镇" in shown
    assert 'href="/colours?by=x"' in shown


async def test_without_a_street_nothing_is_counted() -> None:
    # No service is asked: every address has none of no names.
    asked = Asked(filters={"bureau": ""})
    assert (await page._read(cast("Any", None), "street", [], asked)).rows == []
