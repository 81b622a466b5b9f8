"""An instrument is filed with a photograph of its plate and calibrated by a certificate."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import check, press
from tests.dcc import dcc

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]


def choose(page: Page, label: str, name: str, content: bytes, kind: str) -> None:
    file: Any = {"name": name, "mimeType": kind, "buffer": content}
    page.get_by_label(label).set_input_files(file)


def picture() -> bytes:
    """A photograph, unlike any other."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), tuple(uuid4().bytes[:3])).save(out, "JPEG")
    return out.getvalue()


def test_from_a_filing_with_a_photograph_to_the_next_calibration(sign_in: SignIn) -> None:
    serial_no = f"SYN-{uuid4().hex[:8]}"
    operator = sign_in("demo.operator", java_script_enabled=False)
    operator.goto("/instruments/new")
    operator.get_by_label("器具类型").select_option("FUEL")
    operator.get_by_label("出厂编号").fill(serial_no)
    press(operator, "核对并提交")
    choose(operator, "铭牌的照片", "铭牌.jpg", picture(), "image/jpeg")
    choose(operator, "登记表或者购置凭证的照片", "表.txt", b"no picture", "text/plain")
    press(operator, "提交备案")
    # It is filed with the one photograph; the other file is refused beside its field.
    expect(operator.get_by_text("器具已备案")).to_be_visible()
    expect(operator.locator("#form-error")).to_contain_text("不是可以接受的文件")
    expect(operator.get_by_role("img", name="铭牌")).to_be_visible()
    operator.get_by_role("link", name="返回器具").click()
    instrument = operator.url

    institution = sign_in("demo.institution", java_script_enabled=False)
    institution.goto("/calibrations/new")
    choose(institution, "校准证书的文件", "坏.xml", dcc().replace(b"</dcc:items>", b""), "text/xml")
    press(institution, "上传")
    expect(institution.locator("#file-error")).to_contain_text("不是完好的 XML")
    number = f"证字 {serial_no}"
    choose(institution, "校准证书的文件", "证书.xml", dcc(serial_no, number=number), "text/xml")
    press(institution, "上传")
    expect(institution.get_by_text("证书没有电子签名")).to_be_visible()
    looking = sign_in("demo.institution")
    check(looking, institution.url)
    institution.get_by_role("link", name=serial_no).click()
    check(looking, institution.url)
    expect(institution.get_by_text("确认时按证书补入")).to_be_visible()
    press(institution, "确认是这件器具")
    expect(institution.get_by_text("已确认，登记为器具的校准。")).to_be_visible()

    operator.goto(instrument)
    expect(operator.get_by_role("link", name=number)).to_be_visible()
    expect(operator.get_by_text("从未检定。投入使用前须经检定合格。")).to_be_visible()
    operator.get_by_role("link", name="设置校准周期").click()
    operator.get_by_label("校准周期（月）").fill("x")
    press(operator, "确认修改")
    expect(operator.locator("#months-error")).to_contain_text("1 至 240")
    operator.get_by_label("校准周期（月）").fill("12")
    press(operator, "确认修改")
    expect(operator.get_by_text("下次校准日期 2027年9月2日")).to_be_visible()
    check(sign_in("demo.operator"), f"{instrument}/photographs")

    caseworker = sign_in("demo.caseworker", java_script_enabled=False)
    caseworker.goto(instrument)
    expect(caseworker.get_by_role("img", name="铭牌")).to_be_visible()
    finds_the_file(operator, caseworker, number)


def finds_the_file(operator: Page, caseworker: Page, number: str) -> None:
    """The owner finds the certificate among the files, and has it in the archive."""
    caseworker.goto("/calibration-files?institution=没有这家")
    expect(caseworker.get_by_text("还没有确认的校准证书。")).to_be_visible()
    operator.goto("/certificate-files")
    operator.get_by_role("link", name="校准证书文件").click()
    expect(operator.get_by_role("link", name=number, exact=True)).to_be_visible()
    with operator.expect_download() as begun:
        operator.get_by_role("button", name="全部下载为一个 ZIP（附清单）").click()
    archive = zipfile.ZipFile(begun.value.path())
    assert number in archive.read("清单.csv").decode("utf-8-sig")
    assert f"{number}.xml" in archive.namelist()


def test_another_number_of_the_owner_is_decided_by_a_caseworker(sign_in: SignIn) -> None:
    serial_no = f"SYN-{uuid4().hex[:8]}"
    operator, institution, caseworker = (
        sign_in(f"demo.{name}", java_script_enabled=False)
        for name in ("operator", "institution", "caseworker")
    )
    operator.goto("/instruments/new")
    operator.get_by_label("器具类型").select_option("FUEL")
    operator.get_by_label("出厂编号").fill(serial_no)
    operator.get_by_label("单位自编号").fill("X-1")
    press(operator, "核对并提交")
    press(operator, "提交备案")
    institution.goto("/calibrations/new")
    file = dcc(serial_no, number=f"另字 {serial_no}", owner_no="X-2")
    choose(institution, "校准证书的文件", "另一份.xml", file, "text/xml")
    press(institution, "上传")
    institution.get_by_role("link", name=serial_no).click()
    press(institution, "确认是这件器具")
    expect(institution.get_by_text("证书上的单位自编号与登记不同")).to_be_visible()
    check(sign_in("demo.institution"), institution.url)
    institution.get_by_role("link", name="看提请的内容").click()
    expect(institution.get_by_role("cell", name="X-2")).to_be_visible()
    caseworker.goto("/home")
    expect(caseworker.get_by_role("link", name=serial_no)).to_be_visible()
    caseworker.goto(institution.url)
    caseworker.get_by_label("理由").fill(f"铭牌上是 {serial_no}")
    press(caseworker, "不批准")
    institution.get_by_role("link", name="返回变更申请").click()
    row = institution.get_by_role("row").filter(has_text=f"铭牌上是 {serial_no}")
    expect(row).to_contain_text("未批准")
