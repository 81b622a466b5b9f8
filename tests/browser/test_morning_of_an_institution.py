"""An institution works off sixty orders: its book, results by file, certificates, one that is late.

Two firms apply, each for all its scales at once. Nobody who is late or rejected is hidden: owner,
institution and bureau each see what concerns them, on pages without scripts.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from law.periods import add_months
from services.cli.demo.mail import Mail, mails
from tests.browser.conftest import (
    Sandbox,
    appears,
    engaged,
    engaged_at,
    move_clock,
    offered,
    press,
    send_file,
    settle,
    table,
    today,
)
from tests.browser.test_certificates_in_the_browser import PDF, downloaded
from tests.browser.test_lives_in_the_browser import register
from tests.patience import PATIENCE_SECONDS

SignIn = Callable[..., Page]
DAY = timedelta(days=1)
FIRMS = {
    "样例甲店": ("91330106MA00000104", range(1, 41)),
    "样例乙店": ("91330106MA00000117", range(41, 61)),
}
INSTITUTION = "晨·计量检定院"  # that of the sample has orders of its own
TYPE = "数字指示秤（电子计价秤/台秤/汽车衡等）"
REJECTED, LATE = ("晨-007", "晨-055"), "晨-060"
LAB_MAIL = "lab@institution.example"


def serials(numbers: Sequence[int]) -> list[str]:
    return [f"晨-{number:03d}" for number in numbers]


ALL = [serial for _, numbers in FIRMS.values() for serial in serials(numbers)]


def listed(page: Page, address: str) -> list[dict[str, str]]:
    """The rows of a list, as its page exports them."""
    text = page.request.get(f"{address}{'&' if '?' in address else '?'}as=csv").body()
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))


def on_file(page: Page, tmp_path: Path, day: date) -> None:
    """Two firms with sixty scales in use, verified last year and soon to be verified again."""
    owned = [(name, one) for name, (_, numbers) in FIRMS.items() for one in serials(numbers)]
    for name, (code, _) in FIRMS.items():
        register(page, name, code)
    heads = ["使用单位", "器具类型", "出厂编号"]  # the first pass puts them into use
    scales = table(tmp_path, "秤.csv", heads, *([name, TYPE, one] for name, one in owned))
    heads = ["器具类型", "出厂编号", "检定结果", "检定日期", "有效期至", "检定机构", "证书编号"]
    until = add_months(day, 2) + 20 * DAY
    days = [(add_months(until, -12) + DAY).isoformat(), until.isoformat()]
    passes = [[TYPE, one, "合格", *days, INSTITUTION, f"去年-{one}"] for _, one in owned]
    results = table(tmp_path, "去年.csv", heads, *passes)
    for file, content in ((scales, "器具"), (results, "检定")):
        send_file(page, file, "导入", content, javascript=False)
        settle(page, page.get_by_text("已导入", exact=True), javascript=False)


def applies(page: Page, count: int) -> None:
    """A firm applies for all its scales with one form."""
    offered(page, "", count)
    scales = page.get_by_role("checkbox")
    expect(scales).to_have_count(count)
    for scale in scales.all():
        scale.check()
    press(page, "继续")
    page.get_by_role("radio", name=re.compile(INSTITUTION)).check()
    press(page, "继续")
    press(page, "提交申请")
    expect(page.get_by_text("已提交检定申请")).to_be_visible()
    expect(page.get_by_text(f"共 {count} 件")).to_be_visible()


def accepts(lab: Page) -> None:
    """The institution finds sixty orders by their terms, and accepts them page by page."""
    lab.goto("/home")
    lab.get_by_role("link", name="受理 60 件新的检定申请").click()
    book = listed(lab, "/orders")
    assert [row["使用单位"] for row in book] == ["样例甲店"] * 40 + ["样例乙店"] * 20
    dues = [row["检定机构应于"] for row in book]
    assert dues == sorted(dues)
    assert len(set(dues)) == 2
    while (chosen := lab.get_by_role("checkbox", name=re.compile("选择"))).count():
        for one in chosen.all():
            one.check()
        press(lab, "受理")
        expect(lab.get_by_role("status")).to_contain_text(re.compile(r"已办理 \d+ 件。$"))
        lab.goto("/orders?state=applied")
    assert Counter(row["状态"] for row in listed(lab, "/orders")) == {"已受理": 60}


def hears_together(owner: Page, orders: int) -> None:
    """An owner has one notice of what was accepted together on a page of the order book."""
    owner.goto("/messages")
    titles = owner.get_by_role("link", name=re.compile("^检定申请已受理"))
    appears(owner, titles.first)
    told = [re.findall(r"（(\d+) 台）", one) for one in titles.all_text_contents()]
    assert sum(int(number) for numbers in told for number in numbers) == orders
    assert len(told) <= 2


def sends_results(lab: Page, tmp_path: Path, day: date) -> None:
    """Fifty-nine results in the columns of the page's own template; two scales are rejected."""
    lab.goto("/imports/new")
    with lab.expect_download() as download:
        lab.get_by_role("link", name="检定.xlsx").click()
    sheet = CalamineWorkbook.from_path(str(download.value.path())).get_sheet_by_index(0)
    heads = [str(head) for head in sheet.to_python()[0]]
    until = (add_months(day, 12) - DAY).isoformat()
    path = tmp_path / "结果.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, heads)
        for place, serial in enumerate((one for one in ALL if one != LATE), 1):
            failed = serial in REJECTED
            values = {
                "器具类型": TYPE,
                "出厂编号": serial,
                "检定结果": "不合格" if failed else "合格",
                "检定日期": day.isoformat(),
                "有效期至": "" if failed else until,
                "检定机构": INSTITUTION,
                "证书编号": f"今晨-{serial}",
            }
            page.write_row(place, 0, [values.get(head.rstrip("*"), "") for head in heads])
    send_file(lab, path, "导入", javascript=False)
    settle(lab, lab.get_by_text("已导入", exact=True), javascript=False)
    assert [row["器具"] for row in listed(lab, "/orders")] == [f"{TYPE} {LATE}"]


