"""The bureau at work: a list filtered, sorted and acted on; a record entered; a unit overseen."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Sandbox, both_ways

SignIn = Callable[..., Page]
SUMMARY = "使用超过有效期的加油机，𠮷记样例"


def lodge(page: Page) -> None:
    """Lodges an objection to the first record of the operator."""
    page.goto("/objections/new")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="继续").click()
    page.get_by_label("理由").fill("检定在有效期内")
    page.get_by_role("button", name="继续").click()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已提交").first).to_be_visible()


def fill_in_a_record(page: Page) -> None:
    """Opens the form for a record of the first fuel station, and fills it in."""
    page.goto("/subjects?q=加油站")
    page.locator("main tbody a").first.click()
    page.get_by_role("link", name="登记信用记录").click()
    page.get_by_label("信息类别").select_option("overdue_use")
    page.get_by_label("事实发生日期").fill("2026-08-01")
    page.get_by_label("认定日期").fill("2026-09-01")
    page.get_by_label("文书编号").fill("样例监罚〔2026〕99号")
    page.get_by_label("内容").fill(SUMMARY)
    page.get_by_label("已经调查核实").check()


def check(page: Page) -> None:
    answer = Axe().run(page)
    assert answer.violations_count == 0, f"{page.url}: {answer.generate_report()}"


def test_cases_are_filtered_sorted_exported_and_accepted_together(sign_in: SignIn) -> None:
    lodge(sign_in("demo.operator"))
    page = sign_in("demo.caseworker")
    page.goto("/cases?state=lodged&kind=objection")
    expect(page.get_by_text("共 1 件，第 1–1 件")).to_be_visible()
    number = page.locator("main tbody a").first.inner_text()

    page.get_by_role("link", name="提交时间").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="提交时间")).to_have_attribute(
        "aria-sort", "ascending"
    )
    assert "state=lodged" in page.url
    left = page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["案件"] for row in rows] == [number]
    assert rows[0]["状态"] == "已提交"

    page.locator("main tbody a").first.click()
    page.get_by_role("link", name="返回案件列表").click()
    assert page.url == left

    page.get_by_role("button", name="受理所选案件").click()
    expect(page.get_by_role("alert")).to_contain_text("请先在列表中选择")
    page.get_by_role("link", name="返回案件列表").click()
    page.get_by_role("checkbox", name=re.compile("选择")).check()
    page.get_by_role("button", name="受理所选案件").click()
    expect(page.get_by_text(re.compile("已受理。还剩 5 个工作日"))).to_be_visible()
    check(page)
    page.reload()  # sends the same form again
    expect(page.get_by_text(re.compile("已受理。还剩 5 个工作日"))).to_be_visible()

    head = sign_in("demo.unithead")
    head.goto("/unit")
    check(head)
    load = head.get_by_role("table", name="按办理人").get_by_role("row", name="样例办案人员")
    load.get_by_role("link").first.click()
    expect(head.get_by_role("link", name=number)).to_be_visible()


def test_nothing_found_says_what_to_do(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker")
    page.goto("/cases?q=没有这个名称")
    expect(page.get_by_text("没有这样的案件。")).to_be_visible()
    page.get_by_role("link", name="去掉筛选，看全部").click()
    assert page.url.endswith("/cases")


def test_a_record_is_entered_without_scripts_once_its_effect_was_seen(sign_in: SignIn) -> None:
    page = sign_in("demo.inspector", java_script_enabled=False)
    expect(page.get_by_role("heading", name="今日检查", level=1)).to_be_visible()
    fill_in_a_record(page)
    page.get_by_label("文书编号").fill("")
    page.get_by_label("内容").fill("")
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    expect(page.get_by_label("认定日期")).to_have_value("2026-09-01")
    page.get_by_label("文书编号").fill("样例监罚〔2026〕99号")
    page.get_by_label("内容").fill(SUMMARY)
    page.get_by_label("认定日期").fill("2099-09-01")
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("alert")).to_contain_text("认定日期不得晚于今天")
    page.get_by_label("认定日期").fill("2026-09-01")
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("heading", name="对等级的影响")).to_be_visible()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("已经登记。")).to_be_visible()
    expect(page.get_by_text(SUMMARY, exact=True)).to_be_visible()
    firm = page.url.partition("?")[0]
    for name in ("信用记录", "历次等级", "计量器具", "检定记录", "案件", "督促", "已通知"):
        expect(page.get_by_role("heading", name=re.compile(f"^{name}"))).to_be_visible()
    for name in ("records", "grades", "verifications", "escalations", "notices"):
        page.goto(f"{firm}/{name}")
        expect(page.get_by_role("link", name=re.compile("加油站")).first).to_be_visible()


@both_ways
def test_an_inspector_finds_by_its_label_what_was_inspected(
    sign_in: SignIn, javascript: bool
) -> None:
    page = sign_in("demo.inspector", java_script_enabled=javascript)
    page.goto("/instruments?colour=red")
    serial = page.locator("main tbody a").first.inner_text()
    page.locator("main tbody a").first.click()
    named = page.locator("h1").inner_text()
    page.goto("/labels")
    code = page.locator("main tr", has_text=serial).get_by_role("link").inner_text()
    for asked in (code, f"https://x.example/i/{code.upper()}", serial):
        page.get_by_role("navigation").get_by_role("link", name="登记检查结果").click()
        page.get_by_label("标签编号、出厂编号或单位名称").fill(asked)
        page.get_by_role("button", name="查找").click()
        if asked == serial:  # is no code of one instrument: the visitor chooses
            page.locator(".q-results").get_by_role("link", name=serial).click()
        expect(page.get_by_label("内容")).to_have_value(f"{named}：")
    page.get_by_label("信息类别").select_option("overdue_use")
    page.get_by_label("事实发生日期").fill("2026-09-01")
    page.get_by_label("认定日期").fill("2026-09-01")
    page.get_by_label("文书编号").fill(f"样例检〔2026〕{1 + javascript}号")
    page.get_by_label("内容").fill(f"{named}：已过有效期仍在使用")
    page.get_by_role("button", name="核对并提交").click()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_text("已经登记。")).to_be_visible()


def test_what_is_not_found_on_an_inspection_is_told(sign_in: SignIn) -> None:
    page = sign_in("demo.inspector")
    for asked, told in (("油", "至少输入两个字"), ("3f9a01c2d4-7k3m9qxb", "没有查到")):
        page.goto("/inspections/new")
        page.get_by_label("标签编号、出厂编号或单位名称").fill(asked)
        page.get_by_role("button", name="查找").click()
        expect(page.get_by_text(told).first).to_be_visible()


def notices_that_failed(sandbox: Sandbox, count: int) -> None:
    """Puts notices of the caseworker's bureau on file that no mail server took."""
    with closing(sqlite3.connect(sandbox.data / "registry.db")) as database:
        query = "SELECT bureau FROM account WHERE name = 'demo.caseworker'"
        ((bureau,),) = database.execute(query).fetchall()
    row = (
        "account",
        bureau,
        "somebody@firm.example",
        "请设置密码",
        "正文",
        "failed",
        "unreachable",
    )
    columns = "notice_id, key, kind, bureau, address, title, body, state, failure"
    insert = (
        f"INSERT INTO notice ({columns}, error, subject_id, attempts, created_at) "  # noqa: S608
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'TimeoutError', '', 9, '2026-09-14 00:00:00.000000')"
    )
    with closing(sqlite3.connect(sandbox.data / "alerts.db", timeout=60)) as database, database:
        for number in range(count):
            database.execute(insert, (f"failed-{number}", f"failed/{number}", *row))


