"""Grades of first loads that call for a follow-up wait in a list until a person begins it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import appears, check, press

SignIn = Callable[..., Page]


def test_a_caseworker_begins_the_follow_up_of_a_grade_of_a_first_load(sign_in: SignIn) -> None:
    page = sign_in("demo.lister", java_script_enabled=False)
    page.goto("/home")
    page.get_by_role("link", name=re.compile("首次建档时的等级须督促、尚未开始督促的主体")).click()
    rows = page.locator("main tbody tr")
    before = rows.count()
    subject = rows.first.get_by_role("link").first
    name, address = subject.inner_text(), str(subject.get_attribute("href"))
    press(page, "对所选主体开始督促")
    expect(page.locator(".govuk-error-summary")).to_contain_text("请至少选择一个主体")
    page.get_by_label("按以上条件开始几件").fill("0")
    press(page, "按条件开始督促")
    expect(page.locator(".govuk-error-summary")).to_contain_text("请写明开始几件")
    check(sign_in("demo.lister"), "/first-grades")

    page.goto("/first-grades")
    page.get_by_role("row", name=name).get_by_role("checkbox").check()
    press(page, "对所选主体开始督促")
    expect(page.get_by_text(re.compile("已开始 1 件督促"))).to_be_visible()
    page.goto("/first-grades")
    expect(page.get_by_role("row", name=name)).to_have_count(0)
    expect(rows.locator("a[href^='/subjects/']")).to_have_count(before - 1)
    page.goto(f"{address}/escalations/new")
    begun = page.locator("main").get_by_role("link", name="计量失信经营者")
    appears(page, begun.first)
    begun.first.click()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("main")).to_contain_text(name)
