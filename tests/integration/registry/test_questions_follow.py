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
    instruments_of,
    subject_rows,
    subjects_named,
    table,
    upload,
    verification,
    verifications,
)
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
    number = f"（合成）市监处罚〔2026〕{uuid4().int % 10**9}号"
    kept, joined = [await firm(caseworker) for _ in range(2)]
    stays, goes = [await penalty_of(caseworker, one, number) for one in (kept, joined)]
    await penalised(caseworker, joined, number, "撤销")
    before = [("not_final", goes), ("revoked", goes)]
    assert await asked(caseworker, joined.subject_id) == before
    join = lives.JoinSubjectsRequest(
        request_id=new_request_id(),
        kept_id=kept.subject_id,
        joined_id=joined.subject_id,
        kept_version=kept.version,
        joined_version=joined.version,
        ground=GROUND,
    )
    await registry.release((await caseworker.lives.JoinSubjects(join)).proposal)
    # Of one penalty that both had, one record stays, and it is the one that is asked about.
    together = [("not_final", stays), ("revoked", stays)]
    assert await asked(caseworker, kept.subject_id) == together
    acts = lives.ListSubjectActsRequest(subject_id=kept.subject_id)
    [act] = (await caseworker.lives.ListSubjectActs(acts)).acts
    part = lives.PartSubjectsRequest(request_id=new_request_id(), act_id=act.act_id, ground=GROUND)
    await registry.release((await caseworker.lives.PartSubjects(part)).proposal)
    assert await asked(caseworker, kept.subject_id) == [("not_final", stays)]
    assert await asked(caseworker, joined.subject_id) == before


async def firm(client: Client) -> pb.Subject:
    """A firm on file, with a credit code."""
    name = uuid4().hex
    rows = subject_rows(name, bureau=DISTRICT, 统一社会信用代码=credit_code())
    await upload(client, "subjects", table(*rows))
    [found] = await subjects_named(client, name)
    return found


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
    [record] = (await client.registry.ListRecords(request)).records
    return str(record.record_id)
