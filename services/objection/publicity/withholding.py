"""Takes down the announcement of a record that a review keeps from the public, before its day.

What is found to be privacy or a secret is not left public for the rest of the announcement (S1 18).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from law.disclosure.publication import review_rule
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1.events_pb2 import PublicationsChanged
from services.objection.publicity.tables import NOT_YET, PublicChange


async def publications_changed(change: Change, received: Received[PublicationsChanged]) -> None:
    """Notes whether the records of these publications are kept from the public now.

    So it does of records that are only noted, whose repair is announced later. An earlier state
    than the one that is noted changes nothing.
    """
    states = {one.record_id: one for one in received.message.publications}
    lasts = sa.or_(
        col(PublicChange.announced_until) >= change.today, col(PublicChange.changed_on) == NOT_YET
    )
    rows = select(PublicChange).where(col(PublicChange.record_id).in_(list(states)), lasts)
    for row in (await change.session.exec(rows.with_for_update())).all():
        state = states[row.record_id]
        if state.revision > row.revision:
            row.revision = state.revision
            _withhold(change, row, withheld=not state.released)


def _withhold(change: Change, row: PublicChange, *, withheld: bool) -> None:
    if row.withheld == withheld:
        return
    row.withheld = withheld
    change.session.add(row)
    change.audit(
        "withhold_announcement" if withheld else "show_announcement",
        f"case/{row.case_id}",
        after={"record": row.record_id},
        ground=review_rule(change.today).cite,
        bureau=row.bureau,
    )
