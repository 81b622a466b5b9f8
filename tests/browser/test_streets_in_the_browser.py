"""A unit head keeps the names of its streets, by which everybody of the bureau finds it counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import appears, check, press, send_file, settle, table
from tests.browser.test_import_in_the_browser import HEADERS

SignIn = Callable[..., Page]
PATH = "/colours?by=street"
NORTH, SOUTH = "街样北路", "街样南路"
SHOPS = {"样例·街道店甲": (f"{NORTH}1号", 2), "样例·街道店乙": (f"{SOUTH}2号（{NORTH}口）", 1)}


def on_file(page: Page, tmp_path: Path) -> None:
    """A shop in one street with two scales, and one whose address names both streets."""
    shops = [["个体工商户", name, "330102", "集贸市场", at] for name, (at, _) in SHOPS.items()]
    scales = [
        [name, "电子计价秤", f"街样-{name[-1]}{n}"]
        for name, (_, number) in SHOPS.items()
        for n in range(number)
    ]
    heads = ["使用单位", "器具类型", "出厂编号"]
    for file, content in (
        (table(tmp_path, "街道店.csv", HEADERS, *shops), "主体"),
        (table(tmp_path, "街道秤.csv", heads, *scales), "器具"),
    ):
        send_file(page, file, "导入", content, javascript=False)
        settle(page, page.get_by_text("已导入", exact=True), javascript=False)


def total(page: Page, street: str) -> Locator:
    """The link of the last number in the row of a street."""
    return page.get_by_role("row", name=street).get_by_role("link").last


def leads_to(page: Page, street: str) -> int:
    """Opens the list behind the number of a street; returns the number, which the list has."""
    page.goto(PATH)
    number = int(total(page, street).inner_text())
    total(page, street).click()
    expect(page.locator("main")).to_contain_text(re.compile(rf"共 {number} 件"))
    return number


def test_instruments_are_counted_by_the_streets_that_the_bureau_keeps(
    sign_in: SignIn, tmp_path: Path
) -> None:
    page, head = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("caseworker", "unithead")
    )
    on_file(page, tmp_path)
    page.goto(PATH)
    expect(page.get_by_text("机关没有登记街道名")).to_be_visible()
    expect(page.get_by_role("button", name="保存街道名")).to_have_count(0)
    head.goto(PATH)
    names = head.get_by_label("街道名", exact=True)
    names.fill("、".join(f"{n}号街" for n in range(51)))
    press(head, "保存街道名")
    expect(head.get_by_role("alert")).to_contain_text("街道名至多 50 个")
    expect(names).to_have_value(re.compile("^0号街、1号街"))
    names.fill(f"{SOUTH}、{NORTH}，{SOUTH}")
    press(head, "保存街道名")
    expect(head.get_by_role("alert")).to_contain_text("已保存。")
    check(sign_in("demo.unithead"), PATH)

    page.goto(PATH)
    appears(page, page.get_by_role("row", name=NORTH))
    assert leads_to(page, SOUTH) == 1, "whose address names both counts under the first"
    assert leads_to(page, NORTH) == 2
    expect(page.locator("main tbody tr")).to_have_count(2)
    assert leads_to(page, "地址中没有上述名称") > 0
    page.goto(f"{PATH}&streets={NORTH}")
    assert total(page, NORTH).inner_text() == "3"
