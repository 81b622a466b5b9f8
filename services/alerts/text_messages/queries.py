"""Reads the mobile number of the caller's subject or institution."""

from __future__ import annotations

from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.owners import key_of_caller, owner_of
from services.alerts.tables import MobileNumber
from services.alerts.text_messages.writing import gateway_of

MOST_TRIES = 5  # wrong codes; our own figure


async def get_mobile_number(
    view: View, _request: pb.GetMobileNumberRequest
) -> pb.GetMobileNumberResponse:
    """Returns to which number text messages go, and whether its bureau can send any."""
    own = await key_of_caller(view)
    owner = await owner_of(view.session, own)
    gateway = await gateway_of(view.session, owner.bureau) if owner else None
    row = await view.session.get(MobileNumber, own) or MobileNumber(subject_id=own)
    return pb.GetMobileNumberResponse(mobile=wire(row, gateway=gateway is not None))


def tries_left(row: MobileNumber) -> int:
    """Returns how many codes may still be tried for the number that waits."""
    return max(MOST_TRIES - row.tries, 0)


def wire(row: MobileNumber, *, gateway: bool) -> pb.MobileNumber:
    """Returns the message of a number, without its code."""
    message = pb.MobileNumber(number=row.number, asked=row.asked, gateway=gateway)
    if row.confirmed_at is not None:
        message.confirmed_at.FromDatetime(row.confirmed_at)
    if row.asked and row.code_at is not None:
        message.code_sent_at.FromDatetime(row.code_at)
        message.tries_left = tries_left(row)
    return message
