"""An institution reads and acknowledges what is sent to it, and says how it wants to hear.

The owner of an instrument applies and takes the application back; staff do not see what is sent to
either. All of it works on pages without scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import appears, check, press

SignIn = Callable[..., Page]


def applies_and_withdraws(owner: Page) -> None:
    owner.goto("/orders/new")
    owner.get_by_role("checkbox").first.check()
    press(owner, "继续")
    owner.get_by_role("radio").first.check()
    press(owner, "继续")
    press(owner, "提交申请")
    owner.locator("main tbody a").first.click()
    owner.get_by_label(re.compile("说明")).first.fill("不再使用")
    press(owner, "撤回申请")
    expect(owner.get_by_text("已登记。")).to_be_visible()
    owner.goto("/messages")
    appears(owner, owner.get_by_role("link", name="检定申请回执", exact=True).first)


def reads(page: Page, title: str) -> None:
    """Opens a message by its title and acknowledges it."""
    page.goto("/messages")
    appears(page, page.get_by_role("link", name=re.compile(title)).first)
    page.get_by_role("link", name=re.compile(title)).first.click()
    press(page, "签收")
    expect(page.get_by_text(re.compile("^已于 .* 签收$"))).to_be_visible()


def test_an_institution_acknowledges_its_notices_and_chooses_their_way(sign_in: SignIn) -> None:
    lab, owner, staff = (
        sign_in(f"demo.{name}", java_script_enabled=False)
        for name in ("institution", "operator", "caseworker")
    )
    applies_and_withdraws(owner)
    lab.goto("/home")
    appears(lab, lab.get_by_role("link", name=re.compile("阅读 .* 条未读消息")))
    reads(lab, "检定申请已撤回")
    lab.goto("/contact")
    expect(lab.get_by_text("单位资料")).to_have_count(0)
    lab.get_by_label("每周一次", exact=False).check()
    lab.get_by_label("每周汇总在星期几").select_option(label="星期五")
    lab.get_by_label("检定办理提醒发到哪里").select_option(label="只在“消息”里")
    lab.get_by_label("免打扰从几点起").fill("22:00")
    press(lab, "保存通知方式")
    expect(lab.get_by_text("起止时间都要填写").first).to_be_visible()
    lab.get_by_label("免打扰到几点").fill("07:00")
    press(lab, "保存通知方式")
    expect(lab.get_by_text("已修改。")).to_be_visible()
    expect(lab.get_by_label("免打扰从几点起")).to_have_value("22:00")
    expect(lab.get_by_label("每周一次", exact=False)).to_be_checked()
    staff.goto("/messages")
    expect(staff.get_by_role("heading", name="消息")).to_be_visible()
    for title in ("检定申请已撤回", "检定申请回执"):
        expect(staff.get_by_role("link", name=re.compile(title))).to_have_count(0)
    looking = sign_in("demo.institution")
    for address in ("/messages", "/contact"):
        check(looking, address)


def test_a_unit_head_corrects_the_address_of_the_bureau(sign_in: SignIn) -> None:
    head = sign_in("demo.unithead", java_script_enabled=False)
    head.goto("/unreached?who=bureau")
    own = head.get_by_label("本机关的邮箱")
    before = own.input_value()
    own.fill("没有邮箱")
    press(head, "保存本机关的邮箱")
    expect(head.locator(".govuk-error-summary")).to_be_visible()
    head.get_by_label("本机关的邮箱").fill("desk@bureau.example")
    press(head, "保存本机关的邮箱")
    expect(head.get_by_label("本机关的邮箱")).to_have_value("desk@bureau.example")
    head.get_by_label("本机关的邮箱").fill(before)
    press(head, "保存本机关的邮箱")
    head.goto("/unreached?who=institution")
    expect(head.get_by_label("本机关的邮箱")).to_have_count(0)


def test_a_caseworker_chooses_how_the_bureau_hears(sign_in: SignIn) -> None:
    staff, head = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("caseworker", "unithead")
    )
    staff.get_by_text("更多", exact=True).click()
    staff.get_by_role("navigation").get_by_role("link", name="通知方式").click()
    staff.get_by_label("每周汇总成一封", exact=False).check()
    staff.get_by_label("每周汇总在星期几").select_option(label="星期三")
    staff.get_by_label("免打扰从几点起").fill("20:00")
    press(staff, "保存通知方式")
    expect(staff.get_by_role("alert")).to_contain_text("起止时间都要填写")
    expect(staff.get_by_label("每周汇总成一封", exact=False)).to_be_checked()
    staff.get_by_label("免打扰到几点").fill("08:00")
    staff.get_by_label("中文和英文", exact=False).check()
    press(staff, "保存通知方式")
    expect(staff.get_by_role("alert")).to_contain_text("已修改。")
    head.goto("/contact")  # it holds for the whole bureau
    expect(head.get_by_label("免打扰从几点起")).to_have_value("20:00")
    expect(head.get_by_label("每周汇总在星期几")).to_have_value("3")
    check(sign_in("demo.caseworker"), "/contact")
    head.get_by_label("随时逐条发").check()
    head.get_by_label("免打扰从几点起").fill("")
    head.get_by_label("免打扰到几点").fill("")
    press(head, "保存通知方式")
    expect(head.get_by_role("alert")).to_contain_text("已修改。")
