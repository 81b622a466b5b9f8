"""The portal in a real browser, on every real process of a sandbox with the bundled register.

Playwright's own loop and pytest-asyncio's do not go together in one process, so these tests are a
pytest call of their own (`make test-browser`), and the platform is a process beside them.
"""

from __future__ import annotations

import contextlib
import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)

from plumbing.settings import child_environment
from services.cli.machine.directory import platform_settings
from tests.bound import bound
from tests.patience import PATIENCE_SECONDS

READY_SECONDS = 600  # the machine may be busy; a platform that dies is seen at once
WAITS = 60_000  # milliseconds: no test depends on the speed of the machine
expect.set_options(timeout=WAITS)
FOUND = shutil.which("chromium") or shutil.which("google-chrome") or ""
# A story with and without JavaScript; CI tells it without, as most other tests have it on. The axe
# needs scripts, so `check` looks with a second page, whichever way the story is told.
both_ways = pytest.mark.parametrize(
    "javascript",
    [
        pytest.param(False, id="no javascript"),
        pytest.param(True, id="javascript", marks=pytest.mark.long),
    ],
)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium; without one these tests say loudly that they were skipped."""
    if not FOUND:
        pytest.skip("NO BROWSER: install Debian's package chromium to run the browser tests")
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    return {**browser_type_launch_args, "executable_path": FOUND, "args": arguments}


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that was just made: the address of its portal, and its process."""

    address: str
    process: subprocess.Popen[bytes]
    data: Path

    def stop(self, service: str) -> Callable[[], None]:
        """Stops the process of a service; the function that is returned lets it go on."""
        address = platform_settings(self.data).metrics_address(service)
        with urlopen(f"http://{address}/metrics") as answer:
            found = re.search(r"^quanheng_process_id (\S+)$", answer.read().decode(), re.MULTILINE)
        assert found is not None
        process = int(float(found[1]))
        os.kill(process, signal.SIGSTOP)
        return partial(os.kill, process, signal.SIGCONT)


@pytest.fixture(scope="module")
def portal(sandbox: Sandbox) -> str:
    """The address of the portal."""
    return sandbox.address


@pytest.fixture(scope="session")
def sample(
    tmp_path_factory: pytest.TempPathFactory, browser_type_launch_args: dict[str, Any]
) -> Path:
    """The data of a sandbox with the bundled register, from which each file of tests has a copy.

    To load the register takes twice the processor time that it takes to start on a copy.
    """
    folder = tmp_path_factory.mktemp("sample")
    with running(folder):
        return folder / "data"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[Sandbox]:
    """A sandbox that was just made; each file of tests has its own."""
    folder = tmp_path_factory.mktemp("sandbox")
    shutil.copytree(sample, folder / "data")
    with running(folder) as sandbox:
        yield sandbox


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Sandbox]:
    """A sandbox with the bundled register, whose data is in `folder / "data"` and stays there."""
    command = [sys.executable, "-m", "services.cli", "up", "--sandbox", "--sample"]
    log = folder / "up.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            bound([*command, "--data", str(folder / "data"), "--quiet"]),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Sandbox(_address(process, log), process, folder / "data")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


