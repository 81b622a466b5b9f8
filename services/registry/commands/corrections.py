"""Corrections of an instrument by what a certificate says: proposed to a caseworker (S2 附件2-3).

One that waits hinders no other proposal about the instrument. What somebody changes in the meantime
is looked at already, and the correction asks for it no more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from law.separation import Act
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
    tell,
    waiting,
)
from services.registry.tables import Instrument, Proposal

_SETTLED = "登记的这些项目已经更改，不再需要核对"


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


def corrected(instrument: Instrument, proposal: Proposal) -> dict[str, str]:
    """Returns the values that a correction gives an instrument; other changes do not hinder it.

    Raises WrongState if one of its fields has another value than when it was proposed.
    """
    if any(getattr(instrument, one["field"]) != one["before"] for one in proposal.changes):
        require_version(instrument.version, proposal.base_version)
    return {one["field"]: one["after"] for one in proposal.changes}


async def settle_correction(
    change: Change, instrument: Instrument, changed: Collection[str]
) -> None:
    """Takes fields that changed out of the correction that waits; ends it if none is left."""
    object_ = details_of(f"instrument/{instrument.instrument_id}")
    row = await waiting(change, object_)
    left = [one for one in row.changes if one["field"] not in changed] if row else []
    if row is None or len(left) == len(row.changes):
        return
    if not left:
        await end_waiting(change, object_, _SETTLED)
        return
    row.changes = left
    await tell(change, row, "narrow_change", ground=_SETTLED)
