"""Operators note what was done to instruments; institutions let anybody find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import check, press

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)


def choose(page: Page, name: str, content: bytes, kind: str) -> None:
    file: Any = {"name": name, "mimeType": kind, "buffer": content}
    page.locator("main input[type=file]").set_input_files(file)


def test_a_broken_seal_is_noted_corrected_and_asks_for_a_verification(sign_in: SignIn) -> None:
    page = sign_in("demo.operator", java_script_enabled=False)
    page.goto("/instruments/new")
    page.get_by_label("器具类型").select_option("FUEL")
    page.get_by_label("出厂编号").fill("QF-0001")
    press(page, "核对并提交")
    press(page, "提交备案")
    page.get_by_role("button", name="登记维护、修理和签封").click()
    press(page, "登记")
    expect(page.get_by_role("alert")).to_contain_text("请选择类别")
    page.get_by_label("签封损坏", exact=True).check()
    page.get_by_label("日期", exact=True).fill("2026-09-10")
    page.get_by_label("由谁办理或者发现").fill("样例加油站值班员")
    page.get_by_label("做了什么，或者发现了什么").fill("加油机计量铅封断开")
    page.get_by_label("签封编号").fill("样铅-18")
    check(sign_in("demo.operator"), page.url)
    choose(page, "铅封.png", PNG, "image/png")
    press(page, "登记")
    expect(page.get_by_text("这件器具须重新检定合格才能使用。")).to_be_visible()
    expect(page.get_by_role("link", name="铅封.png")).to_be_visible()
    check(sign_in("demo.operator"), page.url.partition("?")[0])
    page.get_by_role("link", name="更正这一条").click()
    page.get_by_label("签封编号").fill("样铅-19")
    page.get_by_label("更正的理由").fill("编号抄错")
    press(page, "登记")
    expect(page.get_by_text("编号抄错")).to_be_visible()
    page.get_by_role("link", name="看这件器具").click()
    expect(page.get_by_text("已修理或签封损坏，未再检定").first).to_be_visible()
    expect(page.get_by_text("样铅-18")).to_be_visible()
    check(sign_in("demo.operator"), page.url)
    _from_a_file(page)


def _from_a_file(page: Page) -> None:
    page.goto("/upkeep/import")
    head = "器具类型,出厂编号,类别,日期,由谁办理,内容,签封编号"
    sealed = "FUEL,QF-0001,重新签封,2026/9/11,样例计量所,重新加封,"
    choose(page, "维护.csv", f"{head}\n{sealed}\n".encode(), "text/csv")
    press(page, "登记")
    expect(page.get_by_text("重新签封须写新签封的编号")).to_be_visible()
    choose(page, "维护.csv", f"{head}\n{sealed}样铅-20\n".encode(), "text/csv")
    press(page, "登记")
    expect(page.get_by_text("登记了 1 条")).to_be_visible()
    page.get_by_role("link", name="返回维护和签封记录").click()
    expect(page.get_by_role("row", name="样铅-20")).to_be_visible()


def test_anybody_finds_an_institution_that_released_its_entry(sign_in: SignIn) -> None:
    page = sign_in("demo.institution", java_script_enabled=False)
    page.goto("/institutions")
    page.locator("main tbody a").first.click()
    page.get_by_role("link", name="在服务名录中公开").click()
    page.get_by_label("地址", exact=True).fill("")  # the sample has shown one
    press(page, "公开")
    expect(page.get_by_role("alert")).to_contain_text("公开的名录须写明至少一处地址")
    page.get_by_label("地址", exact=True).fill("样例市样例路18号")
    page.get_by_label("所在地的行政区划代码").fill("330102")
    page.get_by_label("对外公开的电话").fill("0571-00000000")
    check(sign_in("demo.institution"), page.url)
    press(page, "公开")
    expect(page.get_by_role("alert")).to_contain_text("已公开。")
    anybody = sign_in()
    anybody.goto("/directory?division=3301")
    expect(anybody.get_by_role("row", name="样例市样例路18号")).to_be_visible()
    expect(anybody.get_by_text("检定规程").first).to_be_visible()
    calibrators = anybody.locator("#calibrators")
    expect(calibrators).to_contain_text("样例·精密校准公司")
    anybody.get_by_label("器具类型").select_option("BELT")  # with scripts, without a new page
    expect(calibrators).to_contain_text("没有这样的校准机构。")
    press(page, "撤下")
    expect(page.get_by_role("alert")).to_contain_text("不公开。")
    # Another address: a browser keeps a public page for a minute.
    anybody.goto("/directory?division=330102")
    expect(anybody.get_by_role("row", name="样例市样例路18号")).to_have_count(0)
