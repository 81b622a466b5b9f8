"""One instrument through two years on pages without scripts: from its filing to its second renewal.

The days are those of the law, reckoned from the clock of the sandbox, which the buttons of the
header move. At each stage its owner, the public and the bureau see what is theirs to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from law.periods import add_months
from services.portal.saying import day_in_words
from tests.browser.conftest import appears, engaged, move_clock, press, today
from tests.browser.test_certificates_in_the_browser import PDF, choose
from tests.browser.test_lives_in_the_browser import register

SignIn = Callable[..., Page]
DAY = timedelta(days=1)
FIRM, CODE = "两年样例商店", "91330106MA0000009Y"
SERIAL = "两年-0001"
COLOURS = {"green": "绿色提示", "yellow": "黄色预警", "red": "红色警示", "none": "正常"}


@dataclass
class Story:
    """Who takes part, each on a page without scripts, and the addresses they come back to."""

    sign_in: SignIn
    owner: Page
    lab: Page
    bureau: Page
    firm: str
    instrument: str = ""
    label: str = ""

    @property
    def today(self) -> date:
        return today(self.bureau)

    def shows(self, colour: str, until: date) -> None:
        """Owner, bureau and public see the colour, and the last day of the verification.

        The public sees a change within a minute.
        """
        for page in (self.owner, self.bureau):
            page.goto(self.instrument)
            tag = page.locator(".govuk-tag", has_text=COLOURS[colour])
            appears(page, page.locator("main", has=tag, has_text=f"有效期至 {in_words(until)}"))
            expect(page.locator("main .govuk-tag").first).to_contain_text(COLOURS[colour])
        anyone = self.sign_in(java_script_enabled=False)
        anyone.goto(self.label)
        shown = anyone.locator(f"main:has(.state-{colour})", has_text=in_words(until))
        appears(anyone, shown)
        for part in (SERIAL, COLOURS[colour]):
            expect(shown).to_contain_text(part)
        anyone.context.close()

    def told(self, title: str, reader: Page | None = None) -> None:
        """Opens the newest message of the owner, or of another reader, with this title."""
        page = reader or self.owner
        page.goto("/messages")
        appears(page, page.get_by_role("link", name=re.compile(title)).first).click()

    def titles(self) -> list[str]:
        self.owner.goto("/messages")
        return self.owner.locator("main tbody a").all_inner_texts()


def in_words(day: date) -> str:
    return day_in_words(day, "full", "zh-CN")


def filed(story: Story) -> None:
    """A new scale is filed, which puts nothing into use; the bureau is told."""
    page = story.owner
    page.goto("/instruments/new")
    page.get_by_label("器具类型").select_option("NAWI-D")
    page.get_by_label("出厂编号").fill(SERIAL)
    press(page, "核对并提交")
    press(page, "提交备案")
    expect(page.get_by_text("检定合格以前，器具为备用，不能使用")).to_be_visible()
    story.instrument = page.url.partition("?")[0]
    expect(page.get_by_text("从未检定。投入使用前须经检定合格。")).to_be_visible()
    story.told(f"新器具备案：{FIRM}，.*{SERIAL}", story.bureau)
    message = story.bureau.locator("main")
    expect(message).to_contain_text(f"{FIRM}登记了新的计量器具")
    expect(message).to_contain_text(SERIAL)
    page.goto("/labels")
    found = re.search(r"[0-9a-f]{10}-[0-9a-z]{8}", page.locator("main").inner_text())
    assert found is not None
    story.label = f"/i/{found[0]}"
    anyone = story.sign_in(java_script_enabled=False)
    anyone.goto(story.label)
    expect(anyone.locator("main")).to_contain_text("从未检定")
    expect(anyone.locator(".state-none")).to_be_visible()


def applied(story: Story, reason: str, late: str = "") -> str:
    """The owner applies; the institution finds the order at the top of its list and accepts it."""
    page, lab = story.owner, story.lab
    page.goto(story.instrument)
    page.get_by_role("button", name="申请检定").click()
    page.get_by_role("radio").first.check()
    press(page, "继续")
    press(page, "提交申请")
    page.locator("main tbody a").first.click()
    order = page.url
    expect(page.locator("main")).to_contain_text(reason)
    if late:
        expect(page.locator("main")).to_contain_text(late)
    lab.goto("/home")
    lab.get_by_role("link", name=re.compile("受理 .+ 件新的检定申请")).click()
    lab.goto(order)
    expect(lab.locator("main")).to_contain_text(FIRM)
    lab.get_by_label("受理", exact=True).check()
    press(lab, "提交")
    expect(lab.get_by_text("已登记。")).to_be_visible()
    story.told("检定申请已受理")
    expect(page.locator("main")).to_contain_text(SERIAL)
    return order


def verified(story: Story, order: str, number: str) -> date:
    """The institution records that it has passed, for a year, and sends the certificate."""
    lab, until = story.lab, add_months(story.today, 12) - DAY
    lab.goto(order)
    lab.get_by_role("link", name="登记检定结果", exact=True).click()
    lab.get_by_label("合格", exact=True).check()
    lab.get_by_label("检定日期").fill(story.today.isoformat())
    lab.get_by_label("有效期至").fill(until.isoformat())
    lab.get_by_label("证书编号").fill(number)
    press(lab, "继续")
    press(lab, "提交")
    lab.get_by_role("button", name="上传证书文件").click()
    choose(lab, "证书.pdf", PDF + number.encode())
    press(lab, "上传")
    expect(lab.get_by_text("证书文件已保存。")).to_be_visible()
    story.owner.goto(order)
    expect(story.owner.locator(".govuk-tag").first).to_contain_text("已出结果")
    story.owner.goto("/certificate-files")
    expect(story.owner.get_by_role("link", name=number, exact=True)).to_be_visible()
    return until


def warned(story: Story, until: date, months: int, colour: str, before: str) -> None:
    """On the day of the law, and not a day before, a colour is shown and told."""
    day = add_months(until, -months) if months else until + DAY
    move_clock(story.bureau, day - DAY)
    story.shows(before, until)
    move_clock(story.bureau, day)
    story.shows(colour, until)
    story.told(rf"计量器具检定预警（{day}）：{COLOURS[colour]} 1 台")
    message = story.owner.locator("main")
    expect(message).to_contain_text(f"【{COLOURS[colour]}】")
    expect(message).to_contain_text(f"出厂编号 {SERIAL}；有效期至 {until}")


def approved(story: Story, case: str, step: str) -> None:
    """On the day that the case names, its step is proposed, and a caseworker approves it."""
    page = story.bureau
    page.goto(case)
    appears(page, page.get_by_text(re.compile(f"{step}：等待期满")))
    shown = re.search(r"等待期满，(\d+)年(\d+)月(\d+)日", page.locator("main").inner_text())
    assert shown is not None
    move_clock(story.bureau, date(*map(int, shown.groups())))
    page.goto(case)
    appears(page, page.get_by_label("批准", exact=True)).check()
    expect(page.locator("main")).to_contain_text(SERIAL)
    press(page, "提交")


def followed_up(story: Story) -> str:
    """The bureau reminds the owner and then writes to it; nothing is sent without a person."""
    page, owner = story.bureau, story.owner
    page.goto(f"{story.firm}/escalations")
    appears(page, page.locator("main tbody a").first).click()
    case = page.url.partition("?")[0]
    expect(page.get_by_text("红色警示的器具")).to_be_visible()
    approved(story, case, "提醒")
    story.told("提醒")
    expect(owner.locator("main")).to_contain_text(SERIAL)
    approved(story, case, "行政指导建议书")
    story.told("行政指导建议书")
    letter: Any = owner.get_by_role("link", name="（PDF）").first.get_attribute("href")
    assert owner.request.get(letter).body().startswith(b"%PDF")
    return case


@pytest.mark.long
def test_one_instrument_through_two_years(sign_in: SignIn) -> None:
    lab, bureau = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("institution", "caseworker")
    )
    firm = register(bureau, FIRM, CODE)
    story = Story(sign_in, engaged(sign_in, "sample.years", "样例店主", CODE), lab, bureau, firm)
    begin = story.today
    filed(story)
    order = applied(story, "新购，从未检定")
    move_clock(bureau, begin + DAY)
    until = verified(story, order, "两年第1号")
    story.shows("none", until)

    warned(story, until, 2, "green", before="none")
    warned(story, until, 1, "yellow", before="green")
    warned(story, until, 0, "red", before="yellow")
    case = followed_up(story)
    late = applied(story, "有效期已过", "有效期过后才申请")
    story.owner.goto(story.instrument)
    expect(story.owner.locator("main .govuk-tag").first).to_contain_text(COLOURS["red"])
    until = verified(story, late, "两年第2号")
    story.shows("none", until)
    bureau.goto(case)
    appears(bureau, bureau.get_by_text("已结束"))
    story.told("督促终结：已无红色警示器具")
    expect(story.owner.locator("main")).to_contain_text("督促事项自即日起终结")

    warned(story, until, 2, "green", before="none")
    order = applied(story, "有效期将满")
    warned(story, until, 1, "yellow", before="green")
    move_clock(bureau, story.today + DAY)
    until = verified(story, order, "两年第3号")
    story.shows("none", until)
    move_clock(bureau, until - timedelta(days=300))  # it would have been red by now
    story.shows("none", until)
    assert story.today > add_months(begin, 24)
    told = [one.partition("：")[2] for one in story.titles() if "检定预警" in one]
    reached = ("yellow", "green", "red", "yellow", "green")  # the newest first
    assert told == [f"{COLOURS[one]} 1 台" for one in reached]
    bureau.goto(f"{firm}/escalations")
    expect(bureau.locator("main tbody tr")).to_have_count(1)
    story.owner.goto("/home")
    board = story.owner.get_by_role("row", name=re.compile("数字指示秤.* 0 0 0 1 1"))
    expect(board).to_be_visible()
