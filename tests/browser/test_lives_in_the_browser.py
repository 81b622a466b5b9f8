"""The life of a subject in the browser: another code, a split, a deregistration and its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import check

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
GROUND = "登记机关证明（合成）"
FORMER, CODE, WRONG = "91330106MA00000770", "91330106MA0000009Y", "91330106MA0000009X"


def release(page: Page, address: str) -> None:
    """Releases a proposal as the head of the unit."""
    page.goto(address)
    page.get_by_label("理由").fill("同意")
    page.get_by_role("button", name="批准变更").click()
    expect(page.get_by_text("已批准").first).to_be_visible()


def register(page: Page, name: str, code: str = "") -> str:
    """Registers a subject; returns the address of its page."""
    page.goto("/subjects/new")
    page.get_by_label("名称").fill(name)
    page.get_by_label("统一社会信用代码").fill(code)
    page.get_by_label("法人").first.check()
    page.get_by_label("行业领域").select_option("fuel_station")
    page.get_by_label("电话").fill("0571-00000000")
    page.get_by_role("button", name="核对并提交").click()
    page.get_by_role("button", name="登记").first.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_text("0571-00000000")).to_be_visible()
    return page.url.partition("?")[0]


def test_a_subject_is_recoded_and_split(sign_in: SignIn) -> None:
    page, head = sign_in("demo.caseworker", java_script_enabled=False), sign_in("demo.unithead")
    looking = sign_in("demo.caseworker")
    firm = register(page, "沿革样例加油站", FORMER)
    page.get_by_role("link", name="沿革").click()
    page.get_by_role("link", name="变更统一社会信用代码").click()
    page.get_by_role("button", name="变更统一社会信用代码").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    page.get_by_label("变更后的代码").fill(WRONG)
    page.get_by_label("依据", exact=True).fill(GROUND)
    page.get_by_role("button", name="变更统一社会信用代码").click()
    expect(page.get_by_role("alert")).to_contain_text("校验")
    check(looking, page.url)
    page.get_by_label("变更后的代码").fill(CODE)
    page.get_by_label("变更日期").fill("2026-09-01")
    page.get_by_role("button", name="变更统一社会信用代码").click()
    expect(page.get_by_text("代码已变更")).to_be_visible()
    expect(page.get_by_text("2026年9月1日").first).to_be_visible()
    page.goto(f"/subjects/{FORMER}")
    assert page.url == firm
    expect(page.get_by_text(CODE)).to_be_visible()

    page.goto(f"{firm}/split")
    page.get_by_role("button", name="申请分立").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    check(looking, page.url)
    page.get_by_label("名称").fill("沿革样例加油站分站")
    page.get_by_label("依据", exact=True).fill(GROUND)
    page.get_by_label("分立日期").fill("2999-12-31")
    page.get_by_role("button", name="申请分立").click()
    expect(page.get_by_role("alert")).to_contain_text("不得晚于今天")
    page.get_by_label("分立日期").fill("2026-09-02")
    page.get_by_role("button", name="申请分立").click()
    expect(page.get_by_text("沿革样例加油站分站").first).to_be_visible()
    release(head, page.url)
    page.goto(f"{firm}/life")
    check(looking, page.url)
    page.get_by_role("link", name="沿革样例加油站分站").click()
    expect(page.get_by_role("link", name="由此主体分立")).to_be_visible()
    page.goto("/twins")
    check(looking, page.url)


def test_a_subject_is_deregistered_for_all_to_see_and_registered_again(sign_in: SignIn) -> None:
    page, head = sign_in("demo.caseworker", java_script_enabled=False), sign_in("demo.unithead")
    looking = sign_in("demo.caseworker")
    firm = register(page, "注销样例加油站")
    page.goto(f"{firm}/life?act=deregister")
    page.get_by_label("依据", exact=True).fill(GROUND)
    page.get_by_role("button", name="申请注销").click()
    expect(page.get_by_text("注销信用主体").first).to_be_visible()
    release(head, page.url)
    page.goto(firm)
    expect(page.get_by_text("器具不再预警")).to_be_visible()
    check(looking, page.url)
    page.goto(firm.replace("/subjects/", "/firms/"))  # as anybody sees it
    expect(page.get_by_text("该主体已于")).to_be_visible()
    check(looking, page.url)

    page.goto(f"{firm}/life?act=reinstate")
    page.get_by_label("依据", exact=True).fill("恢复登记通知（合成）")
    page.get_by_role("button", name="恢复登记").click()
    expect(page.get_by_text("已恢复登记。")).to_be_visible()
