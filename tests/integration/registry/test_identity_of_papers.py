"""A certificate or a document is one in every writing, and a word for no number is none."""

from __future__ import annotations

from uuid import uuid4

from plumbing.identity import Role
from tests.integration.registry.import_files import (
    history,
    reasons,
    subject_rows,
    table,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    INSTITUTION,
    RunningRegistry,
    refused,
    verify,
)

COLUMNS = (
    *("使用单位", "信息类别", "严重程度", "发生日期", "认定日期", "文书编号", "经核实"),
    "摘要",
)


async def test_a_certificate_is_one_in_every_writing(registry: RunningRegistry) -> None:
    instrument = await registry.instrument(type_code="NAWI-D")
    client, year = registry.client(Role.INTEGRATOR), uuid4().int % 9000 + 1000
    written = {"检定机构": "合成检定院（杭州）", "证书编号": f"JL〔{year}〕7号"}
    row = verification(出厂编号=instrument.serial_no, **written)
    await upload(client, "verifications", verifications(row))
    again = {**row, "检定机构": "合成检定院(杭州)", "证书编号": f"ＪＬ[{year}]007号"}
    batch = await upload(client, "verifications", verifications(again))
    assert (batch.changed, batch.unchanged, batch.rejected) == (0, 1, 0)
    assert (2, "证书编号", "OTHER_WRITING") in await reasons(client, batch, warnings=True)
    [stays] = await history(client, instrument)
    assert (stays.institution, stays.certificate_no) == tuple(written.values())
    values = {"institution": again["检定机构"], "certificate_no": again["证书编号"]}
    by_hand = verify(instrument.instrument_id, valid_until="2027-08-31", **values)
    answer = await client.registry.RecordVerification(by_hand)
    assert answer.verification.verification_id == stays.verification_id
    other = await registry.instrument(type_code="NAWI-D")
    with refused("ALREADY_EXISTS"):
        await client.registry.RecordVerification(verify(other.instrument_id, **values))


async def test_a_word_for_no_number_is_no_certificate(registry: RunningRegistry) -> None:
    client = registry.client(Role.INTEGRATOR)
    fleet = [await registry.instrument(type_code="NAWI-D") for _ in range(2)]
    rows = [verification(出厂编号=one.serial_no, 证书编号="无") for one in fleet]
    batch = await upload(client, "verifications", verifications(*rows))
    assert (batch.changed, batch.rejected) == (2, 0)
    assert (await upload(client, "verifications", verifications(*rows))).unchanged == 2
    for one in fleet:
        [only] = await history(client, one)
        assert only.certificate_no == "无"


async def test_records_without_a_number_are_known_by_what_they_tell(
    registry: RunningRegistry,
) -> None:
    subject = await registry.subject()
    client = registry.client(Role.CASEWORKER)

    def told(summary: str, source: str) -> tuple[str, ...]:
        days = ("2026-08-01", "2026-08-02")
        return (subject.credit_code, "行政处罚", "一般", *days, source, "是", summary)

    content = table(COLUMNS, told("缺秤", "无"), told("未检定", "不详"))
    batch = await upload(client, "records", content)
    assert (batch.changed, batch.rejected) == (2, 0)
    assert (2, "文书编号", "ALIKE_RECORDS") in await reasons(client, batch, warnings=True)
    assert (await upload(client, "records", content)).unchanged == 2


async def test_what_stands_for_a_name_is_no_subject(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    batch = await upload(client, "subjects", table(*subject_rows("不详", bureau=DISTRICT)))
    assert await reasons(client, batch) == [(2, "名称", "NO_NAME")]


async def test_an_institution_uses_no_number_of_another_in_any_writing(
    registry: RunningRegistry,
) -> None:
    instrument, year = await registry.instrument(), uuid4().int % 9000 + 1000
    theirs = verify(instrument.instrument_id, certificate_no=f"ZS〔{year}〕3号", institution="别院")
    await registry.client(Role.INTEGRATOR).registry.RecordVerification(theirs)
    own = verify(instrument.instrument_id, certificate_no=f"zs({year})03", verified_on="2026-09-02")
    institution = await registry.speaker(INSTITUTION, "FUEL")
    with refused("INVALID_INPUT", "verification.certificate_no"):
        await institution.registry.RecordVerification(own)