def test_all_undelivered_notices_of_a_filter_are_delivered_again(
    sign_in: SignIn, sandbox: Sandbox
) -> None:
    notices_that_failed(sandbox, 3)
    page = sign_in("demo.caseworker", java_script_enabled=False)
    page.get_by_text("更多", exact=True).click()
    page.get_by_role("navigation").get_by_role("link", name="未送达").click()
    page.get_by_label("原因").select_option("refused")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_text("没有这样的通知")).to_be_visible()
    page.get_by_label("原因").select_option("unreachable")
    page.get_by_label("种类").select_option("account")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_text("共 3 份")).to_be_visible()
    page.get_by_role("button", name="重新投递符合条件的全部通知").click()
    expect(page.get_by_text("可以重新投递的通知共 3 份")).to_be_visible()
    page.get_by_role("button", name="重新投递这 3 份").click()
    expect(page.get_by_role("alert")).to_contain_text("已安排重新投递 3 份通知")


def idle_for_years(_sign_in: SignIn, sandbox: Sandbox) -> None:
    with closing(sqlite3.connect(sandbox.data / "portal.db", timeout=60)) as database, database:
        database.execute("UPDATE portal_session SET seen_at = '2020-01-01 00:00:00.000000'")


def ended_at_another_browser(sign_in: SignIn, _sandbox: Sandbox) -> None:
    other = sign_in("demo.caseworker")
    other.goto("/account")
    other.get_by_role("button", name="结束其他全部登录").click()
    expect(other.get_by_role("button", name="结束其他全部登录")).to_have_count(0)


