"""Files as evidence: sent before and after lodging, shown to whom they concern, kept and erased."""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from PIL import Image

from plumbing.change import Changes
from plumbing.checkpoints.proofs import check_proof
from plumbing.checkpoints.signed_note import open_checkpoint
from plumbing.client import Refusal, ask, new_request_id, refusal_of
from plumbing.clock import SandboxClock
from plumbing.database import Database
from plumbing.papers.case_file.archive import Printing, case_archive, prepare
from plumbing.papers.case_file.reading import read_case_file
from protos.objection.v1 import archive_pb2, delivery_pb2
from protos.objection.v1 import evidence_pb2 as pb
from protos.objection.v1 import objection_pb2 as cases
from protos.operations.v1 import operations_pb2
from services.objection.evidence.keeping import EvidencePruner, named_by_evidence
from tests.integration.objection.processes import BUREAU, ROLES, Cast, Person, engaged
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
PIECE = 256 << 10


def pdf(size: int = 1000) -> bytes:
    """A file that begins as a PDF does, unlike any other."""
    return b"%PDF-1.7\n" + uuid4().bytes * (size // 16)


def photograph() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "TestMaker"
    out = io.BytesIO()
    Image.new("RGB", (64, 48), tuple(uuid4().bytes[:3])).save(out, "JPEG", exif=exif)
    return out.getvalue()


async def send(
    person: Person, content: bytes, header: pb.EvidenceHeader | None = None, **values: str
) -> pb.Evidence:
    """Uploads a file."""
    given = {"request_id": new_request_id(), "file_name": "证据.pdf"} | values
    first = header or pb.EvidenceHeader(**given)

    async def parts() -> AsyncIterator[pb.UploadEvidenceRequest]:
        yield pb.UploadEvidenceRequest(header=first)
        for start in range(0, len(content), PIECE):
            yield pb.UploadEvidenceRequest(content=content[start : start + PIECE])

    call = person.evidence.UploadEvidence(parts(), timeout=PATIENCE_SECONDS)
    answer: pb.UploadEvidenceResponse = await ask(call)
    return answer.evidence


async def listed(person: Person, case: cases.Case) -> pb.ListEvidenceResponse:
    request = pb.ListEvidenceRequest(case_id=case.case_id)
    answer: pb.ListEvidenceResponse = await ask(person.evidence.ListEvidence(request))
    return answer


async def whole(person: Person, file: pb.Evidence, *, preview: bool = False) -> bytes:
    """A file or its preview, read piece by piece."""
    content = b""
    while True:
        request = pb.ReadEvidenceRequest(
            evidence_id=file.evidence_id, offset=len(content), preview=preview
        )
        piece = (await ask(person.evidence.ReadEvidence(request))).content
        if not piece:
            return content
        content += piece


async def refused(call: Awaitable[Any]) -> Refusal:
    """The refusal of a call; fails when the call succeeds."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return refusal_of(error)
    except Refusal as refusal:
        return refusal
    raise AssertionError("not refused")


async def reason(call: Awaitable[Any]) -> str:
    return (await refused(call)).reason


def names(found: pb.ListEvidenceResponse) -> list[str]:
    return [one.file_name for one in found.evidence]


async def test_files_go_with_the_case_and_only_who_sees_it_reads_them(cast: Cast) -> None:
    content, photo = pdf(2 << 20), photograph()
    own: dict[str, Any] = {"subject_id": cast.subject_id}
    paper = await send(
        cast.operator, content, file_name="C:\\a\\证书.exe", description="合格", **own
    )
    picture = await send(cast.operator, photo, file_name="现场.png", **own)
    assert (paper.sha256, paper.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (paper.file_name, paper.kind) == ("证书.pdf", "pdf")
    assert (picture.file_name, picture.kind) == ("现场.jpg", "jpeg")
    assert await reason(cast.caseworker.evidence.ReadEvidence(_read(paper))) == "NOT_FOUND"
    held = pb.ListEvidenceRequest(**own)
    assert len((await ask(cast.operator.evidence.ListEvidence(held))).evidence) == 2
    ids = [paper.evidence_id, picture.evidence_id]
    case = await cast.lodge(await cast.penalty(), evidence_ids=ids)
    for person in (cast.operator, cast.caseworker, cast.unit_head, cast.reviewer):
        assert names(await listed(person, case)) == ["证书.pdf", "现场.jpg"]
        assert await whole(person, paper) == content
    shown = await whole(cast.caseworker, picture, preview=True)
    assert b"TestMaker" in photo
    assert b"TestMaker" not in shown
    assert len(shown) == picture.preview_size
    for stranger in (cast.rival, cast.elsewhere):
        assert await reason(stranger.evidence.ReadEvidence(_read(paper))) == "NOT_FOUND"
        request = pb.ListEvidenceRequest(case_id=case.case_id)
        assert await reason(stranger.evidence.ListEvidence(request)) == "NOT_FOUND"
    steps = [step.step for step in (await cast.read(case)).steps]
    assert steps == ["lodge", "add_evidence", "add_evidence"]


def _read(file: pb.Evidence) -> pb.ReadEvidenceRequest:
    return pb.ReadEvidenceRequest(evidence_id=file.evidence_id)


async def test_confidential_and_internal_files(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    inspector = await engaged(
        cast.processes, cast.administrator, "inspector", [ROLES.ROLE_INSPECTOR], BUREAU
    )
    of_case: dict[str, Any] = {"case_id": case.case_id}
    secret = await send(
        cast.operator, pdf(), classification="confidential", file_name="配方.pdf", **of_case
    )
    note = await send(
        cast.caseworker, pdf(), classification="internal", file_name="笔录.pdf", **of_case
    )
    assert names(await listed(cast.operator, case)) == ["配方.pdf"]
    assert names(await listed(cast.caseworker, case)) == ["配方.pdf", "笔录.pdf"]
    # The city looks on, and does not hear the objection; the inspector hears no case.
    for person in (cast.reviewer, inspector):
        assert names(await listed(person, case)) == []
        assert await reason(person.evidence.ReadEvidence(_read(secret))) == "NOT_FOUND"
    assert await reason(cast.operator.evidence.ReadEvidence(_read(note))) == "NOT_FOUND"
    assert [step.step for step in (await cast.read(case)).steps] == ["lodge", "add_evidence"]
    internal = send(cast.operator, pdf(), classification="internal", **of_case)
    assert await reason(internal) == "INVALID_INPUT"
    for person in (cast.reviewer, cast.elsewhere, cast.rival):
        assert await reason(send(person, pdf(), **of_case)) in ("NOT_PERMITTED", "NOT_FOUND")


async def test_the_reconsidering_city_sees_the_confidential_files(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    secret = await send(cast.operator, pdf(), classification="confidential", case_id=case.case_id)
    await cast.decide(await cast.accept(case), "uphold")
    await cast.closed(case)
    late = await refused(send(cast.operator, pdf(), case_id=case.case_id))
    assert late.reason == "WRONG_STATE"
    assert await reason(cast.reviewer.evidence.ReadEvidence(_read(secret))) == "NOT_FOUND"
    again = await cast.reconsider(case)
    assert await whole(cast.reviewer, secret)
    # The district reads the reconsideration, and nothing that the city keeps for itself.
    await send(cast.reviewer, pdf(), classification="internal", case_id=again.case_id)
    await sealed(cast, again)
    for person, internal in ((cast.reviewer, True), (cast.caseworker, False)):
        told = [entry.content for entry in (await _proof(person, again)).entries]
        assert any("reconsideration.lodge" in content for content in told)
        assert any("add_evidence" in content for content in told) == internal


async def test_what_is_refused_leaves_nothing(cast: Cast) -> None:
    own: dict[str, Any] = {"subject_id": cast.subject_id}
    bad: Sequence[bytes] = (b"MZ no document", b"", b"%PDF" + bytes(21 << 20))
    for content in bad:
        assert await reason(send(cast.operator, content, **own)) == "INVALID_INPUT"
    foreign = await refused(send(cast.operator, pdf(), subject_id=cast.rival_id))
    assert foreign.reason == "NOT_PERMITTED"
    theirs = await send(cast.rival, pdf(), subject_id=cast.rival_id)
    record = await cast.penalty()
    for evidence_id in (theirs.evidence_id, "none"):
        fault = await refused(cast.lodge(record, evidence_ids=[evidence_id]))
        assert [path for path, _, _ in fault.faults] == ["evidence_ids"]
    await cast.lodge(record)  # nothing of the refused ones stands in the way


async def test_the_same_file_is_there_once(cast: Cast) -> None:
    case, content = await cast.lodge(await cast.penalty()), pdf()
    header = pb.EvidenceHeader(
        request_id=new_request_id(), case_id=case.case_id, file_name="一次.pdf"
    )
    first = await send(cast.operator, content, header)
    assert await send(cast.operator, content, header) == first
    assert (await send(cast.operator, content, case_id=case.case_id)).evidence_id == (
        first.evidence_id
    )
    assert await reason(send(cast.operator, pdf(), header)) == "ALREADY_EXISTS"
    # Who may see it is not changed, and nobody is left to believe that it was.
    other = send(cast.operator, content, case_id=case.case_id, classification="confidential")
    assert await reason(other) == "ALREADY_EXISTS"
    assert names(await listed(cast.operator, case)) == ["一次.pdf"]


async def test_kept_while_a_record_is_on_file_and_erased_after(cast: Cast) -> None:
    case, content = await cast.lodge(await cast.penalty()), photograph()
    file = await send(cast.operator, content, case_id=case.case_id, description="某人的照片")
    await cast.decide(await cast.accept(case), "uphold")
    await cast.closed(case)
    settings = cast.processes.settings
    database = Database(settings.database_url("objection"))
    changes = Changes(database, SandboxClock(settings.clock_file))
    on_file = True

    async def held(record_ids: Sequence[str], behalf: str) -> bool:
        return on_file or set(record_ids) != set(case.record_ids)

    async def paused() -> None: ...

    pruner = EvidencePruner(changes, timedelta(0), held, waits=timedelta(days=7))
    await pruner.prune(paused)
    assert await whole(cast.operator, file) == content
    on_file = False
    await pruner.prune(paused)
    erased = (await listed(cast.operator, case)).evidence[0]
    assert erased.HasField("erased_at")
    assert (erased.sha256, erased.file_name, erased.description) == (file.sha256, "", "")
    assert await reason(cast.operator.evidence.ReadEvidence(_read(file))) == "NOT_FOUND"
    assert await named_by_evidence(database, [file.sha256]) == set()
    await database.close()


async def test_check_misses_a_file_that_is_gone(cast: Cast) -> None:
    case = await cast.lodge(await cast.penalty())
    file = await send(cast.operator, pdf(), case_id=case.case_id)
    stored = next(cast.processes.settings.files_dir.rglob(file.sha256))
    assert "evidence" in stored.parts
    aside = stored.rename(stored.with_suffix(".aside"))
    missing = {one.object for one in (await cast.check()).problems}
    assert f"evidence/{file.evidence_id}" in missing
    assert await reason(cast.operator.evidence.ReadEvidence(_read(file))) == "NOT_FOUND"
    aside.rename(stored)
    assert await whole(cast.operator, file)


async def archive_of(person: Person, case: cases.Case) -> dict[str, bytes]:
    """The parts of the archive that a person takes of a case, each as its digest says."""
    file = await read_case_file(person, case.case_id)
    contents = prepare(file, Printing("https://portal.example", ""))
    packed = b"".join([piece async for piece in case_archive(person, file, contents)])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    lines = (line.split("  ", 1) for line in parts["SHA256SUMS"].decode().splitlines())
    sums = {name: digest for digest, name in lines}
    assert sums.keys() == parts.keys() - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256(parts[name]).hexdigest() == digest, name
    return parts


async def test_the_case_file_stands_on_its_own(cast: Cast) -> None:
    case, content = await cast.lodge(await cast.penalty()), pdf()
    of_case: dict[str, Any] = {"case_id": case.case_id}
    await send(cast.operator, content, file_name="证书.pdf", **of_case)
    await send(cast.caseworker, pdf(), classification="internal", file_name="笔录.pdf", **of_case)
    await cast.decide(await cast.accept(case), "uphold")
    await cast.closed(case)
    await sealed(cast, case)
    of_bureau = await archive_of(cast.caseworker, case)
    of_subject = await archive_of(cast.operator, case)
    assert of_bureau["evidence/证书.pdf"] == content
    assert "evidence/笔录.pdf" in of_bureau
    assert "evidence/笔录.pdf" not in of_subject
    assert "笔录" not in of_subject["案卷.html"].decode()
    [letter] = (await cast.read(case)).letters
    assert of_subject[f"letters/{letter.number}.pdf"].startswith(b"%PDF")
    assert any(name.startswith("receipts/") for name in of_subject)
    assert letter.number in of_subject["案卷.html"].decode()
    assert_proven(of_bureau, internal=True)
    assert_proven(of_subject, internal=False)


def assert_proven(parts: dict[str, bytes], *, internal: bool) -> None:
    """Every audit entry of the archive holds against its checkpoint, told or not."""
    key = parts["audit/key.pub"].decode().strip()
    checkpoint = open_checkpoint(parts["audit/checkpoint.txt"].decode(), key)
    proofs = [name for name in parts if name.startswith("audit/0")]
    held = [check_proof(parts[name].decode(), checkpoint, key) for name in proofs]
    assert any("objection.decide" in one["content"] for one in held)
    # The subject's edition proves internal entries by their digest alone.
    assert any("add_evidence" in one["content"] for one in held) == internal


async def sealed(cast: Cast, case: cases.Case) -> None:
    """Waits until a checkpoint covers every audit entry of a case."""
    fresh = operations_pb2.GetCheckpointRequest(fresh=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            proof = await _proof(cast.caseworker, case)
            if proof.entries and not proof.uncovered:
                return
            await ask(cast.administrator.operations.GetCheckpoint(fresh))
            await asyncio.sleep(0.1)


async def _proof(person: Person, case: cases.Case) -> archive_pb2.ProveCaseResponse:
    request = archive_pb2.ProveCaseRequest(case_id=case.case_id)
    answer: archive_pb2.ProveCaseResponse = await ask(person.case_archive.ProveCase(request))
    return answer


async def test_service_on_paper_is_recorded_with_day_and_proof(cast: Cast) -> None:
    case = await cast.refused_objection()
    [letter] = (await cast.read(case)).letters

    def served(**values: str) -> delivery_pb2.RecordDeliveryRequest:
        given = {"means": "served", "served_on": "2026-09-14", "remark": "送达回证〔2026〕1号"}
        return delivery_pb2.RecordDeliveryRequest(
            request_id=new_request_id(),
            case_id=case.case_id,
            **{"letter_id": letter.letter_id, **given, **values},
        )

    for bad, field in (
        ({"served_on": "2026-09-13"}, "served_on"),
        ({"served_on": "2026-09-15"}, "served_on"),
        ({"remark": " "}, "remark"),
    ):
        refusal = await refused(cast.caseworker.deliveries.RecordDelivery(served(**bad)))
        assert [path for path, _, _ in refusal.faults] == [field]
    record = cast.caseworker.deliveries.RecordDelivery
    assert await reason(record(served(letter_id="none"))) == "NOT_FOUND"
    assert await reason(cast.reviewer.deliveries.RecordDelivery(served())) == "NOT_PERMITTED"
    assert await reason(cast.elsewhere.deliveries.RecordDelivery(served())) == "NOT_FOUND"
    await ask(record(served()))
    found = await ask(
        cast.operator.deliveries.ListDeliveries(
            delivery_pb2.ListDeliveriesRequest(case_id=case.case_id)
        )
    )
    assert not found.may_record
    assert [(one.means, one.served_on) for one in found.deliveries] == [("served", "2026-09-14")]
    step = (await cast.read(case)).steps[-1]
    assert step.note == f"{letter.title}：直接送达，2026-09-14，送达回证〔2026〕1号"
