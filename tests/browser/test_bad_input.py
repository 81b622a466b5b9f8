"""What people and networks do wrong: sent twice, too late, cut off, hostile, very long or rare."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIResponse, Page, expect

from tests.browser.conftest import Sandbox, press, send_file

SignIn = Callable[..., Page]
GROUNDS = "该处罚已被复议撤销"
MANY_ROWS = 10_000
MOST_BYTES = 400_000
NAMES = (
    "样例𠮷野家",
    "样例㐂多食堂",
    "样例Cafe\u0301 d\u0323a\u0302",
    "样例<b>粗体</b>&amp;\"'{{7*7}}${7*7}",
    "样例%00%0d%0a[red]'; DROP TABLE subject;--",
)
FILE_NAMES = (
    "../../../etc/passwd",
    '"><img src=x onerror=alert(1)>.csv',
    "a\r\nSet-Cookie: x=y.csv",
    "很长" * 400 + ".csv",
    "\u202evsc.exe",
)


def field(page: Page, name: str) -> str:
    return page.locator(f"main [name={name}]").first.input_value()


def to_the_last_page(page: Page) -> None:
    """Walks the wizard of objections up to the page that submits."""
    page.goto("/objections/new")
    page.get_by_role("checkbox").first.check()
    press(page, "继续")
    page.get_by_label("理由").fill(GROUNDS)
    press(page, "继续")
    expect(page.get_by_role("heading", name="核对并提交")).to_be_visible()


def cases(page: Page) -> set[str]:
    """The cases that the list names, open and closed."""
    page.goto("/cases?closed=yes")
    links = page.locator("main a[href^='/cases/']").all()
    return {str(link.get_attribute("href")) for link in links}


def withdraw(page: Page, case: str) -> None:
    page.goto(f"{case}/withdraw")
    press(page, "撤回异议")
    expect(page.get_by_text("已撤回").first).to_be_visible()


def posted(page: Page, address: str, fields: Mapping[str, str]) -> str:
    """The text of the answer to a form that is sent beside the browser, with its session."""
    answer: APIResponse = page.request.post(address, form={**fields})
    return answer.text()


def fields_of(page: Page) -> dict[str, str]:
    """Every field of the form on the page."""
    found = page.locator("main form").first.locator("input, textarea").all()
    return {str(one.get_attribute("name")): one.input_value() for one in found}


def test_a_form_that_is_sent_twice_makes_one_case(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    before = cases(page)
    to_the_last_page(page)
    sent = fields_of(page) | {"step": "send"}
    press(page, "提交异议")
    expect(page.get_by_text("已提交").first).to_be_visible()
    again = posted(page, "/objections/new", sent)
    assert "已提交" in again
    (case,) = cases(page) - before
    withdraw(page, case)


def test_a_form_that_is_changed_and_sent_again_is_offered_as_a_new_one(sign_in: SignIn) -> None:
    page = sign_in("demo.operator", java_script_enabled=False)
    before = cases(page)
    to_the_last_page(page)
    sent = fields_of(page) | {"step": "send"}
    press(page, "提交异议")
    expect(page.get_by_text("已提交").first).to_be_visible()
    (case,) = cases(page) - before
    changed = sent | {"grounds": "返回修改后的理由"}
    again = form_of("/objections/new", changed)
    page.route("**/again", lambda route: route.fulfill(body=again, content_type="text/html"))
    page.goto("/again")
    page.locator("button").click()
    expect(page.get_by_role("heading", name="这份表单此前已经提交并办理")).to_be_visible()
    assert page.get_by_role("link", name="查看此前办理的结果").get_attribute("href") == (
        f"{case}?lodged=yes"
    )
    other = page.context.new_page()
    withdraw(other, case)  # or the new one would contest a record that is contested already
    press(page, "作为新的一份提交")
    expect(page.get_by_text("已提交").first).to_be_visible()
    (second,) = cases(other) - before - {case}
    other.goto(second)
    expect(other.get_by_text(changed["grounds"])).to_be_visible()
    withdraw(other, second)


def test_two_replicas_of_the_portal_make_one_case_of_a_double_click(
    sign_in: SignIn, replica: str
) -> None:
    page = sign_in("demo.operator")
    before = cases(page)
    to_the_last_page(page)
    sent = fields_of(page) | {"step": "send"}
    press(page, "提交异议")
    assert "已提交" in posted(page, f"{replica}/objections/new", sent)
    (case,) = cases(page) - before
    changed = sent | {"grounds": "返回修改后的理由"}
    assert "这份表单此前已经提交并办理" in posted(page, f"{replica}/objections/new", changed)
    withdraw(page, case)


def form_of(address: str, fields: Mapping[str, str]) -> str:
    """A page with a form that sends these fields, as a browser keeps them when one goes back."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form method="post" action="{address}">{hidden}<button>送</button></form>'


