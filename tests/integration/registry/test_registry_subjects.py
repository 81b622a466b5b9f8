"""Bureaus and subjects: registered, changed, seen."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    OTHER_DISTRICT,
    STARTS,
    RunningRegistry,
    credit_code,
    put_instrument,
    put_subject,
    refused,
)


def put_bureau(**values: Any) -> pb.PutBureauRequest:
    return pb.PutBureauRequest(request_id=new_request_id(), bureau=pb.Bureau(**values))


def changed(subject: pb.Subject, **values: Any) -> pb.PutSubjectRequest:
    """A request that changes a subject as it was last read."""
    copy = pb.Subject()
    copy.CopyFrom(subject)
    for name, value in values.items():
        setattr(copy, name, value)
    return pb.PutSubjectRequest(request_id=new_request_id(), subject=copy)


async def test_a_bureau_is_created_changed_and_announced(registry: RunningRegistry) -> None:
    client = registry.client(Role.ADMINISTRATOR, bureau="000000")
    values = {"code": "330100-JQ", "name": "合成景区分局", "phone": "0571-00000000"}
    made = (await client.registry.PutBureau(put_bureau(**values))).bureau
    assert (made.code, made.division_code, made.version) == ("330100-JQ", "", 1)
    again = (await client.registry.PutBureau(put_bureau(**values))).bureau
    assert again == made
    moved = put_bureau(**values | {"phone": "0571-11111111"}, version=1)
    assert (await client.registry.PutBureau(moved)).bureau.version == 2
    announced = await registry.events_of("bureau/330100-JQ")
    assert [event.bureaus[0].version for event in announced] == [1, 2]
    entries = await registry.audited("bureau/330100-JQ")
    assert [entry.before and entry.before["phone"] for entry in entries] == [None, "0571-00000000"]


async def test_a_bureau_changed_meanwhile_is_not_overwritten(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.ADMINISTRATOR, bureau="000000")
    with refused("WRONG_STATE") as refusals:
        await client.registry.PutBureau(put_bureau(code=DISTRICT, name="另一名称", version=7))
    assert refusals[0].facts["version"]


async def test_a_unit_head_changes_only_where_its_own_bureau_is_reached_and_its_streets(
    registry: RunningRegistry,
) -> None:
    await registry.bureau(OTHER_DISTRICT)
    client = registry.client(Role.UNIT_HEAD, bureau=OTHER_DISTRICT)
    listed = (await client.registry.ListBureaus(pb.ListBureausRequest(page_size=1000))).bureaus
    bureau = next(bureau for bureau in listed if bureau.code == OTHER_DISTRICT)
    bureau.phone = "0571-22222222"
    request = pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
    bureau = (await client.registry.PutBureau(request)).bureau
    assert bureau.phone == "0571-22222222"
    bureau.streets.extend(["文一路", " 古翠路 ", "文一路 "])
    request = pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
    bureau = (await client.registry.PutBureau(request)).bureau
    assert list(bureau.streets) == ["文一路", "古翠路"]
    announced = await registry.events_of(f"bureau/{OTHER_DISTRICT}")
    assert list(announced[-1].bureaus[0].streets) == ["文一路", "古翠路"]
    bureau.name = "自封的名称"
    with refused("NOT_PERMITTED"):
        await client.registry.PutBureau(
            pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        )
    stranger = registry.client(Role.UNIT_HEAD, bureau=FOREIGN)
    with refused("NOT_PERMITTED"):
        await stranger.registry.PutBureau(put_bureau(code=OTHER_DISTRICT, name="x"))


async def test_everyone_signed_in_may_page_through_the_bureaus(registry: RunningRegistry) -> None:
    for code in (CITY, DISTRICT, OTHER_DISTRICT):
        await registry.bureau(code)
    client = registry.client(Role.PUBLIC)
    codes: list[str] = []
    token = ""
    while True:
        page = await client.registry.ListBureaus(
            pb.ListBureausRequest(page_size=2, page_token=token)
        )
        codes += [bureau.code for bureau in page.bureaus]
        if not (token := page.next_page_token):
            break
    assert codes == sorted(set(codes))
    assert {CITY, DISTRICT, OTHER_DISTRICT} <= set(codes)
    request = pb.ListBureausRequest(order_by="name desc", name_contains="局", page_size=1000)
    names = [bureau.name for bureau in (await client.registry.ListBureaus(request)).bureaus]
    assert names == sorted(names, reverse=True)
    assert names
    request.name_contains = "%"
    assert not (await client.registry.ListBureaus(request)).bureaus
    with refused("INVALID_INPUT", "page_token"):
        await client.registry.ListBureaus(pb.ListBureausRequest(page_token="bm9uc2Vuc2U="))


async def test_a_registered_subject_is_announced_and_audited(registry: RunningRegistry) -> None:
    code = credit_code()
    subject = await registry.subject(credit_code=code, email="a@subjects.example")
    assert (subject.credit_code, subject.version) == (code, 1)
    [event] = await registry.events_of(f"subject/{subject.subject_id}")
    assert isinstance(event, events.SubjectsChanged)
    assert list(event.subjects) == [subject]
    assert event.change.cause == events.CAUSE_ENTERED
    assert event.change.at.ToDatetime(STARTS.tzinfo) >= STARTS
    [entry] = await registry.audited(f"subject/{subject.subject_id}")
    assert (entry.action, entry.actor, entry.before) == ("register_subject", "someone", None)
    assert entry.after
    assert entry.after["credit_code"] == code


async def test_asking_twice_registers_once(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    request = put_subject()
    first = await client.registry.PutSubject(request)
    assert await client.registry.PutSubject(request) == first
    assert len(await registry.events_of(f"subject/{first.subject.subject_id}")) == 1
    request.subject.name = "另有其人"
    with refused("ALREADY_EXISTS"):
        await client.registry.PutSubject(request)


async def test_every_fault_of_a_subject_is_named_at_once(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    right = credit_code()
    wrong = right[:17] + ("0" if right[17] != "0" else "1")
    request = put_subject(credit_code=wrong, sector="space_travel")
    with refused("INVALID_INPUT", "subject.credit_code", "subject.sector") as refusals:
        await client.registry.PutSubject(request)
    assert any("校验码" in fault[1] for fault in refusals[0].faults)
    with refused("INVALID_INPUT", "subject.kind", "subject.name"):
        await client.registry.PutSubject(put_subject(kind="ghost", name=""))
    with refused("INVALID_INPUT", "subject.bureau"):
        await client.registry.PutSubject(put_subject(bureau="330199"))


@pytest.mark.parametrize("prefix", ["A1", "N2", "Y1", "91"])
async def test_codes_of_every_registering_department_are_taken(
    registry: RunningRegistry, prefix: str
) -> None:
    code = credit_code(prefix)
    assert (await registry.subject(credit_code=code)).credit_code == code


async def test_a_stall_needs_no_code_and_a_person_has_none(registry: RunningRegistry) -> None:
    stalls = [await registry.subject(kind="individual_business", credit_code="") for _ in range(2)]
    assert [stall.credit_code for stall in stalls] == ["", ""]
    client = registry.client(Role.CASEWORKER)
    with refused("INVALID_INPUT", "subject.credit_code"):
        await client.registry.PutSubject(
            put_subject(kind="natural_person", credit_code=credit_code())
        )


async def test_a_credit_code_is_one_subjects_own(registry: RunningRegistry) -> None:
    subject, other = await registry.subject(), await registry.subject()
    client = registry.client(Role.CASEWORKER)
    with refused("ALREADY_EXISTS") as refusals:
        await client.registry.PutSubject(put_subject(credit_code=subject.credit_code))
    assert refusals[0].facts["subject_id"] == subject.subject_id
    with refused("ALREADY_EXISTS"):
        await client.registry.PutSubject(changed(other, credit_code=subject.credit_code))


async def test_a_subject_changed_meanwhile_is_not_overwritten(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    client = registry.client(Role.CASEWORKER)
    await client.registry.PutSubject(changed(subject, address="合成路1号"))
    with refused("WRONG_STATE") as refusals:
        await client.registry.PutSubject(changed(subject, address="合成路2号"))
    assert refusals[0].facts["version"] == "2"
    assert "已被他人修改" in refusals[0].message_zh


async def test_saying_what_is_known_changes_nothing(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    client = registry.client(Role.CASEWORKER)
    assert (await client.registry.PutSubject(changed(subject))).subject == subject
    assert len(await registry.events_of(f"subject/{subject.subject_id}")) == 1


async def test_the_instruments_follow_a_subject_to_another_bureau(
    registry: RunningRegistry,
) -> None:
    instrument = await registry.instrument()
    await registry.bureau(OTHER_DISTRICT)
    city = registry.client(Role.CASEWORKER, bureau=CITY)
    request = pb.GetSubjectRequest(subject_id=instrument.subject_id)
    subject = (await city.registry.GetSubject(request)).subject
    await city.registry.PutSubject(changed(subject, bureau=OTHER_DISTRICT, in_review=True))
    moved = (
        await city.registry.GetInstrument(
            pb.GetInstrumentRequest(instrument_id=instrument.instrument_id)
        )
    ).instrument
    assert (moved.bureau, moved.in_review, moved.version) == (OTHER_DISTRICT, True, 2)
    announced = await registry.events_of(f"subject/{subject.subject_id}")
    assert list(announced[-1].instruments) == [moved]


async def test_a_district_hands_no_subject_to_another(registry: RunningRegistry) -> None:
    subject = await registry.subject()
    await registry.bureau(OTHER_DISTRICT)
    client = registry.client(Role.CASEWORKER)
    with refused("NOT_PERMITTED"):
        await client.registry.PutSubject(changed(subject, bureau=OTHER_DISTRICT))


async def test_a_foreign_bureau_neither_registers_nor_changes_nor_sees(
    registry: RunningRegistry,
) -> None:
    subject = await registry.subject()
    stranger = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    with refused("NOT_PERMITTED"):
        await stranger.registry.PutSubject(put_subject())
    with refused("NOT_PERMITTED"):
        await stranger.registry.PutSubject(changed(subject, address="x"))
    with refused("NOT_PERMITTED"):
        await stranger.registry.GetSubject(pb.GetSubjectRequest(subject_id=subject.subject_id))
    request = pb.ListSubjectsRequest(name_contains=subject.name)
    assert not (await stranger.registry.ListSubjects(request)).subjects
    city = registry.client(Role.CASEWORKER, bureau=CITY)
    assert list((await city.registry.ListSubjects(request)).subjects) == [subject]


async def test_an_operator_sees_itself_alone_and_keeps_up_its_contact(
    registry: RunningRegistry,
) -> None:
    subject, other = await registry.subject(), await registry.subject()
    client = registry.client(Role.OPERATOR, subject_id=subject.subject_id)
    listed = await client.registry.ListSubjects(pb.ListSubjectsRequest())
    assert list(listed.subjects) == [subject]
    with refused("NOT_PERMITTED"):
        await client.registry.GetSubject(pb.GetSubjectRequest(subject_id=other.subject_id))
    answer = await client.registry.PutSubject(changed(subject, email="new@subjects.example"))
    assert answer.subject.email == "new@subjects.example"
    with refused("NOT_PERMITTED"):
        await client.registry.PutSubject(changed(answer.subject, name="更好听的名字"))
    with refused("NOT_PERMITTED"):
        await client.registry.PutSubject(changed(other, email="x@subjects.example"))
    with refused("NOT_PERMITTED"):
        await client.registry.PutSubject(put_subject())


async def test_the_public_sees_what_the_disclosure_rules_let_out(registry: RunningRegistry) -> None:
    values = {
        "person_in_charge": "合成负责人",
        "address": "合成路3号",
        "email": "b@subjects.example",
        "external_ref": "REF-1",
    }
    company = await registry.subject(**values)
    stall = await registry.subject(kind="individual_business", **values)
    public = registry.client(Role.PUBLIC)

    async def seen(subject: pb.Subject) -> pb.Subject:
        request = pb.GetSubjectRequest(subject_id=subject.subject_id)
        return (await public.registry.GetSubject(request)).subject

    shown = await seen(company)
    assert (shown.name, shown.credit_code) == (company.name, company.credit_code)
    assert (shown.address, shown.email, shown.external_ref) == ("合成路3号", "", "")
    shown = await seen(stall)
    assert (shown.name, shown.person_in_charge, shown.address) == (stall.name, "", "")
    listed = await public.registry.ListSubjects(pb.ListSubjectsRequest(name_contains=stall.name))
    assert list(listed.subjects) == [shown]


async def test_the_public_never_sees_a_person_or_a_doubtful_owner(
    registry: RunningRegistry,
) -> None:
    person = await registry.subject(kind="natural_person")
    doubtful = await registry.subject(in_review=True)
    public = registry.client(Role.PUBLIC)
    for subject in (person, doubtful):
        with refused("NOT_FOUND"):
            await public.registry.GetSubject(pb.GetSubjectRequest(subject_id=subject.subject_id))
        request = pb.ListSubjectsRequest(name_contains=subject.name)
        assert not (await public.registry.ListSubjects(request)).subjects
    staff = registry.client(Role.CASEWORKER)
    request = pb.ListSubjectsRequest(name_contains=doubtful.name, in_review=True)
    assert list((await staff.registry.ListSubjects(request)).subjects) == [doubtful]


async def test_a_subject_is_found_by_its_code_and_a_stranger_not_at_all(
    registry: RunningRegistry,
) -> None:
    subject = await registry.subject()
    client = registry.client(Role.INSPECTOR)
    request = pb.GetSubjectRequest(subject_id=subject.credit_code)
    assert (await client.registry.GetSubject(request)).subject == subject
    with refused("NOT_FOUND"):
        await client.registry.GetSubject(pb.GetSubjectRequest(subject_id="nobody"))
    with refused("NOT_FOUND"):
        await client.registry.PutSubject(changed(subject, subject_id="nobody"))


async def test_subjects_are_paged_by_name_within_a_bureau(registry: RunningRegistry) -> None:
    mark = credit_code()
    subjects = [await registry.subject(name=f"{mark}同名店", credit_code="") for _ in range(3)]
    subjects.append(await registry.subject(name=f"{mark}%_店", credit_code=""))
    client = registry.client(Role.CASEWORKER, bureau=CITY)
    seen: list[pb.Subject] = []
    token = ""
    while True:
        page = await client.registry.ListSubjects(
            pb.ListSubjectsRequest(
                bureau=DISTRICT, name_contains=mark, page_size=2, page_token=token
            )
        )
        seen += page.subjects
        if not (token := page.next_page_token):
            break
    assert [s.subject_id for s in seen] == [
        s.subject_id for s in sorted(subjects, key=lambda s: (s.name, s.subject_id))
    ]
    request = pb.ListSubjectsRequest(name_contains=f"{mark}%_")
    assert len((await client.registry.ListSubjects(request)).subjects) == 1


async def test_subjects_are_listed_in_the_order_asked_for_and_by_their_ids(
    registry: RunningRegistry,
) -> None:
    mark = credit_code()
    subjects = [await registry.subject(name=f"{mark}店{n}") for n in range(4)]
    client = registry.client(Role.CASEWORKER, bureau=CITY)
    for order, key in {"name": "name", "credit_code": "credit_code"}.items():
        for direction in ("", " desc"):
            request = pb.ListSubjectsRequest(
                name_contains=mark, order_by=order + direction, page_size=3
            )
            first = await client.registry.ListSubjects(request)
            request.page_token = first.next_page_token
            rest = await client.registry.ListSubjects(request)
            found = [getattr(one, key) for one in (*first.subjects, *rest.subjects)]
            expected = sorted((getattr(one, key) for one in subjects), reverse=bool(direction))
            assert (first.total, found) == (4, expected)
    wanted = [subjects[0].subject_id, subjects[2].subject_id, "nobody"]
    by_id = pb.ListSubjectsRequest(subject_ids=wanted)
    assert list((await client.registry.ListSubjects(by_id)).subjects) == [subjects[0], subjects[2]]
    stranger = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    assert not (await stranger.registry.ListSubjects(by_id)).subjects
    with refused("INVALID_INPUT", "order_by"):
        await client.registry.ListSubjects(pb.ListSubjectsRequest(order_by="email"))


async def test_nobody_without_a_role_for_it_gets_in(registry: RunningRegistry) -> None:
    with refused("UNAUTHENTICATED"):
        await registry.client_with().registry.ListSubjects(pb.ListSubjectsRequest())
    with refused("UNAUTHENTICATED"):
        await registry.client_with("nonsense").registry.ListSubjects(pb.ListSubjectsRequest())
    administrator = registry.client(Role.ADMINISTRATOR, bureau="000000")
    with refused("NOT_PERMITTED"):
        await administrator.registry.PutSubject(put_subject())
    with refused("NOT_PERMITTED"):
        await administrator.registry.ListRecords(pb.ListRecordsRequest(subject_id="x"))
    institution = registry.client(Role.VERIFICATION_INSTITUTION)
    with refused("NOT_PERMITTED"):
        await institution.registry.PutInstrument(put_instrument("x"))


async def test_a_subject_is_found_by_the_initials_of_its_name(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    made = await client.registry.PutSubject(put_subject(name="合成·重庆银行HZ-01"))
    public = registry.client(Role.PUBLIC)

    async def found(letters: str) -> list[str]:
        request = pb.ListSubjectsRequest(name_contains=letters, page_size=1000)
        answer = await public.registry.ListSubjects(request)
        return [row.subject_id for row in answer.subjects]

    own = made.subject.subject_id
    assert own in await found("hccqyhhz01")
    assert own in await found("CQYH")
    assert own not in await found("zqyx")  # 重庆 is not read zhong qing here
    renamed = await client.registry.PutSubject(changed(made.subject, name="合成·杭州面馆"))
    assert own in await found("hzmg")
    assert own not in await found("cqyh")
    assert "initials" not in {field.name for field, _ in renamed.subject.ListFields()}


async def test_names_that_look_alike_are_told_to_who_registers(registry: RunningRegistry) -> None:
    client = registry.client(Role.CASEWORKER, bureau=await registry.bureau())
    mark = uuid4().hex[:6]
    first = (await client.registry.PutSubject(put_subject(name=f"未来{mark}眼镜店"))).subject
    answer = await client.registry.PutSubject(put_subject(name=f"末来{mark}眼镜店有限公司"))
    assert [one.subject_id for one in answer.look_alikes] == [first.subject_id]
    asked = pb.ListSubjectsRequest(like_name=f"未来{mark}眼镜店")
    found = (await client.registry.ListSubjects(asked)).subjects
    assert {one.subject_id for one in found} == {first.subject_id, answer.subject.subject_id}
    elsewhere = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    assert not (await elsewhere.registry.ListSubjects(asked)).subjects
    for stranger in (registry.client(Role.PUBLIC), registry.client(Role.OPERATOR)):
        with refused("NOT_PERMITTED"):
            await stranger.registry.ListSubjects(asked)
