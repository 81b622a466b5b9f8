"""An operator files several new instruments from a file; what reaches nobody is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import appears, both_ways, check

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


def wants_english_by_mail(page: Page) -> None:
    """A firm without an address wants notices in English; half of its quiet hours is refused."""
    page.goto("/contact")
    page.get_by_label("邮箱", exact=True).fill("")
    press(page, "保存负责人和联系方式")
    expect(page.get_by_role("alert")).to_contain_text("已修改。")
    page.get_by_label("英文", exact=True).check()
    page.get_by_label("检定结果和证书发到哪里").select_option("portal")
    page.get_by_label("免打扰从几点起").fill("22:00")
    press(page, "保存通知方式")
    expect(page.locator("#quiet_until-error")).to_contain_text("起止时间都要填写")
    expect(page.get_by_label("英文", exact=True)).to_be_checked()
    expect(page.get_by_label("免打扰从几点起")).to_have_value("22:00")
    page.get_by_label("免打扰到几点").fill("07:00")
    press(page, "保存通知方式")
    expect(page.get_by_role("alert")).to_contain_text("已修改。")
    page.goto("/contact")
    expect(page.get_by_label("英文", exact=True)).to_be_checked()
    expect(page.get_by_label("检定结果和证书发到哪里")).to_have_value("portal")
    expect(page.get_by_label("免打扰到几点")).to_have_value("07:00")


def applies_and_withdraws(page: Page, number: str) -> None:
    """The institution, which has no address on file, is to hear that it need not verify it."""
    page.goto("/orders/new")
    page.get_by_role("checkbox", name=re.compile(number)).check()
    press(page, "继续")
    page.get_by_role("radio").first.check()
    press(page, "继续")
    press(page, "提交申请")
    page.locator("main a[href^='/orders/']").first.click()
    press(page, "撤回申请")
    expect(page.get_by_text("已撤回").first).to_be_visible()


def filtered(page: Page, kind: str) -> None:
    page.goto("/undelivered")
    page.get_by_label("状态", exact=True).select_option("no_address")
    page.get_by_label("种类", exact=True).select_option(kind)
    press(page, "筛选")


@both_ways
def test_what_reaches_nobody_is_found_with_its_recipient_and_as_it_would_be_sent(
    sign_in: SignIn, *, javascript: bool
) -> None:
    page = sign_in("demo.operator", java_script_enabled=javascript)
    number = f"WD-{'J' if javascript else 'N'}"
    wants_english_by_mail(page)
    page.goto("/instruments/import")
    choose(page, f"燃油加油机,{number},WJ-A,三号岛")
    press(page, "提交备案")
    expect(page.get_by_role("alert")).to_contain_text("已备案 1 台")
    applies_and_withdraws(page, number)

    office = sign_in("administrator", java_script_enabled=javascript)
    filtered(office, "filing")
    receipt = appears(office, office.get_by_role("link", name=re.compile(f"回执.*{number}")))
    press(office, "重新投递所选")
    expect(office.get_by_role("alert")).to_contain_text("请至少选择一份通知")
    expect(office.get_by_label("状态", exact=True)).to_have_value("no_address")
    expect(office.get_by_label("种类", exact=True)).to_have_value("filing")
    press(office, "重新投递符合条件的全部通知")
    expect(office.get_by_role("heading", name="重新投递全部")).to_be_visible()
    office.get_by_role("link", name="返回未送达的通知").click()
    expect(office.get_by_label("种类", exact=True)).to_have_value("filing")
    receipt.click()
    title = f"Receipt of a filed instrument: fuel dispenser {number}"
    expect(office.get_by_role("heading", name=title)).to_be_visible()
    expect(office.get_by_text("You filed this instrument on")).to_be_visible()
    expect(office.locator("main")).not_to_contain_text("贵单位")
    expect(office.get_by_text("还没有发送过。")).to_be_visible()
    check(sign_in("administrator"), office.url)

    filtered(office, "institution")
    withdrawn = appears(office, office.get_by_role("row", name="检定申请已撤回").first)
    expect(withdrawn).to_contain_text("合成")
    expect(withdrawn).not_to_contain_text("监督管理局")
    withdrawn.get_by_role("link").first.click()
    expect(office.get_by_text(number)).to_have_count(2)  # in both languages
