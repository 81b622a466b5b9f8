"""Attacker: somebody with the account of a verification institution.

They may report results of their own institution, and try to report in the name of another, of types
that they may not verify, under another's certificate numbers, and to reach another's certificates.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import grpc
import pytest

from plumbing.client import Refusal, ask, new_request_id, refusal_of
from plumbing.identity import Role
from protos.registry.v1 import certificates_pb2 as certificates
from protos.registry.v1 import institutions_pb2 as pb
from protos.registry.v1 import registry_pb2 as register
from tests.integration.registry.conftest import _settings, nats_url, registry  # noqa: F401
from tests.integration.registry.import_files import reasons, upload, verification, verifications
from tests.integration.registry.running_registry import (
    DISTRICT,
    FOREIGN,
    Client,
    RunningRegistry,
    refused,
    verify,
)

OWN, OTHER = "合成检定甲院", "合成检定乙院"


async def attacker(registry: RunningRegistry) -> Client:  # noqa: F811
    """The account of an institution that may verify fuel dispensers."""
    return await registry.speaker(OWN, "FUEL")


async def rejected(client: Client, *rows: Mapping[str, str]) -> list[tuple[int, str, str]]:
    """Why a file of these rows is refused."""
    batch = await upload(client, "verifications", verifications(*rows))
    assert batch.state == "refused"
    return await reasons(client, batch)


async def test_in_the_name_of_another_institution(registry: RunningRegistry) -> None:  # noqa: F811
    client, filed = await attacker(registry), await registry.instrument()
    await registry.speaker(OTHER, "FUEL")
    with refused("INVALID_INPUT", "verification.institution"):
        await client.registry.RecordVerification(verify(filed.instrument_id, institution=OTHER))
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=OTHER)
    assert await rejected(client, row) == [(2, "检定机构", "NOT_OWN_INSTITUTION")]


async def test_with_an_account_that_belongs_to_no_institution(registry: RunningRegistry) -> None:  # noqa: F811
    await registry.bureau()
    filed = await registry.instrument()
    client = registry.client(Role.VERIFICATION_INSTITUTION, name=uuid4().hex)
    with refused("NOT_PERMITTED"):
        await client.registry.RecordVerification(verify(filed.instrument_id))


async def test_of_a_type_that_it_may_not_verify(registry: RunningRegistry) -> None:  # noqa: F811
    client = await attacker(registry)
    owner = await registry.subject()
    scale = await registry.instrument(owner, type_code="NAWI-D")
    request = verify(scale.instrument_id, institution=OWN)
    with pytest.raises(Refusal) as refusal:
        await ask(client.registry.RecordVerification(request))
    [(field, zh, en)] = refusal.value.faults
    assert field == "verification.verified_on"
    assert "2026-09-01" in zh and "2026-09-01" in en  # noqa: PT018
    assert "数字指示秤" in zh
    assert "not authorised" in en
    row = verification(出厂编号=scale.serial_no, 器具类型="NAWI-D", 检定机构=OWN)
    assert await rejected(client, row) == [(2, "检定日期", "NOT_AUTHORISED")]


async def test_on_a_day_before_its_authorisation(registry: RunningRegistry) -> None:  # noqa: F811
    client, filed = await attacker(registry), await registry.instrument()
    early = verify(
        filed.instrument_id, institution=OWN, verified_on="2019-12-31", valid_until="2020-06-30"
    )
    with refused("INVALID_INPUT", "verification.verified_on"):
        await client.registry.RecordVerification(early)


async def test_under_the_certificate_number_of_another(registry: RunningRegistry) -> None:  # noqa: F811
    client, filed = await attacker(registry), await registry.instrument()
    theirs = await registry.speaker(OTHER, "FUEL")
    number = uuid4().hex
    known = verify(filed.instrument_id, institution=OTHER, certificate_no=number)
    await theirs.registry.RecordVerification(known)
    mine = verify(filed.instrument_id, institution=OWN, certificate_no=number)
    with refused("INVALID_INPUT", "verification.certificate_no"):
        await client.registry.RecordVerification(mine)
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=OWN, 证书编号=number)
    assert await rejected(client, row) == [(2, "证书编号", "CERTIFICATE_OF_ANOTHER_INSTITUTION")]


async def test_under_one_number_at_the_same_instant(registry: RunningRegistry) -> None:  # noqa: F811
    client, filed = await attacker(registry), await registry.instrument()
    theirs = await registry.speaker(OTHER, "FUEL")
    for _ in range(5):
        number = uuid4().hex
        answers = await asyncio.gather(
            *(
                caller.registry.RecordVerification(
                    verify(filed.instrument_id, institution=name, certificate_no=number)
                )
                for caller, name in ((client, OWN), (theirs, OTHER))
            ),
            return_exceptions=True,
        )
        [lost] = [one for one in answers if isinstance(one, grpc.aio.AioRpcError)]
        assert refusal_of(lost).faults[0][0] == "verification.certificate_no"


async def test_by_a_proposal_that_waits_while_another_uses_the_number(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    client, filed = await attacker(registry), await registry.instrument()
    theirs, number = await registry.speaker(OTHER, "FUEL"), uuid4().hex
    beyond = {"certificate_no": number, "valid_until": "2029-08-31"}
    long = verify(filed.instrument_id, institution=OWN, **beyond)
    proposal = (await client.registry.RecordVerification(long)).proposal
    assert proposal.proposal_id
    elsewhere = await registry.instrument()
    known = verify(elsewhere.instrument_id, institution=OTHER, certificate_no=number)
    await theirs.registry.RecordVerification(known)
    with refused("INVALID_INPUT", "verification.certificate_no"):
        await registry.release(proposal)


async def test_with_the_file_of_another_institutions_certificate(registry: RunningRegistry) -> None:  # noqa: F811
    client, filed = await attacker(registry), await registry.instrument()
    theirs = await registry.speaker(OTHER, "FUEL")
    request = verify(filed.instrument_id, institution=OTHER)
    recorded = (await theirs.registry.RecordVerification(request)).verification
    sent = await send(theirs, recorded)
    with refused("NOT_PERMITTED"):
        await send(client, recorded)
    with refused("NOT_PERMITTED"):
        await client.certificates.ReadCertificate(
            certificates.ReadCertificateRequest(certificate_id=sent.certificate_id)
        )


async def send(client: Client, recorded: register.Verification) -> certificates.Certificate:
    """Sends a file as the certificate of a verification."""
    header = certificates.CertificateHeader(
        request_id=new_request_id(),
        verification_id=recorded.verification_id,
        file_name="证书.pdf",
        reason="更换",
    )

    async def parts() -> AsyncIterator[certificates.UploadCertificateRequest]:
        yield certificates.UploadCertificateRequest(header=header)
        yield certificates.UploadCertificateRequest(content=b"%PDF-1.7\n" + uuid4().bytes * 60)

    return (await client.certificates.UploadCertificate(parts())).certificate


async def test_by_authorising_itself(registry: RunningRegistry) -> None:  # noqa: F811
    client = await attacker(registry)
    own = (await client.institutions.ListInstitutions(pb.ListInstitutionsRequest())).institutions
    assert [one.name for one in own] == [OWN]
    authorisation = pb.Authorisation(
        institution_id=own[0].institution_id,
        type_code="NAWI-D",
        valid_from="2020-01-01",
        valid_until="2029-12-31",
        document_no="（合成）伪造",
    )
    for stranger, code in (
        (client, "NOT_PERMITTED"),
        (registry.client(Role.ADMINISTRATOR, bureau="000000"), "NOT_PERMITTED"),
        (registry.client(Role.UNIT_HEAD, bureau=FOREIGN), "NOT_FOUND"),
    ):
        request = pb.PutAuthorisationRequest(
            request_id=new_request_id(), authorisation=authorisation
        )
        with refused(code):
            await stranger.institutions.PutAuthorisation(request)


async def test_what_a_unit_head_keeps(registry: RunningRegistry) -> None:  # noqa: F811
    """An authorisation that ends early bars from the next day; a name stays what it is."""
    await registry.bureau()
    name = f"合成检定{uuid4().hex[:6]}院"
    institution = await registry.institution(name, "FUEL")
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    found = await head.institutions.GetInstitution(pb.GetInstitutionRequest(institution_id=name))
    [authorisation] = found.authorisations
    authorisation.valid_until = "2026-08-31"
    request = pb.PutAuthorisationRequest(
        request_id=new_request_id(), authorisation=authorisation, ground="撤销授权"
    )
    changed = (await head.institutions.PutAuthorisation(request)).authorisation
    assert (changed.valid_until, changed.version) == ("2026-08-31", 2)
    authorisation.version, authorisation.type_code = changed.version, "FUELL"
    slip = pb.PutAuthorisationRequest(request_id=new_request_id(), authorisation=authorisation)
    with refused("INVALID_INPUT", "authorisation.type_code") as refusals:
        await head.institutions.PutAuthorisation(slip)
    assert "FUEL" in refusals[0].faults[0][2]
    slip.authorisation.type_code = "燃油加油机"  # a name of the catalogue stands for its code
    named = (await head.institutions.PutAuthorisation(slip)).authorisation
    assert (named.type_code, named.version) == ("FUEL", 3)
    client, filed = await registry.speaker(name), await registry.instrument()
    with refused("INVALID_INPUT", "verification.verified_on"):
        await client.registry.RecordVerification(verify(filed.instrument_id, institution=name))
    institution.name = "另一个名称"
    renamed = pb.PutInstitutionRequest(request_id=new_request_id(), institution=institution)
    with refused("INVALID_INPUT", "institution.name"):
        await head.institutions.PutInstitution(renamed)
    again = pb.Institution(name=name, bureau=DISTRICT)
    with refused("ALREADY_EXISTS"):
        await head.institutions.PutInstitution(
            pb.PutInstitutionRequest(request_id=new_request_id(), institution=again)
        )
