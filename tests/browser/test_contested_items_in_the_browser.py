"""Objections to an instrument's data, to a grade and to a publication, decided item by item."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import both_ways, check, press
from tests.browser.test_objection_in_the_browser import enter_record, wait_until_closed

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
FIRM = "医院HZ-05"  # of the operator of the cast


def answer(page: Page, grounds: str) -> str:
    """Answers why, checks and sends; returns the address of the case."""
    press(page, "继续")
    page.get_by_label("理由").fill(grounds)
    press(page, "继续")
    expect(page.get_by_role("heading", name="核对并提交")).to_be_visible()
    press(page, "提交异议")
    expect(page.get_by_text("已提交").first).to_be_visible()
    return re.sub(r"\?.*$", "", page.url)


def accept(page: Page, case: str) -> None:
    page.goto(case)
    page.get_by_role("button", name="受理", exact=True).click()
    press(page, "受理")
    page.goto(f"{case}/decide")


@both_ways
def test_an_instrument_is_corrected_by_its_case(sign_in: SignIn, javascript: bool) -> None:
    operator, caseworker = (
        sign_in(f"demo.{name}", java_script_enabled=javascript)
        for name in ("operator", "caseworker")
    )
    operator.goto("/instruments")
    operator.locator("main tbody a[href^='/instruments/']").nth(int(javascript)).click()
    operator.wait_for_url("**/instruments/*")
    instrument = operator.url
    operator.get_by_role("link", name="提出异议").click()
    press(operator, "继续")
    expect(operator.get_by_role("alert")).to_contain_text("请至少选择一项")
    operator.get_by_role("checkbox", name=re.compile("计量器具信息")).check()
    press(operator, "继续")
    press(operator, "继续")
    expect(operator.get_by_role("alert")).to_contain_text("请写明哪里有误")
    operator.get_by_label("理由").fill("铭牌上的规格型号不是这样")
    press(operator, "继续")
    press(operator, "提交异议")
    case = re.sub(r"\?.*$", "", operator.url)
    expect(operator.get_by_role("heading", name="有争议的登记信息")).to_be_visible()
    check(sign_in("demo.operator"), operator.url)

    accept(caseworker, case)
    model = "JDK50-B" if javascript else "JDK50-C"
    expect(caseworker.get_by_label("删除")).to_have_count(0)  # an entry is corrected, or stays
    caseworker.get_by_label("更正", exact=True).check()
    caseworker.get_by_label("理由").fill("经查看铭牌，登记有误")
    press(caseworker, "核对并提交")
    expect(caseworker.get_by_role("alert")).to_contain_text("请写明更正成什么")
    caseworker.get_by_label("规格型号", exact=True).fill(model)
    caseworker.get_by_label("清空使用地点").check()
    check(sign_in("demo.caseworker"), f"{case}/decide")
    press(caseworker, "核对并提交")
    said = caseworker.get_by_role("table", name="各项处理结果")
    expect(said).to_contain_text(f"→ {model}")
    expect(said).to_contain_text("→ 空")
    press(caseworker, "作出决定")
    wait_until_closed(operator, case)
    expect(operator.locator("#items")).to_contain_text(f"规格型号更正为：{model}")
    expect(operator.locator("#items")).to_contain_text("使用地点更正为：空")
    operator.goto(instrument)
    expect(operator.get_by_text(model)).to_be_visible()


def test_only_the_publication_is_contested(sign_in: SignIn) -> None:
    operator = sign_in("demo.operator")
    operator.goto("/records")
    operator.get_by_role("link", name="只对它的公开提出异议").first.click()
    expect(operator.get_by_role("checkbox")).to_be_checked()
    case = answer(operator, "该记录不应公开")
    operator.goto(case)
    expect(operator.locator("#items")).to_contain_text("信用记录的公开")
    expect(operator.locator("#items tbody tr")).to_have_count(1)
    operator.get_by_role("button", name="撤回", exact=True).click()
    press(operator, "撤回异议")
    expect(operator.get_by_text("已撤回").first).to_be_visible()


def test_a_grade_is_contested_and_partly_granted(sign_in: SignIn) -> None:
    """The difference is shown to the applicant; one record is deleted, another is upheld."""
    operator, caseworker = sign_in("demo.operator"), sign_in("demo.caseworker")
    enter_record(sign_in("demo.substitute"), FIRM)  # who enters it does not decide about it
    for _ in range(300):  # graded in the background
        operator.goto("/grade")
        operator.get_by_role("link", name="对等级提出异议").click()
        if operator.get_by_role("checkbox").count() > 1:
            break
        operator.wait_for_timeout(200)
    for place in range(2):
        operator.get_by_role("checkbox").nth(place).check()
    press(operator, "继续")
    operator.get_by_label("理由").fill("所依据的记录有误")
    press(operator, "继续")
    expect(operator.locator("#without")).to_contain_text(re.compile("由 .* 变为"))
    press(operator, "提交异议")
    expect(operator.locator("#contested-grade")).to_be_visible()
    case = re.sub(r"\?.*$", "", operator.url)

    accept(caseworker, case)
    caseworker.get_by_label("分项决定").check()
    caseworker.get_by_label("理由").fill("一条属实，一条有误")
    press(caseworker, "核对并提交")
    expect(caseworker.get_by_role("alert")).to_contain_text("请选择这一项的处理结果")
    choices = caseworker.locator("select[name^='item-']")
    choices.nth(0).select_option("delete")
    choices.nth(1).select_option("uphold")
    caseworker.get_by_label("删除", exact=True).check()  # which leaves one item another outcome
    press(caseworker, "核对并提交")
    expect(caseworker.get_by_role("alert")).to_contain_text("处理意见请选“分项决定”")
    expect(choices.nth(0)).to_have_value("delete")
    expect(choices.nth(1)).to_have_value("uphold")
    caseworker.get_by_label("分项决定").check()
    press(caseworker, "核对并提交")
    expect(caseworker.get_by_role("table", name="各项处理结果")).to_contain_text("维持")
    expect(caseworker.get_by_text(re.compile("现在：.*；执行决定后："))).to_be_visible()
    press(caseworker, "作出决定")
    wait_until_closed(operator, case)
    expect(operator.locator("#items")).to_contain_text("删除")
    operator.get_by_text(re.compile("异议处理决定书（2")).first.click()
    expect(operator.get_by_text(re.compile("部分支持，分项决定"))).to_be_visible()
