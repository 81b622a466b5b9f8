"""Applying for repair on pages: what is missing is told, and from when one may apply."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]


def test_the_conditions_are_told_before_anybody_applies(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    page.goto("/repairs/new")
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("alert")).to_contain_text("请至少选择一条信用记录")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="继续").click()
    expect(page.locator(".govuk-task-list__item").first).to_be_visible()
    expect(page.get_by_text(re.compile("《.+》")).first).to_be_visible()  # each with its article
    waiting = page.get_by_text(re.compile("自 .* 起可以申请|仅靠等待不能满足"))
    expect(waiting.or_(page.get_by_label("已经改正了什么"))).to_be_visible()


def test_applied_supplemented_confirmed_and_refused(sign_in: SignIn) -> None:
    operator, caseworker = sign_in("demo.operator"), sign_in("demo.caseworker")
    operator.goto("/repairs/new")
    operator.get_by_role("checkbox").first.check()
    operator.get_by_role("button", name="继续").click()
    operator.get_by_role("button", name="继续").click()
    expect(operator.get_by_role("alert")).to_contain_text("请写明已经改正了什么")
    operator.get_by_label("已经改正了什么").fill("全部衡器已重新检定合格")
    operator.get_by_label("今后的承诺").fill("按期送检")
    operator.get_by_role("button", name="继续").click()
    operator.get_by_role("button", name="提交申请").click()
    expect(operator.get_by_text("已提交").first).to_be_visible()
    case = re.sub(r"\?.*$", "", operator.url)

    caseworker.goto(case)
    caseworker.get_by_role("button", name="要求补正").click()
    caseworker.get_by_label("需要补正什么").fill("请提供检定证书编号")
    caseworker.get_by_role("button", name="要求补正").click()
    operator.goto(case)
    operator.get_by_role("button", name="补正", exact=True).click()
    expect(operator.get_by_text("请提供检定证书编号")).to_be_visible()
    operator.get_by_label("补正的内容").fill("证书编号 样例-0001")
    operator.get_by_role("button", name="补正", exact=True).click()

    caseworker.goto(case)
    caseworker.get_by_role("button", name="受理", exact=True).click()
    caseworker.get_by_role("button", name="受理", exact=True).click()
    for link in caseworker.locator(".govuk-task-list__link").all():
        address = link.get_attribute("href")
        assert address is not None
        caseworker.goto(address)
        caseworker.get_by_label("未满足").check()
        caseworker.get_by_label("查看了什么，说明了什么").fill("现场查看，仍有一台未检定")
        caseworker.get_by_role("button", name="提交").click()
    effects = caseworker.get_by_role("table", name="各种决定对等级的影响")
    expect(effects.get_by_role("row", name="确认修复")).to_be_visible()
    caseworker.get_by_role("button", name="作出决定").click()
    caseworker.get_by_label("不予修复").check()
    caseworker.get_by_label("理由").fill("仍有一台衡器未经检定")
    caseworker.get_by_role("button", name="核对并提交").click()
    expect(caseworker.get_by_text("等级不因此改变。")).to_be_visible()
    caseworker.get_by_role("button", name="修改").click()
    expect(caseworker.get_by_label("理由")).to_have_value("仍有一台衡器未经检定")
    caseworker.get_by_role("button", name="核对并提交").click()
    caseworker.get_by_role("button", name="作出决定").click()
    expect(caseworker.get_by_text("不予修复").first).to_be_visible()
