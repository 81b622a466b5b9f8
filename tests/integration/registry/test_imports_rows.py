"""What a row says and refers to: taken once, changed by what differs, refused with a reason."""

from __future__ import annotations

from uuid import uuid4

from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.importing import (
    faults,
    history,
    instruments_of,
    owner,
    subject_rows,
    subjects_named,
    table,
    take,
    told,
    verification,
    verifications,
    word,
)
from tests.integration.registry.offices import (
    DISTRICT,
    Office,
    credit_code,
    verify,
)


async def test_rows_that_say_something_else_change_only_that(office: Office) -> None:
    await office.bureau()
    desk = office.desk(Role.CASEWORKER)
    name, code = word(), credit_code()
    said = {"统一社会信用代码": code, "地址": "样例路1号", "负责人": "样例"}
    first = table(*subject_rows(name, bureau=DISTRICT, **said))
    await take(desk, "subjects", first)
    # Another name, a blank address and no column of the person in charge.
    renamed = {"统一社会信用代码": code, "地址": ""}
    second = table(*subject_rows(name + "新", bureau=DISTRICT, **renamed))
    assert (await take(desk, "subjects", second)).changed == 1
    [subject] = await subjects_named(desk, name)
    assert (subject.name, subject.address, subject.version) == (name + "新", "样例路1号", 2)
    assert subject.person_in_charge == "样例"


async def test_rows_of_one_thing_must_say_the_same(office: Office) -> None:
    await office.bureau()
    desk = office.desk(Role.CASEWORKER)
    code = credit_code()
    twice = table(*subject_rows("甲", "甲", bureau=DISTRICT, 统一社会信用代码=code))
    batch = await take(desk, "subjects", twice, mode="check")
    assert (batch.changed, batch.unchanged, batch.rejected) == (1, 1, 0)
    differ = table(*subject_rows("甲", "乙", bureau=DISTRICT, 统一社会信用代码=code))
    batch = await take(desk, "subjects", differ, mode="check")
    assert [(row, reason) for row, _, reason in await told(desk, batch)] == [
        (2, "DUPLICATE"),
        (3, "DUPLICATE"),
    ]


async def test_a_stated_state_stands_and_history_does_not_change_it(office: Office) -> None:
    desk = office.desk(Role.CASEWORKER)
    name = await owner(office, desk)
    fleet = [
        ("使用单位", "器具类型", "出厂编号", "状态"),
        (name, "NAWI-D", "used", "在用"),
        (name, "NAWI-D", "spare", "备用"),
        (name, "NAWI-D", "unsaid", ""),
    ]
    assert (await take(desk, "instruments", table(*fleet))).changed == 3
    passes = [verification(使用单位=name, 出厂编号=serial) for serial in ("spare", "unsaid")]
    assert (await take(desk, "verifications", verifications(*passes))).changed == 2
    [subject] = await subjects_named(desk, name)
    states = {i.serial_no: (i.state, i.spell) for i in await instruments_of(desk, subject)}
    assert states == {"used": ("in_use", 1), "spare": ("spare", 0), "unsaid": ("in_use", 1)}


async def test_a_verification_is_told_again_by_its_certificate_or_its_day(office: Office) -> None:
    instrument = await office.instrument(type_code="NAWI-D")
    desk = office.desk(Role.INTEGRATOR)
    serial = instrument.serial_no
    with_paper = verification(出厂编号=serial, 证书编号=uuid4().hex)
    without = verification(出厂编号=serial, 检定结果="不合格", 有效期至="", 证书编号="")
    content = verifications(with_paper, without)
    assert (await take(desk, "verifications", content)).changed == 2
    extended = {**with_paper, "有效期至": "2027-12-31"}
    batch = await take(desk, "verifications", verifications(extended, without))
    assert (batch.changed, batch.unchanged) == (1, 1)
    told_now = await history(desk, instrument)
    assert sorted((v.result, v.valid_until, v.version) for v in told_now) == [
        ("pass", "2027-12-31", 2),
        ("reject", "", 1),
    ]


