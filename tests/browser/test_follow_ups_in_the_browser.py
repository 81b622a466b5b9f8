"""A follow-up that a caseworker opens and ends by hand, on pages without scripts."""

from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_lives_in_the_browser import register

SignIn = Callable[..., Page]
FACTS = "2026-09-10 现场检查：计价秤铅封缺失"


def test_a_caseworker_opens_and_ends_a_follow_up(sign_in: SignIn) -> None:
    page, looking = (
        sign_in("demo.caseworker", java_script_enabled=False),
        sign_in("demo.caseworker"),
    )
    firm = register(page, "督促样例商店")
    page.get_by_role("link", name="开始督促").click()
    page.get_by_role("button", name="开始督促").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择督促的事由")
    page.get_by_label("按该主体现在的信用等级").check()
    page.get_by_role("button", name="开始督促").click()
    expect(page.get_by_role("alert")).to_contain_text("不属于")
    looking.goto(page.url)
    assert Axe().run(looking).violations_count == 0
    page.get_by_label("轻微违法行为").check()
    page.get_by_role("button", name="开始督促").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明查明的事实")
    page.get_by_label("查明的事实").fill(FACTS)
    page.get_by_role("button", name="开始督促").click()
    expect(page.get_by_text(FACTS)).to_be_visible()
    expect(page.get_by_text("提醒：等待期满")).to_be_visible()
    case = page.url
    looking.goto(case)
    assert Axe().run(looking).violations_count == 0

    page.goto(f"{firm}/escalations/new")
    page.get_by_label("轻微违法行为").check()
    page.get_by_label("查明的事实").fill(FACTS)
    page.get_by_role("button", name="开始督促").click()
    expect(page.get_by_role("alert")).to_contain_text("已经开始")

    page.goto(case)
    page.get_by_role("button", name="终结督促").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明终结的理由")
    page.get_by_label("终结的理由").fill("已重新加封")
    page.get_by_role("button", name="终结督促").click()
    expect(page.get_by_text("已重新加封")).to_be_visible()
    expect(page.get_by_text("提醒：已结束")).to_be_visible()
