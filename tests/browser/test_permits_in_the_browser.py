"""A caseworker imports published permits, finds them, and says that one was revoked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import both_ways, check, send_file, settle, table

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
SUBJECT = ["主体类型", "名称", "统一社会信用代码", "监管机关代码", "行业领域"]
CODE = "行政相对人代码_1(统一社会信用代码)"
PERMIT = [
    *("行政相对人名称", "行政相对人类别", CODE, "法定代表人证件号码", "行政许可决定文书名称"),
    *("行政许可决定文书号", "许可类别", "许可证书名称", "许可内容", "许可决定日期", "有效期至"),
    *("许可机关", "当前状态"),
]


def permit(name: str, code: str, kind: str = "法人及非法人组织", **values: str) -> list[str]:
    """A row of a published permit, by default of a measurement standard."""
    given = {
        "行政相对人名称": name,
        "行政相对人类别": kind,
        CODE: code,
        "法定代表人证件号码": "110101199003074119",
        "行政许可决定文书名称": "准予行政许可决定书",
        "行政许可决定文书号": f"（合成）计许〔2026〕{code[-4:]}号",
        "许可类别": "核准",
        "许可证书名称": "计量标准考核证书",
        "许可内容": "电子秤检定装置",
        "许可决定日期": "2026/08/10",
        "有效期至": "2031/08/09",
        "许可机关": "样例市市场监督管理局",
        "当前状态": "正常",
    }
    given |= values
    return [given[column] for column in PERMIT]


@both_ways
def test_permits_are_imported_found_and_ended(
    sign_in: SignIn, tmp_path: Path, javascript: bool
) -> None:
    page = sign_in("demo.caseworker", java_script_enabled=javascript)
    name = f"样例·检定所{'甲' if javascript else '乙'}"
    code = "91330102MA0PERM18N" if javascript else "91330102MA0PERM26H"
    shop = ["法人和非法人组织", name, code, "330102", "检定校准机构"]
    send_file(page, table(tmp_path, "所.csv", SUBJECT, shop), "导入", "主体", javascript=javascript)
    settle(page, page.get_by_text("已导入", exact=True), javascript=javascript)
    rows = [
        permit(name, code),
        permit("样例自然人", "", "自然人"),
        permit(
            "样例饭店", code, 行政许可决定文书名称="食品经营许可证", 许可证书名称="", 许可内容=""
        ),
    ]
    file = table(tmp_path, "双公示许可.csv", PERMIT, *rows)
    send_file(page, file, "导入", "按表头识别", javascript=javascript)
    settle(page, page.get_by_text("已导入", exact=True), javascript=javascript)
    expect(page.get_by_text("自然人的处罚或者许可，未读取、未保存").first).to_be_visible()
    expect(page.get_by_text("不是计量行政许可，未读取、未保存").first).to_be_visible()
    expect(page.get_by_text("样例自然人")).to_have_count(0)
    page.goto("/subjects")
    page.get_by_role("link", name="计量行政许可", exact=True).click()
    page.get_by_label("名称、文号、内容中有").fill(name)
    page.get_by_role("button", name="筛选").click()
    row = page.get_by_role("row", name=name)
    expect(row).to_contain_text("样例市市场监督管理局")
    check(sign_in("demo.caseworker"), page.url)
    row.get_by_role("link", name=name).click()
    page.get_by_role("link", name="计量标准器具核准").click()
    expect(page.get_by_text("《中华人民共和国计量法》").first).to_be_visible()
    check(sign_in("demo.caseworker"), page.url)
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("请写明依据")
    page.get_by_label("许可被撤销", exact=True).check()
    page.get_by_label("终止或者恢复的依据", exact=True).fill("（合成）撤销决定书〔2026〕1号")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("已终止")
    page.goto("/permits?state=ended")
    expect(page.get_by_role("row", name=name)).to_be_visible()
    enters_and_corrects(page, name, code)
    check(sign_in("demo.caseworker"), f"{page.url.partition('?')[0]}/change")


def enters_and_corrects(page: Page, name: str, code: str) -> None:
    """One permit is entered from the list of a subject, and corrected on a ground."""
    page.goto(f"/subjects?q={name}")
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("link", name="登记一项许可").click()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("请填写决定文书号")
    expect(page.get_by_label("主体的统一社会信用代码")).to_have_value(code)
    page.get_by_label("许可事项").select_option("measurement_standard")
    texts = {
        "决定文书": "计量标准考核证书",
        "文书号": "（合成）计许〔2026〕手工1号",
        "决定日期": "2026-08-10",
        "许可机关": "样例市市场监督管理局",
    }
    for label, text in texts.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("许可类别").fill("其他")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("其他-备案")
    page.get_by_label("许可类别").fill("核准")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("已登记")
    page.get_by_role("button", name="更正登记内容").click()
    page.get_by_label("有效期至", exact=True).fill("2031-08-09")
    page.get_by_role("button", name="更正", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("请写明更正的依据")
    page.get_by_label("更正的依据").fill("与决定书核对")
    page.get_by_role("button", name="更正", exact=True).click()
    expect(page.get_by_text("2031年8月9日")).to_be_visible()
