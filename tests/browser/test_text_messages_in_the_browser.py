"""An operator confirms its mobile number, and both it and an institution let programs listen.

The gateway and the program are servers of the test, so this sandbox may send to inner addresses.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from services.alerts.webhooks.sending import signature
from tests.browser.conftest import Sandbox, appears, check, press, running
from tests.patience import PATIENCE_SECONDS

SignIn = Callable[..., Page]
NUMBER = "19900000001"
BUREAU = "330102"  # of demo.operator
PHONE: ViewportSize = {"width": 360, "height": 740}


@dataclass
class Received:
    """What came to the servers of the test: headers and text of each request, in order."""

    address: str
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)

    def next(self, after: int) -> tuple[dict[str, str], str]:
        """The first request after some number of them, once it is there."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while len(self.requests) <= after and time.monotonic() < ends:
            time.sleep(0.1)
        return self.requests[after]


@pytest.fixture(scope="module")
def received() -> Iterator[Received]:
    """A server that takes whatever is posted to it."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            found.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        found = Received(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield found
        server.shutdown()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[Sandbox]:
    """A sandbox that may send to addresses of this machine."""
    folder = tmp_path_factory.mktemp("sandbox")
    shutil.copytree(sample, folder / "data")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("QUANHENG_WEBHOOK_PRIVATE", "true")
        with running(folder) as sandbox:
            yield sandbox


def has_gateway(administrator: Page, address: str) -> None:
    """The administrator gives the operator's bureau a gateway."""
    administrator.goto("/channels")
    administrator.get_by_label("机关", exact=True).select_option(BUREAU)
    administrator.get_by_label("渠道", exact=True).select_option("sms")
    administrator.get_by_label("令牌或者网址").fill(address)
    administrator.get_by_label("案件办理").check()  # no notice of this test is of that kind
    press(administrator, "登记渠道")
    expect(administrator.get_by_role("alert")).to_contain_text("已登记。")


def asks(page: Page, received: Received) -> str:
    """The operator asks for its number; returns the code that comes to it."""
    before = len(received.requests)
    page.get_by_label(re.compile("手机号码")).fill(f"+86 {NUMBER}")
    press(page, "发送验证码")
    expect(page.get_by_text(re.compile("验证码已于"))).to_contain_text("还可以填错 5 次")
    sent = json.loads(received.next(before)[1])
    assert sent["to"] == NUMBER
    return str(re.findall(r"\d{6}", sent["message"])[0])


def confirms(page: Page, received: Received) -> None:
    """A wrong number and wrong codes are told; five wrong ones use the code up."""
    page.goto("/contact")
    page.get_by_label("手机号码").fill("0571-88888888")
    press(page, "发送验证码")
    expect(page.locator("#number-error")).to_contain_text("须为 11 位的手机号码")
    code = asks(page, received)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for left in (4, 3, 2, 1, 0):
        page.get_by_label("验证码", exact=True).fill(wrong)
        press(page, "确认这个号码")
        expect(page.locator("#code-error")).to_contain_text(str(left))
    page.get_by_label("验证码", exact=True).fill(code)
    press(page, "确认这个号码")
    expect(page.get_by_role("alert")).to_contain_text("验证码已经失效，请重新发送")
    page.get_by_label("验证码", exact=True).fill(asks(page, received))
    press(page, "确认这个号码")
    expect(page.get_by_role("alert")).to_contain_text("已修改。")
    expect(page.get_by_text(NUMBER)).to_be_visible()
    expect(page.get_by_label("检定申请的进展发到哪里")).to_contain_text("短信")


def listens(page: Page, received: Received) -> None:
    """A program is registered; its secret is shown once, and signs what comes to it."""
    page.goto("/webhooks")
    page.get_by_label("接收程序的网址").fill(f"{received.address}/hooks")
    press(page, "登记并生成密钥")
    expect(page.get_by_role("alert")).to_contain_text("签名密钥，只显示这一次")
    secret = page.locator("main code").inner_text()
    before = len(received.requests)
    page.get_by_role("button", name=re.compile("发一条测试消息")).click()
    expect(page.get_by_role("alert")).to_contain_text("测试消息正在发送")
    expect(page.locator("main")).not_to_contain_text(secret)
    headers, body = received.next(before)
    assert json.loads(body)["type"] == "webhook.test"
    name, stamp = headers["webhook-id"], int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(secret, name, stamp, body)
    page.get_by_role("link", name=re.compile("看投递回执")).click()
    appears(page, page.get_by_text("HTTP 204，已收下"))


def test_a_number_is_confirmed_and_programs_listen(sign_in: SignIn, received: Received) -> None:
    administrator = sign_in("administrator", java_script_enabled=False)
    has_gateway(administrator, f"{received.address}/sms")
    operator = sign_in("demo.operator", java_script_enabled=False)
    confirms(operator, received)
    listens(operator, received)
    institution = sign_in("demo.institution", java_script_enabled=False)
    listens(institution, received)
    looking = sign_in("demo.operator")
    for address in ("/contact", "/webhooks", operator.url):
        check(looking, address)
        looking.set_viewport_size(PHONE)
        assert looking.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
