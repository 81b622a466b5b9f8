"""Small manners: names that look alike, addresses, words in place of codes, refusals as pages."""

from __future__ import annotations

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

SignIn = Callable[..., Page]


def test_a_caseworker_sees_similar_names_before_a_subject_is_registered(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker")
    page.goto("/subjects")
    known = page.locator("main tbody th a").first.inner_text()
    page.get_by_role("link", name="登记主体").click()
    page.get_by_label("名称").fill(f"{known}有限公司")
    page.locator("#kind").check()
    page.get_by_label("行业领域").select_option("market")
    page.get_by_label("邮箱").fill("<x>@y")
    page.get_by_role("button", name="核对并提交").click()
    fault = page.get_by_role("alert").get_by_role("link")
    expect(fault).to_contain_text("邮箱")
    expect(fault).to_contain_text("须为一个电子邮箱地址")
    expect(fault).to_have_attribute("href", "#email")
    assert page.get_by_label("名称").input_value() == f"{known}有限公司"
    page.get_by_label("邮箱").fill("shop@example.com")
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("link", name=known)).to_be_visible()
    page.get_by_role("button", name="不是同一家，登记").click()
    expect(page.get_by_role("heading", name=f"{known}有限公司")).to_be_visible()
    expect(page.locator("#audit")).to_have_count(0)
    head = sign_in("demo.unithead")
    head.goto(page.url)
    expect(head.locator("#audit")).to_be_visible()
    told = head.get_by_role("row", name="登记主体")
    expect(told).to_contain_text("样例办案人员")
    expect(told).to_contain_text(f"名称: {known}有限公司")
    assert Axe().run(head).violations_count == 0


def test_without_an_instrument_an_institution_is_told_to_choose_one(sign_in: SignIn) -> None:
    page = sign_in("demo.institution")
    page.goto("/verifications/new")
    expect(page.get_by_text("登记检定结果要先选器具")).to_be_visible()


def test_the_audit_says_in_words_what_was_done(sign_in: SignIn) -> None:
    page = sign_in("administrator")
    page.goto("/audit")
    done = page.locator("main tbody td:nth-child(3)").all_inner_texts()
    told = page.locator("main tbody td:nth-child(5)").all_inner_texts()
    assert any(told)
    assert [one for one in (*done, *told) if re.search("[a-z]+_[a-z]+", one)] == []
    page.get_by_role("link", name="计量信用监管平台").click()
    page.wait_for_url("**/status")


def test_refusals_before_a_page_are_pages(sign_in: SignIn, portal: str) -> None:
    page = sign_in("demo.operator")
    form = {"content-type": "application/x-www-form-urlencoded"}
    foreign = page.request.post(
        f"{portal}/contact", headers=form | {"sec-fetch-site": "cross-site"}, data="a=1"
    )
    large = page.request.post(f"{portal}/contact", headers=form, data="a=" + "1" * 400_000)
    assert (foreign.status, large.status) == (403, 413)
    assert "从别的网站发来" in foreign.text()
    assert "提交的内容过大" in large.text()
    assert "<h1" in large.text()


def test_an_operator_chooses_the_language_of_its_mails(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    page.goto("/contact")
    page.get_by_role("radio", name="中文和英文").check()
    page.get_by_role("button", name="保存通知方式").click()
    expect(page.get_by_role("radio", name="中文和英文")).to_be_checked()
