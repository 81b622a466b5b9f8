"""An exposure list on pages: compiled, reviewed, released, told by a circular, and taken down."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from plumbing.client import new_request_id
from plumbing.settings import Settings
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import proposals_pb2 as proposals
from services.cli.client import Client, fixed_token, log_in, new_password_step
from services.cli.commands.accounts import role_value
from services.cli.demo.cast import administrator
from services.cli.machine.directory import platform_settings
from services.cli.sample.subjects import subjects
from tests.browser.conftest import Sandbox

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
# Under the national guide one adverse record makes it untrusted.
FIRM = next(one for one in subjects() if one.ref == "TZ-03")
AUTHORITY = "样例市住房和建设局（合成）"
FIRST, PASSWORD = "first synthetic password 1", "own synthetic password 2"
STAFF = {"compiler": "caseworker", "colleague": "caseworker", "head": "unit_head"}


@pytest.fixture(scope="module")
def staff(sandbox: Sandbox) -> None:
    """Two caseworkers and the unit head of the bureau of that firm."""
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        aside.submit(asyncio.run, _engage(sandbox)).result()


async def _engage(sandbox: Sandbox) -> None:
    settings = platform_settings(sandbox.data)
    async with AsyncExitStack() as exits:
        client = await administrator(settings, exits)
        for name, role in STAFF.items():
            request = identity.CreateAccountRequest(
                request_id=new_request_id(),
                name=f"exposure.{name}",
                display_name=f"样例{name}",
                password=FIRST,
                roles=[role_value(role)],
                bureau=FIRM.bureau,
            )
            await client.identity.CreateAccount(request)
        await _release(settings, exits)
        for name in STAFF:
            await log_in(settings, f"exposure.{name}", FIRST, new_password_step(PASSWORD))


async def _release(settings: Settings, exits: AsyncExitStack) -> None:
    """The second administrator releases the roles of the new accounts."""
    cast = {one["name"]: one["password"] for one in json.loads(settings.cast_file.read_text())}
    session = await log_in(settings, "demo.administrator", cast["demo.administrator"])
    second = Client(settings, fixed_token(session.token))
    exits.push_async_callback(second.close)
    waiting = proposals.ListProposalsRequest(state="waiting")
    for one in (await second.proposals.ListProposals(waiting)).proposals:
        request = proposals.ReleaseProposalRequest(
            request_id=new_request_id(), proposal_id=one.proposal_id, reasons="试用"
        )
        await second.proposals.ReleaseProposal(request)


@pytest.fixture
def member(sign_in: SignIn, staff: None) -> Callable[[str], Page]:
    """Signs a member of the staff in; only the head's browser runs scripts."""

    def opened(name: str) -> Page:
        page = sign_in(java_script_enabled=name == "head")
        page.goto("/sign-in")
        page.get_by_label("用户名或邮箱").fill(f"exposure.{name}")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录", exact=True).click()
        page.wait_for_url("**/home")
        return page

    return opened


def test_three_people_expose_a_firm_and_take_it_down(
    sign_in: SignIn, member: Callable[[str], Page]
) -> None:
    looking, compiler = sign_in(), member("compiler")
    compiler.get_by_role("link", name="曝光名单").first.click()
    compiler.get_by_role("button", name="编制曝光名单").click()
    compiler.get_by_role("button", name="编制名单").click()
    expect(compiler.get_by_role("alert")).to_contain_text("请至少选择一个主体")
    expect(compiler.get_by_role("alert")).to_contain_text("请写明事实是怎样核实的")
    row = compiler.get_by_role("row", name=FIRM.name)
    subject = str(row.get_by_role("link").first.get_attribute("href")).rpartition("/")[2]
    compiler.goto(f"/exposure-lists/new?subject={subject}")  # as its follow-up leads there
    expect(row.get_by_role("checkbox")).to_be_checked()
    compiler.get_by_label("事实是怎样核实的").fill("2026-09-10 核对处罚决定书")
    compiler.get_by_role("button", name="编制名单").click()
    expect(compiler.get_by_text("等待编制人以外的人保密审查")).to_be_visible()

    path = compiler.url
    colleague = member("colleague")
    colleague.get_by_role("link", name="保密审查一份曝光名单（1 个主体）").click()
    colleague.get_by_role("button", name="记录审查").click()
    expect(colleague.get_by_role("alert")).to_contain_text("请写明审查的情况")
    colleague.get_by_label("审查的情况").fill("不含不得公开的内容")
    colleague.get_by_role("button", name="记录审查").click()
    head = member("head")
    head.get_by_role("link", name="审批一份曝光名单（1 个主体）").click()
    assert Axe().run(head).violations_count == 0
    head.get_by_label("本局网站").check()
    head.get_by_role("button", name="批准公开").click()
    expect(head.get_by_role("heading", name="曝光名单〔")).to_be_visible()
    looking.goto("/notices")
    expect(looking.get_by_role("row", name=FIRM.name)).to_contain_text("经核实，计量信用等级为")
    assert Axe().run(looking).violations_count == 0
    answer = looking.request.get("/data/exposed.csv")
    assert answer.ok
    assert FIRM.name in answer.text()

    _tell_an_authority(head, compiler, path)
    compiler.goto(path)
    compiler.get_by_label(FIRM.name).check()
    compiler.get_by_role("button", name="撤下", exact=True).click()
    expect(compiler.get_by_role("alert")).to_contain_text("请写明撤下的理由")
    compiler.get_by_label("撤下的理由").fill("处罚决定书送达有误")
    compiler.get_by_role("button", name="撤下", exact=True).click()
    expect(compiler.get_by_text("处罚决定书送达有误")).to_be_visible()
    looking.goto("/notices?q=TZ-03")  # an address that nobody asked for: others are kept
    expect(looking.get_by_text("目前没有曝光")).to_be_visible()


