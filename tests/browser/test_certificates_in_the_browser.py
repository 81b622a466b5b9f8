"""Certificates as files: an institution sends them, an operator downloads one, or all as a ZIP."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Sandbox, both_ways, check, press

SignIn = Callable[..., Page]
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8000  # two megabytes: several pieces
HOSTILE = "..\\..\\<img src=x onerror=alert(1)>\u202efdp.exe\r\nX: y.pdf"


def choose(page: Page, name: str, content: bytes, kind: str = "application/pdf") -> None:
    file: Any = {"name": name, "mimeType": kind, "buffer": content}
    page.locator("main input[type=file]").set_input_files(file)


def recorded(page: Page, operator: Page, number: str, on: str = "2026-09-10") -> str:
    """Records a verification of the operator's instrument; the page of its certificate."""
    instrument = operator.url.rpartition("/")[2]
    page.goto(f"/verifications/new?instrument={instrument}")
    page.get_by_label("合格", exact=True).check()
    page.get_by_label("检定日期").fill(on)
    page.get_by_label("有效期至").fill("2027-03-09")
    page.get_by_label("证书编号").fill(number)
    press(page, "继续")
    press(page, "提交")
    page.get_by_role("button", name="上传证书文件").click()
    expect(page.get_by_text("还没有上传证书文件。")).to_be_visible()
    return page.url


@both_ways
def test_an_institution_writes_a_result_for_each_nozzle(
    sign_in: SignIn, operator: Page, javascript: bool
) -> None:
    page = sign_in("demo.institution", java_script_enabled=javascript)
    instrument = operator.url.rpartition("/")[2]
    page.goto(f"/verifications/new?instrument={instrument}")
    written = page.get_by_label("各枪（通道、相）的结果")
    written.fill("1号枪 合格\n2 好")
    page.get_by_label("检定日期").fill("2026-09-11")
    page.get_by_label("有效期至").fill("2027-03-09")
    page.get_by_label("证书编号").fill(f"样例-枪-{javascript}")
    page.get_by_text("证书上写明的器具信息").click()
    page.get_by_label("单位自编号").fill("另-9")
    press(page, "继续")
    expect(page.get_by_role("alert")).to_contain_text("2 的结果应为：合格、不合格")
    written.fill("1号枪 合格\n2 不合格")
    press(page, "继续")
    expect(page.get_by_text("枪号（通道、相）2")).to_be_visible()
    expect(page.get_by_text(re.compile("证书上是 另-9，登记的是 JL-.*登记不更改"))).to_be_visible()
    press(page, "提交")
    expect(page.get_by_text(re.compile("证书上是 另-9，.*登记没有更改"))).to_be_visible()
    expect(page.get_by_text("1 合格；2 不合格")).to_be_visible()
    operator.reload()
    failed = operator.get_by_role("table").first.get_by_role("row", name="2 在用 不合格")
    expect(failed).to_contain_text("红色警示")
    page.goto(f"/verifications/new?instrument={instrument}")
    assert written.input_value().split() == ["1", "2"]


def downloaded(page: Page, click: Callable[[], None]) -> tuple[str, bytes]:
    with page.expect_download() as download:
        click()
    return download.value.suggested_filename, download.value.path().read_bytes()


@both_ways
def test_an_institution_sends_a_certificate_and_replaces_it(
    sign_in: SignIn, operator: Page, tmp_path: Path, javascript: bool
) -> None:
    page = sign_in("demo.institution", java_script_enabled=javascript)
    address = recorded(page, operator, f"样例-证-{javascript}")
    press(page, "上传")
    expect(page.get_by_role("alert")).to_contain_text("请选择证书文件")
    choose(page, "骗人.pdf", b"MZ\x90\x00" * 100)
    press(page, "上传")
    expect(page.get_by_role("alert")).to_contain_text("不是可以接受的文件")
    too_large = tmp_path / "大.pdf"
    too_large.write_bytes(b"%PDF-1.7" + bytes(21 << 20))
    page.locator("main input[type=file]").set_input_files(too_large)
    press(page, "上传")
    expect(page.get_by_role("alert")).to_contain_text("文件超过")
    choose(page, HOSTILE, PDF)
    press(page, "上传")
    expect(page.get_by_text("证书文件已保存。")).to_be_visible()
    assert page.locator("main img").count() == 0
    digest = hashlib.sha256(PDF).hexdigest()
    expect(page.get_by_text(digest)).to_be_visible()
    check(sign_in("demo.institution"), page.url)

    page.goto(address)
    choose(page, "新.png", b"\x89PNG\r\n\x1a\n" + b"1" * 99, "image/png")
    press(page, "上传")
    expect(page.get_by_role("alert")).to_contain_text("更换证书须写明理由")
    choose(page, "新.png", b"\x89PNG\r\n\x1a\n" + b"1" * 99, "image/png")
    page.get_by_label("更换理由").fill("印章不清")
    press(page, "上传")
    expect(page.get_by_role("cell", name="已被更换")).to_be_visible()
    expect(page.get_by_text("更换理由：印章不清")).to_be_visible()
    earlier = page.locator("main tbody a").last
    name, content = downloaded(page, earlier.click)
    assert content == PDF
    assert re.fullmatch(r"[\w .\-()]+\.pdf", name), name


