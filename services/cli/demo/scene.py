"""The state and the helper functions that all acts of the demo share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from plumbing.clock import SHANGHAI
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.demo import cast, mail
from services.cli.demo.mail import Mail
from services.cli.demo.stage import Stage
from services.cli.machine.platform import Platform
from services.cli.output import cells, show, views
from services.cli.output.names import Names


@dataclass
class Scene:
    """The state of the demo: the platform, the clients of its accounts, the subject, the case."""

    stage: Stage
    platform: Platform
    exits: AsyncExitStack
    administrator: Client
    clients: dict[str, Client] = field(default_factory=dict)
    subject: registry.Subject = field(default_factory=registry.Subject)
    record: registry.Record = field(default_factory=registry.Record)
    grade_before: grading.Grade = field(default_factory=grading.Grade)
    case_id: str = ""

    async def today(self) -> date:
        """Reads the current date of the sandbox clock."""
        return (await self.now()).date()

    async def now(self) -> datetime:
        """Reads the current time of the sandbox clock, as Beijing time."""
        answer = await self.administrator.clock.GetClock(registry.GetClockRequest())
        return answer.now.ToDatetime(tzinfo=SHANGHAI)

    def mails_to(self, address: str) -> tuple[Mail, ...]:
        """Returns the mails that the sandbox has received for an address."""
        return tuple(one for one in self.mails() if one.to == address)

    def mails(self) -> tuple[Mail, ...]:
        """Returns all mails that the sandbox has received."""
        return mail.mails(self.platform.settings.mailbox_dir)

    def arrived(self, address: str, *words: str) -> Callable[[], Awaitable[Mail | None]]:
        """Returns a function that finds a mail to the address which contains every given word.

        The function returns None while there is no such mail.
        """

        async def look() -> Mail | None:
            return next(
                (
                    one
                    for one in self.mails_to(address)
                    if all(word in one.title + one.body for word in words)
                ),
                None,
            )

        return look

    async def grade(self, subject_id: str) -> grading.Grade:
        """Reads the present grade of a subject."""
        answer = await self.clients["caseworker"].grading.GetGrade(
            grading.GetGradeRequest(subject_id=subject_id)
        )
        return answer.grade

    async def watched_through(self, day: date) -> bool | None:
        """Returns True if the daily watch of every bureau has finished that day, otherwise None."""
        answer = await self.administrator.alerts.GetWatch(alerts.GetWatchRequest())
        done = [w.watched_through >= day.isoformat() for w in answer.watches]
        return True if done and all(done) else None


@asynccontextmanager
async def opened(stage: Stage, data: Path) -> AsyncIterator[Scene]:
    """Starts a new sandbox on the directory `data`, yields its scene, and stops it at the end."""
    async with AsyncExitStack() as exits:
        platform = await exits.enter_async_context(Platform(data, sandbox=True, usual_ports=False))
        await platform.wait_ready()
        client = await cast.administrator(platform.settings, exits)
        yield Scene(stage, platform, exits, client)


def grade_text(grade: grading.Grade) -> str:
    """Formats a grade in a few characters: letter, score, and whether it is contested."""
    return cells.grade_in_words(grade, Names())


def term_text(case: objection.Case) -> str:
    """Formats the term of a case as one sentence."""
    return cells.term_in_words(case, Names())


def show_conditions(repair: objection.Repair) -> None:
    """Prints each condition of a repair with its article: met, not met, or met from which day."""
    of = objection.Condition.DESCRIPTOR
    show.console.print(views.table(repair.conditions, Names(), of))
