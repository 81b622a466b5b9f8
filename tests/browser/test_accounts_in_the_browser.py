"""Accounts in a real browser: first password, second factor, mailed link, application, colleagues.

The bureau's own sign-in service is oidc-provider-mock as a process of its own. Stories run with
JavaScript and without.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from services.cli.sample.subjects import SampleSubject, subjects
from tests.browser.conftest import both_ways
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

SignIn = Callable[..., Page]
PASSWORD = "a-word-of-their-own"
MAPPING = {
    "accounts": "create",
    "roles": {"claim": "groups", "values": {"办案": "caseworker"}},
    "bureau": {"claim": "department", "values": {"上城": "330102"}},
}
PEOPLE = (
    {"sub": "zhang", "name": "合成单点人员", "groups": ["办案"], "department": "上城"},
    {"sub": "nobody", "name": "合成无关人员", "groups": ["食堂"], "department": "上城"},
)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The issuer of a sign-in service that runs as a process of its own."""
    port = free_port()
    users = [part for one in PEOPLE for part in ("--user-claims", json.dumps(one))]
    command = [sys.executable, "-m", "oidc_provider_mock", "-p", str(port), *users]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGTERM)
    process.wait(60)


@pytest.fixture(scope="module", autouse=True)
def surroundings(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The sandbox uses the sign-in service, and reviewers need a second factor."""
    mapping = tmp_path_factory.mktemp("mapping") / "mapping.json"
    mapping.write_text(json.dumps(MAPPING))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANHENG_OIDC_ISSUER", provider)
        patch.setenv("QUANHENG_OIDC_CLIENT_ID", "quanheng")
        patch.setenv("QUANHENG_OIDC_CLIENT_SECRET", "a-client-secret")
        patch.setenv("QUANHENG_OIDC_NAME", "演练统一认证")
        patch.setenv("QUANHENG_OIDC_MAPPING_FILE", str(mapping))
        patch.setenv("QUANHENG_SECOND_FACTOR_ROLES", "municipal_reviewer")
        yield


@pytest.fixture
def data(sandbox: Any) -> Path:
    """The data directory of the sandbox, with its mailbox and its cast."""
    return Path(sandbox.data)


def mailed(data: Path, to: str, subject: str) -> str:
    """The text of the newest mail to an address, once it has come."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        files = sorted((data / "mailbox").glob("*.eml"), reverse=True)
        for file in files:
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if to in str(mail["To"]) and subject in str(mail["Subject"]):
                part = mail.get_body(("plain",))
                assert part is not None
                return str(part.get_content())
        time.sleep(0.2)
    raise AssertionError(f"No mail to {to} about {subject}")


def link_in(text: str) -> str:
    found = re.search(r"https?://[^/\s]+(/password/\S+)", text)
    assert found, text
    return found[1]


def name_in(text: str) -> str:
    found = re.search(r"用户名：(\S+)", text)
    assert found, text
    return found[1]


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).click()


def give_password(page: Page, password: str, button: str) -> None:
    page.get_by_label("新密码", exact=True).fill(password)
    page.get_by_label("再输入一次新密码").fill(password)
    press(page, button)


