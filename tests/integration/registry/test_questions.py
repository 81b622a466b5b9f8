"""Instruments of which an import knows nothing but a rejection: red until a person has decided."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import questions_pb2 as questions
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    instruments_of,
    subjects_named,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.questions import GROUND, answer, asked
from tests.integration.registry.running_registry import (
    DISTRICT,
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    refused,
)

FILING: dict[str, Any] = {"bureau": DISTRICT, "file_missing": True, "mode": "good_rows"}


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district, who sends files and decides."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


def rejection(owner: str, **values: str) -> Any:
    """A row that rejects an instrument."""
    return verification(使用单位=owner, 检定结果="不合格", 有效期至="", **values)


async def the_instrument(client: Client, owner: str) -> pb.Instrument:
    """The only instrument of an owner."""
    [subject] = await subjects_named(client, owner)
    [instrument] = await instruments_of(client, subject)
    return instrument


async def rejected_alone(client: Client) -> tuple[str, questions.Question]:
    """An owner of an instrument that was only rejected, and the question about it."""
    owner = uuid4().hex
    rows = verifications(rejection(owner, 出厂编号=owner))
    checked = await upload(client, "verifications", rows, **(FILING | {"mode": "check"}))
    assert checked.to_decide == 1
    batch = await upload(client, "verifications", rows, **FILING)
    assert batch.to_decide == 1
    [one] = await asked(client, batch_id=batch.batch_id)
    assert (one.kind, one.state, one.serial_no) == ("rejected_alone", "waiting", owner)
    assert [*one.answers] == ["in_use", "stopped", "scrapped"]
    return owner, one


async def test_what_is_still_in_use_stays_red_and_is_asked_no_more(
    registry: RunningRegistry, caseworker: Client
) -> None:
    owner, one = await rejected_alone(caseworker)
    response = await answer(caseworker, one, "in_use")
    assert (response.question.state, response.proposal.proposal_id) == ("decided", "")
    assert (await the_instrument(caseworker, owner)).state == "in_use"
    [entry] = await registry.audited(f"question/{one.question_id}")
    assert (entry.action, entry.ground) == ("answer_question", GROUND)
    with refused("WRONG_STATE"):
        await answer(caseworker, one, "stopped")


@pytest.mark.parametrize("given", ["stopped", "scrapped"])
async def test_what_is_not_in_use_is_red_until_a_second_person_has_released_it(
    registry: RunningRegistry, caseworker: Client, given: str
) -> None:
    owner, one = await rejected_alone(caseworker)
    response = await answer(caseworker, one, given)
    assert (response.proposal.act, response.question.state) == ("end_red_alert", "waiting")
    assert (await the_instrument(caseworker, owner)).state == "in_use"
    await registry.release(response.proposal)
    instrument = await the_instrument(caseworker, owner)
    assert instrument.state == given
    [decided] = await asked(caseworker, subject_id=instrument.subject_id)
    assert (decided.state, decided.answer, decided.ground) == ("decided", given, GROUND)


async def test_what_passes_later_settles_itself(caseworker: Client) -> None:
    owner, one = await rejected_alone(caseworker)
    rows = verifications(verification(使用单位=owner, 出厂编号=owner, 检定日期="2026-09-02"))
    await upload(caseworker, "verifications", rows, **FILING)
    assert await asked(caseworker, subject_id=one.subject_id) == []
    with refused("WRONG_STATE"):
        await answer(caseworker, one, "stopped")


async def test_undoing_takes_the_question_back(caseworker: Client) -> None:
    owner = uuid4().hex
    rows = verifications(rejection(owner, 出厂编号=owner), verification(使用单位=owner))
    batch = await upload(caseworker, "verifications", rows, **FILING)
    assert batch.to_decide == 1  # the other instrument has passed
    await undo(caseworker, batch)
    assert await asked(caseworker, batch_id=batch.batch_id) == []


async def test_another_bureau_neither_sees_nor_decides(
    registry: RunningRegistry, caseworker: Client
) -> None:
    _, one = await rejected_alone(caseworker)
    await registry.bureau(OTHER_DISTRICT)
    stranger = registry.client(Role.CASEWORKER, bureau=OTHER_DISTRICT, name="stranger")
    assert await asked(stranger, batch_id=one.batch_id) == []
    with refused("NOT_PERMITTED"):
        await answer(stranger, one, "in_use")
    with refused("NOT_PERMITTED"):
        await answer(registry.client(Role.UNIT_HEAD, name="head"), one, "in_use")


async def test_an_instrument_whose_owner_is_in_review_is_asked_about_later(
    caseworker: Client,
) -> None:
    nobody, serial_no = uuid4().hex, uuid4().hex
    rows = verifications(rejection(nobody, 出厂编号=serial_no))
    filing = FILING | {"placeholder_owners": [nobody]}
    batch = await upload(caseworker, "verifications", rows, **filing)
    assert batch.in_review == 1
    assert await asked(caseworker, batch_id=batch.batch_id) == []
    [owner] = await subjects_named(caseworker, nobody)
    owner.name, owner.in_review = f"合成{serial_no}", False  # somebody found out who it is
    put = pb.PutSubjectRequest(request_id=new_request_id(), subject=owner)
    await caseworker.registry.PutSubject(put)
    [one] = await asked(caseworker, batch_id=batch.batch_id)
    assert (one.kind, one.state, one.serial_no) == ("rejected_alone", "waiting", serial_no)
    assert one.subject_id == owner.subject_id
