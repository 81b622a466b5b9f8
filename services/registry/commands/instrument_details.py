"""What a certificate says of its instrument besides the result completes what is on file.

It never changes what is on file: where a certificate says something else, whoever sent it is told,
and a caseworker is asked (`corrections`) to correct the instrument or to leave it as it is, and to
have the certificate corrected (S2 附件2-3; S4 二(二)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from law.identity import same_detail, stated
from plumbing.change import Change
from protos.registry.v1 import registry_pb2 as pb
from services.registry.commands.instruments import alter_instrument
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
        if (present := getattr(instrument, name)) and not same_detail(name, present, value)
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
