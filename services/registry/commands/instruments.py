"""Commands that create and change measuring instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel import col, select

from law.colours.rule import InstrumentState
from law.errors import AlreadyExists, Fault, InvalidInput, NotPermitted
from law.identity import Verdict, serial_key
from law.identity.instruments import compare_instruments
from law.instruments import catalogue
from law.separation import Act, release_of
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from services.registry import lookup, wire
from services.registry.announce_changes import ENTERED, Cause, save_instruments
from services.registry.commands.corrections import (
    ask_for_correction,
    corrected,
    settle_correction,
)
from services.registry.commands.targets import (
    find_instrument,
    find_subject,
    refuse_any,
    require_version,
)
from services.registry.imports.batch.type_names import resolved
from services.registry.laboratories.marking import mark_of_instrument
from services.registry.maker_codes import require_free
from services.registry.near_types import near_types
from services.registry.orders.following import follow_instruments
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.questions.following import follow_things
from services.registry.questions.tables import Question
from services.registry.red_alerts import basis_with, facts_of, second_person
from services.registry.sameness.finding import likeness_at, look
from services.registry.sameness.places import Place, of_instrument
from services.registry.serials import right_to_mark, serial_of
from services.registry.tables import Instrument, Proposal, Subject
from services.registry.upkeep.effects import demand_omitted
from services.registry.validation import InstrumentContent, read_instrument, reader_of

# The columns that an operator may change itself, and those whose correction it may ask for; only
# its bureau changes the others.
OPERATORS_OWN = frozenset(
    {"model", "manufacturer", "location", "maker_code"}
    | {"owner_no", "measuring_range", "accuracy_class"}
)
CORRECTED = frozenset({"type_code", "serial_no", "rotate_on", "subject_id"})


async def put_instrument(
    change: Change, request: pb.PutInstrumentRequest
) -> pb.PutInstrumentResponse:
    """Files a new instrument in the state spare (C-19), or changes the content of an instrument.

    The content includes the owner. Filing is a service to the user unit; nothing depends on it
    (C-20). The bureau is told when an operator files one. A change that would end a red alert, and
    the statement that an instrument need not be verified or that it must be after all, are only
    proposed: a second person releases them (S1 20). So is what an operator asks its bureau to
    correct, with the ground (S4 二(三)); a new owner it names by the credit code. Raises
    InvalidInput for faulty content, for an owner that is not on file or of another bureau, and
    for a type that the catalogue does not have, unless `unknown_type` of the request takes it,
    NotPermitted outside the caller's scope and for what an operator may not change, WrongState if
    the request's version is not the present one, and AlreadyExists for a new instrument that the
    owner has on file, in whatever writing of its serial number, and for a maker's code that another
    instrument has.
    """
    instrument_id = request.instrument.instrument_id
    row = await find_instrument(change, instrument_id) if instrument_id else None
    content = _content(request.instrument, change.today, row)
    _check_state(request.instrument.state, row)
    shown = wire.checked_instrument if request.check_only else wire.instrument
    asks = bool(request.ground.strip())
    owner = await _owner(change, content.subject_id, row, asks=asks)
    content = await _with_type(change, owner, content, row, unknown=request.unknown_type)
    if row is None:
        _require_bureau(change, content)
        row = await _file(change, owner, replace(content, non_compulsory_ground=""))
        found, proposal = await likeness_at(change, _place(row)), None
        if ground := content.non_compulsory_ground:
            values = {"non_compulsory_ground": ground}
            proposal = await propose_instrument(change, request, row, Act.EXEMPT_INSTRUMENT, values)
        filed = shown(row)
        return pb.PutInstrumentResponse(instrument=filed, likeness_id=found, proposal=proposal)
    values = _differing(change, row, content, request.instrument.version, asks=asks)
    answer = (
        await _colour_with(change, row, values)
        if request.check_only
        else pb.PutInstrumentResponse()
    )
    if proposal := await _proposed(change, request, row, values):
        answer.MergeFrom(
            pb.PutInstrumentResponse(instrument=wire.instrument(row), proposal=proposal)
        )
        return answer
    await alter_instrument(change, row, owner, values, request.ground)
    found = await likeness_at(change, _place(row)) if values else ""
    answer.MergeFrom(pb.PutInstrumentResponse(instrument=shown(row), likeness_id=found))
    return answer


async def _proposed(
    change: Change, request: pb.PutInstrumentRequest, row: Instrument, values: Mapping[str, Any]
) -> proposals.Proposal | None:
    """The proposal, where a second person must release these values."""
    if act := await second_person(change, row, values):
        return await propose_instrument(change, request, row, act, values, request.ground)
    if change.caller.has(Role.OPERATOR) and not OPERATORS_OWN.issuperset(values):
        return await ask_for_correction(change, request, row, values)
    return None


async def _colour_with(
    change: Change, row: Instrument, values: Mapping[str, Any]
) -> pb.PutInstrumentResponse:
    facts = await facts_of(change, row.instrument_id)
    then = basis_with({**row.model_dump(), **values}, facts, change.today).answer(change.today)
    return pb.PutInstrumentResponse(
        colour=then.colour.value, reason_zh=then.reason, reason_en=then.reason_en, cite=then.cite
    )


async def release_content(
    change: Change, request: pb.PutInstrumentRequest, proposal: Proposal
) -> None:
    """Carries out a change of an instrument that a second person releases."""
    row = await find_instrument(change, object_id(proposal))
    if proposal.act == Act.CORRECT_INSTRUMENT:
        values = await corrected(change, row, proposal)
        owner = await find_subject(change, values.get("subject_id", row.subject_id))
        if "subject_id" in values:  # who was named may be joined to another one by now
            values["subject_id"] = owner.subject_id
        await alter_instrument(change, row, owner, values, proposal.ground)
        return
    require_version(row.version, proposal.base_version)
    content = _content(request.instrument, change.today, row)
    owner = await find_subject(change, content.subject_id)
    content = await _with_type(change, owner, content, row, unknown=request.unknown_type)
    values = _differing(change, row, content, row.version)
    await alter_instrument(change, row, owner, values, request.ground)


def _content(message: pb.Instrument, today: date, row: Instrument | None) -> InstrumentContent:
    faults: list[Fault] = []
    reader = reader_of(message, "instrument", faults)
    content = read_instrument(reader, today, rotates_on=row.rotate_on if row else None)
    refuse_any(faults)
    return content


async def _owner(change: Change, given: str, row: Instrument | None, *, asks: bool) -> Subject:
    """The owner that a request names. An operator asks for a new one by its whole credit code.

    The new one is of the same bureau, whose caseworker releases the change.
    """
    if row is None or given == row.subject_id or not (asks and change.caller.has(Role.OPERATOR)):
        return await find_subject(change, given)
    new = await lookup.subject(change, given, lock=True)
    if new is None or new.credit_code != given.strip().upper():
        zh = "没有登记这个单位：请核对统一社会信用代码；确未登记的，先请监管机关登记"
        en = "no such subject is on file: see to the credit code, or ask the bureau to register it"
        raise InvalidInput(faults=[Fault("instrument.subject_id", zh, en)])
    if new.bureau != row.bureau:
        zh = "该单位由其他监管机关管理，不能在这里申请，请直接联系监管机关"
        en = "another bureau has this subject in its charge: please turn to your bureau"
        raise InvalidInput(faults=[Fault("instrument.subject_id", zh, en)])
    return new


async def _with_type(
    change: Change,
    owner: Subject,
    content: InstrumentContent,
    row: Instrument | None,
    *,
    unknown: bool,
) -> InstrumentContent:
    """The content with the owner's id and the code of its type, as imports read it.

    A type that nobody knows is refused, unless the instrument has it or somebody of the staff takes
    it with `unknown`.
    """
    content = replace(content, subject_id=owner.subject_id)
    if row is not None and row.type_code == content.type_code:
        return content
    code = await resolved(change.session, owner.bureau, content.type_code)
    staff = not change.caller.has(Role.OPERATOR)
    if code not in catalogue() and not (unknown and staff):
        refuse_any([unknown_type(content.type_code, may_take=staff)])
    return replace(content, type_code=code)


def _require_bureau(change: Change, content: InstrumentContent) -> None:
    if content.non_compulsory_ground and change.caller.has(Role.OPERATOR):
        zh, en = "非强制检定由监管机关认定", "Its bureau states what need not be verified"
        raise NotPermitted(zh, en, cite="C-44")


def unknown_type(written: str, *, may_take: bool, compare: bool = True) -> Fault:
    """Returns the fault of a type that the catalogue does not have; who may take it is told how.

    With `compare`, it names the nearest types.
    """
    near_zh, near_en = near_types(written) if compare else ("", "")
    zh, en = (
        f"目录中没有器具类型“{written}”{near_zh}",
        f"the catalogue has no type {written!r}{near_en}",
    )
    if may_take:
        zh += "；确认按周期检定对待的，登记时带 unknown_type（命令行 --unknown-type）"
        en += "; unknown_type takes it for one that is verified periodically"
    return Fault("instrument.type_code", zh, en)


def _check_state(state: str, row: Instrument | None) -> None:
    present = row.state if row else InstrumentState.SPARE
    if state not in ("", present):
        zh, en = "状态须用“设定器具状态”办理", "the state is set by SetInstrumentState"
        refuse_any([Fault("instrument.state", zh, en, cite="C-19")])


async def _file(change: Change, owner: Subject, content: InstrumentContent) -> Instrument:
    await _require_new(change, content)
    await require_free(change, content.maker_code)
    row = Instrument(
        instrument_id=uuid4().hex,
        bureau=owner.bureau,
        in_review=owner.in_review,
        **asdict(content),
    )
    cause = Cause(events.CAUSE_FILED) if change.caller.has(Role.OPERATOR) else ENTERED
    others = await save_instruments(change, [row], cause)
    change.audit("file_instrument", f"instrument/{row.instrument_id}", after=_after(row, others))
    return row


async def _require_new(change: Change, content: InstrumentContent) -> None:
    """Raises AlreadyExists if the owner has an instrument of this type, serial number and model.

    An instrument without a serial number, such as 无, is never known to be the same.
    """
    key = serial_key(content.serial_no)
    if not key:
        return
    # Of two that are filed at once, the later one must see the earlier.
    await exclusively(change.session, right_to_mark(content.type_code))
    query = select(Instrument).where(
        Instrument.type_code == content.type_code,
        Instrument.serial_key == key,
        Instrument.subject_id == content.subject_id,
        sa.not_(col(Instrument.removed)),
    )
    for row in await change.session.exec(query):
        if compare_instruments(asdict(content), row.model_dump()) is Verdict.SAME:
            raise AlreadyExists(
                f"该单位已登记此类型、编号为{row.serial_no}的器具；型号不同的，请写明型号",
                f"The owner has this instrument on file already, numbered {row.serial_no}",
                instrument_id=row.instrument_id,
            )


def _differing(
    change: Change,
    row: Instrument,
    content: InstrumentContent,
    version: int,
    *,
    asks: bool = False,
) -> dict[str, Any]:
    values = {name: value for name, value in asdict(content).items() if value != getattr(row, name)}
    if values:
        require_version(row.version, version)
    may = OPERATORS_OWN | CORRECTED if asks else OPERATORS_OWN
    if change.caller.has(Role.OPERATOR) and not may.issuperset(values):
        raise NotPermitted(
            "经营者只能修改器具的规格型号、测量范围、准确度等级、制造单位、使用地点、单位自编号和"
            "制造商码；类型、出厂编号和轮换日期有误的，器具转给别的单位的，写明理由（ground）即申请"
            "监管机关变更；"
            "是否强制检定由监管机关认定",
            "An operator may not change type, serial number, day of rotation and owner: it asks its"
            " bureau for that by giving the ground; its bureau states what need not be verified",
            cite=release_of(Act.END_RED_ALERT).cite,
        )
    return values


async def alter_instrument(
    change: Change, row: Instrument, owner: Subject, values: Mapping[str, Any], ground: str = ""
) -> None:
    """Changes columns of an instrument of `owner`; does nothing without `values`."""
    if not values:
        return
    await require_free(change, values.get("maker_code", ""), row.instrument_id)
    before, left, place = row.model_dump(mode="json"), serial_of(row), _place(row)
    row.sqlmodel_update({**values, "bureau": owner.bureau, "in_review": owner.in_review})
    await settle_correction(change, row, values.keys())
    others = await save_instruments(change, [row], left=[left])
    await follow_instruments(change, col(Instrument.instrument_id) == row.instrument_id)
    await follow_things(change, col(Question.instrument_id) == row.instrument_id)
    for one in {place, _place(row)}:
        await look(change, one)
    if "type_code" in values:
        await mark_of_instrument(change, row.instrument_id)
    after = _after(row, others)
    if before["non_compulsory_ground"]:
        after["to_verify"] = await demand_omitted(change, [row.instrument_id])
    change.audit(
        "change_instrument",
        f"instrument/{row.instrument_id}",
        before=before,
        after=after,
        ground=ground,
    )


def _place(row: Instrument) -> Place:
    """Where the instrument may be one with another of its owner: of its type and number."""
    return of_instrument(row.subject_id, row.type_code, row.serial_key)


def _after(row: Instrument, others: list[Instrument]) -> dict[str, object]:
    # `others` are instruments whose mark of a repeated serial number changed with this one.
    return row.model_dump(mode="json") | {"remarked": [other.instrument_id for other in others]}


async def propose_instrument(
    change: Change,
    request: Message,
    row: Instrument,
    act: Act,
    values: Mapping[str, Any],
    ground: str = "",
) -> proposals.Proposal:
    """Proposes that columns of an instrument change; a second person releases or refuses it."""
    what = Proposed(
        act=act,
        object=f"instrument/{row.instrument_id}",
        version=row.version,
        bureau=row.bureau,
        ground=ground,
        before=row.model_dump(),
        after=values,
        subject_id=row.subject_id,
    )
    return await propose(change, request, what)
