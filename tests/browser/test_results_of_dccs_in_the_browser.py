"""An institution records the result of an order with a DCC as its certificate.

All of it is done without JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, expect

from law.periods import add_months
from tests.browser.conftest import offered, press, today
from tests.dcc import dcc

SignIn = Callable[..., Page]


def choose(page: Page, content: bytes) -> None:
    file: Any = {"name": "证书.xml", "mimeType": "text/xml", "buffer": content}
    page.get_by_label("校准证书的文件").set_input_files(file)
    press(page, "上传")


def applies(operator: Page, serial_no: str) -> None:
    """The firm files a fuel dispenser and applies for its verification."""
    operator.goto("/instruments/new")
    operator.get_by_label("器具类型").select_option("FUEL")
    operator.get_by_label("出厂编号").fill(serial_no)
    press(operator, "核对并提交")
    press(operator, "提交备案")
    offered(operator, serial_no)
    operator.get_by_label(serial_no).check()
    press(operator, "继续")
    operator.get_by_role("radio").first.check()
    press(operator, "继续")
    press(operator, "提交申请")


def test_the_result_of_an_order_with_a_dcc(sign_in: SignIn) -> None:
    serial_no = f"SYN-{uuid4().hex[:8]}"
    operator, lab = (
        sign_in(f"demo.{name}", java_script_enabled=False) for name in ("operator", "institution")
    )
    applies(operator, serial_no)
    day = today(lab)
    number, on = f"检字 {serial_no}", day.isoformat()
    lab.goto("/orders")
    lab.get_by_role("link", name=serial_no).click()
    order = lab.url
    lab.get_by_role("link", name="用 DCC 登记检定结果").click()
    choose(lab, dcc("SN-OTHER", number=f"{number} 甲", begun=on, ended=on, issued=""))
    expect(lab.get_by_text("这份 DCC 里没有出厂编号相同的器具")).to_be_visible()
    lab.goto(order)
    lab.get_by_role("link", name="用 DCC 登记检定结果").click()
    choose(lab, dcc(serial_no, number=number, begun=on, ended=on, issued=""))
    expect(lab.get_by_text("DCC 本身不是检定结果")).to_be_visible()
    expect(lab.get_by_label("证书编号")).to_have_value(number)
    expect(lab.get_by_label("检定日期")).to_have_value(on)
    press(lab, "继续")
    expect(lab.get_by_role("alert")).to_contain_text("请选择检定结果")
    lab.get_by_label("合格", exact=True).check()
    lab.get_by_label("有效期至").fill((add_months(day, 6) - timedelta(days=1)).isoformat())
    lab.get_by_label("证书编号").fill("另一个编号")
    press(lab, "继续")
    expect(lab.get_by_role("alert")).to_contain_text("与 DCC 上的证书编号不同")
    lab.get_by_label("证书编号").fill(number)
    press(lab, "继续")
    press(lab, "提交")
    operator.goto(order)
    expect(operator.get_by_text("已出结果").first).to_be_visible()
    operator.get_by_role("link", name="看检定结果和证书").click()
    expect(operator.get_by_text("证书.xml").first).to_be_visible()
