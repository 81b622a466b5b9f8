"""Who got a record hears what became of it: entered, told by a letter, recorded as sent."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import press
from tests.browser.test_objection_in_the_browser import FIRM, decide, lodge, wait_until_closed

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
RECEIVER = "样例市住房和建设局（合成）"


def check(page: Page) -> None:
    assert Axe().run(page).response["violations"] == []


def test_whoever_got_a_record_is_told_of_its_deletion_by_a_letter(sign_in: SignIn) -> None:
    operator, caseworker = sign_in("demo.operator"), sign_in("demo.caseworker")
    caseworker.goto(f"/subjects?q={FIRM}")
    caseworker.locator("main tbody a").first.click()
    caseworker.get_by_role("link", name="信用记录提供给了哪些单位").click()
    expect(caseworker.get_by_text("没有登记的共享。")).to_be_visible()
    caseworker.get_by_role("button", name="登记共享").click()
    press(caseworker, "登记")
    expect(caseworker.get_by_role("alert")).to_contain_text("请写明接收单位")
    check(caseworker)
    for record in caseworker.locator("input[name=record]").all():
        record.check()
    caseworker.get_by_label("接收单位").fill(RECEIVER)
    caseworker.get_by_label("发函、通报").check()
    caseworker.get_by_label("日期").fill("2026-09-01")
    caseworker.get_by_label("用途和依据").fill("招标资格审查时参考")
    press(caseworker, "登记")
    expect(caseworker.get_by_text(RECEIVER).first).to_be_visible()

    case = lodge(operator, "该处罚决定已被撤销（合成）")
    decide(caseworker, case, "删除")
    wait_until_closed(operator, case)
    expect(operator.get_by_text(f"{RECEIVER}（须人工送达）")).to_be_visible()

    issued = operator.locator("summary", has_text="决定书").inner_text()
    year, month, day = re.findall(r"\d+", issued)[:3]
    caseworker.goto("/home")
    caseworker.get_by_role("link", name=re.compile(f"告知 {re.escape(RECEIVER)}")).first.click()
    expect(caseworker.get_by_text("已删除。").first).to_be_visible()
    press(caseworker, "记录")
    expect(caseworker.get_by_role("alert")).to_contain_text("请选择送达方式")
    check(caseworker)
    caseworker.get_by_label("送达日期").fill(f"{year}-{int(month):02}-{int(day):02}")
    caseworker.get_by_label("邮寄送达").check()
    caseworker.get_by_label("凭据").fill("挂号信（合成）第1号")
    press(caseworker, "记录")
    receivers = caseworker.locator("#receivers + ul")
    expect(receivers).to_contain_text("已人工送达")
    expect(receivers).to_contain_text("挂号信（合成）第1号")
