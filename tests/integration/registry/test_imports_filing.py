"""A foreign register of verifications: owners and instruments are filed, doubtful ones apart."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    faults,
    history,
    instruments_of,
    reasons,
    rejected,
    rows_of,
    subject_rows,
    subjects_named,
    table,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
    refused,
)

FILING: dict[str, Any] = {"bureau": DISTRICT, "file_missing": True, "mode": "good_rows"}


async def fleet(client: Client, name: str) -> dict[str, list[pb.Instrument]]:
    """Instruments of the subjects with this in their names, by the name of the owner."""
    owners = await subjects_named(client, name)
    return {owner.name: await instruments_of(client, owner) for owner in owners}


async def test_subjects_and_instruments_are_filed_along(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    rows = [
        verification(使用单位=f"甲{mark}", 出厂编号=f"1{mark}", 型号规格="X-1"),
        verification(
            使用单位=f"甲{mark}",
            出厂编号=f"1{mark}",
            型号规格="X-1",
            检定日期="2025-09-01",
            有效期至="2026-08-31",
        ),
        verification(
            使用单位=f"乙{mark}", 出厂编号=f"2{mark}", 型号规格="", 检定结果="不合格", 有效期至=""
        ),
        verification(使用单位=f"丙{mark}", 出厂编号=f"3{mark}", 型号规格="", 有效期至=""),
    ]
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    assert (batch.changed, batch.rejected, batch.in_review, batch.repeated_serials) == (3, 1, 0, 1)
    assert await reasons(client, batch) == [(5, "有效期至", "CONTRADICTION")]
    assert [row["使用单位"] for row in rows_of(await rejected(client, batch))] == [f"丙{mark}"]
    filed = await fleet(client, mark)
    assert set(filed) == {f"甲{mark}", f"乙{mark}"}
    [one], [other] = filed[f"甲{mark}"], filed[f"乙{mark}"]
    assert (one.state, one.spell, one.model, one.bureau) == ("in_use", 1, "X-1", DISTRICT)
    assert (other.state, other.spell) == ("in_use", 1)
    assert [v.verified_on for v in await history(client, one)] == ["2026-09-01", "2025-09-01"]
    [owner] = await subjects_named(client, f"甲{mark}")
    assert (owner.kind, owner.sector, owner.in_review) == ("organisation", "other", False)
    await undo(client, batch)
    assert await fleet(client, mark) == {}


async def test_owners_that_stand_for_nobody_go_to_review(registry: RunningRegistry) -> None:
    bureau = await registry.bureau("330183")
    client = registry.client(Role.INTEGRATOR, bureau=bureau)
    names = ("-", "", "——", "不详", "Владелец", "владелец.", "张三商行")
    rows = [verification(使用单位=name, 出厂编号=str(n)) for n, name in enumerate(names)]
    values = {**FILING, "bureau": bureau, "placeholder_owners": ["Владелец"]}
    batch = await upload(client, "verifications", verifications(*rows), **values)
    assert (batch.changed, batch.in_review) == (7, 6)
    filed = await fleet(client, "")
    assert {name: len(instruments) for name, instruments in filed.items()} == {
        "待核实（占位名：空白）": 3,
        "待核实（占位名：不详）": 1,
        "待核实（占位名：Владелец）": 2,
        "张三商行": 1,
    }
    for name, instruments in filed.items():
        assert all(instrument.in_review == (name != "张三商行") for instrument in instruments)
    more = verifications(verification(使用单位="—", 出厂编号="another"))
    assert (await upload(client, "verifications", more, **values)).in_review == 1
    assert len((await fleet(client, ""))["待核实（占位名：空白）"]) == 4


async def test_spellings_are_not_merged_but_told_of_once(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    names = (f'ООО "{mark}"', f"ООО «{mark.upper()}»", f'ООО "{mark}"', f"{mark} 独")
    rows = [verification(使用单位=name, 出厂编号=f"{n}{mark}") for n, name in enumerate(names)]
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    assert len(await fleet(client, mark)) == 3
    assert await reasons(client, batch, warnings=True) == [
        (2, "使用单位", "POSSIBLE_DUPLICATE_OWNER")
    ]
    later = verifications(verification(使用单位=f"{mark}，独", 出厂编号=f"9{mark}"))
    batch = await upload(client, "verifications", later, **FILING)
    assert await reasons(client, batch, warnings=True) == [
        (2, "使用单位", "POSSIBLE_DUPLICATE_OWNER")
    ]


async def test_instruments_without_a_number_are_never_taken_for_one_another(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    told = (
        ("无", "台式", "不合格", f"{mark}-1"),
        ("无", "立柜式", "合格", f"{mark}-2"),
        ("无", "台式", "合格", f"{mark}-3"),
        ("б/н", "台式", "合格", ""),
    )
    days = {"合格": "2027-08-31", "不合格": ""}
    rows = [
        verification(
            使用单位=mark,
            出厂编号=no,
            型号规格=model,
            检定结果=result,
            有效期至=days[result],
            证书编号=number,
        )
        for no, model, result, number in told
    ]
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    assert (batch.changed, batch.rejected, batch.repeated_serials) == (4, 0, 4)
    warned = await reasons(client, batch, warnings=True)
    assert (2, "出厂编号", "NO_SERIAL_NUMBER") in warned
    filed = (await fleet(client, mark))[mark]
    assert len(filed) == 4
    assert all(one.repeated_serial for one in filed)
    # Told again: certificates say which is which, and without one the verification itself.
    again = await upload(client, "verifications", verifications(*reversed(rows)), **FILING)
    assert (again.changed, again.unchanged) == (0, 4)
    assert len((await fleet(client, mark))[mark]) == 4


async def test_a_serial_number_is_one_in_every_writing_and_another_model_is_another_instrument(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    writings = (f"XL-{mark}", f"ＸＬ－{mark}", f"xl—{mark}", f"XL -{mark}", f"№XL-{mark}")
    rows = [
        verification(使用单位=mark, 出厂编号=written, 型号规格="甲型", 证书编号=f"{mark}-{number}")
        for number, written in enumerate(writings)
    ]
    other = verification(使用单位=mark, 出厂编号=writings[0], 型号规格="乙型")
    batch = await upload(client, "verifications", verifications(*rows, other), **FILING)
    assert batch.rejected == 0
    filed = (await fleet(client, mark))[mark]
    assert sorted(one.model for one in filed) == sorted(["甲型", "乙型"])
    assert {one.serial_no for one in filed} == {writings[0]}
    later = [{**rows[2], "检定日期": "2026-09-09", "证书编号": f"{mark}-later"}]
    batch = await upload(client, "verifications", verifications(*later), **FILING)
    assert await reasons(client, batch, warnings=True) == [
        (2, "出厂编号", "OTHER_WRITING"),
        (2, "出厂编号", "REPEATED_SERIAL"),
    ]
    assert len((await fleet(client, mark))[mark]) == 2


async def test_a_type_is_one_by_its_code_and_names_and_an_unknown_one_waits_for_a_person(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    rows = [
        verification(使用单位=mark, 器具类型=written, 出厂编号=mark, 检定日期=day, 有效期至=until)
        for written, day, until in (
            ("燃油加油机", "2025-08-01", "2026-01-31"),
            ("FUEL", "2026-02-01", "2026-07-31"),
            ("加油机", "2026-08-01", "2027-01-31"),
            ("随便写的器具", "2026-08-01", "2027-01-31"),
        )
    ]
    content = verifications(*rows)
    batch = await upload(client, "verifications", content, **{**FILING, "mode": "check"})
    assert (batch.changed, batch.rejected) == (3, 1)
    told = await reasons(client, batch)
    assert [(row, reason) for row, _, reason in told] == [(5, "UNKNOWN_TYPE")]
    batch = await upload(client, "verifications", content, **FILING, unknown_types=True)
    warned = await reasons(client, batch, warnings=True)
    assert [row for row, _, reason in warned if reason == "UNKNOWN_TYPE"] == [5]
    filed = (await fleet(client, mark))[mark]
    assert sorted(one.type_code for one in filed) == ["FUEL", "随便写的器具"]


async def test_an_unknown_type_is_told_of_with_the_nearest_ones(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    rows = [
        verification(使用单位=mark, 器具类型=written, 出厂编号=mark)
        for written in ("燃油加油设备", "随便写的")
    ]
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    near, far = await faults(client, batch)
    assert near.message_zh.endswith("；相近的有：燃油加油机(FUEL)")
    assert near.message_en.endswith("; near to it are fuel dispenser (FUEL)")
    assert "相近" not in far.message_zh


async def test_the_columns_of_the_owner_beside_the_instrument_complete_it(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, mark = registry.client(Role.CASEWORKER), uuid4().hex
    own = {"统一社会信用代码": "", "单位地址": ""}
    row = {"使用单位": f"新{mark}", **own}
    codes = [credit_code() for _ in range(3)]
    first = [
        verification(**row | {"统一社会信用代码": codes[0], "单位地址": "样例路1号"}, 出厂编号="1"),
        verification(**row, 出厂编号="2"),  # the other rows of a ledger leave it blank
        verification(**row | {"使用单位": f"旧{mark}", "统一社会信用代码": "/"}, 出厂编号="3"),
    ]
    batch = await upload(client, "verifications", verifications(*first), **FILING)
    assert (batch.rejected, batch.changed) == (0, 3)
    subjects = {one.name: one for one in await subjects_named(client, mark)}
    new, old = subjects[f"新{mark}"], subjects[f"旧{mark}"]
    assert (new.credit_code, new.address, old.credit_code) == (codes[0], "样例路1号", "")

    # A list of instruments names one by its code alone, completes another, and contradicts.
    heads = ("使用单位", "统一社会信用代码", "单位地址", "器具类型", "出厂编号")
    fleet_rows = [
        (f"更名{mark}", codes[0], "样例路2号", "FUEL", "4"),
        (f"旧{mark}", codes[1], "样例路3号", "FUEL", "5"),
        (f"旧{mark}", codes[2], "", "FUEL", "6"),
    ]
    batch = await upload(client, "instruments", table(heads, *fleet_rows), mode="good_rows")
    assert [(row, reason) for row, _, reason in await reasons(client, batch)] == [(4, "OTHER_CODE")]
    hints = await reasons(client, batch, warnings=True)
    assert [(row, reason) for row, _, reason in hints] == [(2, "OTHER_NAME"), (3, "CODE_ADDED")]
    effects = {one.kind: (one.made, one.altered) for one in batch.effects}
    assert effects == {"subject": (0, 1), "instrument": (2, 0)}
    subjects = {one.name: one for one in await subjects_named(client, mark)}
    assert sorted(subjects) == sorted((new.name, old.name))  # no twin was made
    assert subjects[new.name].address == "样例路1号"  # what is on file stays
    assert (subjects[old.name].credit_code, subjects[old.name].address) == (codes[1], "样例路3号")
    serials = {one.serial_no for one in await instruments_of(client, new)}
    assert serials == {"1", "2", "4"}
    await undo(client, batch)
    [old] = await subjects_named(client, old.name)
    assert (old.credit_code, old.address) == ("", "")


async def test_the_telephone_of_a_later_row_completes_the_owner_too(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, mark = registry.client(Role.CASEWORKER), uuid4().hex
    await upload(client, "subjects", table(*subject_rows(mark, bureau=DISTRICT)))
    heads = ("使用单位", "联系电话", "器具类型", "出厂编号")
    rows = [(mark, "", "FUEL", "1"), (mark, "0571-00000001", "FUEL", "2")]
    batch = await upload(client, "instruments", table(heads, *rows))
    assert (batch.state, batch.changed) == ("applied", 2)
    [owner] = await subjects_named(client, mark)
    assert owner.phone == "0571-00000001"


async def test_a_name_holds_for_the_bureau_and_those_below_once_a_person_has_said_its_type(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    mark, written = uuid4().hex, f"样例秤{uuid4().hex}"
    client = registry.client(Role.CASEWORKER)
    city = registry.client(Role.CASEWORKER, bureau=CITY, name="of the city")
    content = verifications(
        verification(使用单位=mark, 器具类型=f" {written.upper()}", 出厂编号="1")
    )

    async def filed() -> pb.Batch:
        return await upload(client, "verifications", content, **FILING)

    async def name(who: Client, type_code: str, **values: str) -> None:
        request = pb.NameTypeRequest(
            request_id=new_request_id(),
            written=written,
            type_code=type_code,
            ground="样例厂的商品名",
            **values,
        )
        await who.imports.NameType(request)

    batch = await filed()
    assert (batch.changed, batch.rejected) == (0, 1)
    await name(city, "NAWI-D")
    batch = await filed()
    assert (batch.state, batch.changed) == ("applied", 1)
    assert [one.type_code for one in (await fleet(client, mark))[mark]] == ["NAWI-D"]
    await name(client, "BP-M")  # the district's own name comes first
    held = (await client.imports.GetTypeNames(pb.GetTypeNamesRequest())).names
    own = [(one.bureau, one.type_code) for one in held if one.written == written]
    assert own == [(CITY, "NAWI-D"), (DISTRICT, "BP-M")]
    audited = await registry.audited(f"bureau/{DISTRICT}")
    assert (audited[-1].action, audited[-1].ground) == ("name_type", "样例厂的商品名")
    for known, code, field in ((written, "NOTHING", "type_code"), ("加油机", "FUEL", "written")):
        request = pb.NameTypeRequest(
            request_id=new_request_id(), written=known, type_code=code, ground="试"
        )
        with refused("INVALID_INPUT", field):
            await client.imports.NameType(request)
    await name(client, "")
    await name(city, "")
    assert written not in {
        one.written for one in (await client.imports.GetTypeNames(pb.GetTypeNamesRequest())).names
    }


@pytest.mark.parametrize("order", [("合格", "不合格"), ("不合格", "合格")])
async def test_of_two_results_of_one_day_the_severe_one_stands(
    registry: RunningRegistry, order: tuple[str, str]
) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    days = {"合格": "2027-08-31", "不合格": ""}
    rows = [
        verification(使用单位=mark, 出厂编号=mark, 检定结果=result, 有效期至=days[result])
        for result in order
    ]
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    warned = await reasons(client, batch, warnings=True)
    assert [row for row, _, reason in warned if reason == "RESULTS_OF_ONE_DAY"] == [2, 3]
    events = await registry.events_of(f"batch/{batch.batch_id}")
    told = [one for event in events for one in getattr(event, "verifications", ())]
    assert {one.result: one.set_aside for one in told} == {"pass": True, "reject": False}


async def test_one_serial_number_under_two_owners_is_two_instruments_both_marked(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    rows = [verification(使用单位=f"{owner}{mark}", 出厂编号=mark) for owner in ("甲", "乙", "甲")]
    rows[2] = {**rows[2], "检定日期": "2026-09-02"}
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    assert (batch.changed, batch.repeated_serials) == (3, 2)
    assert await reasons(client, batch, warnings=True) == [(2, "出厂编号", "REPEATED_SERIAL")]
    filed = await fleet(client, mark)
    assert [len(instruments) for instruments in filed.values()] == [1, 1]
    listed = [one for instruments in filed.values() for one in instruments]
    assert all(one.repeated_serial for one in listed)


async def test_what_is_known_is_used_and_not_filed_again(registry: RunningRegistry) -> None:
    owner = await registry.subject()
    instrument = await registry.instrument(owner, type_code="NAWI-D")
    client = registry.client(Role.INTEGRATOR)
    serial = instrument.serial_no
    rows = verifications(
        verification(使用单位=owner.name, 出厂编号=serial),
        verification(使用单位=owner.credit_code, 出厂编号=serial, 检定日期="2026-09-03"),
    )
    batch = await upload(client, "verifications", rows, **FILING)
    assert batch.changed == 2
    [held] = await instruments_of(client, owner)
    assert (held.instrument_id, held.state) == (instrument.instrument_id, "in_use")
    assert len(await history(client, held)) == 2


async def test_only_verifications_of_a_bureau_file_along(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    content = table(*subject_rows("甲", bureau=DISTRICT))
    with refused("INVALID_INPUT", "header.file_missing"):
        await upload(client, "subjects", content, **FILING)
    with refused("INVALID_INPUT", "header.bureau"):
        await upload(client, "verifications", content, file_missing=True)


async def test_an_instrument_known_by_a_rejection_alone_is_in_use_until_somebody_looks(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    bad: dict[str, str] = {"使用单位": f"甲{mark}", "检定结果": "不合格", "有效期至": ""}
    rows = [
        verification(**bad, 出厂编号=f"1{mark}", 证书编号=f"{mark}-1"),
        verification(**bad, 出厂编号=f"2{mark}", 证书编号=f"{mark}-2", 检定日期="2026-08-01"),
        verification(使用单位=f"甲{mark}", 出厂编号=f"2{mark}", 证书编号=f"{mark}-3"),
    ]
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    warned = await reasons(client, batch, warnings=True)
    alone = [row for row, _, reason in warned if reason == "REJECTED_ALONE"]
    assert alone == [2]
    [filed] = (await fleet(client, mark)).values()
    assert {one.state for one in filed} == {"in_use"}


async def test_an_owner_is_one_in_every_writing_of_the_name(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    names = (f"甲（{mark}）商店", f"甲({mark})商店", f"甲 （{mark}） 商店")
    rows = [verification(使用单位=name, 出厂编号=f"{n}{mark}") for n, name in enumerate(names)]
    first = await upload(client, "verifications", verifications(*rows[:2]), **FILING)
    later = await upload(client, "verifications", verifications(rows[2]), **FILING)
    assert (3, "使用单位", "OTHER_WRITING") in await reasons(client, first, warnings=True)
    assert (2, "使用单位", "OTHER_WRITING") in await reasons(client, later, warnings=True)
    [(name, filed)] = (await fleet(client, mark)).items()
    assert (name, len(filed)) == (names[0], 3)


async def test_a_code_completes_the_subject_of_the_same_name(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    await upload(
        client, "verifications", verifications(verification(使用单位=f"甲（{mark}）")), **FILING
    )
    code = credit_code()
    rows = subject_rows(f"甲({mark})", bureau=DISTRICT, 统一社会信用代码=code)
    batch = await upload(client, "subjects", table(*rows), bureau=DISTRICT)
    assert (2, "统一社会信用代码", "CODE_ADDED") in await reasons(client, batch, warnings=True)
    [subject] = await subjects_named(client, mark)
    assert subject.credit_code == code


async def test_two_codes_of_one_file_do_not_complete_the_same_subject(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = uuid4().hex
    await upload(client, "subjects", table(*subject_rows(mark, bureau=DISTRICT)), bureau=DISTRICT)
    head, one = subject_rows(mark, bureau=DISTRICT, 统一社会信用代码=credit_code())
    _, other = subject_rows(mark, bureau=DISTRICT, 统一社会信用代码=credit_code())
    batch = await upload(client, "subjects", table(head, one, other), bureau=DISTRICT)
    assert (batch.changed, batch.rejected) == (0, 2)
    assert [reason for _, _, reason in await reasons(client, batch)] == ["DUPLICATE"] * 2
    [subject] = await subjects_named(client, mark)
    assert subject.credit_code == ""


async def test_a_name_elsewhere_does_not_hide_another_writing_of_it_here(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, elsewhere = registry.client(Role.INTEGRATOR), await registry.bureau("120104")
    other = registry.client(Role.INTEGRATOR, bureau=elsewhere)
    mark = uuid4().hex
    here, there = f"甲（{mark}）", f"甲({mark})"
    await upload(client, "subjects", table(*subject_rows(here, bureau=DISTRICT)), bureau=DISTRICT)
    rows = subject_rows(there, bureau=elsewhere)
    await upload(other, "subjects", table(*rows), bureau=elsewhere)
    await upload(client, "subjects", table(*subject_rows(there, bureau=DISTRICT)), bureau=DISTRICT)
    assert len(await subjects_named(client, mark)) == 1


async def test_writings_of_one_serial_number_are_one_instrument(registry: RunningRegistry) -> None:
    await registry.bureau()
    client, mark = registry.client(Role.CASEWORKER), uuid4().hex
    number = f"XL-{mark}"
    written = (number, number.upper(), f"{number}\u200b", f"№{number}", number.replace("-", "—"))
    rows = [verification(使用单位=mark, 出厂编号=one) for one in written]
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    assert (batch.rejected, batch.changed) == (0, len(written))
    assert [len(instruments) for instruments in (await fleet(client, mark)).values()] == [1]


async def test_numbers_that_differ_in_punctuation_only_are_hinted(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, mark = registry.client(Role.CASEWORKER), uuid4().hex
    rows = [verification(使用单位=mark, 出厂编号=one) for one in (mark, f"{mark}#")]
    batch = await upload(client, "verifications", verifications(*rows), **FILING)
    assert (2, "出厂编号", "NEAR_SERIAL") in await reasons(client, batch, warnings=True)
    assert [len(instruments) for instruments in (await fleet(client, mark)).values()] == [2]


async def test_another_writing_of_a_name_is_hinted_and_changes_no_name(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, mark = registry.client(Role.CASEWORKER), uuid4().hex
    rows = [subject_rows(name, bureau=DISTRICT) for name in (f"（{mark}）商店", f"({mark})商店")]
    await upload(client, "subjects", table(*rows[0]))
    again = await upload(client, "subjects", table(*rows[1]))
    assert (again.state, again.merged) == ("unchanged", 1)
    assert await reasons(client, again, warnings=True) == [(2, "名称", "OTHER_WRITING")]
    assert [one.name for one in await subjects_named(client, mark)] == [f"（{mark}）商店"]


async def test_the_id_number_of_a_person_is_told_as_one(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    columns = ("名称", "主体类型", "行业领域", "监管机关代码", "统一社会信用代码")
    row = (uuid4().hex, "自然人", "其他", DISTRICT, "330106199001011234")
    batch = await upload(client, "subjects", table(columns, row), mode="check")
    [fault] = await faults(client, batch)
    assert (fault.reason, fault.message_zh) == ("CONTRADICTION", "自然人没有统一社会信用代码")


async def test_the_columns_of_the_instrument_beside_a_result_complete_it_and_change_nothing(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, mark = registry.client(Role.CASEWORKER), uuid4().hex
    said = {"型号规格": "", "自编号": "", "测量范围": "", "准确度等级": ""}
    first = {**said, "测量范围": "(0~30) kg", "准确度等级": "/"}
    filing = [
        verification(使用单位=mark, 出厂编号="1", **first),
        verification(
            使用单位=mark,
            出厂编号="1",
            **said | {"自编号": "JL-1"},
            检定日期="2025-09-01",
            有效期至="2026-08-31",
        ),
    ]
    batch = await upload(client, "verifications", verifications(*filing), **FILING)
    assert batch.rejected == 0
    [filed] = (await fleet(client, mark))[mark]
    assert (filed.owner_no, filed.measuring_range, filed.accuracy_class) == (
        "JL-1",
        "(0~30) kg",
        "",
    )
    # A file of results alone completes what lacks, and says where it contradicts.
    later = [
        verification(
            使用单位=mark, 出厂编号="1", **said | {"测量范围": "（0～30）kg", "准确度等级": "Ⅲ级"}
        ),
        verification(使用单位=mark, 出厂编号="1", **said | {"自编号": "JL-2", "准确度等级": "Ⅱ级"}),
    ]
    batch = await upload(client, "verifications", verifications(*later), mode="good_rows")
    told = [one for one in await reasons(client, batch, warnings=True) if one[2] == "OTHER_DETAIL"]
    assert told == [(3, "自编号", "OTHER_DETAIL"), (3, "准确度等级", "OTHER_DETAIL")]
    assert {one.kind: (one.made, one.altered) for one in batch.effects} == {
        "instrument": (0, 1),
        "verification": (2, 0),
    }
    [completed] = (await fleet(client, mark))[mark]
    written = (completed.owner_no, completed.measuring_range, completed.accuracy_class)
    assert written == ("JL-1", "(0~30) kg", "Ⅲ级")
    await undo(client, batch)
    [again] = (await fleet(client, mark))[mark]
    assert again.accuracy_class == ""
