"""What is perhaps the same: found by imports, joined or kept apart by people, never silently."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import uuid4

import pytest

from law.identity import folded, serial_key
from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import sameness_pb2 as sameness
from tests.integration.registry.import_files import (
    history,
    instruments_of,
    reasons,
    subject_rows,
    subjects_named,
    table,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
    refused,
)
from tests.integration.registry.writings import part_spelt, spelt
from tests.lengths import at_length

FILING: dict[str, Any] = {"bureau": DISTRICT, "file_missing": True, "mode": "good_rows"}
GROUND = "现场核对铭牌（合成）"


async def found(client: Client, batch: pb.Batch) -> list[sameness.Likeness]:
    """What an import found to be perhaps the same."""
    request = sameness.ListLikenessesRequest(batch_id=batch.batch_id)
    return list((await client.sameness.ListLikenesses(request)).likenesses)


async def shown(client: Client, one: sameness.Likeness) -> sameness.GetLikenessResponse:
    """A likeness with its sides."""
    request = sameness.GetLikenessRequest(likeness_id=one.likeness_id)
    return await client.sameness.GetLikeness(request)


async def join(
    client: Client, one: sameness.Likeness, kept: str, *joined: str
) -> sameness.JoinLikenessResponse:
    """Joins sides to the one that stays."""
    request = sameness.JoinLikenessRequest(
        request_id=new_request_id(),
        likeness_id=one.likeness_id,
        kept_id=kept,
        joined_ids=joined,
        ground=GROUND,
        seen=(await shown(client, one)).seen,
    )
    return await client.sameness.JoinLikeness(request)


async def apart(
    client: Client, one: sameness.Likeness, stands: str = ""
) -> sameness.KeepApartResponse:
    """Keeps all sides apart, or lets a result stand."""
    request = sameness.KeepApartRequest(
        request_id=new_request_id(),
        likeness_id=one.likeness_id,
        ground=GROUND,
        seen=(await shown(client, one)).seen,
        stands_id=stands,
    )
    return await client.sameness.KeepApart(request)


async def scan(registry: RunningRegistry, code: str) -> pb.ScannedInstrument:
    """What anybody learns by the code of a label or of the maker."""
    request = pb.ScanInstrumentRequest(code=code)
    return (await registry.client(Role.PUBLIC).registry.ScanInstrument(request)).instrument


def unnumbered(owner: str, **values: str) -> Any:
    """A verification of an instrument without a number."""
    return verification(**({"使用单位": owner, "出厂编号": "无", "型号规格": "台式"} | values))


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district, who sends files and decides."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


async def test_instruments_without_a_number_wait_for_a_person_and_are_joined(
    registry: RunningRegistry, caseworker: Client
) -> None:
    mark = uuid4().hex
    rows = [
        unnumbered(mark, 检定结果="不合格", 有效期至="", 检定日期="2026-08-01"),
        unnumbered(mark, 检定日期="2026-09-02"),
        unnumbered(mark, 型号规格="立柜式"),
    ]
    batch = await upload(caseworker, "verifications", verifications(*rows), **FILING)
    assert (batch.changed, batch.to_review) == (3, 1)
    [one] = await found(caseworker, batch)
    assert (one.kind, one.state, one.subject_name, one.serial_no) == (
        *("instrument", "waiting", mark),
        "无",
    )
    sides = (await shown(caseworker, one)).sides
    assert len(sides) == 3
    [bad] = [s.instrument for s in sides if s.verifications[0].result == "reject"]
    [good] = [
        s.instrument
        for s in sides
        if s.instrument.model == "台式" and s.verifications[0].result == "pass"
    ]
    asked = pb.ListLabelsRequest(instrument_ids=[bad.instrument_id])
    [label] = (await caseworker.registry.ListLabels(asked)).labels
    bad.maker_code = f"/01/06901234567892/21/{mark[:20]}"
    with_code = pb.PutInstrumentRequest(request_id=new_request_id(), instrument=bad)
    await caseworker.registry.PutInstrument(with_code)
    # The rejected one would be red no more: a second person releases it.
    with refused("INVALID_INPUT", "kept_id"):
        await join(caseworker, one, good.instrument_id[:5], bad.instrument_id)
    answer = await join(caseworker, one, good.instrument_id[:8], bad.instrument_id)
    assert answer.proposal.act == "end_red_alert"
    await registry.release(answer.proposal)
    assert [v.result for v in await history(caseworker, good)] == ["pass", "reject"]
    # The old id leads to the one that stays.
    request = pb.GetInstrumentRequest(instrument_id=bad.instrument_id)
    led = (await caseworker.registry.GetInstrument(request)).instrument
    assert led.instrument_id == good.instrument_id
    # So does the label that is still on it.
    scanned = await scan(registry, label.code)
    assert await scan(registry, bad.maker_code) == scanned  # and its maker's code
    asked = pb.ListLabelsRequest(instrument_ids=[good.instrument_id])
    assert scanned.code == (await caseworker.registry.ListLabels(asked)).labels[0].code
    assert scanned.code != label.code
    [decided] = await found(caseworker, batch)
    assert (decided.state, decided.ground) == ("decided", GROUND)


async def test_what_is_kept_apart_waits_again_only_for_a_further_side(
    registry: RunningRegistry, caseworker: Client
) -> None:
    mark = uuid4().hex
    rows = verifications(unnumbered(mark), unnumbered(mark))
    batch = await upload(caseworker, "verifications", rows, **FILING)
    [one] = await found(caseworker, batch)
    assert (await apart(caseworker, one)).likeness.state == "decided"
    later = await upload(caseworker, "verifications", verifications(unnumbered(mark)), **FILING)
    [again] = await found(caseworker, later)
    assert (again.likeness_id, again.state) == (one.likeness_id, "waiting")
    with refused("WRONG_STATE"):
        request = sameness.KeepApartRequest(
            request_id=new_request_id(), likeness_id=one.likeness_id, ground=GROUND, seen="old"
        )
        await caseworker.sameness.KeepApart(request)
    await undo(caseworker, later)
    assert (await shown(caseworker, one)).likeness.state == "decided"
    await undo(caseworker, batch)
    assert await found(caseworker, batch) == []


@pytest.mark.parametrize("order", [("合格", "不合格"), ("不合格", "合格")])
@pytest.mark.parametrize("files", [1, 2])
async def test_the_severe_result_of_a_day_stands_until_a_person_has_looked(
    registry: RunningRegistry, caseworker: Client, order: tuple[str, str], files: int
) -> None:
    mark = uuid4().hex
    days = {"合格": "2027-08-31", "不合格": ""}
    rows = [
        verification(使用单位=mark, 出厂编号=mark, 检定结果=result, 有效期至=days[result])
        for result in order
    ]
    contents = [verifications(*rows)] if files == 1 else [verifications(row) for row in rows]
    batches = [await upload(caseworker, "verifications", content, **FILING) for content in contents]
    [one] = await found(caseworker, batches[-1])
    told = {
        v.verifications[0].result: v.verifications[0] for v in (await shown(caseworker, one)).sides
    }
    assert (told["pass"].set_aside, told["reject"].set_aside) == (True, False)
    # As the command line shows it, an id is given by its beginning.
    answer = await apart(caseworker, one, told["pass"].verification_id[:8])
    assert answer.proposal.act == "end_red_alert"
    await registry.release(answer.proposal)
    [owner] = await subjects_named(caseworker, mark)
    [instrument] = await instruments_of(caseworker, owner)
    stand = {v.result: v.set_aside for v in await history(caseworker, instrument)}
    assert stand == {"pass": False, "reject": True}


def penalty(owner: str, number: str) -> dict[str, str]:
    """A penalty."""
    return {
        "使用单位": owner,
        "信息类别": "行政处罚",
        "严重程度": "一般",
        "发生日期": "2026-08-01",
        "认定日期": "2026-09-01",
        "经核实": "是",
        "已生效": "是",
        "文书编号": number,
    }


async def test_one_penalty_with_two_numbers_is_withdrawn_once_by_two_persons(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner = await registry.subject()
    mark = uuid4().hex[:8]
    numbers = (f"测{mark}〔2026〕2号", f"测{mark}[2026]02号", f"测{mark}2026-2")
    rows = [penalty(owner.credit_code, number) for number in (numbers[0], numbers[2])]
    batch = await upload(
        caseworker, "records", verifications(*rows), bureau=DISTRICT, mode="good_rows"
    )
    again = verifications(penalty(owner.credit_code, numbers[1]))
    repeated = await upload(caseworker, "records", again, bureau=DISTRICT)
    assert (batch.changed, batch.to_review, repeated.unchanged) == (2, 1, 1)
    [one] = await found(caseworker, batch)
    records = {s.record.source_ref: s.record for s in (await shown(caseworker, one)).sides}
    kept, joined = records[numbers[0]].record_id, records[numbers[2]].record_id
    answer = await join(caseworker, one, kept, joined)
    assert answer.proposal.act == "withdraw_record"
    await registry.release(answer.proposal)
    record = await caseworker.registry.GetRecord(pb.GetRecordRequest(record_id=joined))
    assert record.record.status == "withdrawn"


async def test_what_waits_beside_an_import_waits_no_more_once_that_is_undone(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await registry.subject()
    row = penalty(subject.name, "（合成）罚〔2026〕1号")
    batch = await upload(caseworker, "records", table([*row], [*row.values()]))
    assert (batch.state, batch.to_review) == ("applied", 0)
    on_file = pb.ListRecordsRequest(subject_id=subject.subject_id)
    [imported] = (await caseworker.registry.ListRecords(on_file)).records
    days = {"occurred_on": imported.occurred_on, "determined_on": imported.determined_on}
    await registry.record(subject, kind=imported.kind, **days)
    asked = sameness.ListLikenessesRequest(subject_id=subject.subject_id)
    [one] = (await caseworker.sameness.ListLikenesses(asked)).likenesses
    assert (one.kind, one.state) == ("record", "waiting")
    await undo(caseworker, batch)
    assert list((await caseworker.sameness.ListLikenesses(asked)).likenesses) == []


async def test_twins_are_joined_by_two_persons_and_the_old_one_leads_to_the_one_that_stays(
    registry: RunningRegistry, caseworker: Client
) -> None:
    mark = uuid4().hex
    name, code = f"甲{mark}店", credit_code()
    first = table(*subject_rows(name, bureau=DISTRICT, 地址="文一路1号"))
    second = table(*subject_rows(name, bureau=DISTRICT, 地址="古墩路9号"))
    await upload(caseworker, "subjects", first, bureau=DISTRICT)
    batch = await upload(caseworker, "subjects", second, bureau=DISTRICT)
    assert (2, "名称", "ALIKE_SUBJECTS") in await reasons(caseworker, batch, warnings=True)
    [one] = await found(caseworker, batch)
    old, new = [side.subject for side in (await shown(caseworker, one)).sides]
    await registry.instrument(new, serial_no=mark)
    answer = await join(caseworker, one, old.subject_id, new.subject_id)
    assert answer.proposal.act == "join_subjects"
    await registry.release(answer.proposal)
    request = pb.GetSubjectRequest(subject_id=new.subject_id)
    led = (await caseworker.registry.GetSubject(request)).subject
    assert led.subject_id == old.subject_id
    assert [i.serial_no for i in await instruments_of(caseworker, led)] == [mark]
    rows = subject_rows(name, bureau=DISTRICT, 统一社会信用代码=code)
    await upload(caseworker, "subjects", table(*rows), bureau=DISTRICT)
    [only] = await subjects_named(caseworker, mark)
    assert (only.subject_id, only.credit_code) == (old.subject_id, code)


async def test_a_renamed_subject_is_found_by_its_former_names(
    registry: RunningRegistry, caseworker: Client
) -> None:
    mark, code = uuid4().hex, credit_code()
    old, new = f"改名前（{mark}）站", f"改名后（{mark}）站"
    for name in (old, new):
        rows = subject_rows(name, bureau=DISTRICT, 统一社会信用代码=code)
        await upload(caseworker, "subjects", table(*rows), bureau=DISTRICT)
    certificate = verification(使用单位=f"改名前({mark})站", 出厂编号="GM-1")
    batch = await upload(caseworker, "verifications", verifications(certificate), **FILING)
    assert (2, "使用单位", "FORMER_NAME") in await reasons(caseworker, batch, warnings=True)
    [subject] = await subjects_named(caseworker, f"改名前({mark}")
    assert (subject.name, [one.name for one in subject.former_names]) == (new, [old])
    assert [i.serial_no for i in await instruments_of(caseworker, subject)] == ["GM-1"]
    # An old file does not give the old name back.
    rows = subject_rows(old, bureau=DISTRICT, 统一社会信用代码=code)
    late = await upload(caseworker, "subjects", table(*rows), bureau=DISTRICT)
    assert (late.unchanged, late.changed) == (1, 0)


async def test_a_code_issued_with_another_check_digit_is_filed_with_its_ground(
    registry: RunningRegistry, caseworker: Client
) -> None:
    code, mark = credit_code(), uuid4().hex
    issued = code[:17] + ("1" if code[17] != "1" else "2")
    rows = subject_rows(mark, bureau=DISTRICT, 统一社会信用代码=issued)
    batch = await upload(caseworker, "subjects", table(*rows), bureau=DISTRICT)
    assert await reasons(caseworker, batch) == [(2, "统一社会信用代码", "BAD_CREDIT_CODE")]
    grounded = {"统一社会信用代码": issued, "代码校验不符的依据": "登记机关证明（合成）"}
    rows = subject_rows(mark, bureau=DISTRICT, **grounded)
    await upload(caseworker, "subjects", table(*rows), bureau=DISTRICT)
    [subject] = await subjects_named(caseworker, mark)
    assert (subject.credit_code, subject.code_ground) == (issued, "登记机关证明（合成）")
    certificate = verifications(verification(使用单位=issued, 出厂编号=mark))
    filed = await upload(caseworker, "verifications", certificate, **FILING)
    assert (filed.changed, filed.rejected) == (1, 0)
    assert [i.serial_no for i in await instruments_of(caseworker, subject)] == [mark]


def facts(mark: str) -> list[dict[str, str]]:
    """Verifications of two owners: a number with two models, a number with one that some rows lack,
    two instruments without a number, a day with two results, and nozzles, under one certificate and
    under one each, of which one has two results."""
    rows = [
        *(("甲", f"X-{mark}-1", model, "合格", "2026-08-01") for model in ("A型", "B型")),
        *(("甲", f"X-{mark}-2", model, "合格", day) for model, day in (("A型", "2026-08-01"),)),
        ("甲", f"X-{mark}-2", "", "合格", "2026-08-09"),
        ("乙", "无", "A型", "合格", "2026-08-01"),
        ("乙", "无", "A型", "不合格", "2026-08-02"),
        ("乙", f"X-{mark}-3", "A型", "合格", "2026-08-03"),
        ("乙", f"X-{mark}-3", "A型", "不合格", "2026-08-03"),
    ]
    nozzles = [
        *((name, "合格", "2026-08-04", "C") for name in ("1", "2")),
        *(("3", "不合格", "2026-08-04", "C"), ("3", "合格", "2026-08-04", "")),
        *((name, "合格", "2026-08-05", "") for name in ("1", "2")),
    ]
    plain = [(*row, "", "") for row in rows]
    of_nozzles = [
        ("乙", f"X-{mark}-4", "A型", result, day, name, certificate)
        for name, result, day, certificate in nozzles
    ]
    return [
        dict(
            verification(
                使用单位=f"{owner}({mark})",
                枪号=name,
                出厂编号=number,
                型号规格=model,
                检定结果=result,
                检定日期=day,
                有效期至="2027-07-31" if result == "合格" else "",
                证书编号=f"{mark}-{certificate or n}",
            )
        )
        for n, (owner, number, model, result, day, name, certificate) in enumerate(
            [*plain, *of_nozzles]
        )
    ]


async def register_of(client: Client, mark: str) -> list[Any]:
    """What the register has of these owners, whatever was written how."""
    told = []
    for owner in await subjects_named(client, mark):
        for one in await instruments_of(client, owner):
            results = [
                (v.verified_on, v.part, v.result, v.set_aside) for v in await history(client, one)
            ]
            told.append((folded(owner.name), serial_key(one.serial_no), one.model, sorted(results)))
    return sorted(told)


@pytest.mark.parametrize("seed", at_length(range(4), 0))
async def test_the_same_facts_give_the_same_register_in_any_order_files_and_writing(
    registry: RunningRegistry, caseworker: Client, seed: int
) -> None:
    chance, told = Random(seed), []  # noqa: S311
    for plain in (True, False):
        mark = "Q" if plain else "R"
        mark = f"{mark}{uuid4().hex[:8].upper()}"
        rows = facts(mark)
        chance.shuffle(rows)
        if not plain:
            for row in rows:
                row["使用单位"] = spelt(chance, row["使用单位"])
                row["出厂编号"] = spelt(chance, row["出厂编号"])
                row["枪号"] = part_spelt(chance, row["枪号"])
        cut = 0 if plain else chance.randrange(len(rows))
        parts = [part for part in (rows[:cut], rows[cut:]) if part]
        batches = [
            await upload(caseworker, "verifications", verifications(*part), **FILING)
            for part in parts
        ]
        found_ones = {
            one.likeness_id: one.kind for b in batches for one in await found(caseworker, b)
        }
        register = await register_of(caseworker, mark)
        told.append(
            (str(register).replace(mark.lower(), "").replace(mark, ""), sorted(found_ones.values()))
        )
        for batch in reversed(batches):
            await undo(caseworker, batch)
        assert await register_of(caseworker, mark) == []
        assert [one for b in batches for one in await found(caseworker, b)] == []
    assert told[0] == told[1]


async def test_a_city_is_told_of_a_name_that_another_district_writes_otherwise(
    registry: RunningRegistry,
) -> None:
    mark = uuid4().hex
    for code in ("330100", "330102", "330183"):
        await registry.bureau(code)
    city = registry.client(Role.CASEWORKER, bureau="330100")
    for code, name in (("330102", f"甲（{mark}）店"), ("330183", f"甲({mark})店")):
        rows = table(*subject_rows(name, bureau=code))
        await upload(city, "subjects", rows, bureau=code)
    row = {"使用单位": f"甲（{mark}）店", "器具类型": "NAWI-D", "出厂编号": mark}
    batch = await upload(city, "instruments", verifications(row), bureau="330100")
    assert await reasons(city, batch) == [(2, "使用单位", "AMBIGUOUS_OWNER")]
