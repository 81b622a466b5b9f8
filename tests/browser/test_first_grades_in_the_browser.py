"""Grades of first loads that call for a follow-up wait in a list until a person begins it.

Its last step, the exposure, is due once the milder ones are over, and is a list of one subject.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from services.cli.sample.subjects import subjects
from tests.browser.conftest import appears, check, press, today
from tests.browser.test_follow_ups_in_the_browser import proposed

SignIn = Callable[..., Page]
# Under the national guide one adverse record makes it untrusted.
FIRM = next(one.name for one in subjects() if one.ref == "TZ-03")


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


def begun(page: Page) -> str:
    """Begins the follow-up of the firm's grade where nobody has; returns its address."""
    page.goto("/first-grades")
    waiting = page.get_by_role("row", name=FIRM).get_by_role("checkbox")
    if waiting.count():
        waiting.check()
        press(page, "对所选主体开始督促")
    page.goto(f"/subjects?q={FIRM}")
    page.locator("main tbody a").first.click()
    page.goto(f"{page.url}/escalations/new")
    appears(page, page.locator("main").get_by_role("link", name="计量失信经营者")).click()
    return page.url


def interviewed(page: Page, case: str) -> None:
    """Appoints the interview that is proposed, and records how it went once its day has come."""
    page.get_by_label("批准", exact=True).check()
    page.get_by_label("约谈的日期和时间").fill(f"{today(page) + timedelta(10)}T14:30")
    page.get_by_label("地点").fill("三楼会议室")
    page.get_by_label("请谁参加").fill("法定代表人")
    press(page, "提交")
    press(page, "30 天")
    page.goto(case)
    page.get_by_label("已约谈", exact=True).check()
    page.get_by_label("约谈情况").fill("已要求整改")
    press(page, "登记")
    expect(page.get_by_text("曝光：等待期满")).to_be_visible()


def sees_what_is_due(head: Page, case: str) -> None:
    """The head comes from a number of the overview to the case: a list exposes, not the head."""
    head.goto("/unit")
    tile = head.get_by_role("link", name=re.compile("^督促步骤"))
    counted = int(tile.locator(".q-board__number").inner_text())
    tile.click()
    rows = head.locator("main tbody tr")
    expect(rows).to_have_count(counted)
    due = rows.filter(has_text=FIRM).filter(has_text="曝光")
    expect(due).to_contain_text("计量失信经营者")
    due.get_by_role("link").first.click()
    expect(head).to_have_url(re.compile(f"{re.escape(case)}$"))
    expect(head.get_by_text("一人编制，另一人保密审查")).to_be_visible()
    expect(head.get_by_role("heading", name="不批准或者暂缓曝光")).to_be_visible()
    expect(head.get_by_label("暂缓", exact=True)).to_be_visible()
    expect(head.get_by_label("批准", exact=True)).to_have_count(0)
    expect(head.get_by_role("button", name="编制曝光名单")).to_have_count(0)


def compiled(page: Page, case: str) -> str:
    """The caseworker is led from home to the case, and on to a list of this subject alone."""
    page.goto("/home")
    page.get_by_role("link", name=f"对 {FIRM} 的曝光待曝光名单公开").click()
    assert page.url == case
    page.get_by_role("button", name="编制曝光名单").click()
    expect(page.locator("main tbody tr")).to_have_count(1)
    expect(page.get_by_role("row", name=FIRM).get_by_role("checkbox")).to_be_checked()
    page.get_by_label("事实是怎样核实的").fill("核对超期使用的记录")
    press(page, "编制名单")
    address = page.url
    page.goto(case)
    page.get_by_role("link", name="看曝光名单").click()
    assert page.url == address
    return address


def test_the_last_step_of_a_follow_up_is_a_list_of_one(sign_in: SignIn) -> None:
    page, colleague, head = (
        sign_in(f"demo.{name}", java_script_enabled=False)
        for name in ("lister", "listreviewer", "listhead")
    )
    case = begun(page)
    proposed(colleague, case, 7)  # the reminder, which who began the case may not approve
    proposed(colleague, case, 30)  # the interview, which is refused without a time
    interviewed(colleague, case)
    press(page, "30 天")
    page.goto(case)
    appears(page, page.get_by_role("button", name="编制曝光名单"))
    check(sign_in("demo.listhead"), case)
    sees_what_is_due(head, case)

    address = compiled(page, case)
    colleague.goto(address)
    colleague.get_by_label("审查的情况").fill("不含不得公开的内容")
    press(colleague, "记录审查")
    head.goto("/unit")
    head.get_by_role("link", name="曝光名单待批准公开 1").click()
    head.get_by_role("link", name="尚未公开的名单").click()
    head.get_by_label("本局网站").check()
    press(head, "批准公开")
    page.goto(case)
    expect(page.locator(".q-timeline")).to_contain_text("曝光名单〔")
    expect(page.locator(".q-timeline li").last).to_contain_text("已实施")
    looking = sign_in(java_script_enabled=False)
    looking.goto("/notices/exposed")  # its former address
    expect(looking.get_by_role("row", name=FIRM)).to_contain_text("经核实，计量信用等级为")
    assert FIRM in looking.request.get("/data/exposures.csv").text()
