"""Single rows of a file: applied once, changed where they differ, refused with a reason."""

from __future__ import annotations

from uuid import uuid4

from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    faults,
    history,
    instruments_of,
    owner,
    reasons,
    subject_rows,
    subjects_named,
    table,
    unique_name,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    RunningRegistry,
    credit_code,
    verify,
)


async def test_rows_that_say_something_else_change_only_that(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    name, code = unique_name(), credit_code()
    values = {"统一社会信用代码": code, "地址": "样例路1号", "负责人": "样例"}
    first = table(*subject_rows(name, bureau=DISTRICT, **values))
    await upload(client, "subjects", first)
    # Another name, a blank address and no column of the person in charge.
    renamed = {"统一社会信用代码": code, "地址": ""}
    second = table(*subject_rows(name + "新", bureau=DISTRICT, **renamed))
    assert (await upload(client, "subjects", second)).changed == 1
    [subject] = await subjects_named(client, name)
    assert (subject.name, subject.address, subject.version) == (name + "新", "样例路1号", 2)
    assert subject.person_in_charge == "样例"


async def test_rows_of_one_thing_must_say_the_same(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    code = credit_code()
    twice = table(*subject_rows("甲", "甲", bureau=DISTRICT, 统一社会信用代码=code))
    batch = await upload(client, "subjects", twice, mode="check")
    assert (batch.changed, batch.unchanged, batch.rejected) == (1, 1, 0)
    differ = table(*subject_rows("甲", "乙", bureau=DISTRICT, 统一社会信用代码=code))
    batch = await upload(client, "subjects", differ, mode="check")
    assert [(row, reason) for row, _, reason in await reasons(client, batch)] == [
        (2, "DUPLICATE"),
        (3, "DUPLICATE"),
    ]


async def test_a_stated_state_stands_and_history_does_not_change_it(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.CASEWORKER)
    name = await owner(registry, client)
    fleet = [
        ("使用单位", "器具类型", "出厂编号", "状态"),
        (name, "NAWI-D", "used", "在用"),
        (name, "NAWI-D", "spare", "备用"),
        (name, "NAWI-D", "unsaid", ""),
    ]
    assert (await upload(client, "instruments", table(*fleet))).changed == 3
    passes = [verification(使用单位=name, 出厂编号=serial) for serial in ("spare", "unsaid")]
    assert (await upload(client, "verifications", verifications(*passes))).changed == 2
    [subject] = await subjects_named(client, name)
    states = {i.serial_no: (i.state, i.spell) for i in await instruments_of(client, subject)}
    assert states == {"used": ("in_use", 1), "spare": ("spare", 0), "unsaid": ("in_use", 1)}


async def test_a_verification_is_told_again_by_its_certificate_or_its_day(
    registry: RunningRegistry,
) -> None:
    instrument = await registry.instrument(type_code="NAWI-D")
    client = registry.client(Role.INTEGRATOR)
    serial = instrument.serial_no
    with_paper = verification(出厂编号=serial, 证书编号=uuid4().hex)
    without = verification(出厂编号=serial, 检定结果="不合格", 有效期至="", 证书编号="")
    content = verifications(with_paper, without)
    assert (await upload(client, "verifications", content)).changed == 2
    extended = {**with_paper, "有效期至": "2027-09-01"}
    batch = await upload(client, "verifications", verifications(extended, without))
    assert (batch.changed, batch.unchanged) == (1, 1)
    told_now = await history(client, instrument)
    assert sorted((v.result, v.valid_until, v.version) for v in told_now) == [
        ("pass", "2027-09-01", 2),
        ("reject", "", 1),
    ]


async def test_what_a_bad_row_refers_to_is_checked_as_well(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    rows = [*subject_rows("甲", bureau="999999")]
    rows[1] = (rows[1][0], "公司", *rows[1][2:])
    batch = await upload(client, "subjects", table(*rows))
    assert await reasons(client, batch) == [
        (2, "主体类型", "NOT_A_CHOICE"),
        (2, "监管机关代码", "UNKNOWN_BUREAU"),
    ]
    fleet = table(("使用单位", "器具类型", "出厂编号", "轮换日期"), ("没有", "NAWI-D", "1", "明年"))
    batch = await upload(client, "instruments", fleet)
    assert await reasons(client, batch) == [
        (2, "轮换日期", "NOT_A_DATE"),
        (2, "使用单位", "UNKNOWN_OWNER"),
    ]
    row = verification(出厂编号="nowhere", 有效期至="")
    batch = await upload(client, "verifications", verifications(row))
    assert (batch.rejected, await reasons(client, batch)) == (
        1,
        [(2, "有效期至", "CONTRADICTION"), (2, "出厂编号", "UNKNOWN_INSTRUMENT")],
    )


async def test_a_certificate_belongs_to_one_instrument(registry: RunningRegistry) -> None:
    one, other = await registry.instrument(), await registry.instrument()
    number = uuid4().hex
    request = verify(one.instrument_id, certificate_no=number, institution="合成检定院")
    await registry.client(Role.INTEGRATOR).registry.RecordVerification(request)
    client = registry.client(Role.CASEWORKER)
    row = verification(出厂编号=other.serial_no, 器具类型="FUEL", 证书编号=number)
    batch = await upload(client, "verifications", verifications(row))
    assert await reasons(client, batch) == [(2, "证书编号", "CERTIFICATE_OF_ANOTHER")]


async def test_what_a_verification_names_must_be_known_and_one(registry: RunningRegistry) -> None:
    first, second = await registry.subject(), await registry.subject()
    for subject in (first, second):
        await registry.instrument(subject, serial_no="twin-of-imports", type_code="NAWI-D")
    client = registry.client(Role.CASEWORKER)
    rows = [
        verification(出厂编号="nowhere"),
        verification(出厂编号="twin-of-imports"),
        verification(出厂编号="twin-of-imports", 使用单位="没有这家"),
        verification(出厂编号="twin-of-imports", 使用单位=first.credit_code),
    ]
    batch = await upload(client, "verifications", verifications(*rows), mode="good_rows")
    assert await reasons(client, batch) == [
        (2, "出厂编号", "UNKNOWN_INSTRUMENT"),
        (3, "出厂编号", "AMBIGUOUS_INSTRUMENT"),
        (4, "使用单位", "UNKNOWN_OWNER"),
    ]
    assert (batch.changed, batch.repeated_serials) == (1, 1)
    assert (5, "出厂编号", "REPEATED_SERIAL") in await reasons(client, batch, warnings=True)


async def test_a_record_is_entered_once_and_corrected_elsewhere(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    client = registry.client(Role.CASEWORKER, name="clerk")
    columns = (
        "使用单位",
        "信息类别",
        "严重程度",
        "发生日期",
        "认定日期",
        "文书编号",
        "经核实",
        "分值",
    )
    values = (
        subject.credit_code,
        "行政处罚",
        "一般",
        "2026-08-01",
        "2026-09-01",
        "样例〔2026〕1号",
        "是",
        "3",
    )
    batch = await upload(client, "records", table(columns, values))
    assert batch.changed == 1
    request = pb.ListRecordsRequest(subject_id=subject.subject_id)
    [record] = (await client.registry.ListRecords(request)).records
    assert (record.entered_on, record.entered_by, record.bureau) == (
        "2026-09-14",
        "clerk",
        DISTRICT,
    )
    assert (record.points, record.verified, record.status) == (3, True, "active")
    again = await upload(client, "records", table(columns, values), mode="check")
    assert again.unchanged == 1
    spellings = ("样例[2026]1号", "样例（2026）第1号", "样例【2026】01号")
    rows = [(*values[:5], number, *values[6:]) for number in spellings]
    again = await upload(client, "records", table(columns, *rows))
    assert (again.changed, again.unchanged) == (0, 3)
    otherwise = (*values[:7], "4")
    batch = await upload(client, "records", table(columns, otherwise))
    assert await reasons(client, batch) == [(2, "文书编号", "ALREADY_ENTERED")]


async def test_a_fault_repeats_only_the_beginning_of_a_huge_cell(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    content = table(*subject_rows("长" * 100_000, bureau=DISTRICT))
    batch = await upload(client, "subjects", content)
    [fault] = await faults(client, batch)
    assert (fault.reason, len(fault.value)) == ("TOO_LONG", 100)
