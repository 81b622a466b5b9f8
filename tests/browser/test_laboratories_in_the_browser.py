"""A laboratory, its hours from a file, and what one hour outside the limits leads to.

The unit head registers it, the institution reports a verification and sends its records, the
caseworker looks at the mark. All of it is done on pages, and those who have to look get a mail.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize, expect

from law.periods import add_months
from services.cli.demo.mail import mails
from services.cli.sample.instruments import INSTITUTION
from tests.browser.conftest import Sandbox, appears, both_ways, check, press, today
from tests.browser.test_morning_of_an_institution import LAB_MAIL
from tests.patience import PATIENCE_SECONDS

SignIn = Callable[..., Page]
DAY = timedelta(days=1)
HEAD = "传感器,时间,温度,湿度"
PHONE: ViewportSize = {"width": 360, "height": 740}


def reachable(head: Page) -> None:
    """The head of the unit notes the mail address of the institution."""
    head.goto("/institutions")
    head.get_by_role("link", name=INSTITUTION).click()
    head.goto(f"{head.url}/change")
    head.get_by_label("邮箱").fill(LAB_MAIL)
    press(head, "保存")
    expect(head.get_by_text(LAB_MAIL)).to_be_visible()


def registers(head: Page, room: str, on: date) -> None:
    """The unit head puts a laboratory on file; a form without its name is told so."""
    head.goto("/institutions")
    head.get_by_role("link", name=INSTITUTION).click()
    head.get_by_role("link", name="登记实验室").click()
    head.get_by_label("地点").fill("样例市样例路18号3楼")
    head.get_by_label("授权文号").fill("（合成）法计专字第001号")
    head.get_by_label("授权自").fill((on - 30 * DAY).isoformat())
    head.get_by_label("授权至").fill(add_months(on, 24).isoformat())
    press(head, "保存")
    expect(head.get_by_role("alert")).to_contain_text("请填写实验室的名称")
    expect(head.get_by_label("授权文号")).to_have_value("（合成）法计专字第001号")
    head.get_by_label("名称").fill(room)
    press(head, "保存")
    expect(head.get_by_role("alert")).to_contain_text("已保存。")


def reports(lab: Page, room: str, number: str, on: date) -> str:
    """The institution reports a verification that was done there; returns the path of its page."""
    lab.goto("/due")
    lab.locator("main tbody a").first.click()
    lab.get_by_label("合格", exact=True).check()
    texts = {
        "检定日期": on.isoformat(),
        "有效期至": (add_months(on, 6) - DAY).isoformat(),
        "证书编号": number,
        "检定依据": "JJG 443-2023",
        "实验室": room,
        "检定开始时间": f"{on}T09:00",
        "检定结束时间": f"{on}T11:00",
    }
    for label, text in texts.items():
        lab.get_by_label(label, exact=True).fill(text)
    press(lab, "继续")
    press(lab, "提交")
    lab.goto(f"/certificates?q={number}")
    lab.get_by_role("link", name=number).click()
    appears(lab, lab.get_by_text("没有记录", exact=True))
    return lab.url.removeprefix(lab.url.partition("/verifications")[0])


def sends(lab: Page, room: str, on: date) -> None:
    """A file with a faulty row sends nothing and says which; the corrected one is taken."""
    lab.goto("/laboratories")
    lab.get_by_role("link", name=room).click()
    lab.get_by_role("link", name="按文件报送温湿度记录").click()
    hours = [f"T1,{on} 09:00,20.5,55", f"T1,{on} 10:00,六十,55"]
    choose(lab, hours)
    expect(lab.get_by_text("第 3 行“温度”：应为数值，如 20.5")).to_be_visible()
    choose(lab, [hours[0], hours[1].replace("六十", "60")])
    expect(lab.get_by_role("alert")).to_contain_text("新收 2 条")
    expect(lab.get_by_role("alert")).to_contain_text("1 次检定的标记有变")
    choose(lab, [f"T1,{on} 08:00,20.5,55"])
    expect(lab.get_by_role("alert")).to_contain_text("新收 1 条")
    lab.get_by_role("link", name="返回实验室").click()
    expect(lab.get_by_role("row", name=re.compile("10:00 T1 60 55"))).to_be_visible()


def choose(lab: Page, hours: list[str]) -> None:
    content = "\n".join([HEAD, *hours]).encode()
    file: Any = {"name": "温湿度.csv", "mimeType": "text/csv", "buffer": content}
    lab.get_by_label("文件", exact=True).set_input_files(file)
    press(lab, "报送")


def looks(bureau: Page, number: str) -> None:
    """The caseworker finds the mark among what waits, and notes what was found."""
    bureau.goto("/home")
    bureau.get_by_role("link", name="核对实验室环境不符或者缺记录的检定：1 次").click()
    row = bureau.get_by_role("row", name=re.compile(number))
    expect(row).to_contain_text("超出限值")
    expect(row).to_contain_text("2 小时中有 1 小时")
    row.get_by_role("link").first.click()
    expect(bureau.get_by_text("限值为示例，采用前须按检定规程核对。")).to_be_visible()
    press(bureau, "保存核对情况")
    expect(bureau.get_by_role("alert")).to_contain_text("请写明核对情况")
    bureau.get_by_label("核对情况").fill("（合成）空调停机半小时，已要求重新检定")
    press(bureau, "保存核对情况")
    expect(bureau.get_by_role("alert")).to_contain_text("已写明核对情况。")
    expect(fact(bureau, "核对人")).not_to_be_empty()
    expect(fact(bureau, "核对时间")).to_contain_text("年")
    bureau.goto("/home")
    expect(bureau.get_by_role("link", name=re.compile("核对实验室环境不符"))).to_have_count(0)


def fact(page: Page, name: str) -> Any:
    """What the page says under a name."""
    row = page.locator(".govuk-summary-list__row").filter(has=page.get_by_text(name, exact=True))
    return row.locator("dd")


def heard(mailbox: Path, to: str, title: str, number: str) -> str:
    """The text of the newest mail about a certificate to somebody, once it is there.

    Its title begins so. The sample has mails of the same kind, about certificates of its own.
    """
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        told = [one for one in mails(mailbox) if one.title.startswith(title)]
        if found := [one for one in told if number in one.body]:
            assert {one.to for one in found if to} <= {to}
            return found[-1].body
        time.sleep(0.5)
    raise AssertionError(f"no mail: {title}")


def look_at(sign_in: SignIn, name: str, *addresses: str) -> None:
    """The pages pass the axe, and fit the screen of a phone."""
    looking = sign_in(name)
    for address in addresses:
        check(looking, address)
        looking.set_viewport_size(PHONE)
        assert looking.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@both_ways
def test_an_hour_outside_the_limits_is_found_told_and_noted(
    sign_in: SignIn, sandbox: Sandbox, javascript: bool
) -> None:
    head, lab, bureau = (
        sign_in(f"demo.{name}", java_script_enabled=javascript)
        for name in ("unithead", "institution", "caseworker")
    )
    room = "力学甲室" if javascript else "力学乙室"
    number, on, mailbox = f"环-{room}", today(lab) - DAY, sandbox.data / "mailbox"
    reachable(head)
    registers(head, room, on)
    page = reports(lab, room, number, on)
    sends(lab, room, on)
    told = heard(mailbox, LAB_MAIL, "实验室温湿度超出限值：1 次检定", number)
    assert "2 小时，1 小时超出限值" in told
    assert heard(mailbox, "", f"检定时的环境待核对：{INSTITUTION}，1 次检定", number)
    looks(bureau, number)
    assert "已要求重新检定" in heard(mailbox, LAB_MAIL, "检定时的环境已核对", number)
    lab.goto(page)
    expect(fact(lab, "核对情况")).to_contain_text("已要求重新检定")
    expect(fact(lab, "记录的温度")).to_contain_text("20.5 至 60 ℃")
    look_at(sign_in, "demo.caseworker", page, "/environment", "/laboratories")


def test_messages_go_to_no_inner_address(sign_in: SignIn) -> None:
    page = sign_in("demo.institution", java_script_enabled=False)
    page.goto("/webhooks")
    press(page, "登记并生成密钥")
    expect(page.get_by_role("alert")).to_contain_text("请填写接收程序的网址")
    url = page.get_by_label("接收程序的网址")
    url.fill("https://127.0.0.1/hooks")
    press(page, "登记并生成密钥")
    expect(page.locator("#url-error")).to_contain_text("指向本机或者内部网络")
    expect(url).to_have_value("https://127.0.0.1/hooks")
    expect(page.get_by_text("还没有登记程序接收地址。")).to_be_visible()
