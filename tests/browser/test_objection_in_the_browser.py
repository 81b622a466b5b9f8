"""An objection from end to end on pages, with and without JavaScript."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import both_ways, check, press

SignIn = Callable[..., Page]
FIRM = "医院HZ-05"  # of the operator of the cast
GROUNDS = "该处罚所依据的检定结果已经更正[/red]<b>"


def assert_order(page: Page) -> None:
    """The page of a case answers who, what, where it stands, what to do, what was done, papers."""
    asked = ("申请人和办理单位", "有争议的记录", "办到哪一步", "现在可以", "经过", "文书")
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    places = [[asks in heading for heading in headings].index(True) for asks in asked]
    assert places == sorted(places), headings
    beside = page.get_by_role("region", name="档案这样记载")
    expect(beside.get_by_text("文书编号")).to_be_visible()
    expect(page.get_by_role("region", name="申请人这样说").get_by_role("listitem")).to_have_count(2)
    assert not re.search(r"\b[SRC]-?\d", page.locator("main").inner_text())


def assert_facts_and_effects(page: Page, case: str) -> None:
    """Who decides sees the facts, their role, and what each decision would do to the grade."""
    page.goto(case)
    assert_order(page)
    expect(page.get_by_text("以办案人员的身份").first).to_be_visible()
    effects = page.get_by_role("table", name="各种决定对等级的影响")
    expect(effects.get_by_role("row", name="删除")).to_contain_text(re.compile("由 .* 变为"))
    expect(effects.get_by_role("row", name="维持")).to_contain_text("等级不因此改变")


def lodge(page: Page, grounds: str) -> str:
    """Lodges an objection to the first record and returns the address of the case."""
    page.goto("/objections/new")
    page.get_by_role("checkbox").first.check()
    press(page, "继续")
    page.get_by_label("理由").fill(grounds)
    page.get_by_label("证据").fill("检定证书更正通知，检定机构\n照片两张")
    press(page, "继续")
    expect(page.get_by_role("heading", name="核对并提交")).to_be_visible()
    press(page, "提交异议")
    expect(page.get_by_text("已提交").first).to_be_visible()
    return re.sub(r"\?.*$", "", page.url)


@both_ways
def test_lodged_withdrawn(sign_in: SignIn, javascript: bool) -> None:
    operator = sign_in("demo.operator", java_script_enabled=javascript)
    case = lodge(operator, GROUNDS)
    expect(operator.get_by_text(GROUNDS)).to_be_visible()  # text is text
    operator.get_by_role("button", name="撤回", exact=True).click()
    press(operator, "撤回异议")
    expect(operator.get_by_text("已撤回").first).to_be_visible()
    assert operator.url.startswith(case)


def choose(page: Page, name: str, content: bytes) -> None:
    file: Any = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator("main input[type=file]").set_input_files(file)


def photograph() -> bytes:
    """A photograph that says by which device it was taken."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F] = "TestMaker"
    Image.new("RGB", (320, 200), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


@both_ways
def test_files_go_with_it_and_the_bureau_looks_at_them(sign_in: SignIn, javascript: bool) -> None:
    """Refused, sent, attached; then read by the caseworker, who adds an internal file."""
    operator = sign_in("demo.operator", java_script_enabled=javascript)
    operator.goto("/objections/new")
    operator.get_by_role("checkbox").first.check()
    press(operator, "继续")
    operator.get_by_label("理由").fill(GROUNDS)
    choose(operator, "证据.pdf", b"MZ no document")
    press(operator, "上传这份文件")
    expect(operator.get_by_role("alert")).to_contain_text("不是可以接受的文件")
    expect(operator.get_by_label("理由")).to_have_value(GROUNDS)
    choose(operator, "现场.png", photograph())
    operator.get_by_label("这份文件证明什么").fill("器具上的检定标志")
    press(operator, "上传这份文件")
    expect(operator.get_by_role("checkbox")).to_be_checked()
    choose(operator, "配方.pdf", b"%PDF-1.7 " + GROUNDS.encode())
    operator.get_by_label(re.compile("含商业秘密")).check()
    press(operator, "继续")  # sends the file that was chosen as well
    expect(operator.get_by_text("配方.pdf")).to_be_visible()
    press(operator, "提交异议")
    expect(operator.get_by_text("已提交").first).to_be_visible()
    case = re.sub(r"\?.*$", "", operator.url)
    assert_files(sign_in("demo.caseworker", java_script_enabled=javascript), case)
    operator.goto(f"{case}/evidence")
    expect(operator.get_by_text("配方.pdf")).to_be_visible()
    expect(operator.get_by_text("笔录.pdf")).to_have_count(0)
    check(sign_in("demo.operator"), f"{case}/evidence")
    operator.goto(case)
    assert_archive(operator, {"现场.jpg", "配方.pdf"})
    operator.get_by_role("button", name="撤回", exact=True).click()
    press(operator, "撤回异议")


def assert_archive(page: Page, files: set[str]) -> None:
    """The case file opens offline and holds what this person may see."""
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("下载案卷")).click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert {name[9:] for name in archive.namelist() if name.startswith("evidence/")} == files
        assert GROUNDS.split("[", maxsplit=1)[0] in archive.read("案卷.html").decode()
        assert "sha256sum" in archive.read("核验说明.txt").decode()


