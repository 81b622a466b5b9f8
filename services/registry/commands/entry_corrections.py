"""Commands that correct a subject, an instrument or a verification as a decided case orders.

Only the objection service may call them. What a case orders needs no second person (S1 20): one has
decided what another one had entered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.contested import CORRECTABLE, Target
from law.errors import AlreadyExists, Fault, InvalidInput, NotFound
from law.identifiers import check_credit_code
from law.objection import OUTCOME_CITE
from law.reader.strict_reader import Reader
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry import lookup
from services.registry.commands.acting_for import require_corrector
from services.registry.commands.instruments import alter_instrument
from services.registry.commands.recorded_before import of_certificate
from services.registry.commands.subjects import alter_subject
from services.registry.commands.targets import refuse_any
from services.registry.commands.verifications import alter_verification
from services.registry.tables import Instrument, Subject, Verification
from services.registry.validation import (
    check_dated,
    read_instrument,
    read_subject,
    read_verification,
)


@dataclass(frozen=True)
class Entry:
    """One entry of the register that a case contests: its row, and the subject that it is about.

    `instrument` is that of a verification, or the row itself; None for a subject.
    """

    target: Target
    row: Subject | Instrument | Verification
    owner: Subject
    instrument: Instrument | None = None

    @property
    def id(self) -> str:
        """The id of the row."""
        return str(getattr(self.row, f"{self.target}_id"))

    def values(self) -> dict[str, str]:
        """What the entry says in every field that can be corrected, as text."""
        return {name: _text(getattr(self.row, name)) for name in CORRECTABLE[self.target]}


async def get_entry(view: View, request: pb.GetEntryRequest) -> pb.GetEntryResponse:
    """Returns what an entry of the register says in the fields that can be corrected.

    Raises NotFound if there is no such entry.
    """
    entry = await _entry(view, Target(request.target), request.id)
    return pb.GetEntryResponse(
        id=entry.id,
        subject_id=entry.owner.subject_id,
        bureau=entry.owner.bureau,
        values=[pb.FieldValue(field=name, value=text) for name, text in entry.values().items()],
    )


async def check_correction(
    view: View, request: pb.CheckCorrectionRequest
) -> pb.CheckCorrectionResponse:
    """Returns an empty response if a correction could be carried out today.

    Raises InvalidInput, naming each faulty field, and AlreadyExists as `correct_entry` does.
    """
    entry = await _entry(view, Target(request.correction.target), request.correction.id)
    await _checked(view, entry, request.correction)
    return pb.CheckCorrectionResponse()


async def correct_entry(change: Change, request: pb.CorrectEntryRequest) -> pb.CorrectEntryResponse:
    """Gives the fields of an entry the values that a decision orders; other fields stay.

    Does nothing if they have them already. Raises NotFound if there is no such entry, InvalidInput
    for faulty values, NotPermitted if the decider may not decide about the entry, and AlreadyExists
    if another one has the credit code or certificate number.
    """
    order = request.correction
    entry = await _entry(change, Target(order.target), order.id, lock=True)
    await require_corrector(change, entry.owner)
    values = await _checked(change, entry, order)
    if values:
        await _alter(change, entry, values, request.ground)
    return pb.CorrectEntryResponse(version=entry.row.version)


async def _entry(by: Change | View, target: Target, entry_id: str, *, lock: bool = False) -> Entry:
    if target is Target.SUBJECT:
        subject = await lookup.subject(by, entry_id, lock=lock)
        return Entry(target, _there(subject, entry_id), _there(subject, entry_id))
    verification = None
    if target is Target.VERIFICATION:
        found = await find_by_id(by.session, Verification, entry_id, lock=lock)
        verification = _there(None if found and found.removed else found, entry_id)
        entry_id = verification.instrument_id
    instrument = _there(await lookup.instrument(by, entry_id, lock=lock), entry_id)
    owner = await by.session.get_one(Subject, instrument.subject_id)
    return Entry(target, verification or instrument, owner, instrument)


def _there(row: Any, entry_id: str) -> Any:
    if row is None:
        zh, en = "没有这项登记信息", "There is no such entry of the register"
        raise NotFound(zh, en, id=entry_id)
    return row


async def _checked(by: Change | View, entry: Entry, order: pb.EntryCorrection) -> Mapping[str, Any]:
    """The columns that a correction changes, with their new values; raises for faults."""
    faults: list[Fault] = []
    ordered = _ordered(entry, order, faults)
    refuse_any(faults)
    given = {**_present(entry), **ordered}
    if isinstance(entry.row, Subject) and _is_other_code(entry.row, ordered):
        given["code_ground"] = ""  # was that of the present code
    content = _read(entry, given, by.today, faults)
    refuse_any(faults)
    values = {name: content[name] for name in ordered}
    changed = {name: new for name, new in values.items() if new != getattr(entry.row, name)}
    await _require_free(by, entry, changed)
    return changed


def _ordered(entry: Entry, order: pb.EntryCorrection, faults: list[Fault]) -> dict[str, str]:
    allowed = CORRECTABLE[entry.target]
    for one in order.values:
        if one.field not in allowed:
            zh = f"“{one.field}”不能更正；可以更正：{'、'.join(allowed.values())}"
            en = f"cannot be corrected; possible are: {', '.join(allowed)}"
            faults.append(Fault(one.field, zh, en, cite=OUTCOME_CITE))
    return {one.field: one.value.strip() for one in order.values}


def _is_other_code(row: Subject, ordered: Mapping[str, str]) -> bool:
    """Whether a credit code is ordered that is not the present one, in whatever writing."""
    code = ordered.get("credit_code", "")
    try:
        return bool(code) and check_credit_code(code, digit=False) != row.credit_code
    except InvalidInput:  # the field is found to be faulty as it is read
        return True


def _present(entry: Entry) -> dict[str, Any]:
    """What the row says now, as a message from outside would say it."""
    return {name: _given(value) for name, value in entry.row.model_dump().items()}


def _given(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _read(
    entry: Entry, given: Mapping[str, Any], today: date, faults: list[Fault]
) -> dict[str, Any]:
    reader = Reader({name: one for name, one in given.items() if one not in ("", None)}, "", faults)
    if entry.target is Target.SUBJECT:
        return asdict(read_subject(reader))
    if isinstance(entry.row, Instrument):
        return asdict(read_instrument(reader, today, rotates_on=entry.row.rotate_on))
    content = read_verification(reader, today)
    if entry.instrument is not None:
        check_dated(reader, content, entry.instrument.type_code)
    return asdict(content)


def _is_taken(one: Verification, own: Verification) -> bool:
    """Whether a certificate of one verification cannot be that of another one too.

    It may tell of several parts of one instrument.
    """
    if one.verification_id == own.verification_id:
        return False
    return one.instrument_id != own.instrument_id or one.part == own.part


async def _require_free(by: Change | View, entry: Entry, changed: Mapping[str, Any]) -> None:
    """Raises AlreadyExists if the corrected credit code or certificate number is another one's."""
    taken: Sequence[str] = ()
    if changed.get("credit_code"):
        query = select(Subject.subject_id).where(
            Subject.credit_code == changed["credit_code"], sa.not_(col(Subject.removed))
        )
        taken = (await by.session.exec(query)).all()
    elif {"institution", "certificate_no"} & set(changed) and isinstance(entry.row, Verification):
        others = await of_certificate(by.session, {**entry.row.model_dump(), **changed})
        taken = [one.verification_id for one in others if _is_taken(one, entry.row)]
    if taken:
        zh, en = "已登记在另一条信息中", "is registered in another entry already"
        named = "、".join(CORRECTABLE[entry.target][name] for name in changed)
        raise AlreadyExists(f"更正后的{named}{zh}", f"The corrected value {en}", other=taken[0])


async def _alter(change: Change, entry: Entry, values: Mapping[str, Any], ground: str) -> None:
    if isinstance(entry.row, Subject):
        await alter_subject(change, entry.row, values, ground)
    elif isinstance(entry.row, Instrument):
        await alter_instrument(change, entry.row, entry.owner, values, ground)
    elif entry.instrument is not None:
        await alter_verification(change, entry.row, entry.instrument, values, ground)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")
