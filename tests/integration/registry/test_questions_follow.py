"""What imports left to decide follows its instrument or record to whatever subject has it then."""

from __future__ import annotations

from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import questions_pb2 as questions
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import sameness_pb2 as sameness
from tests.integration.registry.import_files import (
    firm_on_file,
    instruments_of,
    subjects_named,
    table,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.questions import answer
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
)

GROUND = "登记机关证明（合成）"
BASIS = "《中华人民共和国计量法》第二十五条"


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


async def asked(client: Client, subject_id: str) -> list[tuple[str, str]]:
    """What is open about a subject: of each question its kind, and its instrument or record."""
    request = questions.ListQuestionsRequest(subject_id=subject_id, state="waiting")
    found = (await client.questions.ListQuestions(request)).questions
    return sorted((one.kind, one.instrument_id or one.record_id) for one in found)


async def rejected_alone(client: Client, owner: str, *serials: str) -> list[pb.Instrument]:
    """Instruments of an owner of which nothing but a rejection is known, each asked about."""
    rows = [
        verification(使用单位=owner, 出厂编号=one, 检定结果="不合格", 有效期至="", 型号规格="台式")
        for one in serials
    ]
    filing = {"bureau": DISTRICT, "file_missing": True}
    batch = await upload(client, "verifications", verifications(*rows), **filing)
    assert batch.to_decide == len(serials)
    [subject] = await subjects_named(client, owner)
    return await instruments_of(client, subject)


async def test_a_question_follows_its_instrument_to_another_owner(
    registry: RunningRegistry, caseworker: Client
) -> None:
    [instrument] = await rejected_alone(caseworker, uuid4().hex, uuid4().hex)
    former, owner = instrument.subject_id, await registry.subject()
    about = [("rejected_alone", instrument.instrument_id)]
    assert await asked(caseworker, former) == about
    instrument.subject_id = owner.subject_id
    change = pb.PutInstrumentRequest(request_id=new_request_id(), instrument=instrument)
    await registry.release((await caseworker.registry.PutInstrument(change)).proposal)
    assert await asked(caseworker, former) == []
    assert await asked(caseworker, owner.subject_id) == about
    content = pb.Subject(
        kind="organisation", name=uuid4().hex, sector="fuel_station", bureau=OTHER_DISTRICT
    )
    await registry.bureau(OTHER_DISTRICT)
    city = registry.client(Role.CASEWORKER, bureau=CITY)
    split = lives.SplitSubjectRequest(
        request_id=new_request_id(),
        subject_id=owner.subject_id,
        part=content,
        instrument_ids=[instrument.instrument_id],
        ground=GROUND,
    )
    proposal = (await city.lives.SplitSubject(split)).proposal
    proposal.bureau = CITY  # whose head covers both bureaus
    await registry.release(proposal)
    assert await asked(caseworker, owner.subject_id) == []
    other = registry.client(Role.CASEWORKER, bureau=OTHER_DISTRICT, name="other")
    [part] = await subjects_named(other, content.name)
    assert await asked(other, part.subject_id) == about


async def test_of_joined_instruments_one_question_stays(caseworker: Client) -> None:
    kept, gone = await rejected_alone(caseworker, uuid4().hex, "无", "无")
    request = sameness.ListLikenessesRequest(subject_id=kept.subject_id)
    [like] = (await caseworker.sameness.ListLikenesses(request)).likenesses
    shown = await caseworker.sameness.GetLikeness(
        sameness.GetLikenessRequest(likeness_id=like.likeness_id)
    )
    joining = sameness.JoinLikenessRequest(
        request_id=new_request_id(),
        likeness_id=like.likeness_id,
        kept_id=kept.instrument_id,
        joined_ids=[gone.instrument_id],
        ground=GROUND,
        seen=shown.seen,
    )
    answer = await caseworker.sameness.JoinLikeness(joining)
    assert answer.proposal.proposal_id == ""
    assert await asked(caseworker, kept.subject_id) == [("rejected_alone", kept.instrument_id)]


async def test_questions_about_records_are_joined_and_parted_with_their_subjects(
    registry: RunningRegistry, caseworker: Client
) -> None:
    number = decision()
    kept, joined = [await firm_on_file(caseworker) for _ in range(2)]
    stays, goes = [await penalty_of(caseworker, one, number) for one in (kept, joined)]
    await penalised(caseworker, joined, number, "撤销")
    before = [("not_final", goes), ("revoked", goes)]
    assert await asked(caseworker, joined.subject_id) == before
    await join(registry, caseworker, kept, joined)
    # Of one penalty that both had, one record stays, and it is the one that is asked about.
    together = [("not_final", stays), ("revoked", stays)]
    assert await asked(caseworker, kept.subject_id) == together
    await part(registry, caseworker, kept)
    assert await asked(caseworker, kept.subject_id) == [("not_final", stays)]
    assert await asked(caseworker, joined.subject_id) == before


