"""Published penalties and workbooks of several sheets on pages; what is left is decided there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import both_ways, check, send_file, settle, table

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
SUBJECT = ["主体类型", "名称", "监管机关代码", "行业领域"]
PENALTY = [
    *("行政相对人名称", "行政相对人类别", "法定代表人证件号码", "行政处罚决定书文号"),
    *("违法事实", "处罚依据", "处罚决定日期"),
]


def shop(name: str) -> list[str]:
    """A row of a subject of the caseworker's bureau."""
    return ["个体工商户", name, "330102", "集贸市场"]


def penalty(name: str, kind: str, basis: str) -> list[str]:
    """A row of a published penalty."""
    number = "（合成）市监处罚〔2026〕88号"
    return [name, kind, "110101199003074119", number, "使用超期的秤", basis, "2026/08/10"]


@both_ways
def test_a_penalty_found_by_name_is_decided_on_its_page(
    sign_in: SignIn, tmp_path: Path, javascript: bool
) -> None:
    page = sign_in("demo.caseworker", java_script_enabled=javascript)
    name = f"样例·双公示{'甲' if javascript else '乙'}"
    send_file(
        page, table(tmp_path, "店.csv", SUBJECT, shop(name)), "导入", "主体", javascript=javascript
    )
    settle(page, page.get_by_text("已导入", exact=True), javascript=javascript)
    rows = [
        penalty(name, "个体工商户", "《计量法》第二十五条"),
        penalty("样例自然人", "自然人", "《计量法》第二十五条"),
        penalty("样例饭店", "法人及非法人组织", "《食品安全法》第一百二十四条"),
    ]
    file = table(tmp_path, "双公示.csv", PENALTY, *rows)
    send_file(page, file, "导入", "按表头识别", javascript=javascript)
    settle(page, page.get_by_text("已导入", exact=True), javascript=javascript)
    expect(page.get_by_text("自然人的处罚或者许可，未读取、未保存").first).to_be_visible()
    expect(page.get_by_text("样例自然人")).to_have_count(0)
    page.get_by_role("link", name="待办案人员决定：1 项").click()
    page.get_by_role("link", name="只按名称找到主体的处罚").click()
    check(sign_in("demo.caseworker"), page.url)
    page.get_by_role("button", name="决定", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("请选择一项决定")
    page.get_by_label("录入为信用记录（未生效）").check()
    page.get_by_label("依据").fill("决定书上的名称和地址相符")
    page.get_by_role("button", name="决定", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("已决定")
    page.get_by_role("link", name="查看主体").click()
    expect(page.get_by_text("（合成）市监处罚〔2026〕88号").first).to_be_visible()
    page.goto("/questions?state=decided")
    expect(page.get_by_role("row", name=name)).to_be_visible()


def test_the_sheets_of_a_workbook_become_batches(sign_in: SignIn, tmp_path: Path) -> None:
    page, file = sign_in("demo.caseworker"), tmp_path / "台账.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        for title, rows in (
            ("单位", [SUBJECT, shop("样例·多表店")]),
            ("器具", [["使用单位", "器具类型", "出厂编号"], ["样例·多表店", "NAWI-D", "DB-1"]]),
            ("说明", [["本表由样例单位填报"]]),
        ):
            sheet = book.add_worksheet(title)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    page.goto("/imports/new")
    page.get_by_label("按表头识别").check()
    page.get_by_label("只读取这几个，各为一个批次").check()
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="上传并核对各列").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明工作表的名称")
    assert Axe().run(page).violations_count == 0
    page.get_by_label("每个有内容的各为一个批次").check()
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="上传并核对各列").click()
    expect(page.get_by_role("alert")).to_contain_text("2 个工作表各为一个批次")
    expect(page.get_by_text("没有读取的工作表：说明")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.get_by_role("row", name="单位").get_by_role("link", name="台账.xlsx").click()
    settle(page, page.get_by_role("button", name="导入", exact=True))
    page.get_by_role("button", name="导入", exact=True).click()
    settle(page, page.get_by_text("已导入", exact=True))
    page.goto("/imports")
    page.get_by_role("row", name="器具").get_by_role("link", name="台账.xlsx").first.click()
    settle(page, page.get_by_role("button", name="导入", exact=True))
    page.get_by_role("button", name="导入", exact=True).click()
    settle(page, page.get_by_text("已导入", exact=True))