def enter(page: Page, name: str, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("用户名或邮箱").fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    press(page, "登录")


def has_no_fault(page: Page) -> None:
    answer = Axe().run(page)
    assert answer.violations_count == 0, f"{page.url}: {answer.generate_report()}"


def apply_for(page: Page, firm: SampleSubject, address: str) -> None:
    """Fills in the application for an account of a firm, at first with nothing."""
    page.goto("/register")
    press(page, "提交")
    expect(page.get_by_role("heading", name="填写的内容有误")).to_be_visible()
    page.get_by_label("统一社会信用代码").fill(firm.credit_code)
    page.get_by_label("单位名称").fill(firm.name)
    page.get_by_label("所在地的监管部门").select_option("330102")
    page.get_by_label("您的姓名").fill("合成申请人")
    page.get_by_label("邮箱").fill(address)
    page.get_by_label("您与单位的关系").fill("本单位计量管理员")
    press(page, "提交")
    expect(page.get_by_role("heading", name="已收到注册申请")).to_be_visible()


@both_ways
def test_an_operator_applies_and_invites_a_colleague_who_is_removed(
    sign_in: SignIn, data: Path, javascript: bool
) -> None:
    """From the application to a colleague whose login ends the moment they are removed."""
    options = {"java_script_enabled": javascript}
    firm = [s for s in subjects() if s.bureau == "330102" and s.credit_code][int(javascript)]
    address = f"applicant-{int(javascript)}@firm.example"
    applicant = sign_in(**options)
    apply_for(applicant, firm, address)

    caseworker = sign_in("demo.caseworker", **options)
    caseworker.goto("/home")
    caseworker.get_by_role("link", name=f"为 {firm.name} 提出的注册申请").click()
    press(caseworker, "确认并开通账号")
    expect(caseworker.get_by_role("heading", name="账号已开通")).to_be_visible()
    caseworker.goto("/registrations?state=confirmed")
    expect(caseworker.get_by_role("link", name=firm.name)).to_be_visible()
    with caseworker.expect_download() as download:
        caseworker.get_by_role("link", name="CSV").click()
    assert firm.credit_code in download.value.path().read_text(encoding="utf-8-sig")

    text = mailed(data, address, "账号已开通")
    applicant.goto(link_in(text))
    give_password(applicant, "password123456", "设置密码")
    expect(applicant.locator("#new_password-error")).to_contain_text("太常见")
    give_password(applicant, PASSWORD, "设置密码")
    expect(applicant.get_by_role("heading", name="密码已设置")).to_be_visible()
    applicant.goto(link_in(text))
    expect(applicant.get_by_role("heading", name="这个链接已经用过")).to_be_visible()
    enter(applicant, name_in(text), PASSWORD)
    expect(applicant.get_by_text(firm.name).first).to_be_visible()

    applicant.goto("/people")
    applicant.get_by_label("姓名").fill("合成同事")
    colleague_address = f"colleague-{int(javascript)}@firm.example"
    applicant.get_by_label("邮箱").fill(colleague_address)
    press(applicant, "邀请")
    expect(applicant.get_by_text("邀请已寄出")).to_be_visible()
    invitation = mailed(data, colleague_address, "邀请您使用")
    colleague = sign_in(**options)
    colleague.goto(link_in(invitation))
    give_password(colleague, PASSWORD, "设置密码")
    enter(colleague, name_in(invitation), PASSWORD)
    colleague.goto("/people")
    expect(colleague.get_by_role("button", name="邀请")).to_have_count(0)
    applicant.get_by_role("button", name="注销 合成同事").click()
    expect(applicant.get_by_text("其登录已立即结束")).to_be_visible()
    colleague.goto("/people")
    expect(colleague.get_by_role("heading", name="登录")).to_be_visible()


def test_a_forgotten_password_is_set_by_mail_and_nobody_learns_who_has_an_account(
    sign_in: SignIn, data: Path
) -> None:
    page = sign_in("demo.unithead")
    page.goto("/account")
    password = json.loads((data / "sandbox-cast.json").read_text())
    own = next(one["password"] for one in password if one["name"] == "demo.unithead")
    page.get_by_label("邮箱").fill("head@bureau.example")
    page.locator("#password").fill(own)
    press(page, "保存联系方式")
    expect(page.get_by_text("联系方式已保存")).to_be_visible()
    anyone = sign_in()
    answers = []
    for name in ("head@bureau.example", "nobody@bureau.example"):
        anyone.goto("/password/forgotten")
        anyone.get_by_label("用户名或邮箱").fill(name)
        press(anyone, "寄送链接")
        answers.append(anyone.locator("main").inner_text())
    assert answers[0] == answers[1]
    anyone.goto(link_in(mailed(data, "head@bureau.example", "设置新密码")))
    has_no_fault(anyone)
    give_password(anyone, PASSWORD, "设置密码")
    page.goto("/home")  # earlier logins have ended
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    enter(anyone, "head@bureau.example", PASSWORD)
    expect(anyone.get_by_role("link", name="样例单位负责人")).to_be_visible()


@both_ways
def test_a_second_factor_is_set_up_and_asked_for(
    sign_in: SignIn, data: Path, javascript: bool
) -> None:
    member = "demo.inspector" if javascript else "demo.institution"
    cast = json.loads((data / "sandbox-cast.json").read_text())
    own = next(one["password"] for one in cast if one["name"] == member)
    options = {"java_script_enabled": javascript}
    looking, page = sign_in(member), sign_in(member, **options)  # whoever begins last confirms
    for one in (looking, page):
        one.goto("/account")
        one.locator("#factor_password").fill(own)
        press(one, "设置两步验证")
    has_no_fault(looking)
    secret = page.locator("main code").inner_text()
    page.get_by_label("验证码").fill("000000")
    press(page, "确认")
    expect(page.locator("#code-error")).to_be_visible()
    page.get_by_label("验证码").fill(pyotp.TOTP(secret).now())
    press(page, "确认")
    recovery = page.locator(".q-codes code").all_inner_texts()
    assert len(recovery) == 10
    other = sign_in(**options)
    enter(other, member, own)
    expect(other.get_by_role("heading", name="两步验证")).to_be_visible()
    other.get_by_label("验证码").fill("111111")
    press(other, "登录")
    expect(other.locator("#code-error")).to_be_visible()
    other.get_by_label("验证码").fill(recovery[0])
    # The browser shows the answer to the second click; a recovery code counts once.
    other.locator("main").get_by_role("button", name="登录", exact=True).dblclick()
    expect(other.get_by_role("button", name="退出")).to_be_visible()
    other.goto("/account")
    expect(other.get_by_text("已启用")).to_be_visible()
    press(other, "结束其他全部登录")
    page.goto("/account")
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()


def test_a_role_that_needs_a_second_factor_sets_it_up_before_anything_else(
    sign_in: SignIn,
) -> None:
    page = sign_in()
    page.goto("/sign-in")
    page.locator("button[name=name][value='demo.reviewer']").click()
    expect(page.get_by_role("heading", name="设置两步验证")).to_be_visible()
    has_no_fault(page)
    page.get_by_label("验证码").fill(pyotp.TOTP(page.locator("main code").inner_text()).now())
    press(page, "确认")
    has_no_fault(page)
    page.get_by_role("link", name="我已收好，继续").click()
    expect(page.get_by_role("link", name="样例复核人员")).to_be_visible()


def sign_on(browser: Browser, portal: str, person: str) -> Page:
    """A browser in which somebody signs in at the sign-in service; it may go to that host."""
    page = browser.new_context(base_url=portal, locale="zh-CN").new_page()
    page.goto("/sign-in")
    page.get_by_role("link", name="用演练统一认证登录").click()
    page.locator(f"button[name=sub][value={person}]").click()
    page.wait_for_url(re.compile(re.escape(portal)))
    return page


def test_the_bureaus_own_service_signs_people_in(browser: Browser, portal: str) -> None:
    page = sign_on(browser, portal, "zhang")
    expect(page.get_by_role("link", name="合成单点人员（办案人员）")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_text("本平台没有您的密码")).to_be_visible()
    refused = sign_on(browser, portal, "nobody")
    expect(refused.get_by_role("heading", name="没有给您本平台的角色")).to_be_visible()
    refused.goto("/language/en?back=/sign-in/sso/callback?state=x")
    refused.goto("/sign-in/sso/callback?code=x&state=forged")
    expect(refused.get_by_role("heading", name="did not confirm who you are")).to_be_visible()
    page.context.close()
    refused.context.close()


def test_the_answer_of_a_sign_in_counts_for_the_browser_that_began_it(
    browser: Browser, portal: str
) -> None:
    page = browser.new_context(base_url=portal, locale="zh-CN").new_page()
    answered: list[str] = []
    page.on("request", lambda request: answered.append(request.url))
    page.goto("/sign-in")
    page.get_by_role("link", name="用演练统一认证登录").click()
    page.locator("button[name=sub][value=zhang]").click()
    page.wait_for_url(re.compile(r"/home"))
    answer = next(url for url in answered if "/sign-in/sso/callback" in url)
    page.goto(answer)  # a second time, and in another browser
    expect(page.get_by_role("heading", name="没有确认您的身份")).to_be_visible()
    other = browser.new_context(base_url=portal, locale="zh-CN").new_page()
    other.goto(answer)
    expect(other.get_by_role("heading", name="没有确认您的身份")).to_be_visible()
    page.context.close()
    other.context.close()


def test_the_pages_of_accounts_have_no_accessibility_fault(sign_in: SignIn) -> None:
    anyone = sign_in()
    for language in ("zh-CN", "en"):
        anyone.goto(f"/language/{language}")
        for path in ("/register", "/password/forgotten", "/password/no.link", "/sign-in/step"):
            anyone.goto(path)
            has_no_fault(anyone)
