"""Which workflows of alerts should run now, by the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence

from sqlmodel import col, select

from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.workflow_upkeep import Kind
from services.alerts.escalation.timers import EscalationTimers
from services.alerts.notices.webhook import BY_WEBHOOK
from services.alerts.tables import Notice, NoticeState, Watch
from services.alerts.timers import (
    Timers,
    delivery_id,
    escalation_id,
    message_workflow_id,
    watch_id,
)
from services.alerts.webhooks.tables import MessageState, WebhookMessage


class StandingWorkflows:
    """The workflows of watches, deliveries, webhook messages and cases that should run.

    Without a mail server (`sends_mail` is False) mails wait, and only webhooks are delivered.
    """

    def __init__(
        self, database: Database, clock: Clock, timers: Timers, *, sends_mail: bool = True
    ) -> None:
        self._database, self._timers, self._sends_mail = database, timers, sends_mail
        self._escalations = EscalationTimers(database, timers, clock)

    def kinds(self) -> list[Kind]:
        """Returns which workflows should run, kind by kind, and how a missing one is started."""
        return [
            _kind(watch_id, self.watched_bureaus, self._timers.watch),
            _kind(delivery_id, self.deliverable_notices, self._timers.deliver),
            _kind(message_workflow_id, self.pending_messages, self._timers.send),
            _kind(escalation_id, self._open_escalations, self._escalate),
        ]

    async def watched_bureaus(self) -> Sequence[str]:
        """Returns the code of every bureau that has a daily watch."""
        async with self._database.snapshot() as session:
            return (await session.exec(select(Watch.bureau))).all()

    async def deliverable_notices(self) -> Sequence[str]:
        """Returns the id of every notice that is to be delivered now."""
        pending = select(Notice.notice_id).where(col(Notice.state) == NoticeState.PENDING)
        if not self._sends_mail:
            pending = pending.where(BY_WEBHOOK)
        async with self._database.snapshot() as session:
            return (await session.exec(pending)).all()

    async def pending_messages(self) -> Sequence[str]:
        """Returns the id of every message to a webhook that waits to be sent."""
        pending = select(WebhookMessage.message_id).where(
            col(WebhookMessage.state) == MessageState.PENDING
        )
        async with self._database.snapshot() as session:
            return (await session.exec(pending)).all()

    async def _open_escalations(self) -> Sequence[str]:
        return [case.escalation_id for case in await self._escalations.open_cases()]

    async def _escalate(self, case: str) -> None:
        await self._escalations.push([case])


def _kind(
    id_of: Callable[[str], str],
    objects: Callable[[], Awaitable[Sequence[str]]],
    start: Callable[[str], Awaitable[None]],
) -> Kind:
    """The workflows of objects; the id of a workflow is a prefix with the id of its object."""

    async def ids() -> Collection[str]:
        return [id_of(one) for one in await objects()]

    async def start_one(workflow_id: str) -> None:
        await start(workflow_id.removeprefix(id_of("")))

    return Kind(ids, start_one)
