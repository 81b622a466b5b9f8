"""Commands that create and change measuring instruments."""

from __future__ import annotations

from dataclasses import asdict, replace
from uuid import uuid4

from law.colours.rule import InstrumentState
from law.errors import Fault, WrongState
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import ENTERED, Cause, save_instruments
from services.registry.commands.targets import (
    find_instrument,
    find_subject,
    refuse_any,
    require_version,
)
from services.registry.serials import serial_of
from services.registry.tables import Instrument, Subject
from services.registry.validation import InstrumentContent, read_instrument, reader_of


async def put_instrument(
    change: Change, request: pb.PutInstrumentRequest
) -> pb.PutInstrumentResponse:
    """Files a new instrument in the state spare (C-19), or changes the content of an instrument.

    The content includes the owner. Filing is a service to the user unit; nothing depends on it
    (C-20). The bureau is told when an operator files one. Raises InvalidInput for faulty content,
    NotPermitted outside the caller's scope, WrongState if the request's version is not the present
    one.
    """
    message, faults = request.instrument, list[Fault]()
    content = read_instrument(reader_of(message, "instrument", faults))
    refuse_any(faults)
    instrument_id = message.instrument_id
    row = await find_instrument(change, instrument_id) if instrument_id else None
    _check_state(message.state, row)
    owner = await find_subject(change, content.subject_id)
    content = replace(content, subject_id=owner.subject_id)
    if row is None:
        row = await _file(change, owner, content)
    else:
        await _alter(change, row, owner, content, message.version)
    return pb.PutInstrumentResponse(instrument=wire.instrument(row))


def _check_state(state: str, row: Instrument | None) -> None:
    present = row.state if row else InstrumentState.SPARE
    if state not in ("", present):
        zh, en = "状态须用“设定器具状态”办理", "the state is set by SetInstrumentState"
        refuse_any([Fault("instrument.state", zh, en, cite="C-19")])


async def _file(change: Change, owner: Subject, content: InstrumentContent) -> Instrument:
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


async def _alter(
    change: Change, row: Instrument, owner: Subject, content: InstrumentContent, version: int
) -> None:
    values = {name: value for name, value in asdict(content).items() if value != getattr(row, name)}
    if not values:
        return
    require_version(row.version, version)
    before, left = row.model_dump(mode="json"), serial_of(row)
    row.sqlmodel_update(values | {"bureau": owner.bureau, "in_review": owner.in_review})
    others = await save_instruments(change, [row], left=[left])
    change.audit(
        "change_instrument",
        f"instrument/{row.instrument_id}",
        before=before,
        after=_after(row, others),
    )


def _after(row: Instrument, others: list[Instrument]) -> dict[str, object]:
    # `others` are instruments whose mark of a repeated serial number changed with this one.
    return row.model_dump(mode="json") | {"remarked": [other.instrument_id for other in others]}


async def set_instrument_state(
    change: Change, request: pb.SetInstrumentStateRequest
) -> pb.SetInstrumentStateResponse:
    """Sets an instrument's state to in use, spare or stopped, or to scrapped, which is final.

    Each time the instrument comes into use, a new period of use is counted (`spell`). Raises
    WrongState if it is scrapped already.
    """
    row = await find_instrument(change, request.instrument_id)
    state = InstrumentState(request.state)
    if row.state != state:
        if row.state == InstrumentState.SCRAPPED:
            raise WrongState("该器具已报废", "The instrument is scrapped", state=row.state)
        before = row.model_dump(mode="json")
        row.use(state)
        await save_instruments(change, [row])
        change.audit(
            "set_instrument_state",
            f"instrument/{row.instrument_id}",
            before=before,
            after=row.model_dump(mode="json"),
        )
    return pb.SetInstrumentStateResponse(instrument=wire.instrument(row))
