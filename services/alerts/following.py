"""What follows a subject that is joined, parted or split.

Notices, webhooks, cases, and what it contests.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import col, select

from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.events.envelope import Received
from plumbing.events.leadership import exclusively
from protos.registry.v1.events_pb2 import SubjectActed, SubjectsJoined
from services.alerts.escalation import by_hand, contests
from services.alerts.escalation.holding import release
from services.alerts.notices.life_notices import tell_of_act
from services.alerts.notices.orders_of_deregistered import tell_institutions
from services.alerts.tables import Joining, Notice, Webhook
from services.alerts.text_messages.following import give_number, return_number

IDS_PER_QUERY = 500


async def subjects_joined(change: Change, received: Received[SubjectsJoined]) -> None:
    """Gives the notices and contests of a subject that is no more to the one that stays.

    The escalation cases of stated facts follow as well, and its webhooks and mobile number, as the
    accounts of its people do. Its instruments and its grade follow by
    their own events, and with them the alerts and the escalation cases that they open.
    """
    event = received.message
    former, present = event.former_id, event.present_id
    await exclusively(change.session, "escalations")
    escalations = await by_hand.follow_joining(change, former, present, event.change.ground)
    own = select(Notice).where(Notice.subject_id == former)
    notices = (await change.session.exec(own.with_for_update())).all()
    contested = await contests.give(change, former, present)
    hooks = await _give_webhooks(change, former, present)
    mobile = await give_number(change, former, present)
    ids = [notice.notice_id for notice in notices]
    kept = Joining(
        former_id=former,
        present_id=present,
        notices=ids,
        contests=contested,
        escalations=escalations,
        webhooks=hooks,
        mobile_confirmed_at=mobile,
    )
    await change.session.merge(kept)
    for notice in notices:
        notice.subject_id = present
    _note(change, former, present, len(notices), contested, event.change.ground, len(hooks))
    await release(change, {former, present})


async def subject_acted(change: Change, received: Received[SubjectActed]) -> None:
    """Gives back what an undone joining gave, and to a part what it contests of its records.

    Then tells the subjects that the act concerns, and institutions with orders of one that was
    deregistered.
    """
    event = received.message
    if event.act.act == "parted":
        await _give_back(change, event)
    elif event.act.act == "split":
        origin, part = event.act.subject_id, event.act.other_id
        went = await contests.give_to_part(change, origin, part, event.record_ids)
        _note(change, origin, part, 0, went, event.change.ground)
        await release(change, {origin, part})
    await tell_of_act(change, received)
    await tell_institutions(change, event)


async def _give_back(change: Change, event: SubjectActed) -> None:
    joining = await change.session.get(Joining, event.act.other_id)
    if joining is None:
        return
    await exclusively(change.session, "escalations")
    await by_hand.return_cases(change, joining, event.change.ground)
    former, present = joining.former_id, joining.present_id
    returned = list[Notice]()
    for ids in chunks(joining.notices, IDS_PER_QUERY):
        given = col(Notice.notice_id).in_(ids), col(Notice.subject_id) == present
        returned += await change.session.exec(select(Notice).where(*given).with_for_update())
    for row in returned:
        row.subject_id = former
    contested = await contests.give(change, present, former, joining.contests)
    hooks = await _give_webhooks(change, present, former, joining.webhooks)
    await return_number(change, present, former, joining.mobile_confirmed_at)
    await change.session.delete(joining)
    _note(change, present, former, len(returned), contested, event.change.ground, len(hooks))
    await release(change, {former, present})


async def _give_webhooks(
    change: Change, giver: str, taker: str, only: Collection[str] | None = None
) -> list[str]:
    """Gives the webhooks of a subject to another, all or `only` these; returns their ids."""
    rows = select(Webhook).where(col(Webhook.subject_id) == giver)
    if only is not None:
        rows = rows.where(col(Webhook.webhook_id).in_(only))
    in_order = rows.order_by(col(Webhook.webhook_id)).with_for_update()
    webhooks = (await change.session.exec(in_order)).all()
    for webhook in webhooks:
        webhook.subject_id = taker
    return [webhook.webhook_id for webhook in webhooks]


def _note(
    change: Change,
    former_id: str,
    present_id: str,
    notices: int,
    cases: Collection[str],
    why: str,
    webhooks: int = 0,
) -> None:
    """Notes in the audit what went from one subject to another, if anything did."""
    if notices or cases or webhooks:
        after: dict[str, object] = {
            "subject_id": present_id,
            "notices": notices,
            "cases": [*cases],
            **({"webhooks": webhooks} if webhooks else {}),
        }
        change.audit("follow_subject", f"subject/{former_id}", after=after, ground=why)
