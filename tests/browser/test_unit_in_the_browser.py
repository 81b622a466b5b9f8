"""A unit at work: a document is altered, somebody stands in, the month is reported."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from plumbing.settings import SERVICES
from tests.browser.conftest import today
from tests.patience import PATIENCE_SECONDS
from tests.png import qr_texts

SignIn = Callable[..., Page]
ADDED = "请于本周内来电说明情况<b>"


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def check(page: Page) -> None:
    answer = Axe().run(page)
    assert answer.violations_count == 0, f"{page.url}: {answer.generate_report()}"


def reject_an_instrument(sign_in: SignIn) -> str:
    """Rejects an instrument that is due, and returns its serial number."""
    page = sign_in("demo.institution")
    page.goto("/due")
    page.locator("main tbody a").first.click()
    page.get_by_label("不合格").check()
    page.get_by_label("检定日期").fill(today(page).isoformat())
    page.get_by_label("证书编号").fill("样例-证-0001")
    serial = page.locator(".govuk-summary-list__value").first.inner_text().split()[-1]
    press(page, "继续")
    press(page, "提交")
    expect(page.get_by_role("heading", name="登记检定结果")).to_have_count(0)
    return serial


def proposed(page: Page) -> None:
    """Opens the escalation whose reminder is proposed, once the platform has proposed it."""
    for _ in range(int(PATIENCE_SECONDS * 2)):
        page.goto("/escalations?state=proposed")
        if page.locator("main tbody a").count():
            break
        page.wait_for_timeout(500)
    page.locator("main tbody a").first.click()


def test_a_reminder_is_altered_and_sent_as_it_was_seen(sign_in: SignIn) -> None:
    serial = reject_an_instrument(sign_in)
    page = sign_in("demo.caseworker", java_script_enabled=False)
    page.get_by_role("button", name="7 天").click()
    proposed(page)
    expect(page.get_by_role("heading", name="待批准的文书")).to_be_visible()
    other = sign_in("demo.substitute")
    other.goto(page.url)
    other.get_by_label("批准", exact=True).check()

    page.get_by_role("link", name="修改这份文书").click()
    words = page.get_by_label("正文").input_value()
    assert serial in words
    page.get_by_label("正文").fill(words.replace(serial, ""))
    press(page, "预览")
    press(page, "保存这一稿")
    expect(page.get_by_role("alert")).to_contain_text(f"正文还须写明：出厂编号 {serial}")
    page.get_by_label("正文").fill(f"{words}\n{ADDED}")
    press(page, "预览")
    expect(page.get_by_text(ADDED)).to_be_visible()
    expect(page.get_by_text("不是行政处罚")).to_be_visible()
    press(page, "保存这一稿")
    expect(page.get_by_text(re.compile("第 1 稿，样例办案人员于"))).to_be_visible()

    with other.expect_response(re.compile("/escalations/")) as answered:
        press(other, "提交")
    assert answered.value.status == 409
    expect(other.get_by_text(re.compile("这份文书已有变化，没有批准"))).to_be_visible()
    assert not re.search(r"\b[SRC]-?\d", other.locator("main").inner_text())
    check(other)
    other.get_by_role("link", name="修改这份文书").click()
    check(other)
    other.get_by_role("link", name="返回督促").click()
    check(other)
    other.get_by_label("批准", exact=True).check()
    press(other, "提交")
    expect(other.get_by_text("已实施")).to_be_visible()
    other.locator("summary", has_text="提醒").last.click()
    expect(other.get_by_text(ADDED)).to_be_visible()


def lodge_and_accept(sign_in: SignIn, caseworker: Page) -> str:
    """Lodges an objection and accepts it; returns the number of the case."""
    operator = sign_in("demo.operator")
    operator.goto("/objections/new")
    operator.get_by_role("checkbox").first.check()
    press(operator, "继续")
    operator.get_by_label("理由").fill("检定在有效期内")
    press(operator, "继续")
    press(operator, "提交异议")
    expect(operator.get_by_text("已提交").first).to_be_visible()
    caseworker.goto(f"{re.sub(r'[?].*$', '', operator.url)}/accept")
    press(caseworker, "受理")
    return caseworker.get_by_role("heading", level=1).inner_text()


def test_somebody_is_away_and_a_colleague_stands_in(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker", java_script_enabled=False)
    number = lodge_and_accept(sign_in, page)
    day = today(page).isoformat()
    page.goto("/home")
    page.get_by_role("link", name="我的外出与代理").click()
    press(page, "登记外出")
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(3)
    page.get_by_label("第一日").fill(day)
    page.get_by_label("最后一日").fill("2020-01-01")
    page.get_by_label("代理人").select_option("样例代理人员")
    press(page, "登记外出")
    expect(page.get_by_role("alert")).to_contain_text("最后一日不能早于第一日")
    expect(page.get_by_label("第一日")).to_have_value(day)
    page.get_by_label("最后一日").fill(day)
    press(page, "登记外出")
    row = page.get_by_role("row", name="样例办案人员")
    expect(row).to_contain_text("样例代理人员")

    substitute = sign_in("demo.substitute")
    expect(substitute.get_by_text(re.compile("（代样例办案人员）"))).to_be_visible()
    substitute.goto("/absence")
    expect(substitute.get_by_text(re.compile("样例办案人员，至"))).to_be_visible()
    check(substitute)
    substitute.goto("/cases?mine=yes")
    found = substitute.get_by_role("row", name=number)
    expect(found).to_contain_text("由您代理，至")
    check(substitute)

    head = sign_in("demo.unithead")
    head.get_by_role("link", name="人员与代理").click()
    expect(head.get_by_role("link", name=re.compile("样例办案人员有 1 件待办"))).to_be_visible()
    check(head)
    head.get_by_role("button", name=re.compile("提前结束")).click()
    expect(head.get_by_text("没有登记的外出。")).to_be_visible()
    head.get_by_label("外出人").select_option("样例检查人员")
    head.get_by_label("第一日").fill(day)
    head.get_by_label("最后一日").fill(day)
    head.get_by_label("代理人").select_option("样例代理人员")
    press(head, "登记外出")
    expect(head.get_by_role("alert")).to_contain_text("代理人须有与外出人相同的角色")
    expect(head.get_by_label("外出人")).not_to_have_value("")
    check(head)
    substitute.goto("/cases?mine=yes")
    expect(substitute.get_by_role("row", name=number)).to_have_count(0)


def test_the_report_of_a_month_is_read_and_carries_the_checkpoints(sign_in: SignIn) -> None:
    head = sign_in("demo.unithead", java_script_enabled=False)
    expect(head.get_by_role("banner")).to_contain_text("样例·上城区市场监督管理局")
    expect(head.get_by_role("heading", level=1)).to_have_text("待审批事项")
    head.get_by_text("更多", exact=True).click()
    head.get_by_role("link", name="月报", exact=True).click()
    codes = head.get_by_role("img", name=re.compile("检查点的二维码"))
    looks = int(PATIENCE_SECONDS * 2)  # each service makes its first a while after it began
    for _ in range(looks):
        if codes.count() == len(SERVICES):
            break
        head.wait_for_timeout(500)
        head.reload()
    notes = set[str]().union(*(qr_texts(code.screenshot()) for code in codes.all()))
    assert {note.split("\n")[2] for note in notes} == {*head.locator("main code").all_inner_texts()}
    assert len(notes) == len(SERVICES)

    month = head.get_by_label("月份")
    earlier = month.get_by_role("option").nth(1).inner_text()
    month.select_option(earlier)
    press(head, "看这个月")
    expect(head.get_by_role("heading", level=1)).to_contain_text(earlier)
    paper = head.get_by_role("link", name="下载月报（PDF）").get_attribute("href") or ""
    text = "".join(
        "".join(page.extract_text().split())
        for page in PdfReader(io.BytesIO(head.request.get(paper).body())).pages
    )
    year, number = earlier.split("-")
    assert f"{year}年{int(number)}月计量信用监管月报" in text
    assert all(note.split("\n")[0] in text for note in notes)

    reviewer = sign_in("demo.reviewer")
    reviewer.get_by_role("link", name="月报", exact=True).click()
    expect(reviewer.get_by_role("link", name="下载月报（PDF）")).to_be_visible()
    assert sign_in("demo.caseworker").request.get("/unit/report").status == 403
