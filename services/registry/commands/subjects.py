"""The command that registers or changes a credit subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from sqlmodel import col

from law.errors import Fault, NotPermitted
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import follow_owner, save_subjects
from services.registry.commands.targets import (
    find_subject,
    refuse_any,
    require_bureau_exists,
    require_version,
)
from services.registry.former_names import renamed
from services.registry.lives.recoding import require_free
from services.registry.look_alikes import look_alikes, rows_of
from services.registry.orders.following import follow_instruments
from services.registry.questions import following
from services.registry.questions.tables import Question
from services.registry.sameness.finding import follow_owners, likeness_at, look
from services.registry.sameness.places import of_subject
from services.registry.sameness.tables import Likeness
from services.registry.tables import Instrument, Subject
from services.registry.validation import SubjectContent, read_subject, reader_of

# The columns that an operator may change itself; only its bureau changes the others.
OPERATORS_OWN = frozenset({"person_in_charge", "address", "email", "phone"})


async def put_subject(change: Change, request: pb.PutSubjectRequest) -> pb.PutSubjectResponse:
    """Registers a new subject, or changes the content of a subject.

    If its bureau changes, the bureau of its instruments changes too. Raises InvalidInput for faulty
    content, NotPermitted outside the caller's scope, WrongState if the request's version is not the
    present one, and AlreadyExists if another subject has the same credit code.
    """
    faults: list[Fault] = []
    content = read_subject(reader_of(request.subject, "subject", faults))
    refuse_any(faults)
    await require_bureau_exists(change, content.bureau, "subject.bureau")
    if not request.subject.subject_id:
        return await _registered(change, await _register(change, content))
    row = await find_subject(change, request.subject.subject_id)
    values = {name: value for name, value in asdict(content).items() if value != getattr(row, name)}
    if values:
        require_version(row.version, request.subject.version)
        _require_right(change, content, values)
        former = renamed(row.model_dump(), content.name, change.today)
        await alter_subject(change, row, {**values, "former_names": former})
    found = await likeness_at(change, of_subject(row.bureau, row.name_key))
    return pb.PutSubjectResponse(subject=wire.subject(row), likeness_id=found)


async def _registered(change: Change, row: Subject) -> pb.PutSubjectResponse:
    """The new subject, and others whose names look like its name, for the person to compare."""
    ids = await look_alikes(change.session, change.caller, change.today, row.name, row.subject_id)
    others = await rows_of(change.session, ids)
    return pb.PutSubjectResponse(
        subject=wire.subject(row),
        look_alikes=map(wire.subject, others),
        likeness_id=await likeness_at(change, of_subject(row.bureau, row.name_key)),
    )


async def _register(change: Change, content: SubjectContent) -> Subject:
    if change.caller.has(Role.OPERATOR):
        raise NotPermitted("信用主体由市场监管机关登记", "Subjects are registered by the bureau")
    change.caller.require_bureau(content.bureau)
    await require_free(change, content.credit_code)
    row = Subject(subject_id=uuid4().hex, **asdict(content))
    await save_subjects(change, [row])
    change.audit("register_subject", f"subject/{row.subject_id}", after=row.model_dump(mode="json"))
    return row


async def alter_subject(
    change: Change, row: Subject, values: Mapping[str, Any], ground: str = ""
) -> None:
    """Changes columns of a subject, and what follows its bureau and its name.

    What it says instead was wrong: a credit code that it had by mistake leads nowhere. Raises
    AlreadyExists if another subject has the new credit code.
    """
    if "credit_code" in values:
        await require_free(change, values["credit_code"])
    before, place = row.model_dump(mode="json"), of_subject(row.bureau, row.name_key)
    row.sqlmodel_update(dict(values))
    await save_subjects(change, [row])
    followed = await follow_owner(change, row)
    await follow_instruments(change, col(Instrument.subject_id) == row.subject_id)
    await follow_owners(change, col(Likeness.subject_id) == row.subject_id)
    await following.follow_owners(change, col(Question.subject_id) == row.subject_id)
    for one in {place, of_subject(row.bureau, row.name_key)}:
        await look(change, one)
    after = row.model_dump(mode="json") | {"instruments_followed": followed}
    audited = f"subject/{row.subject_id}"
    change.audit("change_subject", audited, before=before, after=after, ground=ground)


def _require_right(change: Change, content: SubjectContent, values: dict[str, object]) -> None:
    if not change.caller.has(Role.OPERATOR):
        change.caller.require_bureau(content.bureau)
    elif not OPERATORS_OWN.issuperset(values):
        raise NotPermitted(
            "经营者只能修改本单位的负责人、地址、电话和电子邮箱",
            "An operator may only change its person in charge, address, telephone and e-mail",
        )