async def test_a_later_file_asks_nothing_again_of_joined_subjects(
    registry: RunningRegistry, caseworker: Client
) -> None:
    numbers = {"revoked": decision(), "disputed": decision(), "both": decision()}
    kept, joined = [await firm_on_file(caseworker) for _ in range(2)]
    await penalised(caseworker, joined, numbers["revoked"], "撤销")
    [one] = await waiting(caseworker, joined)
    await answer(caseworker, one, "leave_out")
    await penalised(caseworker, joined, numbers["disputed"], "异议")
    for subject in (kept, joined):
        await penalised(caseworker, subject, numbers["both"], "撤销")
    before = [await waiting(caseworker, one) for one in (kept, joined)]
    assert [len(one) for one in before] == [1, 2]
    await join(registry, caseworker, kept, joined)
    together = await waiting(caseworker, kept)
    # What both were asked is asked once; the former code leads to the subject that stays.
    expected = sorted([("revoked", numbers["both"]), ("disputed", numbers["disputed"])])
    assert sorted((one.kind, one.source_ref) for one in together) == expected
    for name, state in (("revoked", "撤销"), ("disputed", "异议"), ("both", "撤销")):
        other_writing = numbers[name].replace("〔", "[").replace("〕", "]")
        for subject in (kept, joined):
            await penalised(caseworker, subject, other_writing, state)
    assert await waiting(caseworker, kept) == together
    await part(registry, caseworker, kept)
    assert [await waiting(caseworker, one) for one in (kept, joined)] == before


async def test_a_later_file_about_what_was_split_asks_and_enters_nothing_again(
    registry: RunningRegistry, caseworker: Client
) -> None:
    whole, number, decided = await firm_on_file(caseworker), decision(), decision()
    went = await penalty_of(caseworker, whole, number)
    await penalised(caseworker, whole, number, "撤销")
    also_went = await penalty_of(caseworker, whole, decided)
    await penalised(caseworker, whole, decided, "撤销")
    [one] = [one for one in await waiting(caseworker, whole) if one.record_id == also_went][1:]
    await answer(caseworker, one, "leave_out")
    content = pb.Subject(
        kind="organisation",
        name=uuid4().hex,
        sector="fuel_station",
        bureau=DISTRICT,
        credit_code=credit_code(),
    )
    split = lives.SplitSubjectRequest(
        request_id=new_request_id(),
        subject_id=whole.subject_id,
        part=content,
        record_ids=[went, also_went],
        ground=GROUND,
    )
    await registry.release((await caseworker.lives.SplitSubject(split)).proposal)
    [new] = await subjects_named(caseworker, content.name)
    before = await waiting(caseworker, new)
    about = [("not_final", went), ("not_final", also_went), ("revoked", went)]
    assert sorted((one.kind, one.record_id) for one in before) == sorted(about)
    for subject in (whole, new):
        for one_of in (number, decided):
            for state in ("撤销", "正常"):
                await penalised(caseworker, subject, one_of, state)
    assert await waiting(caseworker, whole) == []
    assert await waiting(caseworker, new) == before
    # The publication names whoever was penalised: what went from it is known by it too.
    records = pb.ListRecordsRequest(subject_id=whole.subject_id)
    assert list((await caseworker.registry.ListRecords(records)).records) == []
    await penalised(caseworker, whole, number, "异议")
    [new_one] = [one for one in await waiting(caseworker, new) if one not in before]
    assert (new_one.kind, new_one.record_id) == ("disputed", went)


async def waiting(client: Client, subject: pb.Subject) -> list[questions.Question]:
    """What is open about a subject."""
    request = questions.ListQuestionsRequest(subject_id=subject.subject_id, state="waiting")
    found = (await client.questions.ListQuestions(request)).questions
    return sorted(found, key=lambda one: (one.record_id, one.kind, one.source_ref))


def decision() -> str:
    """The number of a decision."""
    return f"（合成）市监处罚〔2026〕{uuid4().int % 10**9}号"


async def join(
    registry: RunningRegistry, client: Client, kept: pb.Subject, joined: pb.Subject
) -> None:
    """Joins a subject to the one that stays."""
    request = lives.JoinSubjectsRequest(
        request_id=new_request_id(),
        kept_id=kept.subject_id,
        joined_id=joined.subject_id,
        ground=GROUND,
    )
    await registry.release((await client.lives.JoinSubjects(request)).proposal)


async def part(registry: RunningRegistry, client: Client, kept: pb.Subject) -> None:
    """Undoes the joining of a subject."""
    request = lives.ListSubjectActsRequest(subject_id=kept.subject_id)
    [act] = (await client.lives.ListSubjectActs(request)).acts
    undo = lives.PartSubjectsRequest(request_id=new_request_id(), act_id=act.act_id, ground=GROUND)
    await registry.release((await client.lives.PartSubjects(undo)).proposal)


async def penalised(client: Client, subject: pb.Subject, number: str, state: str) -> None:
    """Imports a published penalty of a firm."""
    row = {
        "行政相对人名称": subject.name,
        "行政相对人类别": "法人及非法人组织",
        "行政相对人代码_1(统一社会信用代码)": subject.credit_code,
        "行政处罚决定书文号": number,
        "违法事实": "使用超期的加油机",
        "处罚依据": BASIS,
        "处罚决定日期": "2026-08-10",
        "当前状态": state,
    }
    batch = await upload(client, "penalties", table([*row], [*row.values()]))
    assert batch.rejected == 0


async def penalty_of(client: Client, subject: pb.Subject, number: str) -> str:
    """The id of the record that a published penalty of a firm makes."""
    await penalised(client, subject, number, "正常")
    request = pb.ListRecordsRequest(subject_id=subject.subject_id)
    records = (await client.registry.ListRecords(request)).records
    [record_id] = [one.record_id for one in records if one.source_ref == number]
    return str(record_id)