def test_an_operator_downloads_one_and_all_as_an_archive(sign_in: SignIn, operator: Page) -> None:
    institution = sign_in("demo.institution")
    numbers = ["=1+2", "样例/同号"]
    for number in numbers:
        recorded(institution, operator, number)
        choose(institution, "证书.pdf", PDF + number.encode())
        press(institution, "上传")
        expect(institution.get_by_text("证书文件已保存。")).to_be_visible()
    page = operator
    page.goto("/instruments")
    page.get_by_role("link", name="证书文件", exact=True).click()
    for number in numbers:
        expect(page.get_by_role("link", name=number, exact=True)).to_be_visible()
    row = page.locator("main tbody tr", has_text="=1+2")
    name, content = downloaded(page, row.get_by_role("link", name="PDF").click)
    assert (name, content) == ("证书.pdf", PDF + b"=1+2")

    page.goto("/certificate-files?valid_from=2030-01-01")
    expect(page.get_by_text("还没有这样的证书文件。")).to_be_visible()
    page.goto("/certificate-files?valid_from=2027-03-09&valid_to=2027-03-09")
    everything = page.get_by_role("button", name="全部下载为一个 ZIP（附清单）")
    name, content = downloaded(page, everything.click)
    assert re.fullmatch(r"检定证书-\d{4}-\d\d-\d\d\.zip", name)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    listed = archive.read("清单.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(listed)))
    assert {row["证书编号"] for row in rows} >= {"'=1+2", "样例/同号"}  # no formula
    for one in rows:
        assert hashlib.sha256(archive.read(one["文件"])).hexdigest() == one["SHA-256"]
    assert len(rows) + 1 == len(archive.namelist())


def test_the_public_sees_the_digest_and_never_the_file(sign_in: SignIn, operator: Page) -> None:
    institution = sign_in("demo.institution")
    recorded(institution, operator, "样例-公开", on="2026-09-12")
    choose(institution, "证书.pdf", PDF + b"public")
    press(institution, "上传")
    link = institution.locator("main tbody a").first.get_attribute("href")
    operator.goto("/certificate-files")
    operator.get_by_role("link", name="样例-公开").click()
    operator.get_by_role("link", name="看这件器具").click()
    serial = operator.get_by_role("heading", level=1).inner_text().split()[-1]
    operator.goto("/labels")
    label = operator.locator("main tr", has_text=serial).inner_text()
    found = re.search(r"[0-9a-f]{10}-[0-9a-z]{8}", label)
    assert found is not None
    anyone = sign_in()
    anyone.goto(f"/i/{found[0]}")
    expect(anyone.get_by_text(hashlib.sha256(PDF + b"public").hexdigest())).to_be_visible()
    answer = anyone.request.get(str(link), max_redirects=0)
    assert answer.status == 303  # to the page to sign in


def test_an_upload_that_is_cut_off_leaves_nothing(
    sign_in: SignIn, operator: Page, sandbox: Sandbox
) -> None:
    page = sign_in("demo.institution")
    address = recorded(page, operator, "样例-断线")
    token = page.locator("main input[name=form_token]").first.get_attribute("value")
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    start = (
        f'--x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n{token}\r\n'
        '--x\r\nContent-Disposition: form-data; name="verification_id"\r\n\r\n'
        f"{address.rpartition('/')[2]}\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7'
    )
    host, _, port = sandbox.address.removeprefix("http://").partition(":")
    head = (
        f"POST /certificates/new HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall((head + start).encode())
    page.goto(address)
    expect(page.get_by_text("还没有上传证书文件。")).to_be_visible()
    incoming = sandbox.data / "files" / "incoming"
    assert not incoming.exists() or not list(Path(incoming).iterdir())
    log = (sandbox.data / "logs" / "portal.log").read_text()
    assert not [line for line in log.splitlines() if json.loads(line)["level"] == "error"]


@both_ways
def test_from_the_application_for_a_verification_to_its_result(
    sign_in: SignIn, operator: Page, javascript: bool
) -> None:
    lab = sign_in("demo.institution", java_script_enabled=javascript)
    serial = operator.get_by_role("heading", level=1).inner_text().split()[-1]
    operator.get_by_role("button", name="申请检定").click()
    press(operator, "继续")
    expect(operator.locator(".govuk-error-summary")).to_contain_text("请选择检定机构")
    operator.get_by_role("radio").first.check()
    operator.get_by_label("给检定机构的话").fill("请上门检定")
    press(operator, "继续")
    expect(operator.get_by_text("检定合格以前不要使用这些器具")).to_be_visible()
    press(operator, "提交申请")
    expect(operator.get_by_text("已提交检定申请")).to_be_visible()
    operator.get_by_role("link", name=re.compile(serial)).click()
    order = operator.url

    lab.goto("/home")
    lab.get_by_role("link", name=re.compile("受理 .+ 件新的检定申请")).click()
    lab.goto(order)
    expect(lab.get_by_text("请上门检定")).to_be_visible()
    lab.get_by_label("不予受理或者退回申请").check()
    press(lab, "提交")
    expect(lab.locator(".govuk-error-summary")).to_contain_text("不予受理须写明理由")
    lab.get_by_label("受理", exact=True).check()
    press(lab, "提交")
    expect(lab.get_by_text("已登记。")).to_be_visible()
    operator.get_by_role("link", name="看器具").click()
    expect(operator.get_by_role("link", name="检定申请").last).to_be_visible()
    expect(operator.get_by_role("button", name="申请检定")).to_have_count(0)
    lab.get_by_role("link", name="登记检定结果", exact=True).click()
    lab.get_by_label("合格", exact=True).check()
    lab.get_by_label("检定日期").fill("2026-09-14")
    lab.get_by_label("有效期至").fill("2027-03-09")
    lab.get_by_label("证书编号").fill(f"检申第{javascript:d}号")
    press(lab, "继续")
    press(lab, "提交")
    operator.goto(order)
    expect(operator.locator(".govuk-tag").first).to_contain_text("已出结果")
    operator.get_by_role("link", name="看检定结果和证书").click()
    expect(operator.get_by_text(f"检申第{javascript:d}号").first).to_be_visible()
