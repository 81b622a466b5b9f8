"""Corrections of an instrument that are proposed to a caseworker.

By what a certificate says (S2 附件2-3), or at its owner's request (S4 二(三)).

One that waits hinders no other proposal about the instrument. What somebody changes in the meantime
is looked at already, and the correction asks for it no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from law.errors import WrongState
from law.separation import Act, release_of
from plumbing.change import Change
from plumbing.identity import Caller, Role
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.commands.targets import require_version
from services.registry.proposals.propose import (
    Proposed,
    details_of,
    end_waiting,
    propose,
    request_about,
    tell,
    waiting,
)
from services.registry.red_alerts import ends_red
from services.registry.tables import Instrument, Proposal

_SETTLED = "登记的这些项目已经更改，不再需要核对"
_HANDED_ON = "器具已经变更使用单位"


async def propose_correction(
    change: Change,
    instrument: Instrument,
    others: Sequence[pb.OtherDetail],
    certificate_no: str,
    sender: Caller,
) -> proposals.Proposal | None:
    """Proposes to correct an instrument by what a certificate says otherwise than the register.

    It is a proposal of whoever sent the certificate; a caseworker releases or declines it. None if
    nothing differs, if a caseworker sent the certificate, who may correct the instrument at once,
    and if a correction of it waits already.
    """
    object_ = details_of(f"instrument/{instrument.instrument_id}")
    if not others or sender.has(Role.CASEWORKER) or await waiting(change, object_):
        return None
    request = pb.PutInstrumentRequest(instrument=wire.instrument(instrument))
    for one in others:
        setattr(request.instrument, one.field, one.given)
    what = Proposed(
        act=Act.CORRECT_INSTRUMENT,
        object=object_,
        version=instrument.version,
        bureau=instrument.bureau,
        ground=f"证书 {certificate_no} 与登记不同" if certificate_no else "证书与登记不同",
        before={one.field: one.on_file for one in others},
        after={one.field: one.given for one in others},
        subject_id=instrument.subject_id,
        proposed_by=sender.on_behalf_of or sender.account_id,
    )
    return await propose(change, request, what)


async def ask_for_correction(
    change: Change,
    request: pb.PutInstrumentRequest,
    instrument: Instrument,
    values: Mapping[str, Any],
) -> proposals.Proposal:
    """Proposes what the owner asks to correct of an instrument; a caseworker releases it.

    Raises WrongState if the owner has asked for another correction of it that waits.
    """
    what = Proposed(
        act=Act.CORRECT_INSTRUMENT,
        object=request_about(f"instrument/{instrument.instrument_id}"),
        version=instrument.version,
        bureau=instrument.bureau,
        ground=request.ground,
        before=instrument.model_dump(),
        after=values,
        subject_id=instrument.subject_id,
    )
    return await propose(change, request, what)


async def corrected(change: Change, instrument: Instrument, proposal: Proposal) -> dict[str, Any]:
    """Returns the values that a correction gives an instrument; other changes do not hinder it.

    Raises WrongState if one of its fields has another value than when it was proposed, if the owner
    who asked for it has handed the instrument on, and if it would end a red alert by now.
    """
    asked = request_about(f"instrument/{instrument.instrument_id}") == proposal.object
    if asked and proposal.subject_id != instrument.subject_id:
        raise WrongState(_HANDED_ON, "The instrument has another owner by now")
    if any(
        getattr(instrument, one["field"]) != _value(one["field"], one["before"])
        for one in proposal.changes
    ):
        require_version(instrument.version, proposal.base_version)
    values = {one["field"]: _value(one["field"], one["after"]) for one in proposal.changes}
    if await ends_red(change, instrument, values):
        rule = release_of(Act.END_RED_ALERT)
        raise WrongState(
            f"器具现在是红色警示，{rule.zh}须由单位负责人批准：请退回本申请，在“更正器具登记”中办理",
            f"The instrument is red by now: {rule.en} is released by the unit head. Decline this"
            " proposal and propose the correction on the page of the instrument",
        )
    return values


def _value(field: str, text: str) -> str | date | None:
    if field != "rotate_on":
        return text
    return date.fromisoformat(text) if text else None


async def settle_correction(
    change: Change, instrument: Instrument, changed: Collection[str]
) -> None:
    """Takes fields that changed out of the corrections that wait; ends one if none is left.

    With another owner, what the former one asked for ends.
    """
    object_ = f"instrument/{instrument.instrument_id}"
    if "subject_id" in changed:
        await end_waiting(change, request_about(object_), _HANDED_ON)
    for one in (details_of(object_), request_about(object_)):
        await _settle(change, one, changed)


async def _settle(change: Change, object_: str, changed: Collection[str]) -> None:
    row = await waiting(change, object_)
    left = [one for one in row.changes if one["field"] not in changed] if row else []
    if row is None or len(left) == len(row.changes):
        return
    if not left:
        await end_waiting(change, object_, _SETTLED)
        return
    row.changes = left
    await tell(change, row, "narrow_change", ground=_SETTLED)
