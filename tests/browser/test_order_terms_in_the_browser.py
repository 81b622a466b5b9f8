"""A bureau states the terms of orders, two persons for it; who applies sees which ones hold.

All of it is done without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import check, move_clock, press, today

SignIn = Callable[..., Page]
DAY = timedelta(days=1)
SOURCE = "（合成）局办〔2026〕7号"


def proposes(caseworker: Page) -> str:
    """The caseworker proposes terms; what is missing is named. Returns the address of it."""
    caseworker.goto("/institutions")
    caseworker.get_by_role("link", name="检定申请的期限").click()
    expect(caseworker.get_by_text("还没有机关规定自己的期限，都用示例值。")).to_be_visible()
    press(caseworker, "提出，交单位负责人批准")
    for text in ("请写 0 至 366 的整数，0 为不另规定", "请写明依据的文件或者决定"):
        expect(caseworker.get_by_role("alert")).to_contain_text(text)
    caseworker.get_by_label("收到申请后受理或者不予受理的期限").fill("3")
    caseworker.get_by_label("受理后完成检定的期限").fill("0")
    caseworker.get_by_label("启用日").fill("2020-01-01")
    caseworker.get_by_label("依据").fill(SOURCE)
    press(caseworker, "提出，交单位负责人批准")
    expect(caseworker.get_by_role("alert")).to_contain_text("启用日应在今日之后")
    caseworker.get_by_label("启用日").fill((today(caseworker) + DAY).isoformat())
    press(caseworker, "提出，交单位负责人批准")
    expect(caseworker.get_by_role("row", name=re.compile("3 个工作日"))).to_be_visible()
    expect(caseworker.get_by_role("row", name=re.compile("不另规定"))).to_be_visible()
    return caseworker.url


def applies(operator: Page) -> None:
    """The firm applies for an instrument, and sees the terms before it chooses an institution."""
    operator.goto("/orders/new")
    operator.get_by_role("checkbox", disabled=False).first.check()
    press(operator, "继续")
    own = re.compile(f"受理期限：3 个工作日（.*规定，自 .*起：{re.escape(SOURCE)}）")
    expect(operator.get_by_text(own)).to_be_visible()
    expect(operator.get_by_text(re.compile("完成期限：20 个工作日（示例值"))).to_be_visible()
    operator.get_by_role("radio").first.check()
    press(operator, "继续")
    press(operator, "提交申请")
    operator.get_by_role("row", name=re.compile("规定的期限")).get_by_role("link").first.click()
    expect(operator.get_by_text(re.compile(f"3 个工作日（.*{re.escape(SOURCE)}"))).to_be_visible()


def test_two_persons_state_terms_and_orders_from_that_day_follow_them(sign_in: SignIn) -> None:
    caseworker, head, operator, lab = (
        sign_in(f"demo.{name}", java_script_enabled=False)
        for name in ("caseworker", "unithead", "operator", "institution")
    )
    proposal = proposes(caseworker)
    head.goto(proposal)
    head.get_by_label("理由").fill("已经局长办公会讨论")
    press(head, "批准变更")
    expect(head.get_by_text("已批准")).to_be_visible()
    head.get_by_role("link", name="看现在的内容").click()
    expect(head.get_by_text(SOURCE)).to_be_visible()
    expect(head.get_by_role("heading", name="（现行）")).to_have_count(0)
    move_clock(head, today(head) + DAY)
    head.goto("/order-terms")
    expect(head.get_by_role("heading", name="（现行）")).to_be_visible()
    check(sign_in("demo.unithead"), "/order-terms")
    applies(operator)
    lab.goto("/orders?which=all")  # what was applied for before keeps its term
    earlier = lab.get_by_role("row", name=re.compile("期限为示例值"))
    expect(earlier.first).to_be_visible()
    earlier.first.get_by_role("link").first.click()
    expect(lab.get_by_text("示例值：法规没有规定天数，机关也没有规定")).to_be_visible()