def assert_files(caseworker: Page, case: str) -> None:
    caseworker.goto(case)
    row = caseworker.get_by_role("row").filter(has_text="器具上的检定标志")
    expect(row).to_contain_text("案件双方都能看")
    with caseworker.expect_download() as download:
        row.get_by_role("link", name="现场.jpg").click()
    assert download.value.path().read_bytes() == photograph()
    row.get_by_text("预览").click()
    picture = row.get_by_role("img", name="器具上的检定标志")
    expect(picture).to_be_visible()
    answer = caseworker.request.get(str(picture.get_attribute("src")))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.body().startswith(b"\xff\xd8\xff")
    assert b"TestMaker" not in answer.body()
    caseworker.get_by_role("link", name="提交一份证据文件").click()
    choose(caseworker, "笔录.pdf", b"%PDF-1.7 internal")
    caseworker.get_by_label(re.compile("内部材料")).check()
    press(caseworker, "上传")
    expect(caseworker.get_by_text("证据文件已保存。")).to_be_visible()
    expect(caseworker.get_by_role("row").filter(has_text="笔录.pdf")).to_contain_text("内部材料")


def test_every_fault_is_told_at_once_and_nothing_is_lost(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    page.goto("/objections/new")
    press(page, "继续")
    expect(page.get_by_role("alert")).to_contain_text("请至少选择一条信用记录")
    page.get_by_role("checkbox").first.check()
    press(page, "继续")
    page.get_by_label("证据").fill("照片两张")
    press(page, "继续")
    expect(page.get_by_role("alert")).to_contain_text("请写明哪里有误")
    expect(page.get_by_label("证据")).to_have_value("照片两张")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("理由")).to_be_focused()


@both_ways
def test_supplemented_and_passed_to_another(sign_in: SignIn, javascript: bool) -> None:
    """What is missing is supplied; the caseworker stands back, and another has the case."""
    operator, caseworker, head = (
        sign_in(f"demo.{name}", java_script_enabled=javascript)
        for name in ("operator", "caseworker", "unithead")
    )
    case = lodge(operator, "器具在检定有效期内")
    caseworker.goto(case)
    caseworker.get_by_role("button", name="要求补正").click()
    press(caseworker, "要求补正")
    expect(caseworker.get_by_role("alert")).to_contain_text("请一次写明需要补正的全部内容")
    caseworker.get_by_label("需要补正什么").fill("检定证书复印件")
    press(caseworker, "要求补正")
    expect(caseworker.get_by_text("由申请人补正")).to_be_visible()

    operator.goto("/home")
    operator.get_by_role("link", name=re.compile("请补正")).click()
    expect(operator.locator("#supplement")).to_contain_text("检定证书复印件")
    expect(operator.locator("#supplement")).to_contain_text("逾期不会自动结束案件")
    operator.get_by_label("补正的内容").fill("补交检定证书")
    press(operator, "补正")
    expect(operator.get_by_text("由办案人员决定是否受理")).to_be_visible()
    expect(operator.get_by_role("link", name="异议申请补正通知书（PDF）")).to_be_visible()

    caseworker.goto(case)
    caseworker.get_by_role("button", name="受理", exact=True).click()
    press(caseworker, "受理")
    operator.goto(case)
    operator.get_by_role("link", name="申请回避").click()
    press(operator, "申请回避")
    expect(operator.get_by_role("alert")).to_contain_text("请选择申请谁回避")
    operator.get_by_label("样例办案人员").check()
    operator.get_by_label("有其他关系").check()
    operator.get_by_label("具体情况").fill("曾共同经营（合成）")
    press(operator, "申请回避")
    expect(operator.get_by_text("已申请，待单位负责人决定")).to_be_visible()
    assert_passed_on(head, case)
    check(sign_in("demo.unithead"), f"{case}/recusals/new")
    caseworker.goto(case)
    expect(caseworker.get_by_text("已决定回避本案").first).to_be_visible()
    operator.goto(case)
    expect(operator.get_by_text("情况属实").first).to_be_visible()
    operator.get_by_role("button", name="撤回", exact=True).click()
    press(operator, "撤回异议")


