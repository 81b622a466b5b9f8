"""The page of colours by group: its rows, and the lists to which its numbers lead."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from protos.alerts.v1 import alerts_pb2 as pb
from services.portal.listing import Asked
from services.portal.pages import colour_groups as page
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
    count = partial(page._count, "sector", "330106")
    assert count("red", market).link == "/instruments?sector=market&colour=red&bureau=330106"
    assert (count("", market).value, count("", market).link) == (
        7,
        "/instruments?sector=market&bureau=330106",
    )
    assert count("red", unknown).link == "/instruments?sector=-&colour=red&bureau=330106"
    assert count("yellow", market).link == ""  # none is there
    assert page._count("street", "", "red", unknown).link == ""  # no filter lists the others


def test_streets_are_written_with_any_punctuation_each_once() -> None:
    written = "新城街道、老城镇，新城街道 江边街道;"
    assert page.street_names(written) == ["新城街道", "老城镇", "江边街道"]


async def test_of_many_streets_the_first_are_counted_and_the_others_are_named() -> None:
    asked: list[pb.GetColourBoardRequest] = []

    async def board(request: pb.GetColourBoardRequest) -> pb.GetColourBoardResponse:
        asked.append(request)
        return pb.GetColourBoardResponse()

    services = SimpleNamespace(alerts=SimpleNamespace(GetColourBoard=board))
    visit = cast("Any", SimpleNamespace(services=services))
    names = [f"第{number}街道" for number in range(52)]
    written = {"bureau": "", "streets": "、".join(names)}
    await page._read(visit, "street", Asked(filters=written))
    assert list(asked[0].streets) == names[:50]


def test_a_page_says_which_streets_were_left_and_leads_to_them() -> None:
    template = _environment("zh-CN").get_template("city/colours.html")
    table = SimpleNamespace(asked={"by": "street"})
    values = {
        "table": table,
        "most": 50,
        "named": 52,
        "left": ["甲街道", "乙镇"],
        "left_link": "/colours?by=x",
    }
    shown = "".join(
        template.blocks["above"](template.new_context({"number": str, "_": str, **values}))
    )
    assert "您写了 52 个，还有 2 个没有统计：甲街道、乙镇" in shown
    assert 'href="/colours?by=x"' in shown


@pytest.mark.parametrize("written", ["", " 、， "])
async def test_without_a_street_nothing_is_counted(written: str) -> None:
    # No service is asked: every address has none of no names.
    visit = cast("Any", None)
    found = await page._read(visit, "street", Asked(filters={"bureau": "", "streets": written}))
    assert found.rows == []