def sends_certificates(lab: Page) -> dict[str, bytes]:
    """A file for each result, by the form of its page; returns the files by certificate number."""
    lab.goto("/certificates")
    sent = dict[str, bytes]()
    links: dict[str, str] = {}
    while True:
        for link in lab.locator("main tbody a").all():
            links[link.inner_text()] = str(link.get_attribute("href"))
        if not (following := lab.get_by_role("link", name="下一页")).count():
            break
        following.click()
    for number, address in links.items():
        if not number.startswith("今晨-"):
            continue
        lab.goto(address)
        fields: Any = {
            name: lab.locator(f"main form [name={name}]").get_attribute("value")
            for name in ("form_token", "request_id", "verification_id")
        }
        sent[number] = PDF[:4000] + number.encode()
        file: Any = {"name": f"{number}.pdf", "mimeType": "application/pdf", "buffer": sent[number]}
        answer = lab.request.post("/certificates/new", multipart={**fields, "file": file})
        assert "证书文件已保存。" in answer.text()
    return sent


def sees_rejection(owner: Page, serial: str) -> None:
    """The owner of a rejected scale sees it red at once, and has been told by a message."""
    owner.goto(f"/instruments?q={serial}")
    red = owner.get_by_role("row", name=re.compile(serial)).get_by_text("红色警示")
    appears(owner, red)
    owner.goto("/messages")
    message = owner.get_by_role("link", name=re.compile(f"计量器具检定不合格：.* {serial}"))
    appears(owner, message).click()
    expect(owner.locator("main")).to_contain_text(f"今晨-{serial}")


def figures(page: Page) -> dict[str, str]:
    """What the page of punctuality says of the institution."""
    [row] = [one for one in listed(page, "/punctuality") if INSTITUTION in one.values()]
    return row


def is_late(lab: Page, bureau: Page, owner: Page, due: date, mailbox: Path) -> None:
    """The day after the term of the last order, institution, bureau and owner see it."""
    move_clock(bureau, due + DAY)
    lab.goto("/home")
    lab.get_by_role("link", name="办理 1 件已超过期限的检定申请").click()
    for page in (lab, bureau, owner):
        page.goto("/orders")
        row = page.get_by_role("row", name=re.compile(LATE))
        expect(row).to_contain_text("检定机构已超过期限")
    for page in (lab, bureau):
        assert figures(page)["现在逾期的申请"] == "1"
        assert figures(page)["逾期办理的申请步骤"] == "0"
    found = set[str]()
    ends = time.monotonic() + PATIENCE_SECONDS
    while len(found) < 2 and time.monotonic() < ends:
        bureau.wait_for_timeout(500)
        found = {one.title for one in mails(mailbox) if LATE in one.body and told(one)}
    assert len(found) == 2, found