def assert_passed_on(head: Page, case: str) -> None:
    """The unit head finds the request on the home page and gives the case to somebody else."""
    head.goto("/home")
    head.get_by_role("link", name=re.compile("样例办案人员 在 .* 一案中是否回避")).click()
    press(head, "决定回避")
    expect(head.get_by_role("alert")).to_contain_text("请选择回避或者不予回避")
    head.get_by_label("回避", exact=True).check()
    head.get_by_label("样例代理人员").check()
    head.get_by_label("决定的理由").fill("情况属实")
    press(head, "决定回避")
    assert head.url == case
    expect(head.get_by_text("样例代理人员").first).to_be_visible()


def test_extended_decided_and_told(sign_in: SignIn) -> None:
    """Lodged, accepted, an extension asked for and approved, granted: the grade changes."""
    operator, caseworker, head = map(sign_in, ("demo.operator", "demo.caseworker", "demo.unithead"))
    case = lodge(operator, "处罚决定已被复议撤销")

    caseworker.goto("/home")
    expect(caseworker.get_by_role("link", name=re.compile("决定是否受理"))).to_be_visible()
    caseworker.goto(case)
    caseworker.get_by_role("button", name="受理", exact=True).click()
    press(caseworker, "受理")
    expect(caseworker.get_by_role("img", name=re.compile("办理期限逐日图"))).to_be_visible()
    expect(caseworker.get_by_text(re.compile(r"还剩 \d+ 个工作日，至 .* 24 时"))).to_be_visible()

    caseworker.get_by_role("button", name="申请延期").click()
    press(caseworker, "申请延期")
    expect(caseworker.get_by_role("alert")).to_contain_text("请写明延长几个工作日")
    caseworker.get_by_label("延长几个工作日").fill("100")
    caseworker.get_by_label("案件复杂的理由").fill("需要向检定机构调查")
    press(caseworker, "申请延期")
    expect(caseworker.get_by_role("alert")).to_contain_text("20")  # the cap, in the service's words
    caseworker.get_by_label("延长几个工作日").fill("10")
    press(caseworker, "申请延期")
    expect(caseworker.get_by_text("待批准延期").first).to_be_visible()

    head.goto("/home")
    head.get_by_role("link", name=re.compile("延期申请")).click()
    head.get_by_role("button", name="审批延期").click()
    head.get_by_label("批准", exact=True).check()
    press(head, "提交")
    expect(head.get_by_text("已受理").first).to_be_visible()

    assert_facts_and_effects(caseworker, case)
    caseworker.goto(f"{case}/decide")
    caseworker.get_by_label("删除").check()
    caseworker.get_by_label("理由").fill("经核实，处罚决定已被复议撤销")
    press(caseworker, "核对并提交")
    expect(caseworker.get_by_text(re.compile("现在：.*；执行决定后："))).to_be_visible()
    expect(caseworker.locator("#letter")).to_contain_text(re.compile("异议处理决定书.*被复议撤销"))
    press(caseworker, "作出决定")
    expect(caseworker.get_by_text("删除").first).to_be_visible()

    wait_until_closed(operator, case)
    expect(operator.get_by_text(re.compile("等级由 .* 变为"))).to_be_visible()
    expect(operator.get_by_role("heading", name="文书")).to_be_visible()
    operator.goto("/records")
    expect(operator.get_by_text("已撤销").first).to_be_visible()
    serve_on_paper(caseworker, case)
    assert_mail_is_told(case, caseworker, operator)
    expect(
        operator.get_by_text(re.compile("纸质送达：直接送达，.*送达回证1号")).first
    ).to_be_visible()


