"""What happens seldom: an agent with a mandate, holidays of a year, a step that was refused."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from services.cli.sample.subjects import subjects
from tests.browser.conftest import Sandbox, engaged, press
from tests.browser.conftest import check as check_with_scripts
from tests.browser.test_contested_items_in_the_browser import answer

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
AGENT, FIRM = (next(s for s in subjects() if s.ref == ref) for ref in ("HZ-01", "HZ-05"))
DOCUMENT = "国办发明电〔2026〕99号"  # no real notice


def check(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"


def agent(sign_in: SignIn) -> Page:
    """Somebody of another firm, with an account that the administrator has made."""
    code = AGENT.credit_code
    page = engaged(sign_in, "sample.agent", "样例代理人", code, javascript=True)  # for the axe
    expect(page.get_by_text(AGENT.name).first).to_be_visible()
    return page


def test_an_agent_lodges_with_a_mandate_and_sees_the_case_once_it_was_checked(
    sign_in: SignIn,
) -> None:
    firm, caseworker = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("operator", "caseworker")
    )
    firm.goto("/records")
    number = firm.get_by_text("平台编号", exact=True).first.locator("xpath=following::dd[1]")
    told = number.inner_text().strip()  # what the firm tells its agent
    page = agent(sign_in)
    page.goto("/cases")
    page.get_by_role("link", name="代理他人提出异议").click()
    press(page, "核对并提交")
    expect(page.get_by_role("alert").get_by_role("link", name="请写明平台编号")).to_be_visible()
    check(page)
    page.get_by_label("委托单位的统一社会信用代码").fill(FIRM.credit_code)
    page.get_by_label("信用记录", exact=True).check()
    page.get_by_label("平台编号", exact=True).fill(told)
    page.get_by_label("理由").fill("处罚决定已被撤销（合成）")
    page.get_by_label("代理人姓名或者名称").fill("样例代理人")
    page.get_by_label("异议", exact=True).check()
    page.get_by_label("委托书的最后一日").fill("2099-12-31")
    mandate: Any = {"name": "委托书.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 m"}
    page.get_by_label("委托书", exact=True).set_input_files(mandate)
    press(page, "核对并提交")
    expect(page.get_by_text("委托事项").locator("xpath=following::dd[1]")).to_have_text("异议")
    press(page, "提交异议")
    expect(page.get_by_text("已提交").first).to_be_visible()
    case = re.sub(r"\?.*$", "", page.url)
    beside = page.get_by_role("region", name="档案这样记载")
    expect(beside.get_by_text("文书编号")).to_have_count(0)  # nobody has checked the mandate

    caseworker.goto(case)
    caseworker.get_by_role("button", name="受理", exact=True).click()
    press(caseworker, "受理")
    page.goto("/cases")
    page.get_by_role("link", name="我代理的案件").click()
    page.locator(f"a[href^='{case.removeprefix(page.url.partition('/cases')[0])}']").first.click()
    expect(page.get_by_text(re.compile("样例办案人员于 .* 核对"))).to_be_visible()
    check(page)
    firm.goto(case)
    expect(firm.get_by_text("样例代理人").first).to_be_visible()
    renewed(page, caseworker, sign_in("demo.caseworker"))
    firm.goto(case)
    expect(firm.locator("#agent")).to_contain_text("2100")


def renewed(page: Page, caseworker: Page, looking: Page) -> None:
    """The agent sends a later mandate, which the bureau refuses first and takes then."""
    case = page.url
    for file, verdict in ((b"%PDF-1.7 n", "不予采用"), (b"%PDF-1.7 o", "采用，自现在起生效")):
        page.goto(case)
        page.get_by_role("link", name="提交新的委托书").click()
        press(page, "提交")
        expect(page.get_by_role("alert")).to_contain_text("请写明委托书的最后一日")
        check(page)
        page.get_by_label("委托书的最后一日").fill("2100-12-31")
        later: Any = {"name": "新委托书.pdf", "mimeType": "application/pdf", "buffer": file}
        page.get_by_label("委托书", exact=True).set_input_files(later)
        press(page, "提交")
        expect(page.get_by_text("已提交", exact=True)).to_be_visible()

        caseworker.goto("/home")
        caseworker.get_by_role("link", name=re.compile("代理人提交的新委托书")).first.click()
        press(caseworker, "记录")
        expect(caseworker.get_by_role("alert")).to_contain_text("请选择采用或者不予采用")
        check_with_scripts(looking, caseworker.url)
        caseworker.get_by_label(verdict, exact=True).check()
        caseworker.get_by_label("不予采用的理由").fill("没有委托单位的签章（合成）")
        for button in ("English", "中文"):
            press(caseworker, button)
        expect(caseworker.locator("#reasons")).to_have_value("没有委托单位的签章（合成）")
        press(caseworker, "记录")
        expect(caseworker.locator("#agent")).not_to_contain_text("待核对")


def test_one_administrator_loads_the_holidays_of_a_year_and_another_applies_them(
    sign_in: SignIn,
) -> None:
    page, second = (
        sign_in(name, java_script_enabled=False) for name in ("administrator", "demo.administrator")
    )
    page.goto("/calendar")
    press(page, "载入，交另一位管理员启用")
    expect(page.get_by_role("alert")).to_contain_text("请选择放假安排的文件")
    content = (
        f"年份,2027\n文号,{DOCUMENT}\n标题,2027年部分节假日安排（合成）\n公布日期,2026-01-05\n"
        f"SHA-256,{'ab' * 32}\n放假,2027-01-01..2027-01-04\n上班,2027-01-09\n"
    )
    file: Any = {"name": "2027.csv", "mimeType": "text/csv", "buffer": content.encode()}
    page.locator("main input[type=file]").set_input_files(file)
    press(page, "载入，交另一位管理员启用")
    expect(page.get_by_text("由您载入，须由另一位平台管理员启用。")).to_be_visible()
    expect(page.get_by_role("button", name="启用这一版日历")).to_have_count(0)
    second.goto("/calendar")
    expect(second.get_by_role("table", name="会改变的期限")).to_be_visible()
    press(second, "启用这一版日历")
    expect(second.get_by_text("已启用，各项期限正在按新的日历重新计算。")).to_be_visible()
    loaded = second.get_by_role("table", name="载入过的各版")
    expect(loaded.get_by_role("row", name=DOCUMENT)).to_contain_text("已启用")


def refused_step(sandbox: Sandbox, case: str) -> None:
    """Puts on file that a step of a case was refused, which needs two services at odds."""
    row = (case.rpartition("/")[2], "mark_contested", "记录已被他人撤销（合成）")
    insert = "INSERT INTO stuck_step (case_id, step, why, at) VALUES (?, ?, ?, ?)"
    with closing(sqlite3.connect(sandbox.data / "objection.db", timeout=60)) as database, database:
        database.execute(insert, (*row, "2026-09-14 00:00:00.000000"))


def test_a_refused_step_is_seen_by_the_bureau_and_tried_again(
    sign_in: SignIn, sandbox: Sandbox
) -> None:
    operator, caseworker = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("operator", "caseworker")
    )
    operator.goto("/objections/about?subject=own")
    case = answer(operator, "地址有误（合成）")
    refused_step(sandbox, case)
    caseworker.goto("/home")
    caseworker.get_by_role("link", name="后续事项无法自动完成，须处理").first.click()
    expect(caseworker.locator("#stuck")).to_contain_text("记录已被他人撤销（合成）")
    operator.goto(case)
    expect(operator.locator("#stuck")).to_have_count(0)  # it waits for the bureau
    caseworker.get_by_role("button", name="再次办理").click()
    expect(caseworker.get_by_text("标记异议")).to_be_visible()
    press(caseworker, "再次办理")
    expect(caseworker.locator("#stuck")).to_have_count(0)
    caseworker.goto(f"{case}/retry")
    expect(caseworker.get_by_text("这个案件没有卡住的后续事项。")).to_be_visible()
