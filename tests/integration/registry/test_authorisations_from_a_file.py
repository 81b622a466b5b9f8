"""A unit head enters verification institutions and their authorisations from a file."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2 as pb
from protos.registry.v1 import orders_pb2 as orders
from tests.integration.registry.running_registry import (
    DISTRICT,
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    refused,
)
from tests.unit.services.registry.workbooks import xlsx

HEADS = (
    *("机构名称", "统一社会信用代码", "联系人", "电话", "邮箱"),
    *("器具类型", "授权自", "授权至", "授权文号"),
)
DAYS = ("2026-01-01", "2030-12-31")


@pytest.fixture
async def head(registry: RunningRegistry) -> Client:
    """The unit head of the district."""
    await registry.bureau()
    return registry.client(Role.UNIT_HEAD, name="unit-head")


def row(name: str, *authorisation: str, contact: str = "", email: str = "") -> list[str]:
    return [name, "", contact, "", email, *(authorisation or ("", "", "", ""))]


async def load(
    client: Client, *rows: list[str], heads: tuple[str, ...] = HEADS, **options: Any
) -> pb.ImportAuthorisationsResponse:
    content = "\n".join(",".join(one) for one in (heads, *rows)).encode()
    return await send(client, content, **options)


async def send(client: Client, content: bytes, **options: Any) -> pb.ImportAuthorisationsResponse:
    request = pb.ImportAuthorisationsRequest(
        request_id=new_request_id(), content=content, **options
    )
    return await client.institutions.ImportAuthorisations(request)


async def on_file(client: Client, name: str) -> pb.GetInstitutionResponse:
    request = pb.GetInstitutionRequest(institution_id=name)
    return await client.institutions.GetInstitution(request)


def counts(answer: pb.ImportAuthorisationsResponse) -> tuple[int, ...]:
    return (
        *(answer.institutions_added, answer.institutions_changed),
        *(answer.added, answer.changed, answer.known),
    )


async def test_a_file_enters_institutions_and_what_they_may_verify(
    registry: RunningRegistry, head: Client
) -> None:
    name, second = f"合成文件检定院（{uuid4().hex[:6]}）", f"合成文件检定所{uuid4().hex[:6]}"
    rows = [
        row(name, "燃油加油机", *DAYS, "（合成）法计字第1号", contact="王某"),
        row(name, "NAWI-D", *DAYS, "（合成）法计字第1号"),
        row(second),
    ]
    checked = await load(head, *rows, check_only=True)
    assert counts(checked) == (2, 0, 2, 0, 0)
    with refused("NOT_FOUND"):
        await on_file(head, name)
    assert counts(await load(head, *rows)) == (2, 0, 2, 0, 0)
    found = await on_file(head, name)
    assert (found.institution.bureau, found.institution.contact) == (DISTRICT, "王某")
    assert [(one.type_code, one.valid_until) for one in found.authorisations] == [
        ("FUEL", DAYS[1]),
        ("NAWI-D", DAYS[1]),
    ]
    assert not (await on_file(head, second)).authorisations
    asked = orders.ListVerifiersRequest(type_codes=["FUEL", "NAWI-D"])
    able = await registry.client(Role.CASEWORKER).orders.ListVerifiers(asked)
    assert name in [one.name for one in able.verifiers]
    assert counts(await load(head, *rows)) == (0, 0, 0, 0, 2)
    # In another writing it is the same; what a cell does not say stays.
    other = name.replace("（", "(").replace("）", ")")
    document, mail = "(合成)法计字第1号", "a@example.com"
    with refused("INVALID_INPUT", "rows.2"):  # an early end needs a ground
        await load(head, row(other, "FUEL", DAYS[0], "2028-12-31", document, email=mail))
    later = row(other, "FUEL", DAYS[0], "2031-12-31", document, email=mail)
    assert counts(await load(head, later)) == (0, 1, 0, 1, 0)
    found = await on_file(head, name)
    assert (found.institution.contact, found.institution.email) == ("王某", "a@example.com")
    assert [one.valid_until for one in found.authorisations] == ["2031-12-31", DAYS[1]]
    audited = await registry.audited(f"authorisation/{found.authorisations[0].authorisation_id}")
    assert [one.action for one in audited] == ["put_authorisation", "put_authorisation"]


async def test_what_a_file_authorises_of_an_institution_is_announced_together(
    registry: RunningRegistry, head: Client
) -> None:
    name = f"合成一并检定院{uuid4().hex[:6]}"
    await load(head, row(name, "FUEL", *DAYS, "第1号"), row(name, "NAWI-D", *DAYS, "第1号"))
    known = (await on_file(head, name)).institution
    told = [
        {(one.what, one.last_day) for one in event.endings}
        for event in await registry.events_of(f"institution/{known.institution_id}")
        if isinstance(event, events.EndingsChanged)
    ]
    assert told == [{("FUEL", DAYS[1]), ("NAWI-D", DAYS[1])}]


async def test_a_further_period_of_a_document_is_another_authorisation(head: Client) -> None:
    name, document = f"合成文件检定院{uuid4().hex[:6]}", "（合成）法计字第5号"
    now, then = ("2021-07-01", "2026-06-30"), ("2026-07-01", "2031-06-30")
    assert counts(await load(head, row(name, "FUEL", *now, document))) == (1, 0, 1, 0, 0)
    with refused("INVALID_INPUT", "rows.2") as refusals:  # nobody may verify until then
        await load(head, row(name, "FUEL", "2026-06-30", then[1], document))
    assert "“授权自”：比登记的第一日晚" in refusals[0].faults[0][1]
    assert counts(await load(head, row(name, "FUEL", *then, document))) == (0, 0, 1, 0, 0)
    both = [row(name, "FUEL", *days, document) for days in (then, now)]
    assert counts(await load(head, *both)) == (0, 0, 0, 0, 2)
    found = (await on_file(head, name)).authorisations
    assert sorted((one.valid_from, one.valid_until) for one in found) == [now, then]
    [first, _] = sorted(found, key=lambda one: one.valid_from)
    first.valid_from = "2026-01-01"
    request = pb.PutAuthorisationRequest(request_id=new_request_id(), authorisation=first)
    with refused("INVALID_INPUT", "ground"):
        await head.institutions.PutAuthorisation(request)
    request = pb.PutAuthorisationRequest(
        request_id=new_request_id(), authorisation=first, ground="授权文件自当日起生效"
    )
    await head.institutions.PutAuthorisation(request)


async def test_one_faulty_row_enters_nothing_and_each_is_named(head: Client) -> None:
    name = f"合成文件检定院{uuid4().hex[:6]}"
    rows = [
        row(name, "燃油加油机", *DAYS, "（合成）法计字第1号", contact="王某"),
        row(name, "没有的器具", *DAYS, "（合成）法计字第2号", contact="李某"),
        row(name, "FUEL", "待定", DAYS[1], "（合成）法计字第3号"),
        row(name, "FUEL", DAYS[1], DAYS[0], "（合成）法计字第4号"),
        row(name, "FUEL", *DAYS, "(合成)法计字第1号"),
        row(name, "FUEL", *DAYS, "", email="不是邮箱"),
        row("", contact="张某"),
    ]
    fields = [f"rows.{number}" for number in (3, 4, 5, 6, 7, 8)]
    with refused("INVALID_INPUT", *fields) as refusals:
        await load(head, *rows)
    told = "\n".join(zh for _, zh, _ in refusals[0].faults)
    for said in (
        "第 3 行“联系人”：与第 2 行不同",
        "第 3 行“器具类型”：目录中没有这种器具",
        "第 4 行“授权自”",
        "第 5 行“授权至”：最后一日不得早于第一日",
        "第 6 行“授权文号”：与第 2 行是同一项授权",
        "第 7 行“邮箱”",
        "第 7 行“授权文号”",
        "第 8 行“机构名称”：必填",
    ):
        assert said in told
    with refused("NOT_FOUND"):
        await on_file(head, name)
    with refused("INVALID_INPUT", "content"):
        await load(head, ["FUEL"], heads=("器具类型",))


async def test_a_workbook_of_another_bureau_changes_nothing(
    registry: RunningRegistry, head: Client
) -> None:
    name = f"合成文件检定院{uuid4().hex[:6]}"
    book = xlsx([[*HEADS, "备注"], [*row(name, "FUEL", *DAYS, "（合成）法计字第1号"), "无"]])
    answer = await send(head, book)
    assert (answer.added, list(answer.unread.headings)) == (1, ["备注"])
    await registry.bureau(OTHER_DISTRICT)
    other = registry.client(Role.UNIT_HEAD, bureau=OTHER_DISTRICT, name="other-head")
    with refused("INVALID_INPUT", "rows.2"):
        await load(other, row(name, "FUEL", *DAYS, "（合成）法计字第2号"))
    with refused("NOT_PERMITTED"):
        await load(registry.client(Role.CASEWORKER), row(name))
