"""A record on its way to the public: entered by one, reviewed by another, read by anybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.long

SignIn = Callable[..., Page]
ID_NUMBER = "110101199003070011"
SUMMARY = f"使用超期加油机，当事人{ID_NUMBER}"
REF = "样例监罚〔2026〕777号"
TRIES = 300
RECEIPT = "送达回证（合成）第1号"


def enter(page: Page, ref: str = REF, firm: str = "") -> str:
    """Enters an adverse record of a firm, by default the first fuel station, which has an address.

    Returns the path of its public page.
    """
    page.goto(f"/subjects?q={firm or '加油站'}")
    page.locator("main tbody a").first.click()
    firm = page.url.rpartition("/")[2]
    page.get_by_role("link", name="登记信用记录").click()
    page.get_by_label("信息类别").select_option("overdue_use")
    page.get_by_label("事实发生日期").fill("2026-08-01")
    page.get_by_label("认定日期").fill("2026-09-01")
    page.get_by_label("文书编号").fill(ref)
    page.get_by_label("内容").fill(SUMMARY)
    page.get_by_label("已经调查核实").check()
    page.get_by_role("button", name="核对并提交").click()
    page.get_by_role("button", name="登记", exact=True).click()
    page.wait_for_url("**/subjects/*")
    return f"/firms/{firm}"


def register(page: Page, name: str) -> str:
    """Registers a firm without a mail address; returns its name."""
    page.goto("/subjects/new")
    page.get_by_label("名称").fill(name)
    page.locator("#kind").check()
    page.get_by_label("行业领域").select_option("market")
    page.get_by_role("button", name="核对并提交").click()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return name


def tell_by_hand(page: Page, record: str) -> None:
    """Records that the document of a record was served on 2 September."""
    page.goto(f"{record}/telling")
    page.get_by_label("告知主体的日期").fill("2026-09-02")
    page.get_by_label("直接送达").check()
    page.get_by_label("凭据").fill(RECEIPT)
    page.get_by_role("button", name="记录", exact=True).click()


def reload_until(page: Page, text: str) -> None:
    """Loads a page again until it shows a text, which a mail on its way brings about."""
    for _ in range(TRIES):
        if text in page.content():
            return
        page.reload()
    raise AssertionError(f"{page.url} does not show {text}")


def check(page: Page) -> None:
    answer = Axe().run(page)
    assert answer.violations_count == 0, f"{page.url}: {answer.generate_report()}"


def test_a_second_person_releases_what_the_public_reads(sign_in: SignIn) -> None:
    entering, public = sign_in("demo.caseworker"), sign_in()
    firm = enter(entering, firm=register(entering, "合成无邮箱商店"))
    public.goto(firm)
    expect(public.get_by_role("heading", name="公开的信用记录")).to_be_visible()
    expect(public.get_by_text(REF)).to_have_count(0)

    entering.goto("/publication?state=waiting")
    entering.get_by_role("link", name=REF).click()
    expect(entering.get_by_text("尚未公开。")).to_be_visible()
    expect(entering.get_by_role("button", name="记录审查结果")).to_have_count(0)
    check(entering)

    reviewing = sign_in("demo.unithead", java_script_enabled=False)
    reviewing.goto("/home")
    reviewing.get_by_role("link", name="保密审查待公开的信用记录").click()
    reviewing.get_by_role("link", name=REF).click()
    reviewing.get_by_role("button", name="记录审查结果").click()
    expect(reviewing.get_by_role("link", name="请选择可否公开")).to_be_visible()
    reviewing.get_by_label("公开", exact=True).check()
    reviewing.get_by_role("button", name="记录审查结果").click()
    expect(reviewing.get_by_role("link", name=f"发现身份证件号码“{ID_NUMBER}”")).to_be_visible()
    reviewing.get_by_label("公开的内容", exact=True).fill("另写一句")
    reviewing.get_by_role("button", name="记录审查结果").click()
    expect(reviewing.get_by_role("link", name="不得另写")).to_be_visible()
    expect(reviewing.get_by_label("公开的内容", exact=True)).to_have_value("另写一句")
    reviewing.get_by_label("公开的内容", exact=True).fill("使用超期加油机，当事人*")
    reviewing.get_by_label("登记的原文含个人信息").check()
    reviewing.get_by_role("button", name="记录审查结果").click()
    expect(reviewing.get_by_text("审查结果已记录：已准予公开")).to_be_visible()
    expect(reviewing.get_by_text("还没有人告知主体，因此不会公开。")).to_be_visible()
    entering.goto("/publication")
    check(entering)
    entering.reload()
    entering.get_by_role("link", name=REF).click()
    check(entering)


def test_a_word_does_not_move_the_day_that_a_mail_has_proved(sign_in: SignIn) -> None:
    entering = sign_in("demo.caseworker")
    ref = "样例监罚〔2026〕778号"
    enter(entering, ref)
    reviewing = sign_in("demo.unithead")
    reviewing.goto("/publication?state=waiting")
    reviewing.get_by_role("link", name=ref).click()
    reviewing.wait_for_url("**/publication/*")
    reload_until(reviewing, "平台的通知已送达主体的邮箱")
    record = reviewing.url.partition("?")[0]
    reviewing.goto(f"{record}/telling")
    reviewing.get_by_label("凭据").fill(RECEIPT)
    reviewing.get_by_role("button", name="记录", exact=True).click()
    expect(reviewing.get_by_role("link", name="日期应写成")).to_be_visible()
    expect(reviewing.get_by_role("link", name="请选择送达方式")).to_be_visible()
    expect(reviewing.get_by_label("凭据")).to_have_value(RECEIPT)
    check(reviewing)
    tell_by_hand(reviewing, record)
    expect(reviewing.get_by_role("alert")).to_contain_text("以该日为准")
    expect(reviewing.get_by_label("凭据")).to_have_value(RECEIPT)


def test_the_subject_replies_and_the_reply_stands_beside_the_record(sign_in: SignIn) -> None:
    firm = sign_in("demo.operator")
    firm.goto("/records")
    firm.get_by_role("link", name="对这条记录作出说明").first.click()
    record_id = firm.url.split("/")[-2]
    firm.get_by_role("button", name="提交说明").click()
    expect(firm.get_by_role("link", name="请写明说明的内容")).to_be_visible()
    firm.get_by_label("说明", exact=True).fill("已于8月完成整改（合成）")
    firm.get_by_role("button", name="提交说明").click()
    expect(firm.get_by_text("说明已提交，审查后在记录旁公开")).to_be_visible()
    check(firm)

    reviewing = sign_in("demo.unithead")
    reviewing.goto(f"/publication/{record_id}/reply")
    check(reviewing)
    reviewing.get_by_label("在记录旁公开").check()
    reviewing.get_by_role("button", name="记录审查结果").click()
    expect(reviewing.get_by_text("说明的审查结果已记录")).to_be_visible()
    firm.reload()
    expect(firm.get_by_text("已在记录旁公开")).to_be_visible()
    expect(firm.get_by_role("button", name="提交说明")).to_have_count(0)
    firm.get_by_role("button", name="撤回说明").click()
    expect(firm.get_by_text("说明已撤回")).to_be_visible()


def test_what_was_told_by_hand_is_public_after_the_window(sign_in: SignIn) -> None:
    reviewing, public = sign_in("demo.unithead"), sign_in()
    reviewing.goto("/publication/untold")
    check(reviewing)
    reviewing.get_by_role("link", name=REF).click()
    reviewing.wait_for_url("**/publication/*")
    tell_by_hand(reviewing, reviewing.url.partition("?")[0])
    expect(reviewing.get_by_text("告知已记录")).to_be_visible()
    expect(reviewing.get_by_text(RECEIPT)).to_be_visible()
    expect(reviewing.get_by_text("自何日起公开")).to_be_visible()
    reviewing.get_by_role("link", name="合成无邮箱商店").first.click()
    firm = f"/firms/{reviewing.url.rpartition('/')[2]}"
    public.goto(firm)  # served long ago, but the window runs from the entry
    expect(public.get_by_role("heading", name="公开的信用记录")).to_be_visible()
    expect(public.get_by_text(REF)).to_have_count(0)
    for _ in range(2):
        with reviewing.expect_navigation():
            reviewing.get_by_role("button", name="7 天").click()
    public.goto("/language/en")  # the page that was rendered before is kept for a minute
    public.goto(firm)
    expect(public.get_by_text("使用超期加油机，当事人*")).to_be_visible()
    assert ID_NUMBER not in public.content()
    check(public)