@pytest.fixture
def replica(sandbox: Sandbox) -> Iterator[str]:
    """The address of a second portal beside the one of the sandbox, on the same database."""
    settings = platform_settings(sandbox.data)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    # The kernel gives it any port for its metrics, which nobody reads.
    places = {"portal_address": address, "portal_metrics_address": "127.0.0.1:0"}
    own = settings.model_copy(update=places)
    command = [sys.executable, "-m", "services.portal"]
    with subprocess.Popen(
        command, env=child_environment(own), stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield _ready(address, process)
        finally:
            process.terminate()


def _ready(address: str, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        with contextlib.suppress(OSError), urlopen(f"http://{address}/healthz") as answer:
            if answer.status == HTTPStatus.OK:
                return f"http://{address}"
        time.sleep(0.2)
    raise AssertionError("the second portal has ended")


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends:
        text = log.read_text()
        if found := re.search(r"portal\s+(http://127\.0\.0\.1:\d+)", text):
            return found[1]
        assert process.poll() is None, text
        time.sleep(0.2)
    raise AssertionError(f"The platform was not ready in time:\n{log.read_text()}")


@pytest.fixture
def sign_in(browser: Browser, portal: str) -> Iterator[Callable[..., Page]]:
    """Opens pages in browsers of their own: nobody shares a session.

    A message of the console at level error, a violation of the content security policy, or a
    request to another host fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(member: str = "", **options: Any) -> Page:
        context = browser.new_context(
            base_url=portal, locale="zh-CN", timezone_id="Asia/Shanghai", **options
        )
        context.set_default_timeout(WAITS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note_console(faults, message))
        page.on("request", lambda request: _note_request(faults, request, portal))
        page.on("pageerror", lambda error: faults.append(f"error on the page: {error}"))
        if member:
            page.goto("/sign-in")
            page.locator(f"button[name=name][value='{member}']").click()
            page.wait_for_url(re.compile(r"/home|/subjects|/law|/status|/audit"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def operator(sign_in: Callable[..., Page]) -> Page:
    """The operator, on the page of their first instrument; without JavaScript."""
    page = sign_in("demo.operator", java_script_enabled=False)
    page.goto("/instruments")
    page.locator("main tbody a").first.click()
    return page


def engaged(
    sign_in: Callable[..., Page], name: str, person: str, firm: str, *, javascript: bool = False
) -> Page:
    """Somebody of a firm, given by its credit code, on a page without scripts unless told.

    An administrator makes the account; the person sets a password of their own.
    """

    def of_firm(form: Page) -> None:
        form.get_by_label("单位", exact=True).fill(firm)
        form.get_by_label("经营者", exact=True).check()

    return _engaged(sign_in, name, person, of_firm, javascript)


def engaged_at(
    sign_in: Callable[..., Page], name: str, person: str, institution: str, bureau: str
) -> Page:
    """Somebody of a verification institution, engaged as `engaged` does, without scripts."""

    def of_institution(form: Page) -> None:
        form.locator("[name=roles][value=verification_institution]").check()
        form.locator("#institution").select_option(institution)
        form.locator("#bureau").select_option(bureau)

    return _engaged(sign_in, name, person, of_institution, javascript=False)


def _engaged(
    sign_in: Callable[..., Page],
    name: str,
    person: str,
    scope: Callable[[Page], None],
    javascript: bool,
) -> Page:
    first, own = "sample password 1", "sample phrase of somebody"
    administrator = sign_in("administrator", java_script_enabled=False)
    administrator.goto("/accounts/new")
    texts = {"用户名": name, "姓名": person, "首个密码": first}
    for label, text in texts.items():
        administrator.get_by_label(label, exact=True).fill(text)
    scope(administrator)
    administrator.get_by_role("button", name="建立", exact=True).click()
    expect(administrator.get_by_role("heading", name=person)).to_be_visible()
    page = sign_in(java_script_enabled=javascript)
    page.goto("/sign-in")
    page.get_by_label("用户名或邮箱").fill(name)
    page.get_by_label("密码", exact=True).fill(first)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("新密码", exact=True).fill(own)
    page.get_by_label("再输入一次新密码").fill(own)
    page.locator("main").get_by_role("button").first.click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()
    return page


def appears(page: Page, sought: Locator) -> Locator:
    """Loads a page again until it has what follows from an act elsewhere; returns it."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not sought.count() and time.monotonic() < ends:
        page.wait_for_timeout(500)
        page.reload()
    expect(sought).to_be_visible()
    return sought


def offered(page: Page, numbers: str, count: int = 1) -> None:
    """Opens an application once it offers instruments with these numbers, which were just filed."""
    page.goto("/orders/new")
    appears(page, page.get_by_role("checkbox", name=re.compile(numbers)).nth(count - 1))


def move_clock(page: Page, day: date) -> None:
    """Moves the clock of the sandbox to a day that is to come, by the buttons of the header."""
    page.goto("/law/working-days")
    while left := (day - today(page)).days:
        assert left > 0, f"{day} is over"
        step = next(days for days in (30, 7, 1) if days <= left)
        page.get_by_role("button", name=f"{step} 天", exact=True).click()


def today(page: Page) -> date:
    """The day of the platform's clock."""
    page_of_law = page.request.get("/law/working-days").text()
    found = re.search(r'name="from"[^>]*value="(\d{4}-\d\d-\d\d)"', page_of_law)
    assert found, page_of_law
    return date.fromisoformat(found[1])


def press(page: Page, name: str) -> None:
    """Presses the button with this name."""
    page.get_by_role("button", name=name, exact=True).click()


def table(folder: Path, name: str, *rows: list[str]) -> Path:
    """Writes rows as a CSV file, as a spreadsheet program saves it."""
    file = folder / name
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        csv.writer(opened).writerows(rows)
    return file


def check(looking: Page, address: str) -> None:
    """Looks at a page with scripts, which the axe needs; acts are done without."""
    looking.goto(address)
    answer = Axe().run(looking)
    assert answer.violations_count == 0, f"{address}: {answer.generate_report()}"


def send_file(
    page: Page, file: Any, act: str, content: str = "", *, javascript: bool = True
) -> None:
    """Uploads a file on a page, waits until its columns are shown, and confirms them."""
    page.goto("/imports/new")
    if content:
        page.get_by_label(content, exact=True).check()
    page.get_by_label("文件", exact=True).set_input_files(file)
    page.get_by_role("button", name="上传并核对各列", exact=True).click()
    confirm = page.get_by_role("button", name=act, exact=True)
    settle(page, confirm, javascript=javascript)
    with page.expect_navigation():  # whoever calls may load the page again at once
        confirm.click()


def settle(page: Page, ended: Locator, *, javascript: bool = True) -> None:
    """Waits until a file is processed; without JavaScript a link loads the page again."""
    waiting = page.get_by_role("link", name="刷新进度")
    expect(ended.or_(waiting).first).to_be_visible()
    while not javascript and not ended.is_visible():
        with page.expect_navigation():
            waiting.click()
        expect(ended.or_(waiting).first).to_be_visible()
    expect(ended).to_be_visible()


def _note_console(faults: list[str], message: ConsoleMessage) -> None:
    # A form that was refused is answered 422, a page whose service is down 503: both are meant.
    expected = re.search(r"responded with a status of (4|503)", message.text)
    if message.type == "error" and not expected:
        faults.append(f"console: {message.text}")


def _note_request(faults: list[str], request: Request, portal: str) -> None:
    if not request.url.startswith((portal, "data:")):
        faults.append(f"request to another host: {request.url}")
