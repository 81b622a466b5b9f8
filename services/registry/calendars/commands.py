"""Commands on editions of the calendar: one administrator loads, another applies or discards."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from uuid import uuid4

from sqlmodel import select

from law.errors import InvalidInput, NotFound, NotPermitted, WrongState
from law.terms.arrangement import Arrangement, continued, faults
from law.terms.calendar import Edition, packaged
from law.terms.workdays import CITE
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.short_ids import find_by_id
from protos.registry.v1 import calendars_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from services.registry.calendars import wire
from services.registry.calendars.queries import applied
from services.registry.calendars.reading import read_arrangement
from services.registry.calendars.tables import EditionState, LoadedEdition
from services.registry.commands.clock import PLATFORM

_ONE_AT_A_TIME = "calendar"


async def load_edition(
    change: Change, request: pb.LoadCalendarEditionRequest
) -> pb.LoadCalendarEditionResponse:
    """Files the arrangement of a year from a file; nothing moves before somebody else applies it.

    Raises InvalidInput with every fault of the file: without its source, of a wrong year, or with
    days that contradict the calendar in force. Raises WrongState while another edition waits.
    """
    await exclusively(change.session, _ONE_AT_A_TIME)
    await _require_none_waiting(change)
    arrangement = read_arrangement(request.content, request.sha256)
    _require_next(change, arrangement, await _chain(change))
    row = LoadedEdition(
        edition_id=uuid4().hex,
        arrangement=arrangement.to_json(),
        file_sha256=sha256(request.content).hexdigest(),
        loaded_by=change.on_behalf_of,
        loaded_at=change.at,
    )
    change.session.add(row)
    _audit(change, row, "load_calendar")
    return pb.LoadCalendarEditionResponse(edition=await wire.edition(change.session, row))


async def apply_edition(
    change: Change, request: pb.ApplyCalendarEditionRequest
) -> pb.ApplyCalendarEditionResponse:
    """Applies an edition that somebody else loaded: every open term is counted by it.

    The services move their terms after the event. Raises NotFound for an unknown edition,
    NotPermitted for whoever loaded it, WrongState if it does not wait, and InvalidInput if it does
    not follow the calendar that is in force by now.
    """
    await exclusively(change.session, _ONE_AT_A_TIME)
    row = await _waiting(change, request.edition_id)
    if row.loaded_by == change.on_behalf_of:
        zh, en = "载入日历的人不能自己启用，请另一位平台管理员启用", "Somebody else applies it"
        raise NotPermitted(zh, en)
    arrangement, chain = Arrangement.from_json(row.arrangement), await _chain(change)
    _require_next(change, arrangement, chain)
    row.state, row.number = EditionState.APPLIED, arrangement.after(chain[-1]).number
    row.decided_by, row.decided_at = change.on_behalf_of, change.at
    change.session.add(row)
    _audit(change, row, "apply_calendar")
    message = await wire.edition(change.session, row)
    await change.announce(
        events.CalendarEditionApplied(edition=message), aggregate="calendar", bureau=PLATFORM
    )
    return pb.ApplyCalendarEditionResponse(edition=message)


async def discard_edition(
    change: Change, request: pb.DiscardCalendarEditionRequest
) -> pb.DiscardCalendarEditionResponse:
    """Discards an edition that waits, with the reason; whoever loaded it may do so too.

    Raises NotFound for an unknown edition, and WrongState if it does not wait.
    """
    row = await _waiting(change, request.edition_id)
    row.state, row.ground = EditionState.DISCARDED, request.ground.strip()
    row.decided_by, row.decided_at = change.on_behalf_of, change.at
    change.session.add(row)
    _audit(change, row, "discard_calendar")
    return pb.DiscardCalendarEditionResponse(edition=await wire.edition(change.session, row))


async def _chain(change: Change) -> Sequence[Edition]:
    """The editions as this transaction sees them, whatever this process counts by."""
    return continued(packaged(), await applied(change.session))


def _require_next(change: Change, arrangement: Arrangement, chain: Sequence[Edition]) -> None:
    if found := faults(arrangement, chain, change.today):
        zh, en = "放假安排不能载入", "The arrangement cannot be taken"
        raise InvalidInput(zh, en, cite=CITE, faults=found)


async def _require_none_waiting(change: Change) -> None:
    query = select(LoadedEdition).where(LoadedEdition.state == EditionState.LOADED)
    if row := (await change.session.exec(query)).first():
        document = row.arrangement["document"]
        zh = f"已有一版日历待启用（{document}，{row.edition_id}），请先启用或者作废"
        en = f"Another edition waits: {row.edition_id}"
        raise WrongState(zh, en, edition=row.edition_id)


async def _waiting(change: Change, edition_id: str) -> LoadedEdition:
    row = await find_by_id(change.session, LoadedEdition, edition_id, lock=True)
    if row is None:
        raise NotFound("没有这一版日历", "There is no such edition", edition=edition_id)
    if row.state is not EditionState.LOADED:
        zh, en = "这一版日历已经启用或者作废", "The edition was applied or discarded"
        raise WrongState(zh, en, state=row.state)
    return row


def _audit(change: Change, row: LoadedEdition, action: str) -> None:
    after = row.model_dump(mode="json")
    ground = f"{row.arrangement['title']}（{row.arrangement['document']}）"
    change.audit(action, f"calendar/{row.edition_id}", after=after, ground=ground, bureau=PLATFORM)
