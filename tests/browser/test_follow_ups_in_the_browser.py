"""Follow-ups that a caseworker opens by hand, and an interview, on pages without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from plumbing.clock import SHANGHAI
from tests.browser.conftest import check, press, today
from tests.browser.test_lives_in_the_browser import register
from tests.browser.test_objection_in_the_browser import FIRM
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
FACTS = "2026-09-10 现场检查：计价秤铅封缺失"


def test_a_caseworker_opens_and_ends_a_follow_up(sign_in: SignIn) -> None:
    page, looking = (
        sign_in("demo.caseworker", java_script_enabled=False),
        sign_in("demo.caseworker"),
    )
    firm = register(page, "督促样例商店")
    page.get_by_role("link", name="开始督促").click()
    page.get_by_role("button", name="开始督促").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择督促的事由")
    expect(page.get_by_label("按该主体现在的信用等级")).to_have_count(0)  # it calls for none
    check(looking, page.url)
    page.get_by_label("轻微违法行为").check()
    page.get_by_role("button", name="开始督促").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明查明的事实")
    page.get_by_label("查明的事实").fill(FACTS)
    page.get_by_role("button", name="开始督促").click()
    expect(page.get_by_text(FACTS)).to_be_visible()
    expect(page.get_by_text("提醒：等待期满")).to_be_visible()
    case = page.url
    check(looking, case)

    page.goto(f"{firm}/escalations/new")  # nothing is offered that would be refused
    expect(page.get_by_text("现在没有可以由人开始的督促")).to_be_visible()
    page.get_by_role("link", name="轻微违法行为").click()
    assert page.url == case
    page.get_by_role("button", name="终结督促").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明终结的理由")
    page.get_by_label("终结的理由").fill("已重新加封")
    page.get_by_role("button", name="终结督促").click()
    expect(page.get_by_text("已重新加封")).to_be_visible()
    expect(page.get_by_text("提醒：已结束")).to_be_visible()


def day(page: Page, days: int) -> str:
    """A day so many days after today."""
    return (today(page) + timedelta(days)).isoformat()


def proposed(page: Page, case: str, days: int) -> None:
    """Moves the clock, and opens the case once its next step is proposed."""
    page.goto(case)
    press(page, f"{days} 天")
    for _ in range(int(PATIENCE_SECONDS * 2)):
        page.goto(case)
        if page.get_by_label("批准", exact=True).count():
            break
        page.wait_for_timeout(500)
    page.get_by_label("批准", exact=True).check()
    press(page, "提交")


def test_an_interview_is_answered_moved_and_recorded_and_its_undertaking_verified(
    sign_in: SignIn,
) -> None:
    opener, approver, operator = (
        sign_in(f"demo.{name}", java_script_enabled=False)
        for name in ("caseworker", "substitute", "operator")
    )
    opener.goto(f"/subjects?q={FIRM}")
    opener.locator("main tbody a").first.click()
    opener.goto(f"{opener.url}/escalations/new")
    opener.get_by_label("轻微违法行为").check()
    opener.get_by_label("查明的事实").fill(FACTS)
    press(opener, "开始督促")
    expect(opener.get_by_text(FACTS)).to_be_visible()
    case = opener.url
    proposed(approver, case, 7)  # the reminder
    proposed(approver, case, 30)  # the letter
    proposed(approver, case, 30)  # the interview, without a time
    expect(approver.get_by_role("alert")).to_contain_text("请填写约谈的日期和时间")
    expect(approver.get_by_role("alert")).to_contain_text("请填写约谈的地点")
    check(sign_in("demo.substitute"), case)
    expect(approver.get_by_label("约谈后记入信用档案")).to_have_count(0)  # no text here says so
    approver.get_by_label("批准", exact=True).check()
    approver.get_by_label("约谈的日期和时间").fill(f"{day(approver, 10)}T14:30")
    approver.get_by_label("地点").fill("三楼会议室")
    approver.get_by_label("请谁参加").fill("法定代表人")
    press(approver, "提交")
    expect(approver.get_by_role("heading", name="约谈改期")).to_be_visible()
    expect(approver.get_by_role("heading", name="登记约谈情况")).to_have_count(0)
    address = address_of_calendar(operator)
    appointed = interview_in(operator, address)
    assert (appointed["time"], appointed["place"]) == ("14:30", "三楼会议室")

    answers(sign_in, operator)
    opener.goto("/home")
    opener.get_by_role("link", name=re.compile("的约谈是否改期")).click()
    expect(opener.get_by_text("主体的答复")).to_contain_text("负责人出差")
    press(opener, "改期并通知主体")
    expect(opener.get_by_role("alert")).to_contain_text("请填写约谈的日期和时间")
    opener.get_by_label("约谈的日期和时间").fill(f"{day(opener, 15)}T09:30")
    press(opener, "改期并通知主体")
    expect(opener.locator(".q-timeline")).to_contain_text("09:30")
    opener.goto("/home")
    expect(opener.get_by_role("link", name=re.compile("的约谈是否改期"))).to_have_count(0)
    operator.reload()
    expect(operator.locator("main")).to_contain_text("09:30")
    follows(operator, appointed, interview_in(operator, address))
    recorded(sign_in, opener, case)
    operator.reload()
    expect(operator.locator("main")).to_contain_text("更换铅封")


def address_of_calendar(page: Page) -> str:
    """Makes the private address of the subject's due dates; returns its path."""
    page.goto("/due-dates")
    press(page, "生成地址")
    return urlsplit(page.locator(".q-address a").inner_text()).path


