"""Commands that put an instrument, or a part of it, into use or out of use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import col

from law.colours.basis import Basis, ColourBasis
from law.colours.parts import with_state
from law.colours.rule import InstrumentState
from law.errors import Fault, WrongState
from law.identity import part_key
from law.separation import Act
from plumbing.change import Change
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import save_instruments
from services.registry.commands.instruments import propose_instrument
from services.registry.commands.targets import find_instrument, refuse_any, require_version
from services.registry.orders.following import withdraw_of_scrapped
from services.registry.proposals.propose import object_id
from services.registry.red_alerts import basis_with, ends_red, facts_of
from services.registry.tables import Instrument, Proposal


async def set_instrument_state(
    change: Change, request: pb.SetInstrumentStateRequest
) -> pb.SetInstrumentStateResponse:
    """Sets the state of an instrument, or of one part of it, in use, spare, stopped or scrapped.

    Scrapped is final, and withdraws an order for verification that waits for the instrument. Each
    time the instrument comes into use, a new period of use is counted
    (`spell`). A part that is not in use, such as a sealed nozzle, does not count for its colour. A
    state that ends a red alert is only proposed: a second person releases it (S1 20). The answer
    tells the colour of the instrument in its new state: one that was never verified, or was
    repaired and has not passed since, is red as soon as it is in use (S4 四(一), C-19). Raises
    WrongState if it is scrapped already, and InvalidInput for what names no part.
    """
    row = await find_instrument(change, request.instrument_id)
    values = _new_state(row, request)
    if await ends_red(change, row, values):
        act = Act.END_RED_ALERT
        proposal = await propose_instrument(change, request, row, act, values, request.ground)
        answer = await _answer(change, row, values)
        answer.proposal.CopyFrom(proposal)
        return answer
    await _set_state(change, row, values, request.ground)
    return await _answer(change, row, {})


async def _answer(
    change: Change, row: Instrument, values: Mapping[str, Any]
) -> pb.SetInstrumentStateResponse:
    """The instrument with the colour that it has today with these values."""
    basis = await _basis(change, {**row.model_dump(), **values})
    then = basis.answer(change.today)
    return pb.SetInstrumentStateResponse(
        instrument=wire.instrument(row),
        colour=then.colour.value,
        reason_zh=then.reason,
        reason_en=then.reason_en,
        cite=then.cite,
    )


def _new_state(row: Instrument, request: pb.SetInstrumentStateRequest) -> dict[str, Any]:
    """What a request sets: the state of the instrument, or the states of its parts."""
    state = InstrumentState(request.state)
    if not request.part:
        return {"state": state}
    name = part_key(request.part)
    if not name:
        zh, en = "应为枪号、通道号或相别，如 3、A相", "must name a nozzle, channel or phase"
        refuse_any([Fault("part", zh, en)])
    return {"parts": with_state(row.parts, name, state)}


async def _basis(change: Change, instrument: Mapping[str, Any]) -> ColourBasis:
    facts = await facts_of(change, instrument["instrument_id"])
    return basis_with(instrument, facts, change.today)


async def release_state(
    change: Change, request: pb.SetInstrumentStateRequest, proposal: Proposal
) -> None:
    """Carries out a change of state that a second person releases."""
    row = await find_instrument(change, object_id(proposal))
    require_version(row.version, proposal.base_version)
    await _set_state(change, row, _new_state(row, request), request.ground)


async def set_state(change: Change, row: Instrument, state: InstrumentState, ground: str) -> None:
    """Sets the state of an instrument at once. Raises WrongState if it is scrapped already."""
    await _set_state(change, row, {"state": state}, ground)


async def _set_state(
    change: Change, row: Instrument, values: Mapping[str, Any], ground: str
) -> None:
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    _require_usable(row)
    before = row.model_dump(mode="json")
    stood = await _basis(change, row.model_dump())
    if "parts" in values:
        row.parts = values["parts"]
    else:
        row.use(values["state"])
    stands = await _basis(change, row.model_dump())
    newly = stands.basis is Basis.UNVERIFIED and stood.basis is not Basis.UNVERIFIED
    await save_instruments(change, [row], unverified=[row.instrument_id] if newly else ())
    await withdraw_of_scrapped(change, col(Instrument.instrument_id) == row.instrument_id)
    change.audit(
        "set_instrument_state",
        f"instrument/{row.instrument_id}",
        before=before,
        after=row.model_dump(mode="json"),
        ground=ground,
    )


def _require_usable(row: Instrument) -> None:
    if row.state == InstrumentState.SCRAPPED:
        raise WrongState("该器具已报废", "The instrument is scrapped", state=row.state)
