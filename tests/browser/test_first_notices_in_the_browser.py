"""What a first load left untold is released in portions, and a bureau gets words of its own.

Both on pages without scripts.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import appears, check, press, send_file, settle, table
from tests.browser.test_import_in_the_browser import HEADERS

SignIn = Callable[..., Page]
FIRM, STREET = "样例·首告店", "首告样例路"
TYPE = "数字指示秤（电子计价秤/台秤/汽车衡等）"
SERIALS = ("首告-1", "首告-2", "首告-3")
UNTOLD = f"/first-notices?street={STREET}"


def loads(page: Page, tmp_path: Path) -> None:
    """A caseworker loads a shop whose scales are out of date, silently."""
    shop = table(
        tmp_path, "店.csv", HEADERS, ["个体工商户", FIRM, "330102", "集贸市场", f"{STREET}1号"]
    )
    heads = ["使用单位", "器具类型", "出厂编号"]
    scales = table(tmp_path, "秤.csv", heads, *([FIRM, TYPE, one] for one in SERIALS))
    for file, content in ((shop, "主体"), (scales, "器具")):
        send_file(page, file, "导入", content, javascript=False)
        settle(page, page.get_by_text("已导入", exact=True), javascript=False)
    heads = ["器具类型", "出厂编号", "检定结果", "检定日期", "有效期至", "检定机构", "证书编号"]
    days = ["合格", "2024-03-01", "2025-02-28", "样例·外地检定所"]
    results = table(
        tmp_path, "结果.csv", heads, *([TYPE, one, *days, f"旧-{one}"] for one in SERIALS)
    )
    page.goto("/imports/new")
    page.get_by_label("检定", exact=True).check()
    page.get_by_label("首次建档：当天不向任何人发出预警").check()
    page.get_by_label("文件", exact=True).set_input_files(results)
    press(page, "上传并核对各列")
    confirm = page.get_by_role("button", name="导入", exact=True)
    settle(page, confirm, javascript=False)
    confirm.click()
    settle(page, page.get_by_text("已导入", exact=True), javascript=False)


def test_another_person_releases_what_a_first_load_left_untold(
    sign_in: SignIn, tmp_path: Path
) -> None:
    loader, other = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("caseworker", "substitute")
    )
    loads(loader, tmp_path)
    loader.goto(UNTOLD)
    rows = loader.locator("main tbody tr")
    appears(loader, rows.nth(2))
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("由您导入，须由另一人放行")
    rows.first.get_by_role("checkbox").check()
    press(loader, "放行所选")
    expect(loader.get_by_role("heading", level=1)).to_contain_text("须由另一人放行首次告知")
    loader.goto(UNTOLD)
    expect(rows).to_have_count(3)

    other.goto(UNTOLD)
    press(other, "放行所选")
    expect(other.get_by_role("alert")).to_contain_text("请至少选择一台器具")
    other.get_by_label("按以上条件放行几台").fill("1001")
    press(other, "按条件放行")
    expect(other.get_by_role("alert")).to_contain_text("请写明放行几台：1 至 1000 的整数")
    expect(other.get_by_label("按以上条件放行几台")).to_have_value("1001")
    check(sign_in("demo.substitute"), UNTOLD)
    other.goto(UNTOLD)
    other.get_by_role("row", name="首告-2").get_by_role("checkbox").check()
    press(other, "放行所选")
    expect(other.get_by_text("已放行 1 台，涉及 1 个主体。")).to_be_visible()
    expect(other.get_by_role("row", name="首告-2")).to_have_count(0)
    other.get_by_label("按以上条件放行几台").fill("1")
    press(other, "按条件放行")
    expect(other.get_by_text("已放行 1 台，涉及 1 个主体；还有 1 台。")).to_be_visible()
    expect(other.locator("main tbody tr")).to_have_count(1)


def test_two_administrators_put_words_of_a_bureau_around_the_platform_s(sign_in: SignIn) -> None:
    first, second = (
        sign_in(name, java_script_enabled=False) for name in ("administrator", "demo.administrator")
    )
    first.goto("/templates")
    press(first, "预览")
    for fault in ("请选择机关", "请选择哪一种文字"):
        expect(first.get_by_role("alert")).to_contain_text(fault)
    first.get_by_label("机关", exact=True).select_option("330106")
    first.get_by_label("哪一种文字").select_option("interview")
    first.get_by_label("文字", exact=True).fill("请带身份证件。{机关名}")
    press(first, "提出，交另一位管理员批准")
    expect(first.get_by_role("alert")).to_contain_text("请写明依据")
    first.get_by_label("依据").fill("局办〔2026〕2号")
    press(first, "提出，交另一位管理员批准")
    for fault in ("须写 {正文} 一次", "没有 {机关名}；可以写"):
        expect(first.get_by_role("alert")).to_contain_text(fault)
    expect(first.get_by_label("文字", exact=True)).to_have_value("请带身份证件。{机关名}")
    first.get_by_label("文字", exact=True).fill("{正文}\n{主体}来时请带身份证件。")
    press(first, "预览")
    shown = first.locator(".govuk-inset-text")
    expect(shown.filter(has_text="示例单位来时请带身份证件。")).to_be_visible()
    expect(first.get_by_text("还没有机关设自己的文字")).to_be_visible()
    press(first, "提出，交另一位管理员批准")
    expect(first.get_by_text("由您提出，须由另一位平台管理员批准")).to_be_visible()
    expect(first.get_by_role("button", name="批准这一版文字")).to_have_count(0)

    second.goto("/templates")
    press(second, "作废")
    expect(second.get_by_role("alert")).to_contain_text("请写明作废的理由")
    check(sign_in("demo.administrator"), "/templates")
    press(second, "批准这一版文字")
    expect(second.get_by_role("heading", name="约谈通知，")).to_contain_text("（现行）")
    reader = sign_in("demo.caseworker", java_script_enabled=False)
    reader.goto("/templates")  # of another bureau
    expect(reader.get_by_text("还没有机关设自己的文字")).to_be_visible()
    expect(reader.get_by_role("button", name="作废")).to_have_count(0)
