"""Certificates as files: who may send and see them, their versions, and what is refused."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc
import pytest

from plumbing.client import new_request_id
from plumbing.files import Files
from plumbing.identity import Role
from plumbing.service import Findings
from protos.registry.v1 import certificates_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as register
from services.registry.certificates.sweeping import check_files
from tests.dcc import Authority, dcc
from tests.integration.registry.running_registry import (
    FOREIGN,
    Client,
    RunningRegistry,
    refused,
    verify,
)
from tests.integration.registry.test_institutions import OTHER, OWN, institution
from tests.patience import PATIENCE_SECONDS

MIB = 1 << 20


def pdf(size: int = 1000) -> bytes:
    """A file that begins as a PDF does, unlike any other."""
    return b"%PDF-1.7\n" + uuid4().bytes * (size // 16)


async def verified(registry: RunningRegistry, **values: Any) -> register.Verification:
    """A verification by an institution of its own."""
    filed = await registry.instrument()
    client = await institution(registry)
    request = verify(filed.instrument_id, institution=OWN, **values)
    return (await client.registry.RecordVerification(request)).verification


async def send(
    client: Client, verification: register.Verification, content: bytes, **values: Any
) -> pb.Certificate:
    """Uploads the file of a certificate."""
    given = {"request_id": new_request_id(), "file_name": "证书.pdf"} | values
    header = pb.CertificateHeader(verification_id=verification.verification_id, **given)

    async def parts() -> AsyncIterator[pb.UploadCertificateRequest]:
        yield pb.UploadCertificateRequest(header=header)
        for start in range(0, len(content), MIB // 4):
            yield pb.UploadCertificateRequest(content=content[start : start + MIB // 4])

    call = client.certificates.UploadCertificate(parts(), timeout=PATIENCE_SECONDS)
    return (await call).certificate


async def versions(
    client: Client, verification: register.Verification
) -> pb.GetCertificatesResponse:
    request = pb.GetCertificatesRequest(verification_id=verification.verification_id)
    return await client.certificates.GetCertificates(request)


async def whole(client: Client, certificate: pb.Certificate) -> bytes:
    """The file of a certificate, read piece by piece."""
    content = b""
    while True:
        request = pb.ReadCertificateRequest(
            certificate_id=certificate.certificate_id, offset=len(content)
        )
        piece = (await client.certificates.ReadCertificate(request)).content
        if not piece:
            return content
        assert len(piece) <= MIB
        content += piece


async def owner_of(registry: RunningRegistry, verification: register.Verification) -> Client:
    """The operator of the instrument that was verified."""
    client = await institution(registry)
    request = register.GetInstrumentRequest(instrument_id=verification.instrument_id)
    instrument = (await client.registry.GetInstrument(request)).instrument
    return registry.client(Role.OPERATOR, subject_id=instrument.subject_id)


async def test_an_institution_sends_a_file_and_the_operator_reads_it(
    registry: RunningRegistry,
) -> None:
    verification, content = await verified(registry), pdf(3 * MIB)
    client = await institution(registry)
    sent = await send(client, verification, content, file_name="C:\\certs\\浙检 1.pdf")
    assert (sent.version, sent.size, sent.kind) == (1, len(content), "pdf")
    assert sent.sha256 == hashlib.sha256(content).hexdigest()
    assert sent.file_name == "浙检 1.pdf"
    operator = await owner_of(registry, verification)
    found = await versions(operator, verification)
    assert list(found.certificates) == [sent]
    assert not found.may_upload
    assert await whole(operator, sent) == content
    with refused("NOT_PERMITTED"):
        await send(operator, verification, pdf(), reason="自己换")


async def test_a_dcc_that_was_changed_after_it_was_signed_is_not_taken(
    registry: RunningRegistry,
) -> None:
    verification, client = await verified(registry), await institution(registry)
    signed = Authority().sign(dcc(number="B-1"))
    with refused("WRONG_STATE"):
        await send(client, verification, signed.replace(b"B-1", b"B-2"))
    assert not (await versions(client, verification)).certificates
    assert (await send(client, verification, signed)).kind == "dcc"


async def test_it_is_announced_and_audited_with_the_verification(registry: RunningRegistry) -> None:
    verification = await verified(registry)
    client = await institution(registry)
    sent = await send(client, verification, pdf())
    audited = await registry.audited(f"verification/{verification.verification_id}")
    assert [one.action for one in audited] == ["record_verification", "upload_certificate"]
    request = register.GetInstrumentRequest(instrument_id=verification.instrument_id)
    found = await client.registry.GetInstrument(request)
    held = found.verifications[0]
    assert (held.certificate_sha256, held.version) == (sent.sha256, verification.version + 1)
    *_, recorded, uploaded = await registry.events_of(f"subject/{found.instrument.subject_id}")
    assert recorded.verifications[0] == held
    assert (uploaded.verification_id, uploaded.version) == (held.verification_id, 1)


async def test_a_replacement_needs_a_reason_and_the_earlier_file_is_kept(
    registry: RunningRegistry,
) -> None:
    verification, client = await verified(registry), await institution(registry)
    content = pdf()
    first = await send(client, verification, content)
    assert (await send(client, verification, content)).certificate_id == first.certificate_id
    with refused("INVALID_INPUT", "header.reason"):
        await send(client, verification, pdf())
    second = await send(client, verification, pdf(), reason="印章不清")
    assert (second.version, second.reason) == (2, "印章不清")
    earlier = (await versions(client, verification)).certificates[1]
    assert earlier.certificate_id == first.certificate_id
    assert earlier.HasField("superseded_at")
    assert await whole(client, earlier) == content
    request = pb.ListCertificatesRequest(page_size=1000)
    listed = (await client.certificates.ListCertificates(request)).certificates
    ids = [one.certificate.certificate_id for one in listed]
    assert second.certificate_id in ids
    assert first.certificate_id not in ids


async def test_a_repeated_upload_counts_once_and_another_file_is_told(
    registry: RunningRegistry,
) -> None:
    verification, client = await verified(registry), await institution(registry)
    content, request_id = pdf(), new_request_id()
    first, again = [
        await send(client, verification, content, request_id=request_id) for _ in range(2)
    ]
    assert first == again
    with refused("ALREADY_EXISTS"):
        await send(client, verification, pdf(), request_id=request_id)


async def test_two_replacements_at_once_give_two_versions(registry: RunningRegistry) -> None:
    verification, client = await verified(registry), await institution(registry)
    await send(client, verification, pdf())
    sent = await asyncio.gather(
        *(send(client, verification, pdf(), reason=f"第{n}次") for n in range(3))
    )
    assert sorted(one.version for one in sent) == [2, 3, 4]
    held = (await versions(client, verification)).certificates
    assert [one.HasField("superseded_at") for one in held] == [False, True, True, True]


async def test_wrong_files_are_refused_and_nothing_is_kept(registry: RunningRegistry) -> None:
    verification, client = await verified(registry), await institution(registry)
    for content in (b"", b"MZ" + bytes(100), b"<html></html>", pdf(21 * MIB)):
        with refused("INVALID_INPUT"):
            await send(client, verification, content)
    with refused("INVALID_INPUT", "header"):
        await client.certificates.UploadCertificate(
            iter([pb.UploadCertificateRequest(content=pdf())])
        )
    assert not (await versions(client, verification)).certificates
    incoming = registry.settings.files_dir / "incoming"
    assert not incoming.exists() or not list(incoming.iterdir())


async def test_an_upload_that_is_cut_off_leaves_nothing(registry: RunningRegistry) -> None:
    verification, client = await verified(registry), await institution(registry)
    header = pb.CertificateHeader(
        request_id=new_request_id(), verification_id=verification.verification_id, file_name="a.pdf"
    )
    call = client.certificates.UploadCertificate()
    await call.write(pb.UploadCertificateRequest(header=header))
    await call.write(pb.UploadCertificateRequest(content=pdf(MIB)))
    call.cancel()
    with pytest.raises((asyncio.CancelledError, grpc.aio.AioRpcError)):
        await call
    assert not (await versions(client, verification)).certificates


async def test_the_first_file_must_be_the_one_that_was_recorded(registry: RunningRegistry) -> None:
    content = pdf()
    digest = hashlib.sha256(content).hexdigest()
    verification = await verified(registry, certificate_sha256=digest)
    client = await institution(registry)
    with refused("INVALID_INPUT", "header.file"):
        await send(client, verification, pdf())
    assert (await send(client, verification, content)).sha256 == digest


async def test_neither_strangers_nor_another_institution_see_or_send_it(
    registry: RunningRegistry,
) -> None:
    verification = await verified(registry)
    sent = await send(await institution(registry), verification, pdf())
    strangers = (
        await institution(registry, OTHER),
        registry.client(Role.CASEWORKER, bureau=FOREIGN),
        registry.client(Role.OPERATOR, subject_id=(await registry.subject()).subject_id),
    )
    for stranger in strangers:
        with refused("NOT_PERMITTED"):
            await versions(stranger, verification)
        with refused("NOT_PERMITTED"):
            await whole(stranger, sent)
        listed = await stranger.certificates.ListCertificates(pb.ListCertificatesRequest())
        ids = {one.certificate.certificate_id for one in listed.certificates}
        assert sent.certificate_id not in ids
    with refused("NOT_PERMITTED"):
        await send(strangers[0], verification, pdf(), reason="换")


async def test_the_list_is_limited_by_its_filters(registry: RunningRegistry) -> None:
    verification = await verified(registry)
    sent = await send(await institution(registry), verification, pdf())
    operator = await owner_of(registry, verification)

    async def listed(**filters: Any) -> list[str]:
        answer = await operator.certificates.ListCertificates(pb.ListCertificatesRequest(**filters))
        return [one.certificate.certificate_id for one in answer.certificates]

    for filters in (
        {},
        {"state": "in_use", "type_code": "FUEL"},
        {"valid_until_from": verification.valid_until, "valid_until_to": verification.valid_until},
    ):
        assert await listed(**filters) == [sent.certificate_id]
    for filters in (
        {"state": "spare"},
        {"type_code": "NAWI-D"},
        {"valid_until_from": "2030-01-01"},
    ):
        assert await listed(**filters) == []


async def test_a_scan_shows_the_digest_alone(registry: RunningRegistry) -> None:
    verification = await verified(registry)
    client = await institution(registry)
    sent = await send(client, verification, pdf())
    request = register.ListLabelsRequest(instrument_ids=[verification.instrument_id])
    code = (await client.registry.ListLabels(request)).labels[0].code
    public = registry.client(Role.PUBLIC)
    scanned = await public.registry.ScanInstrument(register.ScanInstrumentRequest(code=code))
    assert scanned.instrument.certificate_sha256 == sent.sha256
    with refused("NOT_PERMITTED"):
        await whole(public, sent)


async def test_the_same_verification_may_be_reported_again(registry: RunningRegistry) -> None:
    verification = await verified(registry)
    client = await institution(registry)
    await send(client, verification, pdf())
    request = verify(
        verification.instrument_id, institution=OWN, certificate_no=verification.certificate_no
    )
    again = await client.registry.RecordVerification(request)
    assert again.verification.verification_id == verification.verification_id


async def test_a_file_that_is_gone_is_told_by_the_check(registry: RunningRegistry) -> None:
    verification = await verified(registry)
    client = await institution(registry)
    sent = await send(client, verification, pdf())
    address = registry.settings.files_dir / "sha256" / sent.sha256[:2] / sent.sha256
    kept = address.read_bytes()

    async def problems() -> list[str]:
        findings = Findings()
        await check_files(registry.database, Files.of(registry.settings), findings)
        return sorted(one.object for one in findings.problems)

    before = await problems()  # other tests of this register may have removed files of their own
    assert f"certificate/{sent.certificate_id}" not in before
    address.unlink()
    assert await problems() == sorted([*before, f"certificate/{sent.certificate_id}"])
    with refused("NOT_FOUND"):
        await whole(client, sent)
    address.write_bytes(kept)


async def test_a_file_and_the_one_that_replaces_it_are_announced(registry: RunningRegistry) -> None:
    verification, client = await verified(registry), await institution(registry)
    first, second = pdf(), pdf()
    for content, reason in ((first, ""), (first, ""), (second, "数值更正")):
        await send(client, verification, content, reason=reason)
    request = register.GetInstrumentRequest(instrument_id=verification.instrument_id)
    filed = (await client.registry.GetInstrument(request)).instrument
    told = [
        (one.verification_id, one.version, one.reason)
        for one in await registry.events_of(f"subject/{filed.subject_id}")
        if isinstance(one, events.CertificateUploaded)
    ]
    own = verification.verification_id
    assert told == [(own, 1, ""), (own, 2, "数值更正")], "the same file is no news"


async def test_results_are_found_by_the_numbers_of_their_certificates(
    registry: RunningRegistry,
) -> None:
    year = uuid4().hex[:8]
    seventh = await verified(registry, certificate_no=f"检{year}〔2026〕第007号")
    await verified(registry, certificate_no=f"检{year}〔2026〕8号")
    client = await institution(registry)

    async def found(institution: str, *numbers: str) -> list[str]:
        request = register.ListVerificationsRequest(
            institution=institution, certificate_nos=numbers
        )
        answer = await client.registry.ListVerifications(request)
        return [one.verification.verification_id for one in answer.verifications]

    assert await found(OWN, f"检{year}(2026)7", "无此编号") == [seventh.verification_id]
    assert len(await found(OWN, f"检{year}(2026)7", f"检{year}(2026)8")) == 2
    assert await found(OTHER, f"检{year}(2026)7") == []
    assert await found(OWN, "无") == []
