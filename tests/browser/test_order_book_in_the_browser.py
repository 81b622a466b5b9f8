"""Instruments are looked for and kept ticked; an institution takes several orders on at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import appears, both_ways, check, offered, press, today

SignIn = Callable[..., Page]
HEADS = "器具类型,出厂编号,单位自编号,使用地点"
SITES = ("三号岛", "三号岛", "四号岛", "四号岛")


def files(operator: Page, numbers: Sequence[str]) -> None:
    """The firm files four fuel dispensers from a file."""
    operator.goto("/instruments/import")
    rows = [f"燃油加油机,{one},自-{one},{site}" for one, site in zip(numbers, SITES, strict=True)]
    content = "\n".join((HEADS, *rows)).encode()
    file: Any = {"name": "新器具.csv", "mimeType": "text/csv", "buffer": content}
    operator.locator("main input[type=file]").set_input_files(file)
    press(operator, "核对")
    press(operator, "提交备案")
    expect(operator.get_by_role("alert")).to_contain_text("已备案 4 台")


def applies(operator: Page, numbers: Sequence[str]) -> None:
    """It searches, keeps what it ticked, gives numbers by hand and by file, all repaired."""
    offered(operator, numbers[0][:-1], len(numbers))
    press(operator, "继续")
    expect(operator.get_by_role("alert")).to_contain_text("请选择要检定的器具")
    operator.get_by_label("编号或类型名称中有").fill(numbers[0][:-1])
    press(operator, "筛选")
    expect(operator.get_by_role("checkbox")).to_have_count(4)
    operator.get_by_label(re.compile(numbers[0])).check()
    operator.get_by_label("编号或类型名称中有").fill(numbers[1])
    press(operator, "筛选")
    expect(operator.get_by_role("checkbox")).to_have_count(1)
    expect(operator.get_by_text("其中 1 台不在本页。")).to_be_visible()
    press(operator, "全部符合条件的都选上")
    expect(operator.get_by_role("checkbox")).to_be_checked()
    operator.get_by_text("按编号选择").click()
    operator.get_by_label("出厂编号或者单位自编号").fill(f"{numbers[2]}，无此-1")
    press(operator, "选上这些编号")
    expect(operator.get_by_role("status")).to_contain_text("没有这些编号的器具：无此-1")
    expect(operator.get_by_label("出厂编号或者单位自编号")).to_have_value("无此-1")
    at_a_site(operator, numbers)
    by_file(operator, numbers[3])
    expect(operator.get_by_text("已选 4 台，一次最多申请 100 台。")).to_be_visible()
    press(operator, "继续")
    operator.get_by_role("link", name="重新选择器具").click()
    expect(operator.get_by_text("已选 4 台，一次最多申请 100 台。")).to_be_visible()
    press(operator, "继续")
    for number in numbers:
        expect(operator.get_by_text(number, exact=False).first).to_be_visible()
    operator.get_by_role("radio").first.check()
    operator.get_by_label("这些器具在上次检定后修理过").check()
    press(operator, "继续")
    expect(operator.get_by_text("只写入申请原因，不登记修理")).to_contain_text(numbers[3])
    press(operator, "提交申请")
    expect(operator.get_by_text("已提交检定申请")).to_be_visible()
    expect(operator.get_by_text("有 4 台还没有登记修理")).to_be_visible()
    operator.get_by_role("link", name="登记修理", exact=True).click()
    expect(operator.get_by_role("heading", level=1)).to_contain_text("登记")


def at_a_site(operator: Page, numbers: Sequence[str]) -> None:
    """The search finds by the place at which instruments stand, beside other filters."""
    operator.get_by_label("编号或类型名称中有").fill(numbers[0][:-1])
    operator.get_by_label("使用地点中有").fill("四号")
    press(operator, "筛选")
    expect(operator.get_by_role("checkbox")).to_have_count(2)
    expect(operator.get_by_label(re.compile(f"{numbers[2]}.*四号岛"))).to_be_checked()
    operator.get_by_label("使用地点中有").fill("无此地点")
    press(operator, "筛选")
    expect(operator.get_by_text("没有这样的器具。")).to_be_visible()
    expect(operator.get_by_text("其中 3 台不在本页。")).to_be_visible()


def by_file(operator: Page, number: str) -> None:
    """A file of numbers ticks what it names; what it names in vain is told by its row."""
    for content, told in (
        ("", "请选择文件"),
        (f"名称\n{number}\n", "没有读到编号"),
        (f"名称,单位自编号\n加油机,自-{number}\n加油机,无此-2\n", "第 3 行 无此-2"),
    ):
        panel = operator.locator("details", has_text="按文件选择")
        if panel.get_attribute("open") is None:
            operator.get_by_text("按文件选择").click()
        if content:
            file: Any = {"name": "编号.csv", "mimeType": "text/csv", "buffer": content.encode()}
            operator.get_by_label("有器具编号的文件").set_input_files(file)
        press(operator, "选上文件中的器具")
        expect(operator.locator("main")).to_contain_text(told)


def tick(page: Page, *numbers: str) -> None:
    for number in numbers:
        page.get_by_role("checkbox", name=re.compile(number)).check()


def withdraws(operator: Page, numbers: Sequence[str]) -> None:
    """The firm finds its applications by their numbers, and withdraws those that it ticked."""
    operator.goto("/orders")
    operator.get_by_label("出厂编号或者单位自编号中有").fill(numbers[0][:-1])
    press(operator, "筛选")
    expect(operator.get_by_role("checkbox", name=re.compile("选择"))).to_have_count(4)
    tick(operator, *numbers)
    press(operator, "撤回申请")
    expect(operator.get_by_text("所选申请 2 件")).to_be_visible()
    operator.get_by_label("说明（可以不填）").fill("器具改由其他机构检定")
    press(operator, "撤回申请")
    expect(operator.get_by_role("status")).to_have_text("已办理 2 件。")


def finds(caseworker: Page, numbers: Sequence[str]) -> None:
    """Staff reach the orders from the menu, and find one by its number and its institution."""
    caseworker.goto("/home")
    assert caseworker.locator("a[href='/orders']").count()
    caseworker.goto(f"/orders?which=all&q={numbers[1]}&institution=检定")
    expect(caseworker.locator("tbody tr")).to_have_count(1)
    expect(caseworker.locator("tbody")).to_contain_text("已撤回")
    caseworker.goto(f"/orders?which=all&q={numbers[1]}&institution=没有这家")
    expect(caseworker.get_by_text("没有这样的检定申请。")).to_be_visible()


def handles(lab: Page, numbers: Sequence[str]) -> None:
    """The institution accepts three, appoints a day for them, and refuses the fourth."""
    lab.goto("/orders")
    press(lab, "受理")
    expect(lab.get_by_role("alert")).to_contain_text("请先在列表中选择要办理的申请")
    lab.goto("/orders")
    tick(lab, *numbers[:3])
    press(lab, "受理")
    expect(lab.get_by_role("status")).to_have_text("已办理 3 件。")
    lab.goto("/orders")
    tick(lab, *numbers)
    press(lab, "约定检定日期")
    expect(lab.get_by_text("所选申请 4 件")).to_be_visible()
    press(lab, "约定检定日期")
    expect(lab.get_by_role("alert")).to_contain_text("请填写约定的检定日期")
    day = today(lab).isoformat()
    lab.get_by_label("约定的检定日期").fill("2026-01-01")
    press(lab, "约定检定日期")
    lab.get_by_label("约定的检定日期").fill(day)
    press(lab, "约定检定日期")
    expect(lab.get_by_role("status")).to_have_text("已办理 3 件。")
    expect(lab.locator("#skipped")).to_contain_text(numbers[3])
    expect(lab.locator("#skipped")).to_contain_text("现在的状态不能办理这一步")
    lab.goto("/orders")
    tick(lab, numbers[3])
    press(lab, "不予受理或者退回申请")
    press(lab, "不予受理或者退回申请")
    expect(lab.get_by_role("alert")).to_contain_text("请写明不予受理或者退回的理由")
    lab.get_by_label("理由").fill("标准装置正在检修")
    press(lab, "不予受理或者退回申请")
    expect(lab.locator("#done")).to_contain_text("不予受理")


def heard(page: Page, title: str) -> int:
    """How many messages have this title by now."""
    page.goto("/messages")
    return page.get_by_role("link", name=re.compile(title)).count()


def hears(page: Page, title: str, earlier: int) -> None:
    page.goto("/messages")
    appears(page, page.get_by_role("link", name=re.compile(title)).nth(earlier))


def ends(staff: Page, *numbers: str) -> None:
    """The bureau ends what the institution does not complete: two at once, and why."""
    staff.goto("/orders")
    tick(staff, *numbers)
    press(staff, "终止申请")
    press(staff, "终止申请")
    expect(staff.get_by_role("alert")).to_contain_text("请写明终止申请的理由")
    staff.get_by_label("理由").fill("该机构已停业")
    press(staff, "终止申请")
    expect(staff.get_by_role("status")).to_have_text("已办理 2 件。")
    staff.locator("#done").get_by_role("link", name=re.compile(numbers[0])).click()
    expect(staff.get_by_text("监管机关已终止").first).to_be_visible()
    expect(staff.get_by_text("该机构已停业")).to_be_visible()
    expect(staff.get_by_role("button", name="终止申请")).to_have_count(0)


def scraps(operator: Page, number: str) -> None:
    """The owner scraps what it applied for, and is told before what becomes of the order."""
    operator.goto("/orders")
    operator.get_by_role("link", name=re.compile(number)).click()
    order = operator.url
    operator.get_by_role("link", name="看器具").click()
    operator.get_by_role("button", name="修改使用状态").click()
    operator.get_by_label("报废").check()
    press(operator, "继续")
    expect(operator.locator("#order")).to_contain_text("报废以后随之撤回，并告知检定机构")
    press(operator, "确认修改")
    operator.goto(order)
    expect(operator.get_by_text("已撤回").first).to_be_visible()


@both_ways
def test_several_orders_take_a_step_at_once(sign_in: SignIn, *, javascript: bool) -> None:
    operator, lab = (
        sign_in(f"demo.{name}", java_script_enabled=javascript)
        for name in ("operator", "institution")
    )
    numbers = [f"本{'甲' if javascript else '乙'}-000{one}" for one in range(1, 5)]
    files(operator, numbers)
    applies(operator, numbers)
    operator.goto("/orders/new")
    operator.get_by_label("编号或类型名称中有").fill(numbers[0])
    press(operator, "筛选")
    expect(operator.get_by_role("checkbox")).to_be_disabled()
    expect(operator.get_by_text("已有未办结的申请")).to_be_visible()

    accepted, ended, told = (
        "检定申请已受理（3 台）",
        "检定申请已由监管机关终止（2 台）",
        "检定申请已终止：2 台",
    )
    earlier = heard(operator, accepted)
    handles(lab, numbers)
    hears(operator, accepted, earlier)
    lab.goto("/orders")
    tick(lab, numbers[0])
    press(lab, "登记收到器具")
    expect(lab.get_by_role("status")).to_have_text("已办理 1 件。")
    of_operator, of_lab = heard(operator, ended), heard(lab, told)
    ends(sign_in("demo.caseworker", java_script_enabled=javascript), *numbers[:2])
    hears(operator, ended, of_operator)
    hears(lab, told, of_lab)
    operator.goto("/orders/new")
    operator.get_by_label("编号或类型名称中有").fill(numbers[0])
    press(operator, "筛选")
    expect(operator.get_by_role("checkbox")).to_be_enabled()
    scraps(operator, numbers[2])
    check(sign_in("demo.institution"), "/orders")
    check(sign_in("demo.operator"), "/orders/new")


def test_a_firm_withdraws_several_and_staff_find_them(sign_in: SignIn) -> None:
    operator = sign_in("demo.operator", java_script_enabled=False)
    numbers = [f"撤回-000{one}" for one in range(1, 5)]
    files(operator, numbers)
    applies(operator, numbers)
    withdraws(operator, numbers[:2])
    finds(sign_in("demo.caseworker", java_script_enabled=False), numbers)
    check(sign_in("demo.operator"), "/orders")
