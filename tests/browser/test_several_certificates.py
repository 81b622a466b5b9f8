"""An institution sends many certificate files at once; what did not arrive is told by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import both_ways, check, press
from tests.browser.test_certificates_in_the_browser import PDF, recorded

SignIn = Callable[..., Page]
DAYS = ("2026-09-10", "2026-09-11", "2026-09-14")


def pdf(name: str, content: bytes = PDF) -> Any:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def send(page: Page, *files: Any) -> None:
    page.goto("/certificates")
    page.get_by_role("link", name="上传几份证书文件").click()
    page.get_by_label("证书文件").set_input_files(list(files))
    press(page, "上传")


@both_ways
def test_each_file_finds_its_result_and_what_did_not_arrive_is_named(
    sign_in: SignIn, operator: Page, tmp_path: Path, javascript: bool
) -> None:
    page = sign_in("demo.institution", java_script_enabled=javascript)
    way = "甲" if javascript else "乙"
    first, second, third = (f"多份{way}字2026-000{one}" for one in (1, 2, 3))
    pages = [
        recorded(page, operator, number, on)
        for number, on in zip((first, second, third), DAYS, strict=True)
    ]
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("请选择证书文件")

    sent = pdf(f"{first}.pdf"), pdf(f"样例加油站_{second}.pdf", PDF + b"2")
    send(
        page,
        *sent,
        pdf(f"{third}.pdf", b"MZ\x90\x00" * 100),
        pdf("无此编号2026-9999.pdf"),
        pdf(f"{first} {second}.pdf"),
    )
    expect(page.get_by_role("status")).to_contain_text("已保存 2 份证书文件。")
    expect(page.get_by_role("status")).to_contain_text("有 3 份没有保存")
    refused = page.locator("#refused li")
    expect(refused).to_have_count(3)
    expect(refused.nth(0)).to_contain_text(f"{third}.pdf：不是可以接受的文件")
    expect(refused.nth(1)).to_contain_text("无此编号2026-9999.pdf：文件名中没有本机构已登记结果")
    expect(refused.nth(2)).to_contain_text("文件名对得上几份证书")
    expect(page.locator("#kept li").nth(1)).to_contain_text(f"样例加油站_{second}.pdf")

    send(page, *sent, pdf(f"{first}.pdf"), pdf(f"{third}.pdf"))
    expect(page.get_by_role("status")).to_have_text("已保存 4 份证书文件。")
    send(page, pdf(f"{first}.pdf", PDF + b"new"))
    expect(page.locator("#refused li")).to_contain_text("更换证书须写明理由")
    page.locator("#refused").get_by_role("link").click()
    expect(page).to_have_url(re.compile(pages[0].rpartition("/")[2]))
    expect(page.get_by_role("button", name="上传", exact=True)).to_be_visible()
    expect(page.locator("main tbody tr")).to_have_count(1)

    too_large_or_too_many(page, tmp_path, second, third)
    operator.goto("/certificate-files")
    expect(operator.get_by_role("row", name=second).first).to_be_visible()
    check(sign_in("demo.institution"), "/certificates/several")


def too_large_or_too_many(page: Page, tmp_path: Path, second: str, third: str) -> None:
    """One file that is too large does not keep the others back."""
    large = tmp_path / f"{second}.pdf"
    large.write_bytes(b"%PDF-1.7" + bytes(21 << 20))
    small = tmp_path / f"{third}.pdf"
    small.write_bytes(PDF)
    send(page, large, small)
    expect(page.locator("#refused li")).to_contain_text("文件超过")
    expect(page.locator("#kept li")).to_contain_text(f"{third}.pdf")
    send(page, *(pdf(f"{one}.pdf", b"%PDF-1.7") for one in range(101)))
    expect(page.get_by_role("alert")).to_contain_text("选择了 101 个文件，一次最多 100 个")


def test_many_files_that_are_too_large_together_are_refused_as_a_whole(
    sign_in: SignIn, tmp_path: Path
) -> None:
    page = sign_in("demo.institution")
    files = [tmp_path / f"{one}.pdf" for one in range(12)]
    for file in files:
        file.write_bytes(b"%PDF-1.7" + bytes(18 << 20))
    send(page, *files)
    expect(page.get_by_text("提交的内容过大，没有收下；文件请分成几份上传")).to_be_visible()
