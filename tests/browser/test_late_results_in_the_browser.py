"""An institution is late with a result, or with an application: it and its bureau see so.

A result says so before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from playwright.sync_api import Page, expect

from services.cli.sample.instruments import INSTITUTION, instruments
from services.cli.sample.order_book import APPLICANT, OF_APPLICANT
from services.cli.sample.subjects import subjects
from tests.browser.conftest import appears, both_ways, check, move_clock, press

SignIn = Callable[..., Page]
VERIFIED, LAST = "2026-09-01", "2026-09-08"  # five working days later; today is the 14th
WEEKS_LATER = date(2026, 9, 28)  # longer than an institution has to accept an application


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


def never_accepted() -> tuple[str, str]:
    """The serial number of an instrument that the sample applies for in vain, and its owner."""
    number = next(way.number for way in OF_APPLICANT if not way.steps)
    found = next(one for one in instruments(subjects(), WEEKS_LATER) if one.number == number)
    assert found.owner.ref == APPLICANT
    return found.serial_no, found.owner.name


def test_an_application_that_is_not_accepted_in_time_is_late_for_all(sign_in: SignIn) -> None:
    lab, office = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("institution", "caseworker")
    )
    serial, owner = never_accepted()
    lab.goto("/orders?which=overdue")
    expect(lab.get_by_text("没有这样的检定申请。")).to_be_visible()
    move_clock(lab, WEEKS_LATER)
    lab.goto("/home")
    lab.get_by_role("link", name=re.compile("办理 .* 件已超过期限的检定申请")).click()
    row = lab.get_by_role("row", name=re.compile(serial))
    for text in ("待受理", "检定机构已超过期限", "已逾期", owner):
        expect(row).to_contain_text(text)
    check(sign_in("demo.institution"), "/orders?which=overdue")

    office.goto("/orders")
    office.get_by_label("范围").select_option(label="检定机构已超过期限的")
    press(office, "筛选")
    row = office.get_by_role("row", name=re.compile(serial))
    for text in ("待受理", "检定机构已超过期限", "已逾期", owner, INSTITUTION):
        expect(row).to_contain_text(text)
    office.goto("/punctuality")
    figures = office.get_by_role("row", name=INSTITUTION).get_by_role("cell")
    expect(figures.last).not_to_have_text("0")
    office.goto("/messages")
    appears(office, office.get_by_role("link", name=re.compile("检定机构逾期：")).first)
    accepted_late(lab, office, serial)


def accepted_late(lab: Page, office: Page, serial: str) -> None:
    """The institution accepts it after all; that it was late stays, for the bureau too."""
    lab.goto("/orders?which=overdue")
    lab.get_by_role("link", name=re.compile(serial)).click()
    lab.get_by_label("受理", exact=True).check()
    press(lab, "提交")
    office.goto(lab.url.partition("?")[0])
    for page in (lab, office):
        expect(page.get_by_role("listitem").filter(has_text="已受理（逾期）")).to_be_visible()
    lab.goto("/orders?which=overdue")
    expect(lab.get_by_role("row", name=re.compile(serial))).to_have_count(0)
