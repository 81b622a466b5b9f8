"""Who got a record hears what became of it: entered, informed by a letter, recorded as sent."""

from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

SignIn = Callable[..., Page]
RECEIVER = "样例市住房和建设局（合成）"
TRIES = 300


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).first.click()


def check(page: Page) -> None:
    assert Axe().run(page).response["violations"] == []


def test_whoever_got_a_record_is_told_of_its_deletion_by_a_letter(sign_in: SignIn) -> None:
    operator, caseworker = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("operator", "caseworker")
    )
    operator.goto("/objections/new")
    record = operator.get_by_label("行政处罚").or_(operator.locator("[name=record]")).first
    record_id = operator.locator("[name=record]").first.get_attribute("value")
    firm = operator.locator("body")
    assert record_id
    assert record
    assert firm
    caseworker.goto("/subjects?q=加油站")
    caseworker.locator("main tbody a").first.click()
    caseworker.get_by_role("link", name="信用记录提供给了哪些单位").click()
    expect(caseworker.get_by_text("没有登记的共享。")).to_be_visible()
    caseworker.get_by_role("button", name="登记共享").click()
    press(caseworker, "登记")
    expect(caseworker.get_by_role("alert")).to_contain_text("请写明接收单位")
    check(caseworker)
