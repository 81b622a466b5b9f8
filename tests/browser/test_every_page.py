"""Every page: no accessibility fault, no sideways scroll on a phone, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from services.cli.sample.subjects import CITY_NAME, CITY_NAME_EN
from tests.browser.conftest import both_ways

SignIn = Callable[..., Page]
HREFS = "links => links.map(link => link.getAttribute('href').split('#')[0])"
BAD_REQUEST = 400
PHONE: ViewportSize = {"width": 375, "height": 740}
RIGHTMOST = """Math.max(0, ...Array.from(
    document.querySelectorAll(".q-table tbody th, .q-table td"),
    (cell) => cell.getBoundingClientRect().right))"""
PAGES = {
    "": [
        "/",
        "/?q=加油",
        "/?q=jyz",
        "/?q=无",
        "/notices",
        "/notices/exposed",
        "/scan",
        "/scan?code=no/code!",
        "/i/0000000000-aaaaaaaa",
        "/01/09520123456788/21/NONE",
        "/notices/indices",
        "/notices/repairs",
        "/bureaus",
        "/directory",
        "/directory?type=FUEL&division=33&q=无",
        "/accessibility",
        "/checkpoints",
        "/data",
        "/integrators",
        "/check/letter",
        "/check/letter?number=x&code=AAAA-AAAA",
        "/check/receipt",
        "/law",
        "/law/texts/hangzhou-2021-120",
        "/law/texts/tianjin-pilot",
        "/law/working-days?from=2026-09-25&days=7",
        "/law/working-days?from=x",
        "/law/colours?valid_until=2026-12-31",
        "/law/periods?kind=penalty&severity=general&determined=2026-03-01",
        "/law/S4",
        "/law/S2",
        "/law/ZJ-REPAIR",
        "/sign-in",
        "/register",
        "/password/forgotten",
        "/password/no.link",
        "/sandbox/tour",
        "/no-such-page",
    ],
    "demo.operator": [
        "/home",
        "/instruments",
        "/instruments/new",
        "/instruments/import",
        "/verifications",
        "/contact",
        "/due-dates",
        "/webhooks",
        "/labels",
        "/grade",
        "/records",
        "/cases",
        "/messages",
        "/objections/new",
        "/repairs/new",
        "/account",
        "/people",
        "/certificate-files",
        "/calibration-files",
        "/orders",
        "/orders/new",
        "/permits",
        "/upkeep",
        "/upkeep/import",
    ],
    "demo.caseworker": [
        "/home",
        "/instruments",
        "/cases",
        "/cases?q=无&sector=medical&due_to=2026-12-31",
        "/cases/accept",
        "/cases/take",
        "/escalations",
        "/unreached",
        "/ladders",
        "/order-terms",
        "/templates",
        "/exposure-lists",
        "/exposure-lists/new",
        "/circulars",
        "/circulars/new",
        "/subjects",
        "/subjects/new",
        "/imports",
        "/imports/new",
        "/exports",
        "/indices/new/scenic",
        "/indices/new/block",
        "/registrations",
        "/certificate-files",
        "/certificate-files?institution=无",
        "/calibration-files?institution=无&type=FUEL",
        "/sharings",
        "/orders?which=all&type=FUEL&q=无&institution=无",
        "/permits",
        "/permits/new",
        "/qualifications",
        "/qualifications?ending=90&kind=examiner",
        "/calibrations/without-cycle",
        "/qualifications/new",
        "/qualifications/import",
        "/permits?state=expired&ending=90&matter=authorisation&q=无",
    ],
    "demo.unithead": [
        "/home",
        "/absence",
        "/unit-people",
        "/instruments?colour=red",
        "/unit",
        "/unit/report",
        "/imports?state=applied",
        "/proposals",
        "/alike",
        "/questions",
        "/questions?state=waiting&kind=rejected_alone",
        "/alike?state=waiting&kind=instrument",
        "/publication",
        "/publication/untold",
        "/first-grades",
        "/first-notices",
        "/punctuality",
        "/punctuality/reports",
        "/institutions",
        "/institutions/new",
        "/institutions/import",
        "/laboratories",
        "/environment",
        "/environment?finding=exceeded&unnoted=yes&institution=无",
        "/authorities",
        "/authorities/new",
        "/audit",
    ],
    "demo.reviewer": [
        "/home",
        "/cases",
        "/rulesets",
        "/rulesets/impacts/new",
        "/indices",
        "/year-ends",
        "/city",
        "/colours?by=institution",
        "/forecast?weeks=53",
    ],
    "demo.institution": [
        "/home",
        "/imports",
        "/imports/new",
        "/certificates",
        "/certificates/several",
        "/calibrations",
        "/calibrations/new",
        "/due",
        "/due?colour=red",
        "/experts",
        "/webhooks",
        "/forecast",
        "/orders?which=all",
        "/labels?type=FUEL",
    ],
    "administrator": [
        "/status",
        "/status/check",
        "/status/reconcile",
        "/accounts",
        "/accounts/new",
        "/proposals",
        "/undelivered",
        "/undelivered/events",
        "/calendar",
        "/ladders",
        "/channels",
        "/templates",
        "/audit",
        "/audit?kind=account",
        "/audit/chains",
        "/backup",
    ],
    "demo.auditor": ["/audit", "/audit/chains", "/access", "/access?kind=sign_in", "/account"],
    "demo.inspector": [
        "/home",
        "/subjects?q=加油",
        "/inspections/new",
        "/inspections/new?q=加油",
        "/inspections/new?q=无此",
    ],
}
MOST_TABS = 8  # from the last text of a form to its button, over the choice of files
LINKED = {  # from a list to the first of its things
    "demo.operator": ["/instruments", "/verifications"],
    "demo.caseworker": ["/subjects", "/instruments", "/publication"],
    "demo.unithead": ["/institutions"],
    "demo.institution": ["/due", "/certificates"],
    "administrator": ["/accounts"],
    "": ["/?q=加油"],
}


# In English the pages of one role; those of the others, of the same parts, only at length.
EDITIONS = [
    *((member, "zh-CN") for member in PAGES),
    ("demo.auditor", "en"),
    *(pytest.param(one, "en", marks=pytest.mark.long) for one in PAGES if one != "demo.auditor"),
]


@pytest.mark.parametrize(("member", "language"), EDITIONS)
def test_a_page_has_no_accessibility_fault_fits_a_phone_and_leads_to_no_fault(
    sign_in: SignIn, member: str, language: str
) -> None:
    page = sign_in(member)
    page.goto(f"/language/{language}")
    links: set[str] = set()
    for path in PAGES[member]:
        page.goto(path)
        _check(page, path)
        assert page.locator("html").get_attribute("lang") == language
        links |= set(page.locator("a[href^='/']").evaluate_all(HREFS))
        _fits_a_phone(page, path)
    for path in LINKED.get(member, []):
        page.goto(path)
        page.locator("main tbody a, main .q-results a").first.click()
        _check(page, page.url)
    faults = [link for link in one_of_each(links) if page.request.get(link).status >= BAD_REQUEST]
    assert faults == []


def one_of_each(links: Iterable[str]) -> Iterable[str]:
    """One link to each page: of addresses that differ only in an id, the first."""
    kept = {re.sub(r"[0-9a-f]{32}", "*", link.partition("?")[0]): link for link in sorted(links)}
    return [link for shape, link in kept.items() if not shape.startswith("/language/")]


@both_ways
def test_anyone_finds_a_firm_and_what_its_grade_means(sign_in: SignIn, javascript: bool) -> None:
    page = sign_in(java_script_enabled=javascript)
    page.goto("/")
    page.get_by_label("企业名称或统一社会信用代码").fill("加油")
    page.get_by_role("button", name="查询").click()
    page.locator(".q-results a").first.click()
    expect(page.get_by_role("heading", name="信用等级")).to_be_visible()
    page.get_by_role("link", name="这个等级是什么意思").click()
    expect(page.get_by_role("heading", name="分数与等级")).to_be_visible()

    page.goto("/notices")
    page.get_by_role("link", name="受理异议的机关").click()
    page.get_by_label("机关名称中有").fill("城区")
    page.get_by_role("button", name="筛选").click()
    names = page.locator("main tbody th")
    page.wait_for_url(re.compile("q="))
    page.get_by_role("link", name="机关", exact=True).click()
    page.wait_for_url(re.compile("sort=name"))
    assert names.all_inner_texts() == sorted(names.all_inner_texts())
    assert all("城区" in name for name in names.all_inner_texts())
    file = page.get_by_role("link", name="CSV", exact=True).get_attribute("href")
    rows = page.request.get(str(file)).text().splitlines()
    assert len(rows) == 1 + names.count()


def test_the_publics_pages_name_the_bureau_that_runs_the_platform(sign_in: SignIn) -> None:
    page = sign_in()
    for language, name in (("zh-CN", CITY_NAME), ("en", CITY_NAME_EN)):
        page.goto(f"/language/{language}")
        expect(page.get_by_role("banner")).to_contain_text(name)
        expect(page.get_by_role("contentinfo")).to_contain_text(name)
        assert name in page.request.get("/i/0000000000-aaaaaaaa").text()
    district = sign_in("demo.inspector").get_by_role("banner")
    expect(district).to_contain_text("上城区市场监督管理局")
    expect(district).not_to_contain_text(CITY_NAME)


def test_no_natural_person_is_found(sign_in: SignIn) -> None:
    page = sign_in()
    page.goto("/?q=自然人")
    expect(page.get_by_text("自然人不公开")).to_be_visible()


def test_a_wizard_can_be_walked_with_the_keyboard_alone(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    page.goto("/objections/new")
    page.get_by_role("checkbox").first.focus()
    page.keyboard.press("Space")
    page.locator("main").get_by_role("button", name="继续").focus()
    page.keyboard.press("Enter")
    page.get_by_label("理由").focus()
    page.keyboard.type("records are wrong")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "继续":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="核对并提交")).to_be_visible()


def test_public_pages_have_an_etag_and_personal_ones_no_cache(sign_in: SignIn, portal: str) -> None:
    page = sign_in("demo.operator")
    answer = page.goto("/home")
    assert answer is not None
    assert answer.headers["cache-control"] == "no-store"
    anyone = sign_in()
    first = anyone.request.get(f"{portal}/law")
    again = anyone.request.get(f"{portal}/law", headers={"if-none-match": first.headers["etag"]})
    assert (first.status, again.status) == (200, 304)


def test_signing_out_ends_the_session(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    cookies = page.context.cookies()
    session = next(cookie for cookie in cookies if cookie.get("name") == "quanheng_session")
    assert session.get("httpOnly") is True
    page.get_by_role("button", name="退出").click()
    page.context.add_cookies([dict(session)])  # type: ignore[list-item] # it is what cookies() gave
    page.goto("/home")
    assert "/sign-in" in page.url


def _check(page: Page, path: str) -> None:
    page.wait_for_load_state()  # a click returns while the page still comes in
    answer = Axe().run(page)
    assert answer.violations_count == 0, f"{path}: {answer.generate_report()}"


def _fits_a_phone(page: Page, path: str) -> None:
    """Fails if the page is wider than a phone; leaves it as wide as it was."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size(PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{path} is {wide} px wide"
    # A list that scrolls by itself would hide its last columns, such as the colour.
    right = page.evaluate(RIGHTMOST)
    assert right <= PHONE["width"], f"a cell on {path} ends at {right} px"
    page.set_viewport_size(before)
