"""Whom a mail cannot reach is listed, corrected, and then gets what was not delivered.

The mailbox of a sandbox refuses addresses at `no-mailbox.example`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import appears, both_ways, check, press

SignIn = Callable[..., Page]
DEAD, ALIVE = "somebody@no-mailbox.example", "somebody@firm.example"
SAVE = "保存负责人和联系方式"
HEADS = "器具类型,出厂编号,型号规格,使用地点"


def files(operator: Page, number: str) -> None:
    """A firm files an instrument, of which it gets a receipt by mail."""
    operator.goto("/instruments/import")
    content = f"{HEADS}\n燃油加油机,{number},WJ-A,三号岛".encode()
    file: Any = {"name": "新器具.csv", "mimeType": "text/csv", "buffer": content}
    operator.locator("main input[type=file]").set_input_files(file)
    press(operator, "核对")
    press(operator, "提交备案")
    expect(operator.get_by_role("alert")).to_contain_text("已备案 1 台")


def undelivered(page: Page, kind: str) -> None:
    page.goto("/undelivered")
    page.get_by_label("状态", exact=True).select_option("failed")
    page.get_by_label("原因", exact=True).select_option("refused")
    page.get_by_label("种类", exact=True).select_option(kind)
    press(page, "筛选")


def delivers_again(page: Page, notice: str) -> None:
    page.get_by_role("row", name=re.compile(notice)).get_by_role("checkbox").check()
    press(page, "重新投递所选")
    expect(page.get_by_role("alert")).to_contain_text("已安排重新投递 1 份通知")


def is_delivered(page: Page, delivery: str) -> None:
    page.goto(delivery)
    appears(page, page.get_by_text("已送达").first)


@both_ways
def test_a_caseworker_corrects_the_address_of_a_firm(sign_in: SignIn, *, javascript: bool) -> None:
    operator, office = (
        sign_in(f"demo.{name}", java_script_enabled=javascript)
        for name in ("operator", "caseworker")
    )
    operator.goto("/contact")
    firm = operator.locator(".govuk-summary-list__value").first.inner_text()
    operator.get_by_label("邮箱", exact=True).fill("没有邮箱")
    press(operator, SAVE)
    expect(operator.locator("#email-error")).to_be_visible()
    operator.get_by_label("邮箱", exact=True).fill(DEAD)
    press(operator, SAVE)
    expect(operator.get_by_role("alert")).to_contain_text("已修改。")
    number = f"收不到-{'J' if javascript else 'N'}"
    files(operator, number)

    undelivered(office, "filing")
    receipt = re.compile(f"回执.*{number}")
    failed = appears(office, office.get_by_role("row", name=receipt))
    expect(failed).to_contain_text(DEAD)
    expect(failed).to_contain_text("No such mailbox")
    delivery = str(failed.get_by_role("link").get_attribute("href"))
    check(sign_in("demo.caseworker"), office.url)
    office.goto("/home")
    office.get_by_role("link", name=re.compile("联系收不到通知的经营者")).click()
    unreached = office.get_by_role("row", name=re.compile(firm))
    expect(unreached).to_contain_text("收件方拒收")
    expect(unreached).to_contain_text(DEAD)
    check(sign_in("demo.caseworker"), office.url)
    unreached.get_by_role("link").click()
    office.get_by_role("link", name="更正负责人和联系方式").click()
    office.get_by_label("邮箱", exact=True).fill(ALIVE)
    press(office, SAVE)
    expect(office.get_by_role("heading", level=1)).to_contain_text(firm)

    undelivered(office, "filing")
    delivers_again(office, receipt.pattern)
    is_delivered(office, delivery)
    office.goto("/unreached")
    expect(office.get_by_role("row", name=re.compile(firm))).to_have_count(0)
    operator.goto("/contact")
    expect(operator.get_by_label("邮箱", exact=True)).to_have_value(ALIVE)


def applies_and_withdraws(owner: Page, number: str) -> None:
    owner.goto("/orders/new")
    owner.get_by_role("checkbox", name=re.compile(number)).check()
    press(owner, "继续")
    owner.get_by_role("radio").first.check()
    press(owner, "继续")
    press(owner, "提交申请")
    owner.get_by_role("link", name=re.compile(number)).click()
    press(owner, "撤回申请")
    expect(owner.get_by_text("已登记。")).to_be_visible()


def changes_mail(head: Page, institution: str, mail: str) -> None:
    head.goto(institution)
    head.get_by_role("link", name="更改联系方式").click()
    head.get_by_label("邮箱").fill(mail)
    press(head, "保存")
    expect(head.get_by_text(mail)).to_be_visible()


@pytest.mark.long
def test_a_unit_head_corrects_the_address_of_an_institution(sign_in: SignIn) -> None:
    lab, head, owner, office = (
        sign_in(f"demo.{name}", java_script_enabled=False)
        for name in ("institution", "unithead", "operator", "caseworker")
    )
    lab.goto("/institutions")
    own = lab.locator("main tbody a").first
    institution, name = str(own.get_attribute("href")), own.inner_text()
    changes_mail(head, institution, DEAD)
    files(owner, "收不到-L")
    applies_and_withdraws(owner, "收不到-L")

    undelivered(office, "institution")
    withdrawn = appears(office, office.get_by_role("row", name=re.compile("检定申请已撤回")))
    expect(withdrawn).to_contain_text(name)
    expect(withdrawn).to_contain_text(DEAD)
    delivery = str(withdrawn.get_by_role("link").get_attribute("href"))
    office.goto("/home")
    office.get_by_role("link", name=re.compile("联系收不到通知的检定机构")).click()
    expect(office.get_by_role("row", name=re.compile(name))).to_contain_text("收件方拒收")
    expect(office.get_by_text("检定机构和监管机关的邮箱，由单位负责人更正。")).to_be_visible()

    changes_mail(head, institution, "lab@firm.example")
    undelivered(office, "institution")
    delivers_again(office, "检定申请已撤回")
    is_delivered(office, delivery)  # what the sample told it before it had an address stays
    lab.goto("/contact")
    expect(lab.get_by_role("heading", name="通知方式")).to_be_visible()
