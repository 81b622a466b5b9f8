"""Papers on pages: letters as PDF, their check and that of receipts, labels and where they lead."""

from __future__ import annotations

import io
import json
import re
import secrets
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Locator, Page, Response, expect
from pypdf import PdfReader

from tests.browser.conftest import press
from tests.patience import PATIENCE_SECONDS

SignIn = Callable[..., Page]


def declined(operator: Page, caseworker: Page) -> None:
    """Leaves the operator on the page of an objection that was declined, with its letter."""
    operator.goto("/objections/new")
    operator.get_by_role("checkbox").first.check()
    press(operator, "继续")
    operator.get_by_label("理由").fill("记录与事实不符")
    press(operator, "继续")
    press(operator, "提交异议")
    expect(operator.get_by_text("已提交").first).to_be_visible()
    case = re.sub(r"\?.*$", "", operator.url)
    caseworker.goto(case)
    caseworker.get_by_role("button", name="不予受理").click()
    caseworker.get_by_label("理由").fill("未附证据")
    for button, language in (("English", "en"), ("中文", "zh-CN")):  # nothing filled in is lost
        press(caseworker, button)
        expect(caseworker.locator("html")).to_have_attribute("lang", language)
        expect(caseworker.locator("#reasons")).to_have_value("未附证据")
    press(caseworker, "预览文书")
    letter = caseworker.locator("#letter")
    expect(letter).to_contain_text("异议不予受理通知书")
    expect(letter).to_contain_text("二、理由：未附证据")
    press(caseworker, "不予受理")
    operator.goto(case)
    shown_at_last(operator, pdf_link(operator))


def pdf_link(page: Page) -> Locator:
    return page.get_by_role("link", name=re.compile("PDF"))