def test_a_decision_that_comes_too_late_is_told_and_its_reasons_are_kept(sign_in: SignIn) -> None:
    operator = sign_in("demo.operator")
    to_the_last_page(operator)
    press(operator, "提交异议")
    case = urlsplit(operator.url).path
    first, second = sign_in("demo.caseworker"), sign_in("demo.caseworker")
    first.goto(f"{case}/decline")
    first.get_by_label("理由").fill("不属于异议范围")
    second.goto(f"{case}/accept")
    press(second, "受理")
    expect(second.get_by_text("已受理").first).to_be_visible()
    with first.expect_response(re.compile("/decline$")) as answered:
        press(first, "不予受理")
    assert answered.value.status == 409
    expect(
        first.get_by_text(re.compile("您打开此页之后，这个案件已有变化.*已受理"))
    ).to_be_visible()
    expect(first.get_by_label("理由")).to_have_value("不属于异议范围")
    first.get_by_role("link", name="查看案件现在的情况").click()
    expect(first.get_by_text("已受理").first).to_be_visible()
    withdraw(operator, case)


def test_a_service_that_is_down_is_named_and_nothing_is_lost(
    sign_in: SignIn, sandbox: Sandbox
) -> None:
    page = sign_in("demo.operator")
    before = cases(page)
    to_the_last_page(page)
    resume = sandbox.stop("objection")
    try:
        press(page, "提交异议")
        expect(page.get_by_role("heading", name="暂时不可用")).to_be_visible(timeout=60_000)
        expect(page.locator("main li")).to_have_text("异议和信用修复")
        assert Axe().run(page).violations_count == 0
        page.context.new_page().goto("/grade")  # other pages stand
    finally:
        resume()
    press(page, "再提交一次")
    expect(page.get_by_text("已提交").first).to_be_visible(timeout=60_000)
    (case,) = cases(page) - before
    page.goto(case)
    expect(page.get_by_text(GROUNDS)).to_be_visible()
    withdraw(page, case)


def test_an_upload_that_is_cut_off_leaves_nothing(sign_in: SignIn, sandbox: Sandbox) -> None:
    page = sign_in("demo.caseworker")
    page.goto("/imports")
    before = page.locator("main").inner_text()
    page.goto("/imports/new")
    token = field(page, "form_token")
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    start = (
        f'--x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n{token}\r\n'
        '--x\r\nContent-Disposition: form-data; name="family"\r\n\r\nsubjects\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="half.csv"\r\n\r\nkind,na'
    )
    host, _, port = sandbox.address.removeprefix("http://").partition(":")
    head = (
        f"POST /imports/new HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9000\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall((head + start).encode())
    page.goto("/imports")
    assert page.locator("main").inner_text() == before
    log = (sandbox.data / "logs" / "portal.log").read_text()
    assert not [line for line in log.splitlines() if json.loads(line)["level"] == "error"]


@pytest.mark.parametrize("name", FILE_NAMES, ids=["path", "markup", "header", "long", "reversed"])
def test_a_hostile_file_name_is_text(sign_in: SignIn, name: str) -> None:
    page = sign_in("demo.caseworker")
    content = "kind,name,sector,bureau\n神仙,样例,餐饮,330102\n".encode()
    send_file(page, {"name": name, "mimeType": "text/csv", "buffer": content}, "只检查", "主体")
    expect(page.get_by_text("已检查，未导入")).to_be_visible()
    assert page.locator("main img").count() == 0
    assert "x=y" not in str(page.context.cookies())
    page.goto("/imports")
    assert Axe().run(page).violations_count == 0


def test_a_file_of_ten_thousand_rows_is_told_by_pages(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker")
    rows = "".join(f"神仙,样例摊位{number},330102,餐饮\n" for number in range(MANY_ROWS))
    content = f"主体类型,名称,监管机关代码,行业领域\n{rows}".encode()
    file = {"name": "一万行.csv", "mimeType": "text/csv", "buffer": content}
    send_file(page, file, "只检查", "主体")
    expect(page.get_by_role("link", name="下载有误的行")).to_be_visible()
    expect(page.get_by_text("10,000", exact=True).first).to_be_visible()
    assert len(page.content().encode()) < MOST_BYTES
    with page.expect_download() as download:
        page.get_by_role("link", name="下载有误的行").click()
    kept = download.value.path().read_text(encoding="utf-8-sig")
    assert len(list(csv.reader(io.StringIO(kept)))) == MANY_ROWS + 1


def test_names_in_rare_characters_stay_what_they_are(sign_in: SignIn) -> None:
    page = sign_in("demo.caseworker")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["主体类型", "名称", "监管机关代码", "行业领域", "地址"])
    writer.writerows(["个体工商户", name, "330102", "餐饮", "样例路1号"] for name in NAMES)
    file = {"name": "rare.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}
    send_file(page, file, "导入", "主体")
    expect(page.get_by_text("已导入", exact=True)).to_be_visible()
    for name in NAMES:
        page.goto("/subjects")
        page.get_by_role("searchbox").or_(page.get_by_label("名称")).first.fill(name)
        page.keyboard.press("Enter")
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        assert Axe().run(page).violations_count == 0
