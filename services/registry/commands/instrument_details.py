"""What a certificate says of its instrument besides the result completes what is on file.

It never changes what is on file: where a certificate says something else, whoever sent it is told,
and a caseworker is asked to correct the instrument or to leave it as it is, and to have the
certificate corrected (S2 附件2-3; S4 二(二)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from law.identity import folded, stated
from law.separation import Act
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.commands.instruments import alter_instrument
from services.registry.proposals.propose import Proposed, propose, waits
from services.registry.tables import Instrument, Subject

DETAILS = ("owner_no", "measuring_range", "accuracy_class")


def details_of(request: pb.RecordVerificationRequest) -> Mapping[str, str]:
    """Returns what a request says of the instrument itself; 无 and the like say nothing."""
    said = {name: stated(getattr(request, name)) for name in DETAILS}
    return {name: value for name, value in said.items() if value}


def differing(instrument: Instrument, details: Mapping[str, str]) -> Sequence[pb.OtherDetail]:
    """Returns what a certificate says otherwise than the register, in whatever writing."""
    return [
        pb.OtherDetail(field=name, on_file=present, given=value)
        for name, value in details.items()
        if (present := getattr(instrument, name)) and folded(present) != folded(value)
    ]


async def complete(
    change: Change, instrument: Instrument, details: Mapping[str, str], certificate_no: str
) -> Sequence[pb.OtherDetail]:
    """Completes an instrument by what a certificate says of it; returns what differs."""
    lacking = {name: value for name, value in details.items() if not getattr(instrument, name)}
    owner = await change.session.get_one(Subject, instrument.subject_id)
    ground = f"按证书 {certificate_no} 补充" if certificate_no else "按证书补充"
    await alter_instrument(change, instrument, owner, lacking, ground)
    return differing(instrument, details)


async def propose_correction(
    change: Change, instrument: Instrument, others: Sequence[pb.OtherDetail], certificate_no: str
) -> proposals.Proposal | None:
    """Proposes to correct an instrument by what a certificate says otherwise than the register.

    A caseworker releases or declines it. None if nothing differs, if a caseworker sent the
    certificate, who may correct the instrument at once, and if a proposal about it waits already.
    """
    object_ = f"instrument/{instrument.instrument_id}"
    if not others or change.caller.has(Role.CASEWORKER) or await waits(change, object_):
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
    )
    return await propose(change, request, what)
