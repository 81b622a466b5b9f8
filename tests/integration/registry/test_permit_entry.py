"""One permit that a caseworker enters or corrects by hand, beside those of files (S4 二(二))."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import permits_pb2 as permits
from protos.registry.v1 import registry_pb2 as register
from tests.integration.registry.import_files import firm_on_file, upload
from tests.integration.registry.permits import (
    CONTENT,
    NUMBER,
    end,
    of,
    permit,
    published,
)
from tests.integration.registry.running_registry import (
    FOREIGN,
    TODAY,
    Client,
    RunningRegistry,
    refused,
)

AUTHORITY = "合成市场监督管理局"


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


def decision(subject: register.Subject, **values: Any) -> permits.Permit:
    """A measurement standard of a subject, as its decision says."""
    given: dict[str, Any] = {
        "subject_id": subject.credit_code,
        "matter": "measurement_standard",
        "document_name": "准予行政许可决定书",
        "document_no": f"（合成）计许〔2026〕{uuid4().int % 10**9}号",
        "certificate_name": "计量标准考核证书",
        "decided_on": "2026-08-10",
        "valid_until": "2031-08-09",
        "authority": AUTHORITY,
    }
    return permits.Permit(**given | values)


async def put(client: Client, one: permits.Permit, ground: str = "") -> permits.PermitEntry:
    request = permits.PutPermitRequest(request_id=new_request_id(), permit=one, ground=ground)
    return (await client.permits.PutPermit(request)).permit


async def test_a_permit_is_entered_and_corrected(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await firm_on_file(caseworker)
    entered = await put(caseworker, decision(subject, category="核准"))
    assert (entered.subject_name, entered.state, entered.permit.version) == (
        *(subject.name, "in_force"),
        1,
    )
    assert entered.permit.entered_on == TODAY.isoformat()
    assert await of(caseworker, subject) == [entered]

    changed = permits.Permit()
    changed.CopyFrom(entered.permit)
    changed.valid_until, changed.open_ended = "", True
    with refused("INVALID_INPUT", "ground"):
        await put(caseworker, changed)
    corrected = await put(caseworker, changed, "与决定书核对")
    assert (corrected.permit.open_ended, corrected.permit.version) == (True, 2)
    with refused("WRONG_STATE"):
        await put(caseworker, changed, "又一次")
    assert await of(caseworker, subject) == [corrected]
    audited = await registry.audited(f"permit/{entered.permit.permit_id}")
    assert [(one.action, one.ground) for one in audited] == [
        ("put_permit", ""),
        ("put_permit", "与决定书核对"),
    ]


async def test_every_fault_is_named(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    bad = decision(
        subject,
        document_no="",
        category="其他",
        content="负责人 110101199003074119",
        decided_on="2026-12-31",
        valid_until="2026-12-30",
        authority_code="不是代码",
    )
    fields = (
        *("document_no", "category", "content", "decided_on", "valid_until"),
        "authority_code",
    )
    with refused("INVALID_INPUT", *(f"permit.{name}" for name in fields)):
        await put(caseworker, bad)
    with refused("INVALID_INPUT", "permit.matter"):
        await put(caseworker, decision(subject, matter="type_approval"))
    with refused("INVALID_INPUT", "permit.matter"):
        await put(caseworker, decision(subject, matter="fishing"))
    with refused("INVALID_INPUT", "permit.subject_id"):
        await put(caseworker, decision(subject, subject_id=""))
    # Of before 2017-12-28 only: the law had that permit no more.
    made = {"matter": "manufacture", "certificate_name": "制造计量器具许可证"}
    with refused("INVALID_INPUT", "permit.decided_on"):
        await put(caseworker, decision(subject, **made))
    assert await of(caseworker, subject) == []


async def test_whose_permit_it_is(registry: RunningRegistry, caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    person = await registry.subject(kind="natural_person", credit_code="")
    with refused("INVALID_INPUT", "permit.subject_id"):
        await put(caseworker, decision(subject, subject_id=person.subject_id))
    entered = await put(caseworker, decision(subject))
    other = await firm_on_file(caseworker)
    moved = permits.Permit()
    moved.CopyFrom(entered.permit)
    moved.subject_id = other.subject_id
    with refused("INVALID_INPUT", "permit.subject_id"):
        await put(caseworker, moved, "换主体")
    await registry.bureau(FOREIGN)
    with refused("NOT_PERMITTED"):
        await put(registry.client(Role.CASEWORKER, bureau=FOREIGN), decision(subject))
    with refused("NOT_PERMITTED"):
        await put(registry.client(Role.INSPECTOR), decision(subject))


async def test_a_decision_is_entered_once_by_hand_or_by_file(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    row = permit(subject)
    await upload(caseworker, "permits", published(row))
    [entry] = await of(caseworker, subject)
    again = decision(
        subject,
        document_no=row[NUMBER].replace("〔", "[").replace("〕", "]"),
        authority=row["许可机关"],
    )
    with refused("ALREADY_EXISTS"):
        await put(caseworker, again)
    corrected = permits.Permit()
    corrected.CopyFrom(entry.permit)
    corrected.content = "按决定书更正"
    await put(caseworker, corrected, "与决定书核对")
    # The next file is what the authority published: it says so again.
    assert (await upload(caseworker, "permits", published(row, permit(subject)))).changed == 2
    by_hand = await put(caseworker, decision(subject))
    same = permit(
        subject,
        **{NUMBER: by_hand.permit.document_no, "许可机关": AUTHORITY, CONTENT: "电子秤检定装置"},
    )
    assert (await upload(caseworker, "permits", published(same))).changed == 1
    found = {one.permit.permit_id: one.permit for one in await of(caseworker, subject)}
    assert found[by_hand.permit.permit_id].content == "电子秤检定装置"


async def test_a_correction_leaves_how_a_permit_ended(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    entered = await put(caseworker, decision(subject))
    ended = await end(caseworker, entered, "revoked")
    changed = permits.Permit()
    changed.CopyFrom(ended.permit)
    changed.ended, changed.content = "", "另一种检定装置"
    corrected = await put(caseworker, changed, "与决定书核对")
    assert (corrected.state, corrected.permit.content) == ("ended", "另一种检定装置")