def _tell_an_authority(head: Page, compiler: Page, path: str) -> None:
    """The head enters an authority, the compiler drafts a circular to it, the head issues it."""
    head.goto("/authorities")
    head.get_by_role("button", name="登记通报对象").click()
    head.get_by_role("button", name="保存").click()
    expect(head.get_by_role("alert")).to_contain_text("地址和电子邮箱至少写一项")
    head.get_by_label("单位名称").fill(AUTHORITY)
    head.get_by_label("地址", exact=True).fill("样例路1号")
    head.get_by_label("公开招标").check()
    assert Axe().run(head).violations_count == 0
    head.get_by_role("button", name="保存").click()
    expect(head.get_by_role("row", name=AUTHORITY)).to_contain_text("样例head")

    compiler.goto(path)
    compiler.get_by_role("link", name="向其他部门和当地政府通报").click()
    compiler.get_by_role("button", name="拟稿并看文书").click()
    expect(compiler.get_by_role("alert")).to_contain_text("请至少选择一个通报对象")
    compiler.get_by_label(AUTHORITY).check()
    compiler.get_by_label(FIRM.name).check()
    compiler.get_by_role("button", name="拟稿并看文书").click()
    expect(compiler.get_by_text(f"请{AUTHORITY}在公开招标时予以考虑。")).to_be_visible()
    expect(compiler.get_by_text("等待没有拟稿的单位负责人签发")).to_be_visible()

    head.goto("/home")
    head.get_by_role("link", name="签发一份通报（1 个主体）").click()
    head.get_by_role("button", name="签发并发出").click()
    expect(head.get_by_role("heading", name="通报〔")).to_be_visible()
    assert Axe().run(head).violations_count == 0
    paper = head.request.get(f"{head.url}/letter.pdf")
    assert paper.body().startswith(b"%PDF")
    compiler.goto("/home")
    compiler.get_by_role("link", name="人工送达通报〔").click()
    compiler.get_by_role("button", name="记录").click()
    expect(compiler.get_by_role("alert")).to_contain_text("请选择送达了哪个单位")
    compiler.get_by_label(AUTHORITY).check()
    year, month, day = re.findall(r"(\d+)年(\d+)月(\d+)日", compiler.inner_text("main"))[-1]
    compiler.get_by_label("送达日期").fill(f"{year}-{int(month):02}-{int(day):02}")
    compiler.get_by_label("邮寄送达").check()
    compiler.get_by_label("凭据").fill("挂号 1 号")
    compiler.get_by_role("button", name="记录").click()
    expect(compiler.get_by_text("已人工送达")).to_be_visible()


def test_two_administrators_set_the_waits_of_a_bureau(sign_in: SignIn) -> None:
    first, second = (
        sign_in("administrator", java_script_enabled=False),
        sign_in("demo.administrator"),
    )
    first.goto("/ladders")
    first.get_by_label("提出约谈前").fill("0")
    first.get_by_role("button", name="提出，交另一位管理员批准").click()
    expect(first.get_by_role("alert")).to_contain_text("请写 1 至 366 的整数")
    expect(first.get_by_role("alert")).to_contain_text("请写明依据")
    first.get_by_label("提出约谈前").fill("15")
    first.get_by_label("机关", exact=True).select_option(FIRM.bureau)
    first.get_by_label("启用日").fill("2099-01-01")
    first.get_by_label("依据").fill("局办〔2026〕1号")
    first.get_by_role("button", name="提出，交另一位管理员批准").click()
    expect(first.get_by_text("由您提出，须由另一位平台管理员批准")).to_be_visible()
    second.goto("/ladders")
    assert Axe().run(second).violations_count == 0
    second.get_by_role("button", name="批准这一版间隔").click()
    expect(second.get_by_role("heading", name="（已批准）")).to_be_visible()
    expect(second.get_by_text("样例第二管理员，")).to_be_visible()