def told(mail: Mail) -> bool:
    """Whether a mail tells the institution, or its bureau, of what is overdue."""
    own = mail.to == LAB_MAIL and "已超过期限" in mail.body
    return own or mail.title.startswith(f"检定机构逾期：{INSTITUTION}，1 项")


def gets_all(owner: Page, sent: dict[str, bytes]) -> None:
    """The owner of forty scales gets the files of its results, unchanged, as one archive."""
    owner.goto("/certificate-files")
    everything = owner.get_by_role("button", name="全部下载为一个 ZIP（附清单）")
    _, content = downloaded(owner, everything.click)
    archive = zipfile.ZipFile(io.BytesIO(content))
    rows = csv.DictReader(io.StringIO(archive.read("清单.csv").decode("utf-8-sig")))
    found = {row["证书编号"]: row["SHA-256"] for row in rows}
    own = {f"今晨-{one}" for one in serials(FIRMS["样例甲店"][1])}
    assert found == {one: hashlib.sha256(sent[one]).hexdigest() for one in own}


def done_late(lab: Page, bureau: Page, owner: Page) -> None:
    """The last result comes after its term: its order says so, and the figures count it."""
    lab.goto("/orders")
    lab.locator("main tbody a").first.click()
    lab.get_by_role("link", name="登记检定结果", exact=True).click()
    lab.get_by_label("合格", exact=True).check()
    lab.get_by_label("检定日期").fill(today(lab).isoformat())
    lab.get_by_label("有效期至").fill((add_months(today(lab), 12) - DAY).isoformat())
    lab.get_by_label("证书编号").fill(f"逾期-{LATE}")
    press(lab, "继续")
    press(lab, "提交")
    owner.goto("/orders?which=all")
    owner.get_by_role("link", name=re.compile(LATE)).click()
    expect(owner.get_by_text(re.compile("已出结果（逾期）"))).to_be_visible()
    for page in (lab, bureau):
        assert figures(page)["现在逾期的申请"] == "0"
        assert figures(page)["逾期办理的申请步骤"] == "1"
        assert figures(page)["结果逾期"] == figures(page)["证书逾期"] == "0"


def registers(head: Page) -> None:
    """The head of the unit registers an institution for scales, with its mail address."""
    head.goto("/institutions/new")
    head.get_by_label("名称", exact=True).fill(INSTITUTION)
    head.get_by_label("邮箱").fill(LAB_MAIL)
    press(head, "保存")
    expect(head.get_by_text(LAB_MAIL)).to_be_visible()
    head.get_by_role("link", name="登记授权").click()
    head.get_by_label("器具类型").select_option("NAWI-D")
    head.get_by_label("授权自").fill("2020-01-01")
    head.get_by_label("授权至").fill("2039-12-31")
    head.get_by_label("授权文号").fill("（样例）法计字第003号")
    press(head, "保存")
    expect(head.get_by_role("heading", name=INSTITUTION)).to_be_visible()


@pytest.mark.long
def test_an_institution_works_off_sixty_orders(
    sign_in: SignIn, sandbox: Sandbox, tmp_path: Path
) -> None:
    bureau, head = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("caseworker", "unithead")
    )
    registers(head)
    lab = engaged_at(sign_in, "sample.morning.lab", "样例晨检员", INSTITUTION, "330102")
    on_file(bureau, tmp_path, today(bureau))
    first, second = (
        engaged(sign_in, f"sample.morning{n}", f"样例店主{n}", code)
        for n, (code, _) in enumerate(FIRMS.values())
    )
    applies(first, 40)
    move_clock(bureau, today(bureau) + DAY)
    applies(second, 20)
    accepts(lab)
    hears_together(first, 40)
    sends_results(lab, tmp_path, today(lab))
    for owner, serial in zip((first, second), REJECTED, strict=True):
        sees_rejection(owner, serial)
    sent = sends_certificates(lab)
    assert len(sent) == 59
    assert figures(lab)["报送的检定"] == figures(bureau)["报送的检定"] == "59"
    gets_all(first, sent)
    [order] = listed(lab, "/orders")
    due = date.fromisoformat(order["检定机构应于"])
    is_late(lab, bureau, second, due, sandbox.data / "mailbox")
    done_late(lab, bureau, second)
