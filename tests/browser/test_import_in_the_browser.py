"""A file comes in on pages: its template, a check that tells every fault, import and undoing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import xlsxwriter
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import both_ways, check, press, send_file, settle, table

SignIn = Callable[..., Page]
HEADERS = ["主体类型", "名称", "监管机关代码", "行业领域", "地址"]


def subjects(tmp_path: Path, *kinds: str) -> Path:
    """A file of subjects without credit codes, of the caseworker's bureau."""
    rows = [
        [kind, f"样例·临时摊位{n}[/red]", "330102", "集贸市场", f"样例路{n}号"]
        for n, kind in enumerate(kinds)
    ]
    return table(tmp_path, "摊位.csv", HEADERS, *rows)


@both_ways
def test_matched_checked_mended_imported_undone(
    sign_in: SignIn, tmp_path: Path, javascript: bool
) -> None:
    page = sign_in("demo.caseworker", java_script_enabled=javascript)
    send_file(
        page, subjects(tmp_path, "个体工商户", "神仙"), "只检查", "主体", javascript=javascript
    )
    settle(page, page.get_by_text("已检查，未导入"), javascript=javascript)
    expect(page.get_by_role("cell", name="神仙")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载有误的行").click()
    assert "神仙" in download.value.path().read_text(encoding="utf-8-sig")

    good = subjects(tmp_path, "个体工商户", "个体工商户")
    send_file(page, good, "只检查", "主体", javascript=javascript)
    settle(page, page.get_by_text("已检查，未导入"), javascript=javascript)
    page.get_by_role("button", name="没有错误，导入").click()
    settle(page, page.get_by_text("已导入", exact=True), javascript=javascript)
    batch = page.url
    page.goto("/subjects?q=临时摊位")
    expect(page.get_by_text("样例·临时摊位0[/red]")).to_be_visible()

    page.goto(batch)
    page.get_by_role("button", name="提出撤销导入").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明理由")
    page.get_by_label("理由").fill("演练，撤销")
    page.get_by_role("button", name="提出撤销导入").click()
    expect(page.get_by_text("待批准", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="撤回申请")).to_be_visible()
    _release(sign_in)
    page.goto(batch)
    expect(page.get_by_text("已撤销导入").first).to_be_visible()
    page.goto("/subjects?q=临时摊位")
    expect(page.get_by_text("没有这样的主体。")).to_be_visible()


def test_the_columns_are_seen_changed_and_confirmed(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("demo.caseworker")
    heads = ["主体类型", "摊位", "监管机关代码", "备注", "行业领域"]
    row = ["个体工商户", "样例·列摊位", "330102", "<b>无</b>", "集贸市场"]
    file = table(tmp_path, "列.csv", ["样例市场名册", *[""] * 4], heads, row)
    page.goto("/imports/new?family=subjects")
    page.get_by_label("主体", exact=True).check()
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="上传并核对各列").click()
    expect(page.get_by_role("heading", name="核对各列")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    address = page.url
    page.goto("/language/en")
    page.goto(address)
    assert Axe().run(page).violations_count == 0
    page.goto("/language/zh-CN")
    page.goto(address)
    expect(page.get_by_text("还没有找到必填的：名称（必填）")).to_be_visible()
    page.get_by_text("表头上面的 1 行不读取").click()
    expect(page.get_by_text("样例市场名册")).to_be_visible()
    expect(page.get_by_role("cell", name="<b>无</b>")).to_be_visible()
    expect(page.get_by_label("第 1 列对应")).to_have_value("kind")
    press(page, "只检查")
    expect(page.get_by_role("alert")).to_contain_text("缺少必填项“名称”")

    page.get_by_label("第 2 列对应").select_option("name")
    page.get_by_label("第 4 列对应").select_option("name")
    press(page, "只检查")
    expect(page.get_by_role("alert")).to_contain_text("“名称”已对应第 2 列，不能再对应第 4 列")
    expect(page.get_by_label("第 2 列对应")).to_have_value("name")  # what was chosen is kept
    page.get_by_label("第 4 列对应").select_option("")

    address = page.url  # it waits, whoever goes away and comes back
    page.get_by_role("button", name="退出").click()
    page.goto("/sign-in")
    page.locator("button[name=name][value='demo.caseworker']").click()
    page.wait_for_url(re.compile(r"/home|/subjects"))
    page.goto("/imports?state=matching")
    page.get_by_role("link", name="列.csv").click()
    assert page.url == address
    page.get_by_label("第 2 列对应").select_option("name")
    press(page, "导入")
    expect(page.get_by_text("已导入", exact=True)).to_be_visible()
    page.goto("/subjects?q=列摊位")
    expect(page.get_by_text("样例·列摊位")).to_be_visible()


def ledger(tmp_path: Path, owner: str) -> Path:
    """A ledger with a title, a type that the catalogue does not have, a hidden row and a total."""
    file = tmp_path / "台账.xlsx"
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("台账")
        sheet.write("A1", "样例市计量器具台账")
        sheet.write_row("A2", ["使用单位", "计量器具名称", "出厂编号", "状态", "备注"])
        sheet.write_row("A3", [owner, "样例牌电子大秤", "D-1", "备用"])
        sheet.write_row("A4", [owner, "电子计价秤", "D-2", "备用"])
        sheet.write_row("A5", [owner, "电子计价秤", "", "备用"])
        sheet.set_row(3, options={"hidden": True})
        sheet.write_row("A6", ["合计", "", "3"])
        sheet.write_comment("C3", "铭牌看不清")
    return file


def test_a_ledger_as_people_keep_it_is_read_with_a_word_on_everything(
    sign_in: SignIn, tmp_path: Path
) -> None:
    page, owner = sign_in("demo.caseworker"), "样例·台账店"
    row = ["个体工商户", owner, "330102", "集贸市场", "样例路9号"]
    send_file(page, table(tmp_path, "店.csv", HEADERS, row), "导入", "主体")
    settle(page, page.get_by_text("已导入", exact=True))
    send_file(page, ledger(tmp_path, owner), "只检查", "器具")
    settle(page, page.get_by_text("已检查，未导入"))
    kinds = page.get_by_role("table", name="错误和提示")
    assert kinds.get_by_role("row").all_inner_texts()[1].startswith("错误")
    for told in ("合计 3", "此行被隐藏或筛选掉", "铭牌看不清"):
        expect(kinds).to_contain_text(told)
    assert Axe().run(page).violations_count == 0
    batch = page.url
    page.get_by_role("link", name="逐条查看").click()
    page.get_by_label("种类").select_option(index=1)
    expect(page.get_by_text("共 1 项")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.goto(batch)
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    assert download.value.path().read_bytes().startswith(b"PK")

    page.get_by_role("link", name="改各列的对应").click()
    expect(page.get_by_label("第 2 列对应")).to_have_value("type_code")
    page.get_by_label("工作表有 1 行被隐藏或筛选掉").check()
    assert Axe().run(page).violations_count == 0
    press(page, "只检查")
    page.get_by_role("link", name="选择它们的类型").click()
    press(page, "保存并重新检查")
    expect(page.get_by_role("alert")).to_contain_text("请至少为一个名称选择类型")
    assert Axe().run(page).violations_count == 0
    page.get_by_label("样例牌电子大秤").select_option("NAWI-D")
    page.get_by_label("理由").fill("样例厂的商品名")
    press(page, "保存并重新检查")
    settle(page, page.get_by_text("已检查，未导入"))
    expect(page.get_by_role("link", name="选择它们的类型")).to_have_count(0)
    effects = page.get_by_role("table", name="导入后登记内容的变化")
    expect(effects.get_by_role("row", name="器具 2 0")).to_be_visible()
    page.goto("/language/en")
    page.goto(batch)
    assert Axe().run(page).violations_count == 0
    page.goto("/language/zh-CN")


def test_a_file_that_was_sent_again_meanwhile_is_not_imported(
    sign_in: SignIn, tmp_path: Path
) -> None:
    page, other = sign_in("demo.caseworker"), sign_in("demo.caseworker")
    heads = ["主体类型", "名称", "监管机关代码", "行业领域"]
    for one, name in ((page, "样例·先发"), (other, "样例·后发")):
        row = ["个体工商户", name, "330102", "集贸市场"]
        one.goto("/imports/new?family=subjects")
        one.get_by_label("主体", exact=True).check()
        one.get_by_label("文件", exact=True).set_input_files(
            table(tmp_path, "同名.csv", heads, row)
        )
        one.get_by_role("button", name="上传并核对各列").click()
        expect(one.get_by_text(name)).to_be_visible()
    press(page, "导入")
    expect(page.get_by_role("alert")).to_contain_text("同名的文件后来又上传过，内容不同")
    other.get_by_label("理由").fill("发错了")
    press(other, "放弃")
    expect(other.get_by_text("已放弃")).to_be_visible()
    press(page, "导入")
    expect(page.get_by_text("已导入", exact=True)).to_be_visible()


@both_ways
def test_what_is_perhaps_the_same_is_looked_at_and_kept_apart_or_joined(
    sign_in: SignIn, tmp_path: Path, javascript: bool
) -> None:
    page = sign_in("demo.caseworker", java_script_enabled=javascript)
    mark = "甲" if javascript else "乙"
    heads = [*HEADERS]
    rows = [
        ["个体工商户", f"样例·同名{mark}{pair}", "330102", "集贸市场", f"样例路{n}号"]
        for pair in "一二"
        for n in (1, 2)
    ]
    file = table(tmp_path, f"同名{mark}.csv", heads, *rows)
    send_file(page, file, "导入", "主体", javascript=javascript)
    settle(page, page.get_by_text("已导入", exact=True), javascript=javascript)
    page.get_by_role("link", name="疑似同一，待核对：2 组").click()
    pairs = page.get_by_role("link", name="同名主体")
    expect(pairs).to_have_count(2)
    one, other = (str(pair.get_attribute("href")) for pair in pairs.all())
    page.goto(one)
    expect(page.get_by_role("row", name=re.compile("样例路2号"))).to_be_visible()
    check(sign_in("demo.caseworker"), page.url)
    page.get_by_role("button", name="合并所选各方").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择保留哪一方")
    page.get_by_label("依据").fill("同一摊位，门牌改过")
    page.get_by_label("保留第 1 方").check()
    page.get_by_label("并入第 2 方").check()
    page.get_by_role("button", name="合并所选各方").click()
    expect(page.get_by_role("heading", name="合并信用主体")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(f"并入 样例·同名{mark}"))).to_be_visible()
    page.goto(other)
    page.get_by_label("依据").fill("两个摊位")
    page.get_by_role("button", name="不是同一，各自保留").click()
    expect(page.get_by_text("已记录：已核对")).to_be_visible()


def _release(sign_in: SignIn) -> None:
    """The unit head finds what waits at home, sees before and after, and releases it."""
    head = sign_in("demo.unithead")
    head.goto("/unit")
    expect(head.get_by_role("link", name="变更申请 1")).to_be_visible()
    head.goto("/home")
    head.get_by_role("link", name="审批样例办案人员提出的变更：撤销导入批次").click()
    expect(head.get_by_role("row", name="状态 已导入 已撤销导入")).to_be_visible()
    expect(head.get_by_text("演练，撤销")).to_be_visible()
    assert Axe().run(head).violations_count == 0
    head.get_by_role("button", name="批准变更").click()
    expect(head.get_by_role("alert")).to_contain_text("请写明理由")
    head.get_by_label("理由").fill("同意")
    head.get_by_role("button", name="批准变更").click()
    expect(head.get_by_text("已批准", exact=True)).to_be_visible()


def test_a_template_can_be_downloaded_and_a_missing_file_is_named(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker")
    page.goto("/imports/new")
    with page.expect_download() as download:
        page.get_by_role("link", name="器具.xlsx").click()
    assert download.value.path().read_bytes().startswith(b"PK")
    page.get_by_role("button", name="上传并核对各列").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("请选择文件里是什么")
    expect(alert).to_contain_text("请选择一个 .xlsx 或 .csv 文件")


def test_a_body_that_is_too_long_is_refused_on_every_other_page(
    sign_in: SignIn, portal: str
) -> None:
    page = sign_in("demo.caseworker")
    answer = page.request.post(f"{portal}/account", form={"old_password": "x" * 300_000})
    assert answer.status == 413