def interview_in(page: Page, address: str) -> dict[str, Any]:
    """The interview that a calendar reads at an address, with the time of Hangzhou."""
    events = Calendar.from_ical(page.request.get(address).body()).walk("VEVENT")
    [event] = [one for one in events if one["summary"] == "约谈"]
    return {
        "uid": str(event["uid"]),
        "sequence": event["sequence"],
        "time": event.decoded("dtstart").astimezone(SHANGHAI).strftime("%H:%M"),
        "place": str(event["location"]),
        "page": urlsplit(str(event["url"])).path,
    }


def follows(page: Page, former: dict[str, Any], moved: dict[str, Any]) -> None:
    """A calendar takes the new time for the same event, which leads to its page."""
    assert (moved["uid"], moved["time"]) == (former["uid"], "09:30")
    assert moved["sequence"] > former["sequence"], "or calendars keep the former time"
    page.goto(moved["page"])
    expect(page.get_by_role("heading", name="约谈", exact=True)).to_be_visible()


def answers(sign_in: SignIn, operator: Page) -> None:
    """The subject finds the invitation at home, and asks for another day."""
    operator.goto("/home")
    expect(operator.get_by_role("link", name="到 三楼会议室 参加约谈")).to_be_visible()
    operator.goto("/messages")
    operator.get_by_role("link", name="约谈通知：").click()
    expect(operator.get_by_role("link", name="（PDF）")).to_be_visible()
    operator.get_by_role("link", name="查看约谈").click()
    paper = operator.get_by_role("link", name="约谈通知（PDF）").get_attribute("href")
    assert operator.request.get(str(paper)).body().startswith(b"%PDF")
    check(sign_in("demo.operator"), operator.url)
    press(operator, "提交")
    expect(operator.get_by_role("alert")).to_contain_text("请选择按时参加或者请求改期")
    operator.get_by_label("请求改期", exact=True).check()
    press(operator, "提交")
    expect(operator.get_by_role("alert")).to_contain_text("请求改期的，请写明理由")
    operator.get_by_label("希望改在哪一天").fill(day(operator, 15))
    operator.get_by_label("理由").fill("负责人出差")
    press(operator, "提交")
    expect(operator.get_by_role("definition").filter(has_text="负责人出差")).to_be_visible()


def recorded(sign_in: SignIn, page: Page, case: str) -> None:
    """The interview is held, and what the subject undertook there is done."""
    press(page, "30 天")
    page.goto(case)
    press(page, "登记")
    expect(page.get_by_role("alert")).to_contain_text("请选择已约谈或者未到场")
    expect(page.get_by_role("heading", name="约谈改期")).to_have_count(0)
    page.get_by_label("已约谈", exact=True).check()
    page.get_by_label("约谈情况").fill("已要求更换铅封")
    page.get_by_label("主体的承诺").fill("更换铅封")
    page.get_by_label("承诺完成的期限").fill(day(page, 5))
    press(page, "登记")
    expect(page.get_by_role("heading", name="核实承诺")).to_be_visible()
    check(sign_in("demo.caseworker"), case)
    press(page, "记录核实结果")
    expect(page.get_by_role("alert")).to_contain_text("请选择已完成或者未完成")
    page.get_by_label("已完成", exact=True).check()
    page.get_by_label("核实的情况").fill("现场查看，铅封完好")
    press(page, "记录核实结果")
    expect(page.locator(".q-timeline")).to_contain_text("现场查看，铅封完好")
    expect(page.get_by_role("heading", name="核实承诺")).to_have_count(0)
