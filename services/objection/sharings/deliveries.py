"""Notes which mails to receivers were not delivered, so that somebody sends these notices by hand.

Alerts delivers the mails and tells how each delivery ended; one that is tried again may still
arrive.
"""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.alerts.v1.events_pb2 import DeliveryEnded
from services.objection.sharings.tables import ReceiverNotice
from services.objection.sharings.texts import SHARING_CITE

_DELIVERED = "delivered"


async def delivery_ended(change: Change, received: Received[DeliveryEnded]) -> None:
    """Notes on a notice to a receiver whether its mail was given up; other mails it leaves alone.

    Doing it again changes nothing.
    """
    event = received.message
    if not event.mail_id:
        return
    row = await change.session.get(ReceiverNotice, event.mail_id, with_for_update=True)
    if row is None:  # the mail brought the records themselves
        return
    delivered = event.notice.state == _DELIVERED
    if delivered is (row.undelivered_on is None):
        return
    row.undelivered_on = None if delivered else change.today
    row.failure = "" if delivered else event.notice.failure
    change.session.add(row)
    change.audit(
        "receiver_mail_delivered" if delivered else "receiver_mail_not_delivered",
        row.object,
        after={"notice": row.notice_id, "failure": row.failure},
        ground=SHARING_CITE,
        bureau=row.bureau,
    )
