"""An operator files several new instruments from a file, without scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import appears, check

SignIn = Callable[..., Page]
HEADS = "器具类型,出厂编号,型号规格,使用地点"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, *rows: str) -> None:
    content = "\n".join((HEADS, *rows)).encode()
    file: Any = {"name": "新器具.csv", "mimeType": "text/csv", "buffer": content}
    page.locator("main input[type=file]").set_input_files(file)
    press(page, "核对")


def test_a_file_of_new_instruments_is_checked_corrected_filed_and_filed_once(
    sign_in: SignIn,
) -> None:
    page = sign_in("demo.operator", java_script_enabled=False)
    page.goto("/instruments")
    page.get_by_role("link", name="按文件登记新器具").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载空白模板（.xlsx）").click()
    assert download.value.path().read_bytes().startswith(b"PK")
    press(page, "核对")
    expect(page.get_by_role("alert")).to_contain_text("请选择文件")

    good, bad = "燃油加油机,WJ-0001,WJ-A,三号岛", "不存在的器具,WJ-0002,WJ-A,四号岛"
    choose(page, good, bad)
    expect(page.get_by_role("alert")).to_contain_text("文件有误，还没有登记任何器具")
    expect(page.get_by_text("第 3 行“器具类型”：目录中没有器具类型")).to_be_visible()
    expect(page.get_by_role("row", name="WJ-0001")).to_be_visible()
    expect(page.get_by_role("button", name="提交备案")).to_have_count(0)

    rows = (good, "燃油加油机,WJ-0002,WJ-A,四号岛")
    choose(page, *rows)
    expect(page.get_by_text("共 2 台，登记后为备用")).to_be_visible()
    press(page, "提交备案")
    expect(page.get_by_role("alert")).to_contain_text("已备案 2 台")
    page.get_by_role("link", name="WJ-0002").click()
    expect(page.get_by_text("四号岛")).to_be_visible()
    check(sign_in("demo.operator"), page.url)

    page.goto("/instruments/import")
    choose(page, *rows)
    expect(page.get_by_text("文件里没有新的器具，不用提交。")).to_be_visible()
    choose(page, "燃油加油机,WJ-0002,WJ-A,五号岛")
    expect(page.get_by_text("这一格登记为“四号岛”")).to_be_visible()
    page.goto("/messages")
    appears(page, page.get_by_text("器具备案回执：2 台"))
