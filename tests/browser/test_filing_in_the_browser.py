"""An operator files several new instruments from a file, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import appears, check, press

SignIn = Callable[..., Page]
HEADS = "器具类型,出厂编号,型号规格,使用地点"


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


def test_an_owner_asks_to_correct_a_number_and_the_register_waits(sign_in: SignIn) -> None:
    owner = sign_in("demo.operator", java_script_enabled=False)
    owner.goto("/instruments?colour=none&state=spare")
    owner.locator("main tbody a").first.click()
    instrument = owner.url
    owner.get_by_role("link", name="申请更正类型、出厂编号、轮换日期").click()
    press(owner, "核对并提交")
    expect(owner.get_by_role("alert")).to_contain_text("请写明理由")
    owner.get_by_label("理由").fill("铭牌上的编号是 GZ-20260123")
    press(owner, "核对并提交")
    expect(owner.get_by_role("alert")).to_contain_text("没有改动")
    owner.get_by_label("出厂编号").fill("GZ-20260123")
    press(owner, "核对并提交")
    expect(owner.get_by_text("提交后由监管机关的办案人员核准才生效。")).to_be_visible()
    expect(owner.locator("main")).to_contain_text("改为“GZ-20260123”")
    press(owner, "提交申请")
    expect(owner.locator("main")).to_contain_text("GZ-20260123")
    owner.goto(instrument)
    expect(owner.locator("h1")).not_to_contain_text("GZ-20260123")


def test_an_owner_asks_that_another_firm_gets_an_instrument(sign_in: SignIn) -> None:
    owner, caseworker = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("operator", "caseworker")
    )
    owner.goto("/instruments/new")
    owner.get_by_label("器具类型").select_option("FUEL")
    owner.get_by_label("出厂编号").fill("卖出-0001")
    owner.get_by_label("使用地点").fill("六号岛")
    press(owner, "核对并提交")
    press(owner, "提交备案")
    expect(owner.get_by_text("已备案")).to_be_visible()
    instrument = applies(owner)
    owner.get_by_role("link", name="申请变更使用单位").click()
    check(sign_in("demo.operator"), owner.url)
    press(owner, "核对并提交")
    expect(owner.get_by_role("alert")).to_contain_text("请填写新的使用单位的统一社会信用代码")
    owner.get_by_label("新的使用单位的统一社会信用代码").fill("91330106MA0UNKNOWN")
    owner.get_by_label("理由").fill("2026年10月8日卖给该单位")
    press(owner, "核对并提交")
    expect(owner.get_by_role("alert")).to_contain_text("没有登记这个单位")
    name, code = another_firm(caseworker)
    owner.get_by_label("新的使用单位的统一社会信用代码").fill(code)
    press(owner, "核对并提交")
    expect(owner.get_by_text("提交后由监管机关的办案人员核准才生效。")).to_be_visible()
    expect(owner.locator("main")).to_contain_text(
        "没有办结的申请随器具转到新的使用单位；不用再检定的，请先撤回"
    )
    press(owner, "提交申请")
    expect(owner.locator("main")).to_contain_text(f"新的使用单位 {code}")

    moves = "没有办结的申请随器具转到新的使用单位；不用再检定的，请先终止"
    caseworker.goto(f"{instrument}/owner")
    caseworker.get_by_label("新的使用单位的名称").fill(code)
    press(caseworker, "查找")
    caseworker.get_by_role("radio").check()
    press(caseworker, "核对")
    expect(caseworker.locator("main")).to_contain_text(moves)
    caseworker.goto(owner.url)
    expect(caseworker.locator("main")).to_contain_text(name)
    expect(caseworker.locator("main")).to_contain_text("变更以后随器具转到新的使用单位")
    caseworker.get_by_label("理由").fill("经核对买卖合同")
    press(caseworker, "批准变更")
    caseworker.goto("/instruments?q=卖出-0001")
    expect(caseworker.locator("tbody tr", has_text="卖出-0001")).to_contain_text(name)
    owner.goto("/instruments?q=卖出-0001")
    expect(owner.locator("tbody tr", has_text="卖出-0001")).to_have_count(0)


def applies(owner: Page) -> str:
    """The owner applies for the verification of an instrument from its page; returns the page."""
    instrument = owner.url.partition("?")[0]
    owner.goto(f"/orders/new?instrument={instrument.rpartition('/')[2]}")
    owner.get_by_role("radio").first.check()
    press(owner, "继续")
    press(owner, "提交申请")
    owner.goto(instrument)
    return instrument


def another_firm(caseworker: Page) -> tuple[str, str]:
    """The name and credit code of a firm of the bureau; the owner is no restaurant."""
    caseworker.goto("/subjects?q=餐饮")
    link = caseworker.locator("main tbody a").first
    name = link.inner_text()
    link.click()
    code = re.search(r"9[0-9A-Z]{17}", caseworker.locator("main").inner_text())
    assert code is not None
    return name, code[0]


def test_a_caseworker_corrects_an_instrument_and_sees_what_follows_before(
    sign_in: SignIn,
) -> None:
    page = sign_in("demo.caseworker")
    page.goto("/instruments?colour=green")
    page.locator("main tbody a").first.click()
    instrument = page.url
    page.get_by_role("link", name="更正类型、出厂编号、轮换日期").click()
    page.get_by_label("轮换日期").fill("2026-08-01")
    page.get_by_label("理由").fill("合格证上写明的轮换日期")
    press(page, "核对并提交")
    expect(page.locator("#then")).to_contain_text("更正以后的颜色")
    check(page, page.url)
    page.goto(f"{instrument}/edit")
    page.get_by_label("出厂编号").fill("GZ-20260124")
    page.get_by_label("理由").fill("铭牌上的编号")
    press(page, "核对并提交")
    expect(page.locator("#then")).to_contain_text("绿色提示")
    press(page, "确认修改")
    expect(page.locator("h1")).to_contain_text("GZ-20260124")
    page.get_by_role("link", name="修改使用地点").click()
    page.get_by_label("新的使用地点").fill("二号加油岛")
    press(page, "确认修改")
    expect(page.locator("main")).to_contain_text("二号加油岛")
