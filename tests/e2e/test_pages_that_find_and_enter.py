"""Pages on which people find orders and certificates, and enter what used to come by file alone.

They are opened and filled in over plain HTTP, also where there is no browser; the stories of
tests/browser tell more.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.e2e.opening import House, visit
from tests.e2e.staffed_platform import StaffedPlatform

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def with_portal() -> bool:
    """People visit the portal here."""
    return True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(staff: StaffedPlatform) -> AsyncIterator[House]:
    """The people of the staffed platform at their browsers."""
    async with AsyncExitStack() as exits:
        yield await visit(staff, exits)


async def opened(house: House, role: str, address: str, *texts: str) -> None:
    answer = await house.visitors[role].open(address)
    assert answer.status == 200, (address, answer.status)
    for text in texts:
        assert text in answer.text, (address, text)


async def sent(
    house: House, role: str, address: str, fields: dict[str, Any], status: int, *texts: str
) -> str:
    """Sends a form; returns the address to which it led."""
    who = house.visitors[role]
    data = {"form_token": who.form_token, "request_id": str(uuid4()), **fields}
    files = data.pop("files", None)
    answer = await who.http.post(address, data=data, files=files)
    assert answer.status_code == status, (address, answer.status_code, answer.text[:2000])
    for text in texts:
        assert text in answer.text, (address, text)
    return str(answer.url.raw_path.decode())


async def test_lists_are_found_by_what_people_know(house: House) -> None:
    for role in ("operator", "caseworker", "verification_institution"):
        await opened(house, role, "/orders?which=all&type=FUEL&q=无此号")
    await opened(house, "caseworker", "/orders?which=all&institution=无", "检定机构名称中有")
    for role in ("operator", "caseworker"):
        await opened(house, role, "/certificate-files?institution=无")
        await opened(house, role, "/calibration-files?institution=无&type=FUEL")
        await opened(house, role, "/certificate-files.zip?what=calibrations")
    await opened(house, "nobody", "/directory?type=FUEL&division=33", "没有这样的校准机构。")
    await opened(house, "nobody", "/directory?division=x")
    await opened(house, "verification_institution", "/calibrations/new", "3.0.0", "3.3.0")
    none = {"state": "withdrawn"}
    await sent(house, "operator", "/orders/move", none, 422, "请先在列表中选择要办理的申请")


async def test_a_permit_is_entered_and_corrected_on_a_page(house: House) -> None:
    place = house.staff.places["own"]
    await opened(house, "caseworker", f"/permits/new?subject={place.subject_id}")
    await sent(house, "caseworker", "/permits/new", {}, 422, "请填写决定文书号")
    form = {
        "subject_id": place.subject_id,
        "matter": "measurement_standard",
        "document_name": "计量标准考核证书",
        "document_no": f"（测试）计许〔2026〕{secrets.token_hex(4)}号",
        "category": "其他",
        "decided_on": "2026-08-10",
        "authority": "测试市场监督管理局",
    }
    await sent(house, "caseworker", "/permits/new", form, 422, "其他-备案")
    form["category"] = "核准"
    led = await sent(house, "caseworker", "/permits/new", form, 200, "已登记")
    address = f"{led.partition('?')[0]}/change"
    await opened(house, "caseworker", address, form["document_no"])
    form |= {"version": "1", "open_ended": "yes"}
    await sent(house, "caseworker", address, form, 422, "请写明更正的依据")
    await sent(house, "caseworker", address, form | {"ground": "与决定书核对"}, 200, "长期")


async def test_institutions_are_entered_from_a_file_on_a_page(house: House) -> None:
    address = "/institutions/import"
    await opened(house, "unit_head", address, "按文件登记机构和授权")
    name = f"测试文件检定院{secrets.token_hex(4)}"

    def file(until: str) -> dict[str, Any]:
        rows = f"机构名称,器具类型,授权自,授权至,授权文号\n{name},FUEL,2026-01-01,{until},测-1\n"
        return {"files": {"file": ("授权.csv", rows.encode(), "text/csv")}}

    wrong, right = file("2025-12-31"), file("2030-12-31")
    await sent(house, "unit_head", address, {"step": "send", **wrong}, 422, "第 2 行“授权至”")
    await sent(house, "unit_head", address, {"step": "check", **right}, 200, "只核对了，没有登记。")
    await sent(house, "unit_head", address, {"step": "send", **right}, 200, "机构：新登记 1 家")


async def test_an_owner_corrects_or_hands_on_an_instrument_on_a_page(house: House) -> None:
    place = house.staff.places["own"]
    instrument = f"/instruments/{place.instrument_id}"
    await opened(house, "operator", f"{instrument}/edit", 'name="serial_no"', 'name="type_code"')
    address = f"{instrument}/handover"
    await opened(house, "operator", address, "申请变更使用单位")
    await sent(house, "operator", address, {}, 422, "请写明理由")
    form = {"subject_id": "91330106MA0UNKNOWN", "ground": "已卖出"}
    await sent(house, "operator", address, form, 422, "没有登记这个单位")


async def test_a_page_that_shows_what_was_done_asks_for_something_else_next(house: House) -> None:
    who, request_id = house.visitors["operator"], str(uuid4())
    for _ in range(2):
        colleague = {
            "form_token": who.form_token,
            "request_id": request_id,
            "display_name": "测试同事",
            "email": f"{secrets.token_hex(8)}@test.example",
        }
        answer = await who.http.post("/people", data=colleague)
        assert "邀请已寄出" in answer.text, answer.text[:2000]
        [next_id] = {*re.findall('name="request_id" value="([^"]+)"', answer.text)} - {""}
        assert next_id != request_id
        request_id = next_id
