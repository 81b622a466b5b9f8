"""The commands by which laboratories are kept and shown to the public, and marks are noted."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlmodel import select

from law.errors import AlreadyExists, Fault, InvalidInput, WrongState
from law.laboratories import Finding
from plumbing.change import Change
from protos.registry.v1 import laboratories_pb2 as pb
from services.registry.certificates.access import find_verification
from services.registry.commands.targets import refuse_any, require_version
from services.registry.endings import announce_ending, of_laboratory
from services.registry.institutions import access as institutions
from services.registry.institutions.tables import Institution
from services.registry.laboratories import wire
from services.registry.laboratories.access import find
from services.registry.laboratories.marking import mark_of_laboratory
from services.registry.laboratories.tables import EnvironmentMark, Laboratory
from services.registry.laboratories.telling import tell_of_note, tell_of_showing
from services.registry.validation import reader_of


async def put_laboratory(
    change: Change, request: pb.PutLaboratoryRequest
) -> pb.PutLaboratoryResponse:
    """Creates a laboratory of an institution, or changes its site and authorisation.

    What the public sees of it is what its institution released: once changed it is hidden, until
    the institution releases it again (S1 20), which it is told. The marks of its verifications
    follow.

    Raises InvalidInput for faulty content or another name,
    NotFound for an unknown institution or laboratory, AlreadyExists for a name that another
    laboratory of the institution has, and WrongState if the request's version is not the present
    one.
    """
    message = request.laboratory
    content = _content(message)
    present, institution = await _present_or_none(change, message)
    before = present.model_dump(mode="json") if present else None
    require_version(present.version if present else 0, message.version)
    row = present or Laboratory(
        laboratory_id=uuid4().hex,
        institution_id=institution.institution_id,
        name=message.name.strip(),
        **content,
    )
    row.released = row.released and row.model_dump(include=set(content)) == content
    row.sqlmodel_update(content)
    row.version += 1
    change.session.add(row)
    await change.session.flush()
    _audit(change, "put_laboratory", row, institution, before)
    await announce_ending(change, of_laboratory(row, institution))
    if before and before["released"] and not row.released:
        await tell_of_showing(change, row, institution, changed=True)
    await mark_of_laboratory(change, row, institution, before)
    return pb.PutLaboratoryResponse(laboratory=wire.laboratory(row, institution.name, change.today))


async def release_laboratory(
    change: Change, request: pb.ReleaseLaboratoryRequest
) -> pb.ReleaseLaboratoryResponse:
    """Lets anybody find a laboratory in the service directory, or takes it back.

    Raises NotFound for one of another institution, and WrongState if the request's version is not
    the present one.
    """
    row, institution = await find(change, request.laboratory_id, lock=True)
    require_version(row.version, request.version)
    before = row.model_dump(mode="json")
    row.released = request.released
    row.version += 1
    change.session.add(row)
    _audit(change, "release_laboratory", row, institution, before)
    if before["released"] != row.released:
        await tell_of_showing(change, row, institution, changed=False)
    return pb.ReleaseLaboratoryResponse(
        laboratory=wire.laboratory(row, institution.name, change.today)
    )


async def note_mark(
    change: Change, request: pb.NoteEnvironmentMarkRequest
) -> pb.NoteEnvironmentMarkResponse:
    """Notes what the bureau found when it looked at a mark; the mark stays, the institution hears.

    Raises NotFound for an unknown verification, NotPermitted outside the caller's scope,
    InvalidInput for a blank note, and WrongState for a verification without a mark, for one within
    the limits, or if the request's version is not the present one.
    """
    verification, instrument = await find_verification(change, request.verification_id)
    key = verification.verification_id
    row = await change.session.get(EnvironmentMark, key, with_for_update=True)
    if row is None:
        zh, en = "这次检定没有环境标记", "This verification has no mark"
        raise WrongState(zh, en, verification_id=key)
    require_version(row.version, request.version)
    if row.finding is Finding.WITHIN:
        zh, en = "环境在限值以内，不需要核对", "It is within the limits; there is nothing to note"
        raise WrongState(zh, en)
    if not request.note.strip():
        raise InvalidInput(faults=[Fault("note", "请写明核对情况", "say what was found")])
    before = row.model_dump(mode="json")
    row.note, row.noted_by, row.noted_at = request.note.strip(), change.on_behalf_of, change.at
    row.version += 1
    change.session.add(row)
    change.audit(
        "note_environment",
        f"verification/{key}",
        before=before,
        after=row.model_dump(mode="json"),
        bureau=instrument.bureau,
    )
    await tell_of_note(change, verification, instrument, row)
    return pb.NoteEnvironmentMarkResponse(mark=wire.mark(row))


async def _present_or_none(
    change: Change, message: pb.Laboratory
) -> tuple[Laboratory | None, Institution]:
    name = message.name.strip()
    if message.laboratory_id:
        row, institution = await find(change, message.laboratory_id, lock=True)
        if name != row.name:
            zh = "检定结果以名称指明实验室，名称不能更改；更名后请另行登记"
            en = "verifications name the laboratory: register the new name as another one"
            raise InvalidInput(faults=[Fault("laboratory.name", zh, en)])
        return row, institution
    institution = await institutions.find(change, message.institution_id, lock=True)
    key = institution.institution_id
    same = select(Laboratory.laboratory_id).where(
        Laboratory.institution_id == key, Laboratory.name == name
    )
    if (await change.session.exec(same)).first():
        zh, en = "这家机构已有同名的实验室", "The institution has a laboratory of this name"
        raise AlreadyExists(zh, en, name=name)
    return None, institution


def _content(message: pb.Laboratory) -> dict[str, Any]:
    faults: list[Fault] = []
    reader = reader_of(message, "laboratory", faults)
    if not message.name.strip():
        reader.fault("name", "请填写实验室的名称", "name the laboratory")
    values: dict[str, Any] = {
        "site": message.site.strip(),
        "document_no": reader.text("document_no").strip(),
        "valid_from": reader.day("valid_from"),
        "valid_until": reader.day("valid_until"),
    }
    if values["valid_until"] < values["valid_from"]:
        reader.fault("valid_until", "最后一日不得早于第一日", "must not be before valid_from")
    refuse_any(faults)
    return values


def _audit(
    change: Change,
    action: str,
    row: Laboratory,
    institution: Institution,
    before: dict[str, Any] | None,
) -> None:
    after = row.model_dump(mode="json")
    object_ = f"laboratory/{row.laboratory_id}"
    change.audit(action, object_, before=before, after=after, bureau=institution.bureau)
