"""A DCC beside the form of a verification: what it proposes, and how its instrument is found."""

from __future__ import annotations

from collections.abc import Mapping

from law.identity import serial_key
from plumbing.client import ask
from protos.registry.v1 import calibrations_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.visit import Visit

FIELD = "dcc_id"


async def named(visit: Visit) -> pb.GetDccResponse | None:
    """Reads the certificate that a form or its address names; None if it names none."""
    dcc_id = visit.field(FIELD) or visit.query("dcc")
    if not dcc_id:
        return None
    answer: pb.GetDccResponse = await ask(
        visit.services.calibrations.GetDcc(pb.GetDccRequest(dcc_id=dcc_id))
    )
    return answer


def proposed(found: pb.GetDccResponse | None, instrument: registry.Instrument) -> Mapping[str, str]:
    """Returns what a certificate proposes for the form: number, day and the owner's number.

    The result, the last valid day and the regulation are for a person to say.
    """
    if found is None:
        return {}
    item = item_of(found, instrument)
    owner_nos = list(item.owner_nos) if item else []
    return {
        FIELD: found.dcc.dcc_id,
        "certificate_no": found.dcc.certificate_no,
        "verified_on": found.dcc.calibrated_on,
        "owner_no": owner_nos[0] if len(owner_nos) == 1 else "",
    }


def item_of(found: pb.GetDccResponse, instrument: registry.Instrument) -> pb.DccItem | None:
    """Returns the item of a certificate with the serial number of an instrument; None without."""
    key = serial_key(instrument.serial_no)
    items = (one for one in found.items if key in map(serial_key, one.serial_nos))
    return next(items, None)
