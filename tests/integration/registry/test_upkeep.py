"""The log of upkeep: what it demands, what it keeps, what a file adds, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from plumbing.client import new_request_id
from plumbing.files import Files
from plumbing.identity import Role
from plumbing.service import Findings
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as register
from protos.registry.v1 import upkeep_pb2 as pb
from services.registry.certificates.sweeping import check_files, named_files
from tests.integration.registry.import_files import undo, upload, verification, verifications
from tests.integration.registry.running_registry import (
    Client,
    RunningRegistry,
    refused,
    verify,
)
from tests.integration.registry.test_entry_corrections import correct, likenesses

DAY = "2026-09-10"  # after the pass of `verify`
PASSED = "2026-09-01"  # its day
PNG = b"\x89PNG\r\n\x1a\n"
NAMES = "出厂编号,类别,日期,由谁办理,内容,签封编号"


async def owned(registry: RunningRegistry, **values: Any) -> tuple[register.Instrument, Client]:
    """An instrument that passed on 2026-09-01, and its operator."""
    filed = await registry.instrument(**values)
    caseworker = registry.client(Role.CASEWORKER)
    await caseworker.registry.RecordVerification(verify(filed.instrument_id))
    return filed, registry.client(Role.OPERATOR, subject_id=filed.subject_id)


async def note(client: Client, instrument: register.Instrument, **values: Any) -> pb.Upkeep:
    """Adds an entry to the log, by default of a repair."""
    given = {"kind": "repair", "done_on": DAY, "done_by": "合成衡器维修部", "what": "更换主板"}
    upkeep = pb.Upkeep(instrument_id=instrument.instrument_id, **(given | values))
    request = pb.RecordUpkeepRequest(request_id=new_request_id(), upkeep=upkeep)
    return (await client.upkeep.RecordUpkeep(request)).entry.upkeep


async def results(client: Client, instrument: register.Instrument) -> list[tuple[str, str, bool]]:
    """The results of an instrument, the latest first: day, result, whether it is set aside."""
    request = register.GetInstrumentRequest(instrument_id=instrument.instrument_id)
    rows = (await client.registry.GetInstrument(request)).verifications
    return [(row.verified_on, row.result, row.set_aside) for row in rows]


async def asking(client: Client, instrument: register.Instrument) -> list[str]:
    """What the entries of an instrument that still ask for a verification say, by what they say."""
    request = pb.ListUpkeepRequest(instrument_id=instrument.instrument_id)
    entries = (await client.upkeep.ListUpkeep(request)).entries
    return sorted(one.upkeep.what for one in entries if one.to_verify)


async def colour(client: Client, instrument: register.Instrument, name: str = "1") -> str:
    """The colour of a part of an instrument."""
    request = register.GetInstrumentRequest(instrument_id=instrument.instrument_id)
    shown = (await client.registry.GetInstrument(request)).parts
    return next(one.colour for one in shown if one.name == name)


async def load(client: Client, *rows: str, columns: str = NAMES) -> pb.ImportUpkeepResponse:
    """Sends a file of entries."""
    content = "\n".join((columns, *rows)).encode()
    request = pb.ImportUpkeepRequest(request_id=new_request_id(), content=content)
    return await client.upkeep.ImportUpkeep(request)


@pytest.mark.parametrize("kind", ["repair", "seal_broken"])
async def test_a_repair_or_a_broken_seal_asks_for_a_verification_by_event(
    registry: RunningRegistry, kind: str
) -> None:
    filed, operator = await owned(registry)
    noted = await note(operator, filed, kind=kind)
    assert noted.verification_id
    assert (await results(operator, filed))[0] == (DAY, "repaired", False)
    *_, recorded, told = await registry.events_of(f"subject/{filed.subject_id}")
    [announced] = recorded.verifications
    assert told == events.UpkeepNoted(
        upkeep_id=noted.upkeep_id, instrument_id=filed.instrument_id, kind=kind, done_on=DAY
    )
    assert (announced.verification_id, announced.result) == (noted.verification_id, "repaired")
    [audited] = await registry.audited(f"upkeep/{noted.upkeep_id}")
    assert audited.action == "record_upkeep"
    caseworker = registry.client(Role.CASEWORKER)
    passed = verify(filed.instrument_id, verified_on="2026-09-12", valid_until="2027-03-11")
    await caseworker.registry.RecordVerification(passed)
    assert await asking(operator, filed) == []
    await note(operator, filed, kind=kind, what="补记")
    assert await asking(operator, filed) == []  # it has passed since


async def test_who_applies_after_a_repair_applies_because_of_it(registry: RunningRegistry) -> None:
    lab = "合成修后检定所"
    await registry.speaker(lab, "FUEL")
    owner = await registry.subject()
    filed, operator = await owned(registry, owner=owner)
    whole, _ = await owned(registry, owner=owner)
    await note(operator, filed)
    request = orders.ApplyForVerificationRequest(
        request_id=new_request_id(),
        instrument_ids=[filed.instrument_id, whole.instrument_id],
        institution_id=lab,
    )
    applied = (await operator.orders.ApplyForVerification(request)).orders
    assert [(one.reason, one.valid_until) for one in applied] == [
        ("repaired", ""),
        ("due", "2027-02-28"),
    ]


async def test_an_application_because_of_a_repair_names_what_is_not_noted(
    registry: RunningRegistry,
) -> None:
    """The tick is only the reason: the repair itself has to be noted, which turns it red."""
    lab = "合成修后检定所"
    await registry.speaker(lab, "FUEL")
    owner = await registry.subject()
    noted, operator = await owned(registry, owner=owner)
    other, _ = await owned(registry, owner=owner)
    await note(operator, noted)

    async def to_note(*, repaired: bool) -> list[str]:
        request = orders.ApplyForVerificationRequest(
            request_id=new_request_id(),
            instrument_ids=[noted.instrument_id, other.instrument_id],
            institution_id=lab,
            repaired=repaired,
            check_only=True,
        )
        answer = await operator.orders.ApplyForVerification(request)
        assert [one.reason for one in answer.orders] == [
            "repaired",
            "repaired" if repaired else "due",
        ]
        return list(answer.repairs_to_note)

    assert await to_note(repaired=True) == [other.instrument_id]
    assert await to_note(repaired=False) == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("maintenance", {}),
        ("resealed", {"seal_no": "浙A-0018"}),
    ],
)
async def test_other_entries_ask_for_nothing(
    registry: RunningRegistry, kind: str, values: dict[str, str]
) -> None:
    filed, operator = await owned(registry)
    assert not (await note(operator, filed, kind=kind, **values)).verification_id
    assert [row[1] for row in await results(operator, filed)] == ["pass"]


async def test_what_was_repaired_while_it_need_not_be_verified_is_verified_once_it_must_be(
    registry: RunningRegistry,
) -> None:
    filed, operator = await owned(registry)
    staff = registry.client(Role.CASEWORKER)

    async def state(ground: str) -> register.PutInstrumentResponse:
        request = register.GetInstrumentRequest(instrument_id=filed.instrument_id)
        instrument = (await staff.registry.GetInstrument(request)).instrument
        instrument.non_compulsory_ground = ground
        put = register.PutInstrumentRequest(request_id=new_request_id(), instrument=instrument)
        return await staff.registry.PutInstrument(put)

    await registry.release((await state("只用于内部工艺")).proposal)
    wrong = await note(operator, filed, what="误记", done_on="2026-09-11")
    await note(operator, filed)
    right = {"kind": "maintenance", "corrects": wrong.upkeep_id, "ground": "未修理"}
    await note(operator, filed, done_on="2026-09-11", what="擦拭", **right)
    assert await asking(operator, filed) == []
    await registry.release((await state("")).proposal)
    assert await asking(operator, filed) == ["更换主板"]
    assert await results(operator, filed) == [(DAY, "repaired", False), (PASSED, "pass", False)]


@pytest.mark.parametrize("noted_first", [("repair",), ("seal_broken",), ()])
async def test_a_pass_of_the_day_comes_after_a_repair_and_what_was_noted_before_it(
    registry: RunningRegistry, noted_first: tuple[str, ...]
) -> None:
    filed, caseworker = await registry.instrument(), registry.client(Role.CASEWORKER)
    operator = registry.client(Role.OPERATOR, subject_id=filed.subject_id)
    for kind in noted_first:
        await note(operator, filed, kind=kind, done_on=PASSED, part="1")
        assert await asking(operator, filed) == ["更换主板"]
    passed = verify(filed.instrument_id)
    passed.parts.add(part="1", result="pass")
    await caseworker.registry.RecordVerification(passed)
    if not noted_first:
        await note(operator, filed, done_on=PASSED, part="1")
    both = {(PASSED, "repaired", False), (PASSED, "pass", False)}
    assert set(await results(operator, filed)) == both
    assert (await asking(operator, filed), await colour(operator, filed)) == ([], "none")
    assert await likenesses(caseworker, filed.subject_id) == []


async def test_a_pass_of_one_nozzle_on_the_day_of_a_repair_says_nothing_of_another(
    registry: RunningRegistry,
) -> None:
    filed, caseworker = await registry.instrument(), registry.client(Role.CASEWORKER)
    operator = registry.client(Role.OPERATOR, subject_id=filed.subject_id)
    before = verify(filed.instrument_id, verified_on="2026-08-20", valid_until="2027-02-19")
    before.parts.extend(register.PartResult(part=name, result="pass") for name in ("1", "2"))
    await caseworker.registry.RecordVerification(before)
    await note(operator, filed, done_on=PASSED)
    again = verify(filed.instrument_id)
    again.parts.add(part="1", result="pass")
    await caseworker.registry.RecordVerification(again)
    assert await asking(operator, filed) == ["更换主板"]
    assert [await colour(operator, filed, name) for name in ("1", "2")] == ["none", "red"]


async def test_a_seal_noted_after_a_pass_of_its_day_is_for_a_person_to_look_at(
    registry: RunningRegistry,
) -> None:
    filed, operator = await owned(registry)
    await note(operator, filed, kind="seal_broken", done_on=PASSED)
    assert set(await results(operator, filed)) == {
        (PASSED, "repaired", False),
        (PASSED, "pass", True),
    }
    assert await asking(operator, filed) == ["更换主板"]


async def test_a_pass_that_was_of_an_earlier_day_does_not_end_what_a_repair_asks_for(
    registry: RunningRegistry,
) -> None:
    filed, operator = await owned(registry)
    request = register.GetInstrumentRequest(instrument_id=filed.instrument_id)
    [passed] = (await operator.registry.GetInstrument(request)).verifications
    await note(operator, filed, done_on="2026-08-30", what="早修")
    await note(operator, filed, done_on=PASSED, what="当日修")
    assert await asking(operator, filed) == []
    await correct(registry, "verification", passed.verification_id, verified_on="2026-08-31")
    assert await asking(operator, filed) == ["当日修"]
    await correct(registry, "verification", passed.verification_id, verified_on="2026-08-29")
    assert await asking(operator, filed) == ["当日修", "早修"]
    assert (await results(operator, filed))[0] == (PASSED, "repaired", False)


async def test_what_is_wrong_is_named_at_once(registry: RunningRegistry) -> None:
    filed, operator = await owned(registry)
    fields = (f"upkeep.{name}" for name in ("kind", "done_on", "done_by", "what"))
    with refused("INVALID_INPUT", *fields):
        await note(operator, filed, kind="polish", done_on="2999-01-01", done_by=" ", what="")
    with refused("INVALID_INPUT", "upkeep.seal_no"):
        await note(operator, filed, kind="resealed")
    stranger = registry.client(Role.OPERATOR, subject_id="somebody")
    with refused("NOT_PERMITTED"):
        await note(stranger, filed)
    with refused("NOT_PERMITTED"):
        await note(registry.client(Role.UNIT_HEAD), filed)


async def test_a_correction_is_a_new_entry_and_does_not_lift_the_demand(
    registry: RunningRegistry,
) -> None:
    filed, operator = await owned(registry)
    first = await note(operator, filed)
    with refused("INVALID_INPUT", "upkeep.ground"):
        await note(operator, filed, corrects=first.upkeep_id, kind="maintenance")
    second = await note(
        *(operator, filed), corrects=first.upkeep_id[:8], kind="maintenance", ground="只是清洁"
    )
    assert (second.corrects, second.verification_id) == (first.upkeep_id, "")
    request = pb.GetUpkeepRequest(upkeep_id=first.upkeep_id)
    kept = (await operator.upkeep.GetUpkeep(request)).entry.upkeep
    assert (kept.corrected_by, kept.kind, kept.what) == (second.upkeep_id, "repair", first.what)
    assert (await results(operator, filed))[0][1] == "repaired"
    with refused("WRONG_STATE"):
        await note(operator, filed, corrects=first.upkeep_id, ground="再改")


async def test_an_undone_pass_no_longer_ends_what_a_repair_asks_for(
    registry: RunningRegistry,
) -> None:
    filed, operator = await owned(registry)
    bureau = registry.client(Role.CASEWORKER)
    named = {"器具类型": filed.type_code, "出厂编号": filed.serial_no}
    repaired = verification(**named, 检定结果="修理", 检定日期=DAY, 有效期至="")
    first = await upload(bureau, "verifications", verifications(repaired))
    noted = await note(operator, filed)  # of the day of that result, but it is another one
    passed = verification(**named, 检定日期="2026-09-12", 有效期至="2027-03-11")
    second = await upload(bureau, "verifications", verifications(passed))
    await note(operator, filed, done_on="2026-09-08", what="旧事")
    assert await asking(operator, filed) == []
    await undo(bureau, second)
    await undo(bureau, first)
    assert await asking(operator, filed) == ["旧事", noted.what]
    assert (await results(operator, filed))[0] == (DAY, "repaired", False)


async def test_a_file_is_added_whole_or_not_at_all_and_only_once(
    registry: RunningRegistry,
) -> None:
    filed, operator = await owned(registry, owner_no="油枪-3")
    good = f"{filed.serial_no},修理,2026/9/10,合成维修部,换电池,"
    bad = f"{filed.serial_no},重新签封,昨天,合成维修部,重新加封,"
    with refused("INVALID_INPUT", "rows.3", "rows.4") as found:
        await load(operator, good, bad, "不存在的编号,维护,2026-09-10,甲,清洁,")
    assert any("第 3 行“日期”" in fault[1] for fault in found[0].faults)
    assert len(await results(operator, filed)) == 1
    with refused("INVALID_INPUT", "content"):
        await load(operator, "维护", columns="类别")
    loaded = await load(operator, good, f"{filed.serial_no},维护,2026-09-11,甲,清洁,")
    assert (loaded.added, loaded.known, loaded.to_verify) == (2, 0, 1)
    again = await load(operator, good)
    assert (again.added, again.known) == (0, 1)
    listed = await operator.upkeep.ListUpkeep(pb.ListUpkeepRequest())
    assert [row.upkeep.kind for row in listed.entries] == ["maintenance", "repair"]
    columns = "单位自编号,类别,日期,由谁办理,内容"
    await load(operator, "油枪-3,维护,2026-09-10,甲,清洁", columns=columns)
    with refused("INVALID_INPUT", "rows.2") as unknown:
        await load(operator, "油枪-4,维护,2026-09-10,甲,清洁", columns=columns)
    assert "“单位自编号”：没有这个编号的器具" in unknown[0].faults[0][1]
    numbered = await operator.upkeep.ListUpkeep(pb.ListUpkeepRequest(owner_no="油枪-3"))
    assert sorted(one.upkeep.what for one in numbered.entries) == ["换电池", "清洁", "清洁"]
    assert not (await operator.upkeep.ListUpkeep(pb.ListUpkeepRequest(owner_no="油枪"))).entries
    other = await registry.instrument()
    with refused("NOT_PERMITTED"):
        row = f"{other.instrument_id},维护,2026-09-10,甲,清洁"
        await load(operator, row, columns="器具编号,类别,日期,由谁办理,内容")


async def attach(
    client: Client, noted: pb.Upkeep, content: bytes, name: str = "铅封.png"
) -> pb.UpkeepFile:
    """Sends a file to an entry."""
    header = pb.UpkeepFileHeader(
        request_id=new_request_id(), upkeep_id=noted.upkeep_id, file_name=name
    )

    async def parts() -> AsyncIterator[pb.UploadUpkeepFileRequest]:
        yield pb.UploadUpkeepFileRequest(header=header)
        yield pb.UploadUpkeepFileRequest(content=content)

    return (await client.upkeep.UploadUpkeepFile(parts())).file


async def test_an_entry_has_a_limited_number_of_files(registry: RunningRegistry) -> None:
    filed, operator = await owned(registry)
    noted, most = await note(operator, filed), registry.settings.evidence_max_files
    sent = [await attach(operator, noted, PNG + bytes([n])) for n in range(most)]
    with refused("WRONG_STATE"):
        await attach(operator, noted, PNG + bytes([most]))
    assert (await attach(operator, noted, PNG + bytes([0]))).file_id == sent[0].file_id


async def test_a_photograph_is_kept_with_its_entry(registry: RunningRegistry) -> None:
    filed, operator = await owned(registry)
    noted = await note(registry.client(Role.INSPECTOR), filed, kind="seal_broken")
    content = PNG + bytes(300_000)
    sent = await attach(operator, noted, content, "D:\\铅封.png")
    assert (sent.file_name, sent.kind, sent.size) == ("铅封.png", "png", len(content))
    request = pb.ReadUpkeepFileRequest(file_id=sent.file_id)
    head = registry.client(Role.UNIT_HEAD)
    assert (await head.upkeep.ReadUpkeepFile(request)).content == content
    listed = await head.upkeep.GetUpkeep(pb.GetUpkeepRequest(upkeep_id=noted.upkeep_id))
    assert [one.file_id for one in listed.files] == [sent.file_id]
    inspector = registry.client(Role.INSPECTOR, name=f"looking-{sent.file_id[:8]}")
    await inspector.upkeep.ListUpkeep(pb.ListUpkeepRequest(subject_id=filed.subject_id))
    assert await registry.accesses(f"looking-{sent.file_id[:8]}") == [
        (f"subject/{filed.subject_id}", "UpkeepService/ListUpkeep")
    ]
    stranger = registry.client(Role.OPERATOR, subject_id="somebody")
    with refused("NOT_PERMITTED"):
        await stranger.upkeep.ReadUpkeepFile(request)
    assert await named_files(registry.database, [sent.sha256]) == {sent.sha256}
    findings = Findings()
    await check_files(registry.database, Files.of(registry.settings), findings)
    assert f"upkeep_file/{sent.file_id}" not in {one.object for one in findings.problems}


async def test_the_bureau_hears_of_what_an_owner_noted_and_not_of_its_own_or_corrections(
    registry: RunningRegistry,
) -> None:
    filed, operator = await owned(registry)
    caseworker = registry.client(Role.CASEWORKER)
    await note(caseworker, filed)
    await note(operator, filed, kind="maintenance", what="清洁")
    noted = await note(operator, filed, what="更换传感器")
    again = {"corrects": noted.upkeep_id, "ground": "写错了"}
    corrected = await note(operator, filed, what="更换主板", **again)

    async def told() -> list[tuple[str, bool]]:
        return [
            (one.upkeep_id, one.taken_back)
            for one in await registry.events_of(f"subject/{filed.subject_id}")
            if isinstance(one, events.UpkeepNoted)
        ]

    assert await told() == [(noted.upkeep_id, False)]
    again["corrects"] = corrected.upkeep_id
    await note(caseworker, filed, kind="maintenance", what="清洁", **again)
    assert await told() == [(noted.upkeep_id, False), (noted.upkeep_id, True)]