def assert_mail_is_told(case: str, *pages: Page) -> None:
    """Whoever issued a letter and whoever got it see whether a mail server took it."""
    for page in pages:
        page.goto(case)
        expect(page.get_by_text(re.compile("^邮件：")).first).to_be_visible()


def serve_on_paper(page: Page, case: str) -> None:
    """Records that the letter of a case was served on paper; a fault leaves the form filled."""
    page.goto(case)
    issued = page.locator("summary", has_text="决定书").inner_text()
    year, month, day = re.findall(r"\d+", issued)[:3]
    page.get_by_role("link", name="记录纸质送达").first.click()
    page.get_by_label("送达日期").fill("2026-01-01")
    page.get_by_label("直接送达").check()
    page.get_by_label("凭据").fill("送达回证1号")
    press(page, "记录")
    expect(page.get_by_role("alert")).to_contain_text("送达日期应在文书之日和今天之间")
    expect(page.get_by_label("凭据")).to_have_value("送达回证1号")
    page.get_by_label("送达日期").fill(f"{year}-{int(month):02}-{int(day):02}")
    press(page, "记录")
    expect(page.get_by_text(re.compile("纸质送达：直接送达"))).to_be_visible()


def enter_record(page: Page, firm: str) -> None:
    """Enters an adverse record of the operator's firm."""
    page.goto(f"/subjects?q={firm}")
    page.locator("main tbody a").first.click()
    page.get_by_role("link", name="登记信用记录").click()
    page.get_by_label("信息类别").select_option("overdue_use")
    page.get_by_label("事实发生日期").fill("2026-08-01")
    page.get_by_label("认定日期").fill("2026-09-01")
    page.get_by_label("文书编号").fill("样例监罚〔2026〕88号")
    page.get_by_label("内容").fill("使用超过有效期的衡器")
    page.get_by_label("已经调查核实").check()
    press(page, "核对并提交")
    press(page, "登记")
    page.wait_for_url("**/subjects/*")


def decide(page: Page, case: str, outcome: str) -> None:
    """Accepts a case and decides it."""
    page.goto(case)
    page.get_by_role("button", name="受理", exact=True).click()
    press(page, "受理")
    page.goto(f"{case}/decide")
    page.get_by_label(outcome, exact=True).check()
    page.get_by_label("理由").fill("经核实，记录与检定结果一致")
    press(page, "核对并提交")
    press(page, "作出决定")
    expect(page.get_by_text("已作出决定").or_(page.get_by_text("已办结")).first).to_be_visible()


def wait_until_closed(page: Page, case: str) -> None:
    for _ in range(300):  # the decision is carried out in the background
        page.goto(case)
        if page.get_by_text("不再需要任何人处理").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{case} is not closed")


def apply_for_reconsideration(page: Page, case: str) -> str:
    """Applies for the reconsideration of a case; returns the address of the new case."""
    page.goto(case)
    expect(page.get_by_text("文件没有规定申请的期限")).to_be_visible()
    page.get_by_role("button", name="申请复核").click()
    press(page, "继续")
    expect(page.get_by_role("alert")).to_contain_text("请写明对处理结果哪里不服")
    page.get_by_label("理由").fill("决定没有采信检定证书")
    page.get_by_label("新的证据").fill("检定机构的说明")
    press(page, "继续")
    expect(page.get_by_role("heading", name="核对并提交")).to_be_visible()
    press(page, "提交复核申请")
    expect(page.get_by_text("已提交").first).to_be_visible()
    assert not re.search(r"\b[SRC]-?\d", page.locator("main").inner_text())
    return re.sub(r"\?.*$", "", page.url)


