"""A verification institution reports its own results, by form and by file, and nothing else."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import update
from sqlmodel import col

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.institutions.tables import Authorisation
from tests.integration.registry.import_files import reasons, upload, verification, verifications
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    refused,
    verify,
)
from tests.unit.services.registry.workbooks import xlsx

OWN, OTHER = "合成检定一院", "合成检定二院"


async def institution(registry: RunningRegistry, name: str = OWN) -> Client:
    """Somebody of an institution, whose account names it."""
    if name:
        return await registry.speaker(name, "FUEL")
    await registry.bureau()
    account = await open_account(registry, Role.VERIFICATION_INSTITUTION, name)
    return registry.client(Role.VERIFICATION_INSTITUTION, name=account.account_id)


async def open_account(
    registry: RunningRegistry, role: Role, institution_name: str
) -> identity.Account:
    administrator = await registry.first_administrator()
    request = identity.CreateAccountRequest(
        request_id=new_request_id(),
        name=f"user-{uuid4().hex[:12]}",
        display_name="合成检定员",
        password="a-synthetic-password",
        roles=[wire.role_number(role)],
        bureau=DISTRICT,
        institution=institution_name,
    )
    return (await administrator.identity.CreateAccount(request)).account


async def test_an_institution_uploads_a_file_of_its_own_verifications(
    registry: RunningRegistry,
) -> None:
    client, filed = await institution(registry), await registry.instrument()
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=OWN)
    batch = await upload(client, "verifications", verifications(row))
    assert (batch.state, batch.changed) == ("applied", 1)
    seen = await client.imports.GetBatch(pb.GetBatchRequest(batch_id=batch.batch_id))
    assert seen.batch == batch


async def test_an_institution_uploads_a_workbook_of_its_own_verifications(
    registry: RunningRegistry,
) -> None:
    client, filed = await institution(registry), await registry.instrument()
    own, other, beyond = (
        verification(出厂编号=filed.serial_no, 器具类型=code, 检定机构=name)
        for code, name in (("FUEL", OWN), ("FUEL", OTHER), ("WATER", OWN))
    )
    rows = [list(own), *(list(row.values()) for row in (own, other, beyond))]
    batch = await upload(
        client, "verifications", xlsx({"检定记录": rows}), file_name="结果.xlsx", mode="good_rows"
    )
    assert (batch.state, batch.changed, batch.rejected) == ("applied", 1, 2)
    found = {row: reason for row, _, reason in await reasons(client, batch)}
    assert found == {3: "NOT_OWN_INSTITUTION", 4: "UNKNOWN_INSTRUMENT"}


async def test_what_it_reports_under_its_name_in_another_writing_it_finds_again(
    registry: RunningRegistry,
) -> None:
    name, written = f"合成（市）检定院{(tail := uuid4().hex[:8])}", f"合成(市) 检定院{tail}"
    client, filed = await institution(registry, name), await registry.instrument()
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=written)
    batch = await upload(client, "verifications", verifications(row, {**row, "检定机构": name}))
    assert (batch.state, batch.changed) == ("applied", 1)
    await client.registry.RecordVerification(verify(filed.instrument_id, institution=written))
    again = await upload(client, "verifications", verifications(row))
    assert again.state == "unchanged"
    request = pb.ListVerificationsRequest(institution=name)
    seen = (await client.registry.ListVerifications(request)).verifications
    assert [one.verification.institution for one in seen] == [name, name]


async def test_the_certificate_of_another_institution_is_refused(
    registry: RunningRegistry,
) -> None:
    client, filed = await institution(registry), await registry.instrument()
    rows = [
        verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=name)
        for name in (OWN, OTHER)
    ]
    batch = await upload(client, "verifications", verifications(*rows))
    assert (batch.state, await reasons(client, batch)) == (
        "refused",
        [(3, "检定机构", "NOT_OWN_INSTITUTION")],
    )
    with refused("INVALID_INPUT", "verification.institution"):
        await client.registry.RecordVerification(verify(filed.instrument_id, institution=OTHER))


async def test_what_another_institution_reported_is_not_altered(registry: RunningRegistry) -> None:
    client, filed = await institution(registry), await registry.instrument()
    theirs = verify(filed.instrument_id, institution=OTHER, certificate_no="")
    await registry.client(Role.CASEWORKER).registry.RecordVerification(theirs)
    row = verification(
        出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=OWN, 证书编号="", 有效期至="2027-12-31"
    )
    batch = await upload(client, "verifications", verifications(row))
    assert await reasons(client, batch) == [(2, "检定机构", "NOT_OWN_INSTITUTION")]


@pytest.mark.parametrize("family", ["subjects", "instruments", "records"])
async def test_an_institution_uploads_nothing_else(registry: RunningRegistry, family: str) -> None:
    client = await institution(registry)
    with refused("NOT_PERMITTED"):
        await upload(client, family, b"x\n1\n")


async def test_an_institution_files_no_instruments_and_loads_no_register(
    registry: RunningRegistry,
) -> None:
    client, content = await institution(registry), verifications(verification(检定机构=OWN))
    with refused("NOT_PERMITTED"):
        await upload(client, "verifications", content, file_missing=True, bureau=DISTRICT)
    with refused("NOT_PERMITTED"):
        await upload(client, "verifications", content, baseline=True)


async def test_an_account_without_the_name_of_its_institution_uploads_no_file(
    registry: RunningRegistry,
) -> None:
    client = await institution(registry, name="")
    with refused("NOT_PERMITTED"):
        await upload(client, "verifications", verifications(verification(检定机构=OWN)))


async def test_only_an_account_of_an_institution_names_one(registry: RunningRegistry) -> None:
    await registry.bureau()
    with refused("INVALID_INPUT", "institution"):
        await open_account(registry, Role.CASEWORKER, OWN)


async def test_what_an_institution_issued_is_listed_newest_first(registry: RunningRegistry) -> None:
    name = f"合成检定院{uuid4().hex[:6]}"
    client, filed = await institution(registry, name), await registry.instrument()
    for day in ("2026-03-01", "2026-05-01", "2026-04-01"):
        await client.registry.RecordVerification(
            verify(filed.instrument_id, institution=name, verified_on=day, valid_until="2026-09-01")
        )
    days, token = [], ""
    while True:
        request = pb.ListVerificationsRequest(institution=name, page_size=2, page_token=token)
        page = await client.registry.ListVerifications(request)
        days += [entry.verification.verified_on for entry in page.verifications]
        token = page.next_page_token
        if not token:
            break
    assert days == ["2026-05-01", "2026-04-01", "2026-03-01"]


async def test_an_authorisation_for_a_type_outside_the_catalogue_can_be_shortened(
    registry: RunningRegistry,
) -> None:
    """Such authorisations stem from imports that took unknown types; no new one is given."""
    name, head = f"合成检定院{uuid4().hex[:8]}", registry.client(Role.UNIT_HEAD, name="unit-head")
    await institution(registry, name)
    asked = institutions.GetInstitutionRequest(institution_id=name)
    [given] = (await head.institutions.GetInstitution(asked)).authorisations
    of_it = update(Authorisation).where(
        col(Authorisation.authorisation_id) == given.authorisation_id
    )
    async with registry.database.transaction() as session:
        await session.exec(of_it.values(type_code="不在目录"))
    given.type_code, given.valid_until = "不在目录", "2026-08-31"
    request = institutions.PutAuthorisationRequest(
        request_id=new_request_id(), authorisation=given, ground="撤销授权"
    )
    changed = (await head.institutions.PutAuthorisation(request)).authorisation
    assert (changed.type_code, changed.valid_until) == ("不在目录", "2026-08-31")
    given.authorisation_id, given.version = "", 0
    request = institutions.PutAuthorisationRequest(request_id=new_request_id(), authorisation=given)
    with refused("INVALID_INPUT", "authorisation.type_code"):
        await head.institutions.PutAuthorisation(request)
