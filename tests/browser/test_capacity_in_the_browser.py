"""An institution says where it verifies and how much it completes; applicants see when it is ready.

All of it is done without JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from services.cli.sample.instruments import INSTITUTION, SECOND_INSTITUTION
from services.portal import order_words
from tests.browser.conftest import appears, check, offered, press, today
from tests.browser.test_morning_of_an_institution import listed

SignIn = Callable[..., Page]
DAY = timedelta(days=1)
SECOND = "样例计量检定二所"
CAPACITY = "到期台数和检定能力"


def states(lab: Page) -> None:
    """The institution enters a site, and a capacity of all its types; what is missing is named."""
    lab.goto("/institutions")
    lab.get_by_role("link", name=INSTITUTION).click()
    lab.get_by_role("link", name="登记检定地点").click()
    press(lab, "保存")
    expect(lab.get_by_role("alert")).to_contain_text("请填写检定地点的名称")
    lab.get_by_label("名称", exact=True).fill("城东检定站")
    press(lab, "保存")
    expect(lab.get_by_role("alert")).to_contain_text("请填写地址；只上门检定的可以不填")
    lab.get_by_label("地址", exact=True).fill("样例市样例路18号")
    lab.get_by_label("可以到使用单位的现场检定（上门）").check()
    lab.get_by_label(re.compile("在服务名录中公开")).check()
    press(lab, "保存")
    expect(lab.get_by_role("alert")).to_contain_text("已保存。")
    expect(lab.get_by_text("城东检定站：样例市样例路18号，可以上门")).to_be_visible()
    lab.get_by_role("link", name="填报检定能力").click()
    press(lab, "保存")
    for text in ("请选择器具类型", "请填写每个工作日完成的台数", "请填写自哪一日起"):
        expect(lab.get_by_role("alert")).to_contain_text(text)
    for box in lab.get_by_role("checkbox").all():
        box.check()
    lab.get_by_label("每个工作日完成的台数").fill("5")
    lab.get_by_label("自哪一日起").fill("2026-01-01")
    press(lab, "保存")
    expect(lab.get_by_role("cell", name="5", exact=True)).to_be_visible()


def registers_a_second(head: Page) -> None:
    """The unit head registers another institution for fuel dispensers; it states nothing."""
    head.goto("/institutions/new")
    head.get_by_label("名称", exact=True).fill(SECOND)
    press(head, "保存")
    expect(head.get_by_text("未填报能力，因此不估计预计完成日。")).to_be_visible()
    head.get_by_role("link", name="登记授权").click()
    head.get_by_label("器具类型").select_option("FUEL")
    head.get_by_label("授权自").fill("2020-01-01")
    head.get_by_label("授权至").fill("2039-12-31")
    head.get_by_label("授权文号").fill("（样例）法计字第002号")
    press(head, "保存")
    expect(head.get_by_role("heading", name=SECOND)).to_be_visible()


def registers_from_a_file(head: Page) -> None:
    """A file is checked, refused by its row, and entered."""
    heads = "机构名称,器具类型,授权自,授权至,授权文号"
    row = "样例·文件检定所,非自行指示秤,2026-01-01,{until},（样例）法计字第003号"

    def send(until: str, act: str) -> None:
        head.goto("/institutions/import")
        content = f"{heads}\n{row.format(until=until)}\n".encode()
        file: Any = {"name": "授权.csv", "mimeType": "text/csv", "buffer": content}
        head.locator("main input[type=file]").set_input_files(file)
        press(head, act)

    send("2025-12-31", "登记")
    expect(head.get_by_text("第 2 行“授权至”：最后一日不得早于第一日")).to_be_visible()
    send("2030-12-31", "只核对")
    expect(head.get_by_role("alert")).to_contain_text("只核对了，没有登记")
    send("2030-12-31", "登记")
    expect(head.get_by_role("alert")).to_contain_text("机构：新登记 1 家")
    head.goto("/institutions")
    head.get_by_role("link", name="样例·文件检定所").click()
    expect(head.get_by_role("cell", name="（样例）法计字第003号", exact=True)).to_be_visible()


def files(operator: Page) -> None:
    """The firm files a fuel dispenser and goes on to apply for its verification."""
    operator.goto("/instruments/new")
    operator.get_by_label("器具类型").select_option("FUEL")
    operator.get_by_label("出厂编号").fill("能力-0001")
    operator.get_by_label("使用地点").fill("二号加油岛")
    press(operator, "核对并提交")
    press(operator, "提交备案")
    expect(operator.get_by_text("已备案")).to_be_visible()
    offered(operator, "能力-0001")
    operator.get_by_label(re.compile("能力-0001")).check()
    press(operator, "继续")


def test_the_sample_fills_what_institutions_and_experts_are_shown_on(sign_in: SignIn) -> None:
    anybody, lab, head = sign_in(), sign_in("demo.institution"), sign_in("demo.unithead")
    anybody.goto("/directory")
    main = anybody.locator("main")
    for text in (INSTITUTION, SECOND_INSTITUTION, "流动检定车", "样例·精密校准公司"):
        expect(main.get_by_text(text).first).to_be_visible()
    groups = anybody.locator("#type optgroup")
    expect(groups.first).to_have_attribute("label", "有机构可以检定的类型")
    expect(groups.first.locator("[value=FUEL]")).to_have_count(1)
    expect(groups.last.locator("[value=H2]")).to_have_count(1)
    lab.goto("/experts")
    expect(lab.locator("main tbody tr")).to_have_count(3)
    lab.goto("/orders?which=all")
    for state, _style in order_words.STATES.values():
        expect(lab.locator("main tbody").get_by_text(state, exact=True).first).to_be_visible()
    expect(lab.locator("main tbody").get_by_text("有效期过后才申请").first).to_be_visible()
    lab.goto("/institutions")
    lab.get_by_role("link", name=INSTITUTION).click()
    expect(lab.get_by_role("cell", name="30", exact=True)).to_be_visible()
    head.goto("/punctuality")
    expect(head.get_by_role("row", name=re.compile(INSTITUTION))).to_contain_text("1")
    head.goto("/qualifications?kind=examiner")
    expect(head.locator("main tbody tr")).to_have_count(2)


def test_a_forecast_sets_what_ends_beside_what_the_institution_completes(sign_in: SignIn) -> None:
    lab, head = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("institution", "unithead")
    )
    every = listed(head, "/forecast")
    assert listed(lab, "/forecast") == every, "it is authorised for all types of the sample"
    assert len(every) > 3
    head.goto("/forecast")
    expect(head.get_by_role("heading", name=CAPACITY)).to_have_count(0)
    lab.goto("/forecast")
    of_thirty = lab.get_by_role("cell", name="30", exact=True)
    scales = lab.get_by_role("region", name=CAPACITY).get_by_role("row").filter(has=of_thirty)
    expect(scales.get_by_role("cell").nth(2)).to_contain_text(re.compile(r"到期 \d+，可完成 \d+"))
    expect(lab.get_by_text("没有填报能力、不能比较的类型")).to_contain_text("燃油加油机")
    check(sign_in("demo.institution"), "/forecast")

    ended = next(row["器具类型"] for row in every if row["器具类型"] != "燃油加油机")
    head.goto("/institutions")
    head.get_by_role("link", name=INSTITUTION).click()
    changes = head.locator("a[href*='/authorisation?authorisation=']")
    changes.filter(has_text=ended).first.click()
    address, until = head.url, head.get_by_label("授权至").input_value()
    head.get_by_label("授权至").fill((today(head) - DAY).isoformat())
    head.get_by_label("理由").fill("授权部门撤销授权")
    press(head, "保存")
    confirm, over = head.get_by_role("button", name="确认修改"), head.get_by_text("已经届满")
    expect(confirm.or_(over).first).to_be_visible()
    if confirm.count():  # orders of the type are cut off
        confirm.click()
    expect(over).to_be_visible()
    left = [row for row in every if row["器具类型"] != ended]
    assert listed(lab, "/forecast") == left, "only what it may verify today"
    assert listed(head, "/forecast") == every
    head.goto(address)
    head.get_by_label("授权至").fill(until)  # for the other tests of this sandbox
    press(head, "保存")
    expect(head.get_by_role("heading", name=INSTITUTION)).to_be_visible()


def test_applicants_choose_by_the_expected_day(sign_in: SignIn) -> None:
    lab, head, operator = (
        sign_in(f"demo.{name}", java_script_enabled=False)
        for name in ("institution", "unithead", "operator")
    )
    states(lab)
    registers_a_second(head)
    files(operator)
    expect(operator.get_by_text("预计完成日是估计，不是承诺")).to_be_visible()
    expect(operator.get_by_text(re.compile("未填报能力（燃油加油机），不能估计"))).to_be_visible()
    operator.get_by_role("link", name="按预计完成日排列，最早的在前").click()
    assert "sort=expected" in operator.url
    offered = operator.locator(".govuk-radios__item")
    expect(offered).to_have_count(2)
    expect(offered.first).to_contain_text(INSTITUTION)
    expect(offered.first).to_contain_text(re.compile("预计 .*完成，在期限以内"))
    expect(offered.first).to_contain_text("起每个工作日完成 5 台")
    expect(offered.first).to_contain_text("城东检定站：样例市样例路18号，可以上门")
    offered.first.get_by_role("radio").check()
    press(operator, "继续")
    expect(operator.get_by_text(re.compile("预计 .*完成，在期限以内"))).to_be_visible()
    press(operator, "提交申请")
    operator.get_by_role("link", name=re.compile("能力-0001")).click()
    expect(operator.get_by_role("heading", name="预计什么时候完成")).to_be_visible()
    expect(operator.get_by_text("这是估计，不是承诺；检定的期限不变。")).to_be_visible()
    number = operator.url.rpartition("/")[2]

    lab.goto(f"/orders/{number}")
    lab.get_by_label("受理", exact=True).check()
    press(lab, "提交")
    lab.get_by_label("约定检定日期", exact=True).first.check()
    lab.get_by_role("textbox", name="约定检定日期").fill(today(lab).isoformat())
    press(lab, "提交")
    expect(lab.get_by_text("已约定日期").first).to_be_visible()
    operator.goto(f"/orders/{number}")
    expect(operator.get_by_role("heading", name="预计什么时候完成")).to_have_count(0)

    lab.goto("/institutions")
    lab.get_by_role("link", name=INSTITUTION).click()
    lab.get_by_role("link", name="在服务名录中公开").click()
    lab.get_by_label("地址", exact=True).fill("样例市样例路18号")
    lab.get_by_label("所在地的行政区划代码").fill("330106")
    press(lab, "公开")
    anybody = sign_in()
    anybody.goto("/directory")
    expect(anybody.get_by_text("城东检定站：样例市样例路18号，可以上门")).to_be_visible()
    hears_of_orders_cut_off(lab, head)


def hears_of_orders_cut_off(lab: Page, head: Page) -> None:
    """The institution has a message once the unit head has ended its authorisation."""
    lab.goto("/messages")
    told = lab.get_by_role("link", name=re.compile("检定申请应在授权到期以后办理"))
    earlier = told.count()
    ends_early(head, today(head))
    lab.goto("/messages")
    appears(lab, told.nth(earlier))


def ends_early(head: Page, day: date) -> None:
    """The unit head ends the authorisation for fuel dispensers, and sees first what it cuts off."""
    head.goto("/institutions")
    head.get_by_role("link", name=INSTITUTION).click()
    row = head.get_by_role("row", name=re.compile("^燃油加油机"))
    address = row.get_by_role("link").first.get_attribute("href")
    head.locator(f"a[href='{address}']").click()
    until = head.get_by_label("授权至").input_value()
    head.get_by_label("授权至").fill((day - DAY).isoformat())
    press(head, "保存")
    expect(head.get_by_role("alert")).to_contain_text("提前终止授权须写明理由")
    head.get_by_label("理由").fill("授权部门撤销授权")
    press(head, "保存")
    expect(head.locator("#cut-off")).to_contain_text("保存以后，使用单位和检定机构各收到邮件")
    press(head, "返回修改")
    expect(head.get_by_label("理由")).to_have_value("授权部门撤销授权")
    press(head, "保存")
    press(head, "确认修改")
    head.locator(f"a[href='{address}']").click()
    head.get_by_label("授权至").fill(until)  # for the other tests of this sandbox
    press(head, "保存")
    expect(head.get_by_role("heading", name=INSTITUTION)).to_be_visible()


def test_types_of_different_institutions_are_applied_for_one_after_the_other(
    sign_in: SignIn,
) -> None:
    head, operator = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("unithead", "operator")
    )
    registers_from_a_file(head)
    kinds = {"FUEL": "分开-加油机", "NAWI-NS": "分开-非自行指示秤", "BELT": "分开-皮带秤"}
    for code, number in kinds.items():
        operator.goto("/instruments/new")
        operator.get_by_label("器具类型").select_option(code)
        operator.get_by_label("出厂编号").fill(number)
        operator.get_by_label("使用地点").fill("三号库")
        press(operator, "核对并提交")
        press(operator, "提交备案")
        expect(operator.get_by_text("已备案")).to_be_visible()
    offered(operator, "分开-", len(kinds))
    operator.get_by_label("编号或类型名称中有").fill("分开-")
    press(operator, "筛选")
    press(operator, "全部符合条件的都选上")
    press(operator, "继续")
    expect(operator.get_by_text("请按类型分开申请")).to_be_visible()
    expect(operator.get_by_text("今天没有机构可以检定")).to_be_visible()  # belt weighers
    operator.get_by_role("link", name=re.compile("非自行指示秤：1 台")).click()
    both = re.compile("instrument=.+instrument=")  # the one to be applied for later as well
    expect(operator.get_by_role("link", name="重新选择器具")).to_have_attribute("href", both)
    applies_with_the_first(operator)
    told = operator.get_by_role("alert")
    expect(told).to_contain_text("下面是还没有申请的")
    expect(told).to_contain_text("有 1 台还没有登记修理")
    expect(operator.get_by_role("list", name="器具")).to_contain_text(kinds["FUEL"])
    applies_with_the_first(operator)
    expect(told).to_contain_text("已提交检定申请")
    expect(told).to_contain_text("有 2 台还没有登记修理")
    for code in ("FUEL", "NAWI-NS"):
        expect(operator.get_by_role("link", name=re.compile(kinds[code]))).to_be_visible()


def applies_with_the_first(operator: Page) -> None:
    """The firm applies with the first institution that is offered, after a repair."""
    operator.get_by_role("radio").first.check()
    operator.get_by_label("修理过").check()
    press(operator, "继续")
    press(operator, "提交申请")
