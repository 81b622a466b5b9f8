"""An auditor finds who looked at a firm, and who tried to sign in; nobody else sees it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import both_ways
from tests.patience import PATIENCE_SECONDS

SignIn = Callable[..., Page]


def found(page: Page, address: str, text: str) -> None:
    """Opens a list until a row of it has the text: the log is written once a second."""
    for _ in range(int(PATIENCE_SECONDS * 2)):
        page.goto(address)
        if page.locator("main tbody tr").filter(has_text=text).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{text} is not in {page.locator('main').inner_text()}")


@both_ways
def test_an_auditor_finds_who_looked_at_a_firm(sign_in: SignIn, javascript: bool) -> None:
    caseworker = sign_in("demo.caseworker")
    caseworker.goto("/subjects")
    caseworker.locator("main tbody a").first.click()
    subject_id = caseworker.url.rpartition("/")[2]
    stranger = sign_in()
    stranger.goto("/sign-in")
    stranger.get_by_label("用户名").fill("demo.caseworker")
    stranger.get_by_label("密码", exact=True).fill("guessed")
    stranger.locator("main").get_by_role("button", name="登录", exact=True).click()
    auditor = sign_in("demo.auditor", java_script_enabled=javascript)
    found(auditor, f"/access?object=subject/{subject_id}", "样例办案人员")
    expect(auditor.locator("main tbody")).to_contain_text("查阅")
    found(auditor, "/access?kind=sign_in_failed", "样例办案人员")
    address = auditor.get_by_role("link", name="CSV", exact=True).get_attribute("href")
    assert "样例办案人员" in auditor.request.get(str(address)).text()
    assert auditor.request.get("/subjects").status == 403
    assert caseworker.request.get("/access").status == 403


def test_a_unit_head_reads_the_audit_of_the_unit(sign_in: SignIn) -> None:
    head = sign_in("demo.unithead")
    head.get_by_text("更多", exact=True).click()
    head.get_by_role("navigation").get_by_role("link", name="审计", exact=True).first.click()
    head.wait_for_url("**/audit")
    assert head.locator("main tbody tr").count()
    assert head.request.get("/audit/chains").status == 403
