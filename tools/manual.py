"""Takes the pictures of the manuals from the real pages of a sandbox (`make manual`).

Every picture that a manual shows is in the table below, and the other way round; a test holds it.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tools.small_png import smaller

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "manual" / "pictures"
SIZE = {"width": 900, "height": 640}
READY_SECONDS = 600.0
_ADDRESS = re.compile(r"portal\s+(http://127\.0\.0\.1:\d+)")


@dataclass(frozen=True)
class Picture:
    """A picture: its name, the member of the cast, the page, and the clicks before it is taken."""

    name: str
    member: str
    path: str
    act: Callable[[Page], None] = lambda _page: None


def _first_row(page: Page) -> None:
    page.locator("main table tbody a, main .q-results a").first.click()


def _to_list(page: Page) -> None:
    """Scrolls to the rows of a list, which stand below its filters."""
    page.locator(".q-counted").first.evaluate("element => element.scrollIntoView()")


def _choose_record(page: Page) -> None:
    page.get_by_role("checkbox").first.check()
    page.locator("main").get_by_role("button", name="继续").click()


def _accept(page: Page) -> None:
    """Accepts the case on the page and shows it again."""
    page.locator("main").get_by_role("button", name="受理", exact=True).click()
    page.locator("main").get_by_role("button", name="受理", exact=True).click()


def _open_case(page: Page) -> None:
    page.locator("main a[href^='/cases/']:not([href$=accept])").first.click()
    _accept(page)


def _decide(page: Page) -> None:
    page.locator("main a[href^='/cases/']:not([href$=accept])").first.click()
    page.get_by_role("button", name="作出决定").click()


def _ask_recusal(page: Page) -> None:
    """Asks that the caseworker stands back, and shows what the case says of it."""
    page.locator("main a[href^='/cases/']").first.click()
    page.get_by_role("link", name="申请回避").click()
    page.get_by_label("样例办案人员").check()
    page.get_by_label("有其他关系").check()
    page.get_by_label("具体情况").fill("曾共同经营（样例）")
    page.locator("main").get_by_role("button", name="申请回避", exact=True).click()
    page.get_by_role("heading", name="回避", exact=True).evaluate(
        "element => element.scrollIntoView()"
    )


def _answer_recusal(page: Page) -> None:
    page.get_by_role("link", name=re.compile("是否回避")).first.click()


def _desk(page: Page) -> None:
    page.locator("main a[href^='/cases/']:not([href$=accept])").first.click()
    page.get_by_role("link", name="交给同事办理").click()


def _lodge(page: Page) -> None:
    """Lodges an objection, so that there is a case, and shows the page before it is sent."""
    _choose_record(page)
    page.get_by_label("理由").fill("该处罚所依据的检定结果已经更正")
    page.get_by_label("证据").fill("检定证书更正通知")
    page.locator("main").get_by_role("button", name="继续").click()
    page.locator("main").get_by_role("button", name="提交异议").click()


# In this order: the objection is lodged before the caseworker sees it.
TAKEN = (
    Picture("public-search", "", "/?q=加油"),
    Picture("public-firm", "", "/?q=加油", _first_row),
    Picture("public-scan", "", "/scan"),
    Picture("public-law", "", "/law"),
    Picture("operator-home", "demo.operator", "/home"),
    Picture("operator-instruments", "demo.operator", "/instruments", _to_list),
    Picture("operator-grade", "demo.operator", "/grade"),
    Picture("operator-objection", "demo.operator", "/objections/new", _lodge),
    Picture("caseworker-home", "demo.caseworker", "/home"),
    Picture("caseworker-case", "demo.caseworker", "/cases", _open_case),
    Picture("caseworker-decide", "demo.caseworker", "/cases", _decide),
    Picture("caseworker-desk", "demo.caseworker", "/cases", _desk),
    Picture("operator-recusal", "demo.operator", "/cases", _ask_recusal),
    Picture("caseworker-publication", "demo.caseworker", "/publication", _to_list),
    Picture("caseworker-subject", "demo.caseworker", "/subjects", _first_row),
    Picture("caseworker-import", "demo.caseworker", "/imports/new"),
    Picture("unithead-home", "demo.unithead", "/home"),
    Picture("unithead-recusal", "demo.unithead", "/home", _answer_recusal),
    Picture("unithead-people", "demo.unithead", "/unit-people"),
    Picture("unithead-unit", "demo.unithead", "/unit"),
    Picture("unithead-report", "demo.unithead", "/unit/report"),
    Picture("reviewer-rulesets", "demo.reviewer", "/rulesets"),
    Picture("reviewer-city", "demo.reviewer", "/city"),
    Picture("inspector-inspection", "demo.inspector", "/inspections/new?q=加油"),
    Picture("inspector-subjects", "demo.inspector", "/subjects?q=加油"),
    Picture("institution-record", "demo.institution", "/due", _first_row),
    Picture("institution-certificates", "demo.institution", "/certificates"),
    Picture("administrator-status", "administrator", "/status"),
    Picture("administrator-check", "administrator", "/status/check"),
    Picture("administrator-accounts", "administrator", "/accounts", _to_list),
    Picture("administrator-undelivered", "administrator", "/undelivered"),
    Picture("administrator-audit", "administrator", "/audit", _to_list),
)


def main() -> None:
    """Starts a sandbox, takes every picture, and stops the sandbox."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with _sandbox() as portal, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-lcd-text"],
        )
        for picture in TAKEN:
            _take(browser, portal, picture)
        browser.close()


def _take(browser: Browser, portal: str, picture: Picture) -> None:
    context = browser.new_context(base_url=portal, locale="zh-CN", viewport=SIZE)  # type: ignore[arg-type]
    page = context.new_page()
    if picture.member:
        page.goto("/sign-in")
        page.locator(f"button[name=name][value='{picture.member}']").click()
    page.goto(picture.path)
    picture.act(page)
    page.wait_for_load_state("networkidle")
    file = PICTURES / f"{picture.name}.png"
    file.write_bytes(smaller(page.screenshot()))
    sys.stdout.write(f"{file.name} {file.stat().st_size // 1000} kB\n")
    context.close()


@contextmanager
def _sandbox() -> Iterator[str]:
    """The address of the portal of a new sandbox with the sample register."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "up.log"
        command = [sys.executable, "-m", "services.cli", "up", "--sandbox", "--sample", "-q"]
        with log.open("w") as output:
            process = subprocess.Popen([*command, "--data", f"{folder}/data"], stdout=output)
        try:
            yield _address(log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)


def _address(log: Path) -> str:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends:
        if found := _ADDRESS.search(log.read_text()):
            return found[1]
        time.sleep(0.2)
    raise SystemExit(f"The sandbox was not ready in time:\n{log.read_text()}")


if __name__ == "__main__":
    main()
