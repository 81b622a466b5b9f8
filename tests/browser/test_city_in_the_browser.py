"""A city, a verification institution and the administrator at work on pages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from law.instruments import catalogue
from tests.browser.conftest import Sandbox, both_ways, send_file, table
from tests.patience import PATIENCE_SECONDS

SignIn = Callable[..., Page]
SOON = 1000 * PATIENCE_SECONDS  # milliseconds, for work in the background or of a whole page
ROWS = 5050  # twice that is a list which is long: it is written in the background


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click(timeout=SOON)


def test_a_text_is_tried_read_and_brought_into_force(sign_in: SignIn) -> None:
    reviewer, head = sign_in("demo.reviewer"), sign_in("demo.cityhead")
    reviewer.goto("/rulesets/impacts/new")
    press(reviewer, "开始试算")
    expect(reviewer.get_by_role("alert")).to_contain_text("请选择要试算的规则")
    reviewer.get_by_label("试行，草案").check()
    press(reviewer, "开始试算")
    expect(reviewer.get_by_text("家的等级会变")).to_be_visible(timeout=SOON)
    impact = reviewer.url.partition("?")[0]
    reviewer.goto(impact)  # left and found again
    expect(reviewer.get_by_role("heading", name="从什么等级到什么等级")).to_be_visible()
    with reviewer.expect_download() as download:
        reviewer.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text(encoding="utf-8-sig").startswith("名称")
    press(reviewer, "确认已查看结果")
    expect(reviewer.get_by_text("由没有试算的单位负责人启用")).to_be_visible()

    head.goto("/home")
    head.get_by_role("link", name=re.compile("决定是否启用")).click()
    head.get_by_role("link", name="启用这部规则").click()
    press(head, "核对并启用")
    expect(head.get_by_role("alert")).to_contain_text("请写明依据")
    head.get_by_label("依据").fill("局务会决定 样例〔2026〕1号")
    press(head, "核对并启用")
    expect(head.get_by_role("alert")).to_contain_text("征求意见稿")  # in the service's words
    head.get_by_label("本局决定采用").check()
    press(head, "核对并启用")
    press(head, "启用")
    expect(head.get_by_text("这次试算的规则已经启用。")).to_be_visible()
    head.goto("/rulesets")
    expect(head.get_by_text("采用征求意见稿")).to_be_visible()

    caseworker = sign_in("demo.caseworker")
    answer = caseworker.goto(impact)
    assert answer is not None
    assert answer.status == 404


# Both ways in every edition: the long list of the test after it needs the rows of both.
@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_long_import_is_left_and_found_again(
    sign_in: SignIn, portal: str, tmp_path: Path, javascript: bool
) -> None:
    page = sign_in("demo.caseworker", java_script_enabled=javascript)
    name = f"大批{javascript}.csv"
    heads = ["主体类型", "名称", "监管机关代码", "行业领域"]
    rows = [["个体工商户", f"样例·{javascript}{n}号", "330102", "集贸市场"] for n in range(ROWS)]
    send_file(page, table(tmp_path, name, heads, *rows), "导入", "主体", javascript=javascript)
    batch = page.url
    page.reload()
    done = page.get_by_text("已导入", exact=True)
    expect(done.or_(page.get_by_role("link", name="刷新进度"))).to_be_visible()
    page.goto("/imports")
    page.get_by_role("link", name=name).click()
    assert page.url.partition("?")[0] == batch.partition("?")[0]
    events = page.request.get(f"{batch}/progress", timeout=SOON)
    assert events.headers["content-type"].startswith("text/event-stream")
    assert "event: ended" in events.text()  # it lasts as long as the work
    if not javascript:
        page.reload()
    expect(done).to_be_visible(timeout=SOON)


def test_a_long_list_becomes_a_file_that_a_page_tells_of(sign_in: SignIn, replica: str) -> None:
    page = sign_in("demo.caseworker")
    ready = page.get_by_role("link", name=re.compile("^(下载|Download)$"))
    for language in ("zh-CN", "en"):
        page.goto(f"/language/{language}")
        page.goto("/subjects?q=样例·")
        page.get_by_role("link", name="CSV").click()  # it leads to a page, which is not saved
        page.wait_for_url("**/exports/*")
        expect(ready).to_be_visible(timeout=SOON)
        assert Axe().run(page).violations_count == 0
        page.set_viewport_size({"width": 375, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        page.set_viewport_size({"width": 1280, "height": 720})
    with page.expect_download() as download:
        ready.click()
    assert len(download.value.path().read_text(encoding="utf-8-sig").splitlines()) > 2 * ROWS
    page.goto("/exports")
    page.get_by_role("link", name=re.compile("csv$")).first.click()
    expect(ready).to_be_visible()
    # Another replica of the portal has the same file, and gives it to nobody else.
    elsewhere = replica + str(ready.get_attribute("href"))
    assert page.request.get(elsewhere).body() == download.value.path().read_bytes()
    assert sign_in("demo.caseworker").request.get(elsewhere).status == 404


def test_an_area_is_assessed_published_and_seen_by_anyone(sign_in: SignIn) -> None:
    caseworker, head = sign_in("demo.caseworker"), sign_in("demo.unithead")
    caseworker.goto("/indices/new/scenic")
    press(caseworker, "存为草稿")
    expect(caseworker.get_by_role("alert")).to_contain_text("请填写景区或者街区的名称")
    caseworker.get_by_label("名称", exact=True).fill("样例湖景区")
    for choice in caseworker.locator("input[type=radio][value=no]").all():
        choice.check()
    for number in caseworker.locator("main input.govuk-input--width-4").all():
        number.fill("0")
    caseworker.locator("main input.govuk-input--width-4").first.fill("很多")
    press(caseworker, "存为草稿")
    expect(caseworker.get_by_role("alert")).to_be_visible()
    expect(caseworker.get_by_label("名称", exact=True)).to_have_value("样例湖景区")
    caseworker.locator("main input.govuk-input--width-4").first.fill("0")
    press(caseworker, "存为草稿")
    expect(caseworker.get_by_text(re.compile("总分 .*：基本分"))).to_be_visible()

    head.goto("/home")
    head.get_by_role("link", name=re.compile("样例湖景区")).click()
    press(head, "公布")
    expect(head.get_by_text("已公布").first).to_be_visible()
    anyone = sign_in(java_script_enabled=False)
    anyone.goto("/notices/indices")
    anyone.get_by_role("link", name="总分").click()
    anyone.get_by_label("区域名称中有").fill("湖")
    anyone.get_by_role("button", name="筛选").click()
    expect(anyone).to_have_url(re.compile("sort=total"))
    expect(anyone.get_by_role("row").filter(has_text="样例湖景区")).to_be_visible()
    anyone.get_by_label("类型").select_option("街区")
    anyone.get_by_role("button", name="筛选").click()
    expect(anyone.get_by_text("目前没有公布的指数。")).to_be_visible()


def test_an_institution_reports_by_form_and_by_file(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("demo.institution")
    expect(page.get_by_role("link", name=re.compile("红色警示器具的检定"))).to_be_visible()
    page.goto("/due?colour=red")
    page.locator("main tbody a").first.click()
    press(page, "继续")
    expect(page.get_by_role("alert")).to_contain_text("请选择检定结果")
    page.get_by_label("合格", exact=True).check()
    page.get_by_label("检定日期").fill("2026-09-10")
    page.get_by_label("有效期至").fill("2026-12-09")
    page.get_by_label("证书编号").fill("样例-甲-0001")
    press(page, "继续")
    expect(page.get_by_role("heading", name="核对并提交")).to_be_visible()
    press(page, "提交")
    expect(page.get_by_role("heading", name="已登记")).to_be_visible()
    page.goto("/certificates")
    expect(page.get_by_text("样例-甲-0001")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "样例-甲-0001" in [row[0] for row in csv.reader(io.StringIO(text))]

    page.goto("/due?colour=red")
    name, _, serial = page.locator("main tbody a").first.inner_text().rpartition(" ")
    [kind] = [one.code for one in catalogue().values() if one.name_zh == name]
    heads = ["器具类型", "出厂编号", "检定结果", "检定日期", "有效期至", "检定机构", "证书编号"]
    row = [kind, serial, "合格", "2026-09-11", "2026-12-10"]
    for own, state in (("别的检定院", "有误，未导入"), ("样例·计量检定院", "已导入")):
        file = table(tmp_path, f"{own}.csv", heads, [*row, own, "样例-乙-0001"])
        send_file(page, file, "导入")
        expect(page.get_by_text(state, exact=True)).to_be_visible(timeout=SOON)
    answer = page.goto("/subjects")
    assert answer is not None
    assert answer.status == 403


def released_by_the_other(page: Page, sign_in: SignIn, name: str) -> str:
    """Has the second administrator release the roles of a new account; returns its address."""
    expect(page.get_by_role("status")).to_contain_text("由另一位平台管理员批准后")
    page.get_by_role("link", name="有一项变更待另一位平台管理员批准").click()
    expect(page.get_by_role("button", name="撤回申请")).to_be_visible()
    account = page.get_by_role("link", name="看现在的内容").get_attribute("href")
    second = sign_in("demo.administrator")
    second.goto("/accounts")
    second.get_by_role("link", name="审批平台管理员提出的变更").click()
    expect(second.get_by_text(f"样例新人（{name}）")).to_be_visible()
    expect(second.get_by_role("row").filter(has_text="角色")).to_contain_text("办案人员")
    second.get_by_label("理由").fill("人事科已确认")
    press(second, "批准变更")
    expect(second.get_by_text("已批准")).to_be_visible()
    return account or ""


@both_ways
def test_the_administrator_keeps_accounts_and_finds_what_was_done(
    sign_in: SignIn, javascript: bool
) -> None:
    page = sign_in("administrator", java_script_enabled=javascript)
    name = f"new.clerk.{javascript}".lower()
    page.goto("/accounts/new")
    press(page, "建立")
    expect(page.get_by_role("alert")).to_contain_text("请至少选择一个角色")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("姓名").fill("样例新人")
    page.get_by_label("首个密码").fill("sample password 1")
    page.get_by_label("办案人员").check()
    press(page, "建立")
    expect(page.get_by_role("alert")).to_contain_text("须指明所属机关")  # in the service's words
    page.get_by_label("首个密码").fill("sample password 1")
    page.get_by_label("机关", exact=True).select_option("330102")
    press(page, "建立")
    expect(page.get_by_role("heading", name="样例新人")).to_be_visible()
    page.goto(released_by_the_other(page, sign_in, name))
    page.get_by_role("link", name="更改角色").click()
    page.get_by_label("检查人员").check()
    press(page, "更改")
    expect(page.get_by_text("办案人员、检查人员")).to_be_visible()
    press(page, "关闭账号")
    expect(page.get_by_text("确定关闭吗")).to_be_visible()
    press(page, "关闭账号")
    expect(page.get_by_text("已关闭")).to_be_visible()
    page.get_by_role("link", name="看此账号的变更").click()
    expect(page.get_by_text("共 4 条")).to_be_visible()
    page.goto("/audit/chains")
    expect(page.get_by_text("完整")).to_have_count(4)
    page.goto("/status/check")
    press(page, "开始核对")
    # What the imports caused may still be on its way, so either will do.
    agreed, again = page.get_by_text("全部一致。"), page.get_by_role("button", name="再核对一次")
    expect(agreed.or_(again).first).to_be_visible(timeout=SOON)
    page.goto("/status/reconcile")
    press(page, "补启动")
    expect(page.get_by_text("结果", exact=True)).to_be_visible(timeout=SOON)


def test_an_administrator_ends_the_login_of_somebody_and_they_see_it(sign_in: SignIn) -> None:
    lost, kept = sign_in("demo.inspector"), sign_in("demo.inspector")
    page = sign_in("administrator")
    page.goto("/accounts")
    page.get_by_role("link", name="demo.inspector", exact=True).click()
    # The newest comes first; the oldest is that with which the cast was engaged.
    page.get_by_role("button", name="结束", exact=True).nth(1).click()
    expect(page.get_by_role("status")).to_contain_text("登录已结束")
    expect(page.get_by_text("由平台管理员结束")).to_be_visible()
    kept.goto("/account")
    expect(kept.get_by_text("由平台管理员结束")).to_be_visible()
    expect(kept.get_by_text("本次登录")).to_be_visible()
    for _ in range(100):  # every process hears of it within seconds
        lost.goto("/home")
        if "/sign-in" in lost.url:
            break
    expect(lost).to_have_url(re.compile("/sign-in"))


def test_a_service_that_is_away_is_seen_on_the_page_of_the_state(
    sign_in: SignIn, sandbox: Sandbox
) -> None:
    page = sign_in("administrator")
    go_on = sandbox.stop("grading")
    try:
        page.goto("/status", timeout=SOON)
        row = page.get_by_role("row").filter(has_text="评价")
        expect(row).to_contain_text("没有应答")
        expect(page.get_by_text("进程没有应答").first).to_be_visible()
    finally:
        go_on()
    page.goto("/status")
    expect(page.get_by_text("没有应答")).to_have_count(0)