async def test_what_a_bad_row_refers_to_is_checked_as_well(office: Office) -> None:
    await office.bureau()
    desk = office.desk(Role.CASEWORKER)
    rows = [*subject_rows("甲", bureau="999999")]
    rows[1] = (rows[1][0], "公司", *rows[1][2:])
    batch = await take(desk, "subjects", table(*rows))
    assert await told(desk, batch) == [
        (2, "主体类型", "NOT_A_CHOICE"),
        (2, "监管机关代码", "UNKNOWN_BUREAU"),
    ]
    fleet = table(("使用单位", "器具类型", "出厂编号", "轮换日期"), ("没有", "NAWI-D", "1", "明年"))
    batch = await take(desk, "instruments", fleet)
    assert await told(desk, batch) == [
        (2, "轮换日期", "NOT_A_DATE"),
        (2, "使用单位", "UNKNOWN_OWNER"),
    ]
    row = verification(出厂编号="没有", 有效期至="")
    batch = await take(desk, "verifications", verifications(row))
    assert (batch.rejected, await told(desk, batch)) == (
        1,
        [(2, "有效期至", "CONTRADICTION"), (2, "出厂编号", "UNKNOWN_INSTRUMENT")],
    )


async def test_a_certificate_belongs_to_one_instrument(office: Office) -> None:
    one, other = await office.instrument(), await office.instrument()
    number = uuid4().hex
    request = verify(one.instrument_id, certificate_no=number, institution="合成检定院")
    await office.desk(Role.INTEGRATOR).registry.RecordVerification(request)
    desk = office.desk(Role.CASEWORKER)
    row = verification(出厂编号=other.serial_no, 器具类型="FUEL", 证书编号=number)
    batch = await take(desk, "verifications", verifications(row))
    assert await told(desk, batch) == [(2, "证书编号", "CERTIFICATE_OF_ANOTHER")]


async def test_what_a_verification_names_must_be_known_and_one(office: Office) -> None:
    first, second = await office.subject(), await office.subject()
    for subject in (first, second):
        await office.instrument(subject, serial_no="twin-of-imports", type_code="NAWI-D")
    desk = office.desk(Role.CASEWORKER)
    rows = [
        verification(出厂编号="nowhere"),
        verification(出厂编号="twin-of-imports"),
        verification(出厂编号="twin-of-imports", 使用单位="没有这家"),
        verification(出厂编号="twin-of-imports", 使用单位=first.credit_code),
    ]
    batch = await take(desk, "verifications", verifications(*rows), mode="good_rows")
    assert await told(desk, batch) == [
        (2, "出厂编号", "UNKNOWN_INSTRUMENT"),
        (3, "出厂编号", "AMBIGUOUS_INSTRUMENT"),
        (4, "使用单位", "UNKNOWN_OWNER"),
    ]
    assert (batch.changed, batch.repeated_serials) == (1, 1)
    assert (5, "出厂编号", "REPEATED_SERIAL") in await told(desk, batch, warnings=True)


async def test_a_record_is_entered_once_and_corrected_elsewhere(office: Office) -> None:
    subject = await office.subject()
    desk = office.desk(Role.CASEWORKER, name="clerk")
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
    said = (
        subject.credit_code,
        "行政处罚",
        "一般",
        "2026-08-01",
        "2026-09-01",
        "样例1号",
        "是",
        "3",
    )
    batch = await take(desk, "records", table(columns, said))
    assert batch.changed == 1
    wanted = pb.ListRecordsRequest(subject_id=subject.subject_id)
    [record] = (await desk.registry.ListRecords(wanted)).records
    assert (record.entered_on, record.entered_by, record.bureau) == (
        "2026-09-14",
        "clerk",
        DISTRICT,
    )
    assert (record.points, record.verified, record.status) == (3, True, "active")
    again = await take(desk, "records", table(columns, said), mode="check")
    assert again.unchanged == 1
    otherwise = (*said[:7], "4")
    batch = await take(desk, "records", table(columns, otherwise))
    assert await told(desk, batch) == [(2, "文书编号", "ALREADY_ENTERED")]


async def test_a_fault_repeats_only_the_beginning_of_a_huge_cell(office: Office) -> None:
    await office.bureau()
    desk = office.desk(Role.CASEWORKER)
    content = table(*subject_rows("长" * 100_000, bureau=DISTRICT))
    batch = await take(desk, "subjects", content)
    [fault] = await faults(desk, batch)
    assert (fault.reason, len(fault.value)) == ("TOO_LONG", 100)