def hand_over(head: Page, case: str) -> None:
    """Hands a case to the city: one caseworker of the district decided, the other is an author."""
    head.goto("/home")
    head.get_by_role("link", name=re.compile("没有人可以办理")).click()
    expect(head.get_by_text("本机关没有人可以办理这个案件。")).to_be_visible()
    expect(head.locator("#nobody")).to_contain_text("不得对本人录入的记录作出决定")
    expect(head.locator("#nobody")).to_contain_text("参加过原决定的人员应当回避")
    assert Axe().run(head).violations_count == 0
    assert head.url == case
    head.get_by_role("button", name="移交上级机关办理").click()
    press(head, "移交")
    expect(head.get_by_role("link", name="请选择移交给哪个机关")).to_be_visible()
    assert Axe().run(head).violations_count == 0
    head.get_by_label("移交的理由").fill("本局人员均须回避")
    head.get_by_role("radio").first.check()
    press(head, "移交")
    expect(head.get_by_text("本局人员均须回避")).to_be_visible()
    expect(head.locator("#nobody")).to_have_count(0)


def test_refused_and_reconsidered(sign_in: SignIn) -> None:
    """Refused by the district; sent back by the city; to be decided anew by somebody else."""
    operator, caseworker, reviewer = (
        sign_in(f"demo.{name}", java_script_enabled=False)
        for name in ("operator", "caseworker", "reviewer")
    )
    other = sign_in("demo.substitute")
    enter_record(other, FIRM)
    case = lodge(operator, "器具在检定有效期内")
    decide(caseworker, case, "维持")
    wait_until_closed(operator, case)
    operator.goto("/records")
    expect(operator.get_by_text("您对这条记录的异议已有处理结果")).to_be_visible()
    review = apply_for_reconsideration(operator, case)

    caseworker.goto(review)  # the first bureau reads it and acts in nothing
    expect(caseworker.get_by_role("heading", name="现在可以")).to_have_count(0)
    reviewer.goto("/home")
    reviewer.get_by_role("link", name=re.compile("决定是否受理")).click()
    expect(reviewer.get_by_role("heading", name="同一事项的其他案件")).to_be_visible()
    decide(reviewer, review, "退回重办")
    wait_until_closed(operator, review)
    expect(operator.get_by_role("link", name="复核决定书（PDF）")).to_be_visible()

    operator.goto(case)
    related = operator.get_by_role("listitem").filter(has_text=re.compile("异议〔|复核〔"))
    expect(related).to_have_count(2)
    operator.get_by_role("link", name=re.compile("^异议〔")).click()
    anew = operator.url
    caseworker.goto(anew)
    expect(caseworker.get_by_text("参加过原决定的人员应当回避").first).to_be_visible()
    expect(caseworker.get_by_text(re.compile(r"还剩 \d+ 个工作日"))).to_be_visible()

    hand_over(sign_in("demo.unithead"), anew)  # axe never ends without JavaScript

    operator.goto(anew)  # taken back, it leaves no result: the first one was revoked
    operator.get_by_role("button", name="撤回", exact=True).click()
    press(operator, "撤回异议")
    operator.goto("/records")
    expect(operator.get_by_role("heading", name="信用记录")).to_be_visible()
    expect(operator.get_by_text("您对这条记录的异议已有处理结果")).to_have_count(0)


def test_a_form_from_another_session_is_refused(sign_in: SignIn) -> None:
    page = sign_in("demo.operator")
    page.goto("/account")
    page.evaluate(
        "for (const field of document.querySelectorAll('[name=form_token]')) field.value = 'x'"
    )
    press(page, "更改密码")
    expect(page.get_by_role("heading", name="页面已过期，请返回重新填写")).to_be_visible()


def test_a_role_opens_no_page_of_another(sign_in: SignIn) -> None:
    operator = sign_in("demo.operator")
    for path in ("/subjects", "/escalations"):
        answer = operator.goto(path)
        assert answer is not None
        assert answer.status == 403
    anyone = sign_in()
    anyone.goto("/home")
    assert "/sign-in" in anyone.url