@pytest.mark.parametrize("end", [idle_for_years, ended_at_another_browser])
def test_input_survives_the_end_of_the_session(
    sign_in: SignIn, sandbox: Sandbox, end: Callable[[SignIn, Sandbox], None]
) -> None:
    page = sign_in("demo.caseworker")
    fill_in_a_record(page)
    page.get_by_label("文书编号").fill("样例监罚〔2026〕100号")  # 99 was entered by the test above
    check(page)
    end(sign_in, sandbox)
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.locator("button[name=name][value='demo.caseworker']").click()
    expect(page.get_by_role("heading", name="您填写的内容还在")).to_be_visible()
    check(page)
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text(SUMMARY, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="核对信用记录")).to_be_visible()


def test_an_instrument_is_given_to_another_owner_without_scripts(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker", java_script_enabled=False)
    page.goto("/instruments?colour=none")
    page.locator("main tbody a").first.click()
    instrument = page.url
    page.get_by_role("link", name="变更使用单位").click()
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("alert")).to_contain_text("请填写新的使用单位")
    page.get_by_label("新的使用单位的名称").fill("没有这个名称")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("alert")).to_contain_text("没有找到另一个这样的使用单位")
    page.get_by_label("新的使用单位的名称").fill("加油站")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择新的使用单位")
    page.get_by_role("radio").last.check()
    page.get_by_role("button", name="核对").click()
    owner = page.locator(".govuk-summary-list__value").last.inner_text()
    page.get_by_role("button", name="确认修改").click()
    expect(page).to_have_url(f"{instrument}?changed=yes")
    expect(page.locator("main")).to_contain_text(owner.partition("（")[0])


def test_a_subject_is_renamed_without_scripts_and_keeps_its_former_name(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker", java_script_enabled=False)
    page.goto("/subjects?sort=-name")
    page.locator("main tbody a").last.click()
    subject, former = page.url, page.locator("h1").inner_text()
    page.get_by_role("link", name="变更名称、类型或者行业").click()
    page.get_by_role("button", name="核对并提交").click()
    expect(page.get_by_role("alert")).to_contain_text("没有改动")
    page.get_by_label("名称").fill("合成改名商行")
    page.get_by_role("button", name="核对并提交").click()
    expect(page.locator("main")).to_contain_text(f"原为“{former}”，改为“合成改名商行”")
    page.get_by_role("button", name="返回修改").click()
    expect(page.get_by_label("名称")).to_have_value("合成改名商行")
    page.get_by_role("button", name="核对并提交").click()
    page.get_by_role("button", name="确认修改").click()
    expect(page).to_have_url(f"{subject}?changed=yes")
    expect(page.locator("h1")).to_have_text("合成改名商行")
    expect(page.locator("main")).to_contain_text(former)
