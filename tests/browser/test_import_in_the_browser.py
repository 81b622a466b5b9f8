"""A file comes in on pages: its template, a check that tells every fault, import and undoing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

SignIn = Callable[..., Page]
HEADERS = ["主体类型", "名称", "监管机关代码", "行业领域", "地址"]


def subjects(tmp_path: Path, *kinds: str) -> Path:
    """A file of subjects without credit codes, of the caseworker's bureau."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADERS)
    for n, kind in enumerate(kinds):
        writer.writerow([kind, f"样例·临时摊位{n}[/red]", "330102", "集贸市场", f"样例路{n}号"])
    file = tmp_path / "摊位.csv"
    file.write_text(text.getvalue(), encoding="utf-8-sig")
    return file


def send(page: Page, file: Path, act: str) -> None:
    page.goto("/imports/new")
    page.get_by_label("主体", exact=True).check()
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name=act, exact=True).click()


def test_checked_mended_imported_undone(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("demo.caseworker")
    send(page, subjects(tmp_path, "个体工商户", "神仙"), "只检查")
    expect(page.get_by_role("cell", name="神仙")).to_be_visible()
    expect(page.get_by_text("已检查，未导入")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载有误的行").click()
    assert "神仙" in download.value.path().read_text(encoding="utf-8-sig")

    good = subjects(tmp_path, "个体工商户", "个体工商户")
    send(page, good, "只检查")
    expect(page.get_by_role("link", name="没有错误，去导入")).to_be_visible()
    send(page, good, "导入")
    expect(page.get_by_text("已导入", exact=True)).to_be_visible()
    batch = page.url
    page.goto("/subjects?q=临时摊位")
    expect(page.get_by_text("样例·临时摊位0[/red]")).to_be_visible()

    page.goto(batch)
    page.get_by_role("button", name="撤销导入").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明理由")
    page.get_by_label("理由").fill("演练，撤销")
    page.get_by_role("button", name="撤销导入").click()
    expect(page.get_by_text("已撤销导入").first).to_be_visible()
    page.goto("/subjects?q=临时摊位")
    expect(page.get_by_text("没有这样的主体。")).to_be_visible()


def test_a_template_can_be_downloaded_and_a_missing_file_is_named(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker")
    page.goto("/imports/new")
    with page.expect_download() as download:
        page.get_by_role("link", name="器具.xlsx").click()
    assert download.value.path().read_bytes().startswith(b"PK")
    page.get_by_role("button", name="只检查").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("请选择文件里是什么")
    expect(alert).to_contain_text("请选择一个 .xlsx 或 .csv 文件")


def test_a_body_that_is_too_long_is_refused_on_every_other_page(
    sign_in: SignIn, portal: str
) -> None:
    page = sign_in("demo.caseworker")
    answer = page.request.post(f"{portal}/account", form={"old_password": "x" * 300_000})
    assert answer.status == 413
