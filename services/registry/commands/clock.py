"""Commands on the platform's clock: reads it, and moves the clock of a sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from law.errors import WrongState
from plumbing.change import Change
from plumbing.clock import Clock, SandboxClock, local_date
from plumbing.database import Database
from plumbing.events.leadership import exclusively
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.tables import AnnouncedClock

ROW = "sandbox"
PLATFORM = "platform"


async def remember_clock(database: Database, clock: Clock) -> None:
    """Stores the clock's offset in seconds at the first start, as the offset last announced."""
    async with database.transaction() as session:
        await exclusively(session, "first offset of the clock")
        if await session.get(AnnouncedClock, ROW) is None:
            seconds = clock.offset().total_seconds()
            session.add(AnnouncedClock(name=ROW, offset_seconds=seconds))


async def advance_clock(
    change: Change, request: pb.AdvanceClockRequest, *, clock: Clock
) -> pb.AdvanceClockResponse:
    """Moves the sandbox's clock forward to the requested moment and announces it.

    Raises WrongState outside a sandbox, and for a moment before the present one.
    """
    if not isinstance(clock, SandboxClock):
        raise WrongState("只有沙箱的时钟可以拨动", "Only a sandbox's clock can be moved")
    announced = await change.session.get_one(AnnouncedClock, ROW, with_for_update=True)
    to = request.to.ToDatetime(UTC)
    before = announced.offset_seconds
    # The clock file is changed inside the transaction, before it commits, so that every handler of
    # the event finds the clock moved. After a crash in between, the clock is moved but not
    # announced. So the announced clock decides what is past: the same request, sent again, finds
    # the file moved already, leaves it, and announces it.
    announced_time = change.at - clock.offset() + timedelta(seconds=before)
    if to < announced_time:
        raise WrongState("沙箱时钟只能向前拨", "The sandbox clock only moves forward")
    if to > clock.now():
        clock.move_to(to)
    announced.offset_seconds = clock.offset().total_seconds()
    await _announce(change, clock, before)
    return pb.AdvanceClockResponse(now=_stamp(clock.now()), today=clock.today().isoformat())


async def _announce(change: Change, clock: Clock, before: float) -> None:
    offset = clock.offset().total_seconds()
    await change.announce(
        events.ClockMoved(offset_seconds=offset, now=_stamp(clock.now())),
        aggregate="clock",
        bureau=PLATFORM,
    )
    change.audit(
        "advance_clock",
        "clock/sandbox",
        before={"offset_seconds": before},
        after={"offset_seconds": offset},
    )


def current_time(clock: Clock) -> pb.GetClockResponse:
    """Returns the time and the day on the platform's clock, and its offset in seconds."""
    now = clock.now()
    return pb.GetClockResponse(
        now=_stamp(now),
        today=local_date(now).isoformat(),
        sandbox=isinstance(clock, SandboxClock),
        offset_seconds=clock.offset().total_seconds(),
    )


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
