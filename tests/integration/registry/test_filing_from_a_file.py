"""An operator files new instruments from a file: what is filed, left out, refused and announced."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.running_registry import (
    Client,
    RunningRegistry,
    put_instrument,
    refused,
)

NAMES = "器具类型*,出厂编号*,型号规格,使用地点"


def request(*rows: str, columns: str = NAMES, **values: Any) -> pb.ImportInstrumentsRequest:
    """The request to file the rows of a CSV file."""
    content = "\n".join((columns, *rows)).encode()
    given = {"request_id": new_request_id(), "content": content}
    return pb.ImportInstrumentsRequest(**(given | values))


async def load(
    client: Client, *rows: str, columns: str = NAMES, **values: Any
) -> pb.ImportInstrumentsResponse:
    """Sends a file of instruments."""
    return await client.imports.ImportInstruments(request(*rows, columns=columns, **values))


async def owner_of(registry: RunningRegistry) -> tuple[pb.Subject, Client]:
    """A subject and its operator."""
    owner = await registry.subject()
    return owner, registry.client(Role.OPERATOR, subject_id=owner.subject_id)


async def serials(client: Client) -> list[str]:
    """The serial numbers of the instruments that an operator has on file."""
    listed = await client.registry.ListInstruments(pb.ListInstrumentsRequest(page_size=100))
    return sorted(one.serial_no for one in listed.instruments)


async def test_a_file_is_filed_once_as_spares_and_announced_in_one_event(
    registry: RunningRegistry,
) -> None:
    owner, operator = await owner_of(registry)
    rows = ("电子计价秤,F-1,ACS-30,一号摊", "NAWI-D,F-2,,二号摊", "NAWI-D,无,,三号摊")
    checked = await load(operator, *rows, check_only=True)
    assert [one.serial_no for one in checked.filed] == ["F-1", "F-2", "无"]
    assert await serials(operator) == []
    sent = request(*rows)
    answer = await operator.imports.ImportInstruments(sent)
    assert await operator.imports.ImportInstruments(sent) == answer
    assert {(one.type_code, one.state) for one in answer.filed} == {("NAWI-D", "spare")}
    assert {one.subject_id for one in answer.filed} == {owner.subject_id}
    [event] = [
        one
        for one in await registry.events_of(f"subject/{owner.subject_id}")
        if isinstance(one, events.InstrumentsChanged)
    ]
    assert (event.change.cause, len(event.instruments)) == (events.CAUSE_FILED, 3)
    [audited] = await registry.audited(f"instrument/{answer.filed[0].instrument_id}")
    assert audited.action == "file_instrument"
    again = await load(operator, *rows, "NAWI-D,F-3,,四号摊")
    assert [one.serial_no for one in again.filed] == ["F-3"]
    assert [one.serial_no for one in again.known] == ["F-1", "F-2", "无"]
    assert await serials(operator) == ["F-1", "F-2", "F-3", "无"]


async def test_the_same_file_sent_twice_at_once_is_filed_once(registry: RunningRegistry) -> None:
    _, operator = await owner_of(registry)
    answers = await asyncio.gather(
        *(load(operator, "NAWI-D,ONE-1,,", "NAWI-D,无,,") for _ in "1234")
    )
    assert sorted(len(one.filed) for one in answers) == [0, 0, 0, 2]
    assert await serials(operator) == ["ONE-1", "无"]


async def test_every_row_that_is_not_a_new_instrument_of_ones_own_is_refused_by_name(
    registry: RunningRegistry,
) -> None:
    owner, operator = await owner_of(registry)
    await load(operator, "NAWI-D,OLD-1,ACS-30,一号摊")
    columns = f"使用单位,{NAMES},状态,枪号,非强制检定的理由,平台编号"
    own = owner.name
    rows = (
        f"{own},NAWI-D,OLD-1,ACS-30,别处,,,,",
        "别的单位,NAWI-D,N-1,,,,,,",
        f"{own},没有的类型,N-2,,,,,,",
        f"{own},NAWI-D,N-3,,,在用,,,",
        f"{own},NAWI-D,N-4,,,,2,,",
        f"{own},NAWI-D,N-5,,,,,内部用,",
        f"{own},NAWI-D,N-6,,,,,,0123",
        f"{own},NAWI-D,,,,,,,",
        f"{owner.credit_code or own},NAWI-D,N-7,甲型,,备用,无,/,",
        f"{own},NAWI-D,n-7,,,,,,",
    )
    found = [
        ("rows.2", "使用地点"),
        ("rows.3", "使用单位"),
        ("rows.4", "器具类型"),
        ("rows.5", "状态"),
        ("rows.6", "枪号（通道、相）"),
        ("rows.7", "非强制检定的理由"),
        ("rows.8", "平台编号"),
        ("rows.9", "出厂编号"),
        ("rows.11", "出厂编号"),
    ]
    checked = await load(operator, *rows, columns=columns, check_only=True)
    told = [(f"rows.{one.row}", one.column) for one in checked.refused]
    assert sorted(told) == sorted(found)
    assert [one.serial_no for one in checked.filed] == ["N-7"]
    assert "第 2 行“使用地点”：器具 OLD-1 已经登记" in " ".join(
        one.message_zh for one in checked.refused
    )
    with refused("INVALID_INPUT", *(field for field, _ in found)):
        await load(operator, *rows, columns=columns)
    assert await serials(operator) == ["OLD-1"]


async def test_another_model_is_another_instrument_and_a_code_belongs_to_one(
    registry: RunningRegistry,
) -> None:
    _, operator = await owner_of(registry)
    await load(operator, "NAWI-D,M-1,甲型,一号摊")
    other = await load(operator, "NAWI-D,M-1,乙型,二号摊")
    assert [one.repeated_serial for one in other.filed] == [True]
    columns = f"{NAMES},制造商码"
    code = "/01/06901234567892/21/FILE1"
    twice = (f"NAWI-D,C-1,,,{code}", f"NAWI-D,C-2,,,{code}")
    with refused("INVALID_INPUT", "rows.3"):
        await load(operator, *twice, columns=columns)
    checked = await load(operator, *twice, columns=columns, check_only=True)
    assert [one.serial_no for one in checked.filed] == ["C-1"]
    assert [(one.row, one.column) for one in checked.refused] == [(3, "制造商码")]
    await load(operator, f"NAWI-D,C-1,,,{code}", columns=columns)
    with refused("INVALID_INPUT", "rows.2"):
        await load(operator, f"NAWI-D,C-2,,,{code}", columns=columns)
    taken = await load(operator, f"NAWI-D,C-2,,,{code}", columns=columns, check_only=True)
    assert [one.row for one in taken.refused] == [2]
    assert (await load(operator, f"NAWI-D,C-1,,,{code}", columns=columns)).filed == []


async def test_who_else_files_does_so_in_another_way(registry: RunningRegistry) -> None:
    owner, operator = await owner_of(registry)
    for role in (Role.CASEWORKER, Role.INTEGRATOR, Role.VERIFICATION_INSTITUTION):
        with refused("NOT_PERMITTED"):
            await load(registry.client(role), "NAWI-D,X-1,,")
    with refused("INVALID_INPUT", "content"):
        await load(operator, "NAWI-D", columns="器具类型")
    # What the bureau filed is on file as well.
    staff = registry.client(Role.CASEWORKER)
    await staff.registry.PutInstrument(put_instrument(owner.subject_id, serial_no="B-1", model=""))
    with refused("INVALID_INPUT", "rows.2"):
        await load(operator, "FUEL,B-1,另型,,", columns=f"{NAMES},单位自编号")


async def test_the_template_of_an_operator_has_its_columns_and_can_be_sent(
    registry: RunningRegistry,
) -> None:
    _, operator = await owner_of(registry)
    wanted = pb.GetTemplateRequest(family="instruments", format="xlsx")
    content = (await operator.imports.GetTemplate(wanted)).content
    [sheet, *_] = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    [heads] = book.get_sheet_by_name(sheet).to_python()
    assert heads[:3] == ["器具类型*", "型号规格", "出厂编号*"]
    assert {"使用单位*", "状态", "非强制检定的理由"}.isdisjoint(heads)
    filled = {"器具类型*": "电子计价秤", "出厂编号*": "0012", "轮换日期": "2027-03-01"}
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as made:
        page = made.add_worksheet()
        page.write_row(0, 0, heads)
        page.write_row(1, 0, [filled.get(str(head), "") for head in heads])
    answer = await load(operator, content=file.getvalue())
    assert [(one.serial_no, one.rotate_on) for one in answer.filed] == [("0012", "2027-03-01")]
    with refused("NOT_PERMITTED"):
        await operator.imports.GetTemplate(pb.GetTemplateRequest(family="subjects", format="csv"))


async def test_a_check_does_not_tell_whether_others_have_a_number(
    registry: RunningRegistry,
) -> None:
    _, other = await owner_of(registry)
    await load(other, "NAWI-D,SECRET-1,甲型,")
    owner, operator = await owner_of(registry)
    [checked] = (await load(operator, "NAWI-D,SECRET-1,甲型,", check_only=True)).filed
    assert not checked.repeated_serial
    one = put_instrument(owner.subject_id, type_code="NAWI-D", serial_no="SECRET-1", model="甲型")
    one.check_only = True
    assert not (await operator.registry.PutInstrument(one)).instrument.repeated_serial
    [filed] = (await load(operator, "NAWI-D,SECRET-1,甲型,")).filed
    assert filed.repeated_serial


async def test_one_like_a_scrapped_instrument_without_a_number_is_new(
    registry: RunningRegistry,
) -> None:
    _, operator = await owner_of(registry)
    [old] = (await load(operator, "NAWI-D,无,甲型,一号摊")).filed
    assert (await load(operator, "NAWI-D,无,甲型,一号摊")).filed == []
    scrap = pb.SetInstrumentStateRequest(
        request_id=new_request_id(), instrument_id=old.instrument_id, state="scrapped"
    )
    await operator.registry.SetInstrumentState(scrap)
    [new] = (await load(operator, "NAWI-D,无,甲型,一号摊")).filed
    assert new.instrument_id != old.instrument_id


async def test_near_types_are_told_of_the_first_unknown_names_only(
    registry: RunningRegistry,
) -> None:
    _, operator = await owner_of(registry)
    rows = [f"燃油加油{n % 7}机,T-{n},," for n in range(14)]
    checked = await load(operator, *rows, check_only=True)
    near = ["相近的有" in one.message_zh for one in checked.refused]
    assert near == [n % 7 < 5 for n in range(14)]
