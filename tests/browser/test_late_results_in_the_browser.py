"""A result that comes too late says so before it is sent; institution and bureau see it after."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import both_ways, check, press

SignIn = Callable[..., Page]
VERIFIED, LAST = "2026-09-01", "2026-09-08"  # five working days later; today is the 14th


def address(operator: Page, place: int) -> str:
    """The address of an instrument of the operator's list."""
    operator.goto("/instruments")
    return str(
        operator.locator("main tbody tr").nth(place).get_by_role("link").first.get_attribute("href")
    )


def fills_in(page: Page, on: str, number: str) -> None:
    page.get_by_label("合格", exact=True).check()
    page.get_by_label("检定日期").fill(on)
    page.get_by_label("有效期至").fill("2027-02-28")
    page.get_by_label("证书编号").fill(number)
    press(page, "继续")


@both_ways
def test_a_late_result_is_told_before_and_seen_after(sign_in: SignIn, *, javascript: bool) -> None:
    operator, lab, office = (
        sign_in(f"demo.{name}", java_script_enabled=javascript)
        for name in ("operator", "institution", "caseworker")
    )
    number = f"迟报-{'J' if javascript else 'N'}"
    instrument = address(operator, 2 if javascript else 3)
    lab.goto(f"/verifications/new?instrument={instrument.rpartition('/')[2]}")
    fills_in(lab, VERIFIED, number)
    warning = lab.locator(".govuk-warning-text")
    expect(warning).to_contain_text(re.compile("这一结果最迟应于 .*9月8日.*已逾期 .* 天"))
    expect(warning).to_contain_text("逾期会如实记录，并告知贵机构和监管机关")
    check(sign_in("demo.institution"), "/punctuality")
    press(lab, "提交")
    expect(lab.get_by_text(number).first).to_be_visible()
    for page in (lab, office):
        page.goto("/punctuality/reports?state=late")
        row = page.get_by_role("row", name=re.compile(number))
        expect(row).to_contain_text(LAST)
        expect(row).to_contain_text("逾期")
    operator.goto(instrument)
    expect(operator.get_by_text(number).first).to_be_visible()


def test_a_result_in_time_is_not_called_late(sign_in: SignIn) -> None:
    operator, lab = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("operator", "institution")
    )
    lab.goto(f"/verifications/new?instrument={address(operator, 1).rpartition('/')[2]}")
    fills_in(lab, "2026-09-10", "及时-1")
    expect(lab.get_by_role("button", name="提交", exact=True)).to_be_visible()
    expect(lab.locator(".govuk-warning-text")).to_have_count(0)