def shown_at_last(page: Page, wanted: Locator) -> None:
    """Opens the page again until something is on it that a workflow brings."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not wanted.count() and time.monotonic() < ends:
        page.wait_for_timeout(200)
        page.reload()
    expect(wanted.first).to_be_visible()


def text_of(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def fetched(page: Page, path: str) -> APIResponse:
    return page.request.get(path, max_redirects=0)


def test_a_letter_is_printed_and_checked_and_the_public_never_gets_it(sign_in: SignIn) -> None:
    operator, caseworker, anyone = sign_in("demo.operator"), sign_in("demo.caseworker"), sign_in()
    declined(operator, caseworker)
    path = str(pdf_link(operator).get_attribute("href"))
    answer = fetched(operator, path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert fetched(caseworker, path).body() == answer.body()  # the same bytes for everybody
    assert fetched(anyone, path).status == 303  # to sign in
    assert fetched(sign_in("demo.inspector"), path).status in (200, 403)
    assert fetched(operator, re.sub("letters/.*", "letters/another.pdf", path)).status == 404
    operator.goto("/messages")
    message = operator.get_by_role("link", name=re.compile("不予受理"))
    shown_at_last(operator, message)
    message.first.click()
    expect(pdf_link(operator)).to_have_attribute("href", path)

    text = text_of(answer.body())
    [number] = set(re.findall(r"异议不予受理通知书〔\d+〕[-\d]+号", text))
    [(code,)] = [re.findall(r"校验码：(\w{4}-\w{4})", text)]
    anyone.goto("/check/letter")
    anyone.get_by_label("文书编号").fill(number.replace("〔", "[").replace("〕", "]"))
    anyone.get_by_label("校验码").fill(code.lower())
    press(anyone, "核验")
    expect(anyone.get_by_role("heading", name="文书是真的")).to_be_visible()
    shown = anyone.locator("main").inner_text()
    assert re.search("[0-9a-f]{64}", shown)
    assert "未附证据" not in shown  # what the letter says is for its addressee


def test_a_wrong_code_is_told_and_guessing_is_slowed_down(sign_in: SignIn) -> None:
    page = sign_in()
    page.goto("/check/letter")
    press(page, "核验")
    page.goto("/check/letter?number=x&code=")
    expect(page.get_by_role("alert")).to_contain_text("请填写校验码")
    for _ in range(20):
        answer = fetched(page, "/check/letter?number=提醒〔2026〕330106-0001号&code=AAAA-AAAA")
        assert "没有编号和校验码都与此相符的文书" in answer.text()
    answer = fetched(page, "/check/letter?number=提醒〔2026〕330106-0001号&code=AAAA-AAAA")
    assert answer.status == 429
    assert "十分钟后再试" in answer.text()


def test_a_receipt_is_verified_and_a_changed_one_is_not(sign_in: SignIn, tmp_path: Path) -> None:
    operator, anyone = sign_in("demo.operator"), sign_in()
    operator.goto("/grade")
    path = operator.get_by_role("link", name="下载评级凭证").get_attribute("href")
    receipt = json.loads(fetched(operator, str(path)).text())
    upload(anyone, tmp_path, json.dumps(receipt))
    expect(anyone.get_by_role("heading", name="凭证计算无误")).to_be_visible()
    expect(anyone.get_by_text("与平台上现行的等级一致")).to_be_visible()
    assert anyone.locator("main li").count() > 1  # every point in a sentence
    upload(anyone, tmp_path, json.dumps(receipt | {"score": 100, "grade": "A"}))
    expect(anyone.get_by_text("凭证与重新计算的结果不一致")).to_be_visible()
    expect(anyone.get_by_text("score: stated 100")).to_be_visible()


@pytest.mark.parametrize(
    "hostile", ["", "no json", "[" * 5000, '{"a": 1, "a": 2}', '{"ruleset": ' + "9" * 5000 + "}"]
)
def test_a_hostile_file_is_refused(sign_in: SignIn, tmp_path: Path, hostile: str) -> None:
    page = sign_in()
    upload(page, tmp_path, hostile)
    expect(page.get_by_role("alert")).to_contain_text("这个文件不是评级凭证")


def upload(page: Page, folder: Path, content: str) -> None:
    file = folder / "<b>receipt.json"
    file.write_text(content)
    page.goto("/check/receipt")
    page.get_by_label("评级凭证文件").set_input_files(file)
    press(page, "核验")


def label_paths(page: Page) -> list[str]:
    page.goto("/labels")
    found = page.locator("main table a").all()
    return [str(link.get_attribute("href")) for link in found]


def test_labels_are_printed_all_or_selected(sign_in: SignIn) -> None:
    operator, anyone = sign_in("demo.operator"), sign_in()
    operator.goto("/instruments")
    operator.get_by_role("link", name="打印二维码标签").click()
    codes = [path.removeprefix("/i/") for path in label_paths(operator)]
    sheet = fetched(operator, "/labels.pdf?part=1")
    assert sheet.headers["content-type"] == "application/pdf"
    printed = text_of(sheet.body())
    assert all(code in printed for code in codes)
    chosen = operator.get_by_role("checkbox").first.get_attribute("value")
    alone = text_of(fetched(operator, f"/labels.pdf?id={chosen}").body())
    assert [code for code in codes if code in alone] == codes[:1]
    assert fetched(anyone, "/labels.pdf").status == 303
    assert "请选择要打印的标签" in fetched(operator, "/labels.pdf").text()
    caseworker = sign_in("demo.caseworker")
    assert len(label_paths(caseworker)) > len(codes)  # the whole bureau's
    institution = sign_in("demo.institution")
    institution.goto("/labels?state=in_use")
    institution.get_by_label("用什么纸打印").select_option(
        label="A4 标签纸，40 枚（52.5 × 29.7 毫米）"
    )
    button = institution.get_by_role("button", name=re.compile("打印全部"))
    asked = f"/labels.pdf?state=in_use&layout=a4-40&part={button.get_attribute('value')}"
    assert fetched(institution, asked).body().startswith(b"%PDF")


def test_whoever_scans_a_label_sees_the_verification(sign_in: SignIn) -> None:
    path = label_paths(sign_in("demo.operator"))[0]
    phone = sign_in(viewport={"width": 360, "height": 700}, java_script_enabled=False)
    answers: list[Response] = []
    phone.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks it
    phone.goto(path)
    assert len(answers) >= 2  # the page and its styles
    assert sum(len(answer.body()) for answer in answers) <= 40_000  # before any compression
    expect(phone.get_by_text("最近检定")).to_be_visible()
    expect(phone.get_by_text("有效期至")).to_be_visible()
    expect(phone.get_by_role("link", name="12315")).to_be_visible()
    expect(phone.locator(".state strong")).not_to_be_empty()  # a word, not a colour alone
    assert re.fullmatch("[●▲■✓]", phone.locator(".state span").inner_text())


def test_the_scanned_page_is_cached_and_fits_a_phone_in_both_languages(sign_in: SignIn) -> None:
    path = label_paths(sign_in("demo.operator"))[0]
    phone = sign_in(viewport={"width": 360, "height": 700})
    first = phone.request.get(path)
    again = phone.request.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (first.status, again.status) == (200, 304)
    assert first.headers["cache-control"].startswith("public")
    for language, shown in product(("zh-CN", "en"), (path, f"{path}/fault")):
        phone.goto(f"/language/{language}")
        phone.goto(shown)
        assert phone.locator("html").get_attribute("lang") == language
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
        answer = Axe().run(phone)
        assert answer.violations_count == 0, answer.generate_report()


def test_a_code_can_be_typed_and_a_wrong_one_is_told(sign_in: SignIn) -> None:
    path = label_paths(sign_in("demo.operator"))[0]
    page = sign_in()
    page.goto("/")
    page.get_by_role("link", name="查器具（扫码）").click()
    page.get_by_label("标签编号").fill(path.removeprefix("/i/").upper())
    press(page, "查询")
    expect(page.get_by_text("最近检定")).to_be_visible()
    page.goto("/i/0000000000-aaaaaaaa")
    expect(page.get_by_role("heading", name="没有这个标签编号")).to_be_visible()


def test_an_owner_enters_the_makers_code_and_a_scan_of_it_leads_to_the_instrument(
    sign_in: SignIn,
) -> None:
    operator, anyone = sign_in("demo.operator"), sign_in()
    operator.goto("/instruments?state=in_use")
    operator.locator("main table a[href^='/instruments/']").first.click()
    operator.get_by_role("button", name="制造商码").click()
    for typed, told in (
        ("https://id.gs1.org/01/06901234567893/21/A7", "校验位应为 2"),
        ("06901234567892", "不是有效的 GS1 码"),
    ):
        operator.get_by_label("扫码得到的网址，或者商品代码和序列号").fill(typed)
        press(operator, "确认修改")
        expect(operator.get_by_role("alert")).to_contain_text(told)
    serial = secrets.token_hex(4)
    link = f"https://id.gs1.org/01/06901234567892/21/{serial}"
    operator.get_by_label("扫码得到的网址，或者商品代码和序列号").fill(link)
    press(operator, "确认修改")
    expect(operator.get_by_text(f"/01/06901234567892/21/{serial}")).to_be_visible()
    anyone.goto("/scan")
    anyone.get_by_label("标签编号").fill(link)
    press(anyone, "查询")
    expect(anyone).to_have_url(re.compile("/i/[0-9a-z-]+$"))
    machine = fetched(anyone, f"/01/06901234567892/21/{serial}?linkType=linkset")
    assert machine.headers["content-type"] == "application/linkset+json"
    anyone.get_by_role("link", name="怎样反映").click()
    expect(anyone.get_by_role("link", name="12315")).to_be_visible()


def test_every_staff_member_who_sees_instruments_prints_labels(sign_in: SignIn) -> None:
    inspector = sign_in("demo.inspector")
    assert fetched(inspector, "/labels.pdf?part=1").body().startswith(b"%PDF")
