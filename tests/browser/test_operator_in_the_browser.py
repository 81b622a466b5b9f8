"""What operators and the public do on pages: look up, file, read, and have figures explained."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from icalendar import Calendar
from playwright.sync_api import Page, expect

from tests.browser.conftest import press

SignIn = Callable[..., Page]


def test_a_firm_is_found_by_initials_and_every_figure_of_it_leads_on(sign_in: SignIn) -> None:
    page = sign_in()
    page.goto("/?q=jyz")
    page.locator(".q-results a").first.click()
    firm = page.url
    number = firm.rpartition("/")[2]
    page.goto(f"/?q={number[:8]}")
    assert page.url == firm

    article = page.locator("main a[href^='/law/S']").first
    named = article.inner_text()
    article.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(named.partition("》")[0])
    anchor = page.evaluate("decodeURIComponent(location.hash.slice(1))")
    expect(page.locator(f"[id='{anchor}']")).to_have_count(1)  # the words are there
    expect(page.get_by_text("综合得分在 95 分及以上为 A 级（优秀）；")).to_be_visible()

    page.goto(firm)
    until = page.locator("main a[href^='/law/periods']").first
    day = until.inner_text()
    until.click()
    expect(page.get_by_role("heading", name=f"公开至 {day}")).to_be_visible()


def test_a_number_of_the_board_leads_to_as_many_instruments(sign_in: SignIn) -> None:
    page = sign_in("demo.unithead")
    tile = page.locator(".q-board__tile").first
    told = int(tile.locator(".q-board__number").inner_text())
    assert told > 0
    tile.click()
    expect(page.get_by_text(re.compile(rf"共 {told} 件"))).to_be_visible()
    page.get_by_role("link", name="有效期至").click()
    assert "sort=valid_until" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == told + 1


def test_an_instrument_is_filed_moved_and_scrapped(sign_in: SignIn) -> None:
    page = sign_in("demo.operator", java_script_enabled=False)
    page.goto("/instruments/new")
    press(page, "核对并提交")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("请选择器具类型")
    expect(alert).to_contain_text("请填写出厂编号")
    page.get_by_label("器具类型").select_option("FUEL")
    page.get_by_label("出厂编号").fill("演练-0001<b>")
    page.get_by_label("使用地点").fill("一号加油岛")
    page.get_by_label("单位自编号").fill("JL-012")
    page.get_by_label("测量范围").fill("(5~70) L/min")
    press(page, "核对并提交")
    press(page, "返回修改")
    expect(page.get_by_label("使用地点")).to_have_value("一号加油岛")
    press(page, "核对并提交")
    press(page, "提交备案")
    expect(page.get_by_text("已备案")).to_be_visible()
    expect(page.get_by_role("heading", name="演练-0001<b>")).to_be_visible()

    expect(page.get_by_text("(5~70) L/min")).to_be_visible()
    page.get_by_role("button", name="修改登记内容").click()
    expect(page.get_by_label("单位自编号")).to_have_value("JL-012")
    page.get_by_label("准确度等级").fill("0.3级" * 40)
    press(page, "确认修改")
    expect(page.get_by_role("alert")).to_contain_text("100")
    page.get_by_label("准确度等级").fill("0.3级")
    press(page, "确认修改")
    expect(page.get_by_text("0.3级", exact=True)).to_be_visible()
    page.get_by_role("button", name="修改使用地点").click()
    page.get_by_label("新的使用地点").fill("二号加油岛")
    press(page, "确认修改")
    expect(page.get_by_text("二号加油岛")).to_be_visible()
    page.get_by_role("button", name="修改使用状态").click()
    press(page, "继续")
    expect(page.get_by_role("alert")).to_contain_text("请选择新的使用状态")
    page.get_by_label("在用").check()
    press(page, "继续")
    expect(page.get_by_text("投入使用后立即为红色警示：从未检定即在使用。")).to_be_visible()
    press(page, "返回修改")
    page.get_by_label("报废").check()
    press(page, "继续")
    expect(page.get_by_text("报废以后不能再恢复。")).to_be_visible()
    press(page, "确认修改")
    expect(page.get_by_text("报废", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="修改使用状态")).to_have_count(0)


def test_a_grade_leads_to_its_receipt_and_a_record_to_what_can_be_done(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    page.goto("/grade")
    expect(page.get_by_role("img", name=re.compile("今后等级的时间线"))).to_be_visible()
    page.get_by_role("link", name="评级凭证", exact=True).first.click()
    expect(page.get_by_role("heading", name="评级凭证")).to_be_visible()
    expect(page.locator("main a[href^='/law/S']").first).to_be_visible()
    page.goto("/records")
    expect(page.get_by_role("link", name="对这条记录提出异议").first).to_be_visible()
    repair = page.get_by_role("link", name="申请修复这条记录")
    expect(repair.or_(page.get_by_text("现在不能申请修复")).first).to_be_visible()


def test_due_dates_are_in_a_calendar_until_its_address_is_renewed(
    sign_in: SignIn, portal: str
) -> None:
    page = sign_in("demo.operator")
    page.goto("/due-dates")
    press(page, "生成地址")
    address = page.locator(".q-address a").inner_text()
    secret = address.rpartition("/")[2]
    anyone = sign_in()
    answer = anyone.request.get(f"{portal}/due-dates/{secret}")
    assert answer.headers["content-type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.body()).walk("VEVENT")
    uids = [str(event["uid"]) for event in events]
    assert len(uids) == len(set(uids)) > 3
    assert all(isinstance(event.decoded("dtstart"), date) for event in events)
    page.goto("/due-dates")
    expect(page.get_by_text(secret[:20])).to_have_count(0)  # it is shown once
    press(page, "换一个地址")
    renewed = page.locator(".q-address a").inner_text().rpartition("/")[2]
    assert anyone.request.get(f"{portal}/due-dates/{secret}").status == 404
    again = anyone.request.get(f"{portal}/due-dates/{renewed}")
    same = Calendar.from_ical(again.body()).walk("VEVENT")
    assert [str(event["uid"]) for event in same] == uids
    page.goto("/due-dates")
    press(page, "停用地址")
    assert anyone.request.get(f"{portal}/due-dates/{renewed}").status == 404


def test_contact_details_are_kept_and_a_stale_page_changes_nothing(sign_in: SignIn) -> None:
    first, second = sign_in("demo.operator"), sign_in("demo.operator")
    first.goto("/contact")
    second.goto("/contact")
    first.get_by_label("邮箱", exact=True).fill("演练 example")
    press(first, "保存负责人和联系方式")
    expect(first.get_by_role("alert")).to_be_visible()
    expect(first.get_by_label("邮箱", exact=True)).to_have_value("演练 example")
    first.get_by_label("邮箱", exact=True).fill("jlgl@example.com")
    press(first, "保存负责人和联系方式")
    expect(first.get_by_text("已修改。")).to_be_visible()
    first.get_by_label("每周一").check()
    first.get_by_label("只在“消息”里").check()
    press(first, "保存通知方式")
    expect(first.get_by_label("每周一")).to_be_checked()
    expect(first.get_by_label("只在“消息”里")).to_be_checked()
    second.get_by_label("地址", exact=True).fill("样例路 9 号")
    press(second, "保存负责人和联系方式")
    expect(second.get_by_role("alert")).to_contain_text("已被他人修改")
    expect(second.get_by_label("地址", exact=True)).to_have_value("样例路 9 号")


def test_a_message_is_unread_until_it_is_opened_and_can_be_acknowledged(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    page.goto("/messages")
    if page.get_by_text("没有消息").count():
        press(page, "7 天")  # the digest of a morning, or of the Monday that was chosen
        for _ in range(240):
            page.goto("/messages")
            if page.locator("main tbody a").count():
                break
            page.wait_for_timeout(500)
    expect(page.get_by_role("cell", name="未读").first).to_be_visible()
    page.locator("main tbody a").first.click()
    press(page, "签收")
    expect(page.get_by_text(re.compile("已于 .* 签收"))).to_be_visible()
    page.goto("/messages")
    expect(page.get_by_role("cell", name="已签收")).to_be_visible()
