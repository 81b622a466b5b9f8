"""Qualifications: what the bureau keeps, from a file too, and what of it the public sees."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from sqlmodel import select

from law.disclosure.retention import contact_kept
from plumbing.audit import AuditEntry
from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import SystemClock
from plumbing.identity import Role, service_caller
from protos.registry.v1 import people_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.registry.people import contacts
from services.registry.tables import Proposal
from tests.integration.registry.import_files import table, undo, upload
from tests.integration.registry.running_registry import FOREIGN, Client, RunningRegistry, refused

OWN = "合成人员所"
COLUMNS = "类别,证书编号,名称或者姓名,项目,所在机构,有效期自,有效期至"


async def put(client: Client, **values: Any) -> pb.Qualification:
    """Enters a qualification, by default of an examiner."""
    given = {"kind": "examiner", "name": "合成考评员", "valid_from": "2026-01-01"} | values
    return (await client.people.PutQualification(_request(given))).qualification


def _request(given: dict[str, Any]) -> pb.PutQualificationRequest:
    qualification = pb.Qualification(**given)
    return pb.PutQualificationRequest(request_id=new_request_id(), qualification=qualification)


async def shown(client: Client, **values: Any) -> proposals.Proposal:
    """Enters an institution or expert that consented to be shown; returns what waits."""
    of = {"kind": "calibration_institution", "scope": "电子天平校准", "valid_from": "2026-01-01"}
    return (await client.people.PutQualification(_request(of | values))).proposal


async def load(client: Client, *rows: str) -> pb.ImportQualificationsResponse:
    """Sends a file of qualifications."""
    content = "\n".join((COLUMNS, *rows)).encode()
    request = pb.ImportQualificationsRequest(request_id=new_request_id(), content=content)
    return await client.people.ImportQualifications(request)


async def listed(client: Client, **asked: Any) -> list[str]:
    """The numbers of the qualifications that a caller finds."""
    request = pb.ListQualificationsRequest(page_size=1000, **asked)
    return [one.number for one in (await client.people.ListQualifications(request)).qualifications]


async def entries(client: Client, number: str) -> list[pb.Qualification]:
    """The qualifications with a number that a caller finds."""
    request = pb.ListQualificationsRequest(contains=number)
    return list((await client.people.ListQualifications(request)).qualifications)


async def test_a_qualification_is_entered_changed_and_ended(registry: RunningRegistry) -> None:
    await registry.bureau()
    caseworker = registry.client(Role.CASEWORKER)
    filed = await put(caseworker, number="考评-01", valid_until="2026-12-31")
    assert (filed.bureau, filed.version, filed.state) == ("330106", 1, "in_force")
    with refused("ALREADY_EXISTS"):
        await put(caseworker, number="考评 － 01")
    same = {"qualification_id": filed.qualification_id, "number": "考评-01"}
    with refused("WRONG_STATE"):
        await put(caseworker, **same)
    ended = await put(caseworker, **same, version=1, ended_ground="（合成）注销决定")
    assert (ended.version, ended.state) == (2, "ended")
    actions = await registry.audited(f"qualification/{filed.qualification_id}")
    assert [one.action for one in actions] == ["put_qualification", "put_qualification"]
    told = await registry.events_of(f"qualification/{filed.qualification_id}")
    [first], [over] = [one.endings for one in told]
    assert (first.what, first.number, first.last_day) == ("examiner", "考评-01", "2026-12-31")
    assert (over.last_day, over.version) == ("", 2)
    abroad = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    with refused("NOT_FOUND"):
        await put(abroad, **same, version=2)
    assert "考评-01" not in await listed(abroad)


async def test_what_is_wrong_is_named(registry: RunningRegistry) -> None:
    await registry.bureau()
    caseworker = registry.client(Role.CASEWORKER)
    with refused("INVALID_INPUT", "qualification.institution"):
        await put(caseworker, kind="metrologist", number="师-1")
    with refused("INVALID_INPUT", "qualification.institution"):
        await put(caseworker, kind="metrologist", number="师-1", institution="没有登记的所")
    with refused("INVALID_INPUT", "qualification.consent", "qualification.valid_until"):
        await put(caseworker, number="考-9", consent="同意", valid_until="2025-01-01")
    with refused("NOT_PERMITTED"):
        await put(registry.client(Role.OPERATOR, subject_id="x"), number="考-9")


async def test_a_file_enters_and_updates_or_does_nothing(registry: RunningRegistry) -> None:
    await registry.bureau()
    await registry.institution(OWN)
    caseworker = registry.client(Role.CASEWORKER)
    good = f"注册计量师,（合成）师-77,合成计量师,衡器,{OWN},2026/1/1,2026-10-01"
    with refused("INVALID_INPUT", "rows.3"):
        await load(caseworker, good, "检定员,1,乙,,,2026-01-01,")
    assert "（合成）师-77" not in await listed(caseworker)
    first = await load(caseworker, good)
    assert (first.added, first.changed, first.known) == (1, 0, 0)
    renewed = await load(caseworker, good.replace("2026-10-01", "2026-11-15"))
    assert (renewed.added, renewed.changed) == (0, 1)
    assert (await load(caseworker, good.replace("2026-10-01", "2026-11-15"))).known == 1
    blank = f"注册计量师,（合成）师-77,合成计量师,,{OWN},2026/1/1,"
    assert (await load(caseworker, blank)).known == 1  # says nothing of scope and last day
    with refused("INVALID_INPUT", "rows.3"):
        await load(caseworker, good, good.replace("合成计量师", "别人"))
    inspector = registry.client(Role.INSPECTOR)
    assert await listed(inspector, kind="metrologist", contains=OWN) == ["（合成）师-77"]
    ending = await listed(inspector, ends_within_days=3660)
    assert "（合成）师-77" in ending


async def _qualifications(client: Client) -> list[pb.Qualification]:
    request = pb.ListQualificationsRequest(page_size=1000)
    return list((await client.people.ListQualifications(request)).qualifications)


async def test_the_public_sees_calibration_institutions_that_consented(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker = registry.client(Role.CASEWORKER)
    of = {"kind": "calibration_institution", "scope": "电子天平校准"}
    consented = {"number": "校-1", "name": "合成校准所甲", "consent": "书面同意"}
    waits = await shown(caseworker, **consented)
    await put(caseworker, **of, number="校-2", name="合成校准所乙")
    over = {"valid_from": "2020-01-01", "valid_until": "2020-12-31"}
    await registry.release(
        await shown(caseworker, **over, number="校-3", name="合成校准所丙", consent="同意")
    )
    public = registry.client(Role.PUBLIC)
    request = pb.ListCalibratorsRequest(contains="合成校准所")
    assert not (await public.people.ListCalibrators(request)).calibrators
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    own = await shown(head, number="校-4", name="合成校准所丁", consent="书面同意")
    with refused("NOT_PERMITTED"):  # nobody releases what they proposed
        await registry.release(own)
    await registry.release(waits)
    answer = await public.people.ListCalibrators(request)
    assert [(one.name, one.number) for one in answer.calibrators] == [("合成校准所甲", "校-1")]
    with refused("NOT_PERMITTED"):
        await listed(public)
    [filed] = [one for one in await _qualifications(caseworker) if one.number == "校-1"]
    with refused("INVALID_INPUT", "rows.2"):  # a file shows nothing new either
        await load(caseworker, "校准机构,校-1,合成校准所甲,衡器校准,,2026-01-01,")
    present = {"qualification_id": filed.qualification_id, "version": filed.version}
    changed = await shown(caseworker, **present, **(consented | {"name": "合成校准所新"}))
    assert not (await public.people.ListCalibrators(request)).calibrators
    await registry.release(changed)
    [seen] = (await public.people.ListCalibrators(request)).calibrators
    assert seen.name == "合成校准所新"


async def test_calibration_institutions_are_found_by_type_and_by_place(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker, name = registry.client(Role.CASEWORKER), f"合成校准站{uuid4().hex[:6]}"
    given = {"number": name, "name": name, "consent": "书面同意"}
    await registry.release(await shown(caseworker, **given, scope="燃油加油机、电子秤校准"))

    async def found(**asked: str) -> bool:
        request = pb.ListCalibratorsRequest(page_size=1000, **asked)
        answer = await registry.client(Role.PUBLIC).people.ListCalibrators(request)
        return name in {one.name for one in answer.calibrators}

    for asked in ("FUEL", "燃油加油机", "NAWI-D"):  # 电子秤 is a name of that in the catalogue
        assert await found(type_code=asked)
    assert not await found(type_code="WTS")
    for place in ("33", "3301", "330106"):
        assert await found(division_code=place, type_code="FUEL")
    for place in ("12", "330110"):
        assert not await found(division_code=place)


async def test_experts_that_consented_are_found_by_whoever_is_signed_in_and_not_by_the_public(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker = registry.client(Role.CASEWORKER)
    expert = {"kind": "expert", "name": "合成专家甲", "scope": "流量计量", "number": "聘-1"}
    of = {**expert, "institution": "没有登记的大学", "valid_from": "2026-01-01"}
    with refused("INVALID_INPUT", "qualification.contact"):
        await shown(caseworker, **of, consent="本人书面同意")
    with refused("INVALID_INPUT", "qualification.contact", "qualification.consent"):
        await put(caseworker, number="考-9", consent="同意", contact="0571-00000000")
    consented = {**of, "contact": "0571-00000000", "consent": "本人书面同意"}
    waits = await shown(caseworker, **consented)
    assert waits.act == "show_expert"
    rows = ("专家,聘-2,合成专家乙,流量计量,,2026-01-01,",)  # a file has no consent
    assert (await load(caseworker, *rows)).added == 1
    request = pb.ListExpertsRequest(contains="流量")
    operator = registry.client(Role.OPERATOR, subject_id="x")
    assert not (await operator.people.ListExperts(request)).experts
    await registry.release(waits)
    for reader in (operator, registry.client(Role.VERIFICATION_INSTITUTION), caseworker):
        [found] = (await reader.people.ListExperts(request)).experts
        assert (found.name, found.contact) == ("合成专家甲", "0571-00000000")
    with refused("NOT_PERMITTED"):
        await registry.client(Role.PUBLIC).people.ListExperts(request)
    [filed] = await entries(caseworker, "聘-1")
    # Taken back by one alone, and how the expert is reached goes with it (PIPL 47(三)).
    present = {"qualification_id": filed.qualification_id, "version": filed.version}
    back = await put(caseworker, **of, **present, contact="0571-00000000")
    assert back.contact == ""
    assert not (await operator.people.ListExperts(request)).experts


async def test_a_bureau_that_keeps_one_is_not_removed_with_its_import(
    registry: RunningRegistry,
) -> None:
    administrator = registry.client(Role.ADMINISTRATOR, bureau="000000")
    rows = table(("机关代码", "机关名称"), ("330196", "合成分局"))
    founded = await upload(administrator, "bureaus", rows)
    await put(registry.client(Role.CASEWORKER, bureau="330196"), number="考评-96")
    with refused("WRONG_STATE", "bureau/330196"):
        await undo(administrator, founded)


async def test_how_an_expert_is_reached_is_erased_once_the_appointment_has_ended(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker, contact = registry.client(Role.CASEWORKER), "0571-00000000"
    expert = {"kind": "expert", "name": "合成专家甲", "contact": contact}
    ending = await put(caseworker, **expert, number="存-1", valid_until="2026-09-14")
    lasting = await put(caseworker, **expert, number="存-2", valid_until="2026-09-15")
    ended = await put(caseworker, **expert, number="存-3")
    same = {"qualification_id": ended.qualification_id, "number": "存-3", "version": 1}
    closed = await put(caseworker, **expert | same, ended_ground="（合成）解聘")
    assert closed.contact == ""  # at once
    on = date(2026, 9, 15)
    async with registry.database.snapshot() as session:
        assert await contacts.overdue(session, on) == [ending.qualification_id]
    erased = []
    for _ in range(2):
        async with Changes(registry.database, SystemClock()).change(
            service_caller("registry")
        ) as change:
            erased.append(await contacts.erase_due(change, on))
    assert erased == [1, 0]
    kept = {one.number: one.contact for one in await entries(caseworker, "存-")}
    assert kept == {"存-1": "", "存-2": lasting.contact, "存-3": ""}
    [_, erasing] = await registry.audited(f"qualification/{ending.qualification_id}")
    assert (erasing.action, erasing.ground) == ("erase_contact", contact_kept(on).cite)
    assert contact not in f"{erasing.before}{erasing.after}"


async def test_how_an_expert_is_reached_is_not_put_on_file_again_after_the_last_day(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker, contact, number = registry.client(Role.CASEWORKER), "0571-00000000", "存-5"
    days = {"valid_from": "2020-01-01", "valid_until": "2020-12-31"}
    of = {"kind": "expert", "name": "合成专家甲", "scope": "流量计量"}
    expert = {**of, "number": number, "consent": "本人书面同意"}
    waits = await shown(caseworker, **expert, **days, contact=contact)
    await registry.release(waits)
    [over] = await entries(caseworker, number)
    assert (over.state, over.contact) == ("expired", "")
    same = {**expert, "qualification_id": over.qualification_id}
    for given in ("", contact):  # it can be changed without one too
        over = await put(caseworker, **same, **days, version=over.version, contact=given)
        assert over.contact == ""
    head = "类别,证书编号,名称或者姓名,联系方式,有效期自,有效期至"
    for name, until in ((number, ""), ("存-6", "2020-12-31")):
        rows = f"{head}\n专家,{name},合成专家甲,{contact},2020-01-01,{until}"
        request = pb.ImportQualificationsRequest(request_id=new_request_id(), content=rows.encode())
        await caseworker.people.ImportQualifications(request)
        [filed] = await entries(caseworker, name)
        assert filed.contact == ""
    renewed = {**same, "valid_from": "2020-01-01", "version": over.version}
    with refused("INVALID_INPUT", "qualification.contact"):  # appointed anew, it is given anew
        await shown(caseworker, **renewed)
    assert (await shown(caseworker, **renewed, contact=contact)).state == "waiting"


async def test_neither_audit_nor_proposal_keeps_how_an_expert_is_reached(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    contact = "0571-00000266"  # nobody else is reached there
    waits = await shown(
        registry.client(Role.CASEWORKER),
        kind="expert",
        name="合成专家甲",
        number="存-9",
        valid_from="2026-01-01",
        contact=contact,
        consent="本人书面同意",
    )
    assert contact not in str(waits)
    await registry.release(waits)
    async with registry.database.snapshot() as session:
        proposal = await session.get_one(Proposal, waits.proposal_id)
        entries_ = (await session.exec(select(AuditEntry))).all()
    assert contact.encode() not in proposal.request
    assert not [one.action for one in entries_ if contact in f"{one.before}{one.after}"]
