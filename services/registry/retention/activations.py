"""Which text governs an archive: what grading announced as activated."""

from __future__ import annotations

from datetime import UTC, date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.texts_in_force.governing import Activation, GoverningTexts
from plumbing.change import Change
from plumbing.events.envelope import Received
from plumbing.identity import scope_prefix
from protos.grading.v1.events_pb2 import RulesetActivated
from services.registry.tables import ActivatedText


async def load(session: AsyncSession) -> GoverningTexts:
    """What governs as this transaction sees it."""
    deciding = select(ActivatedText).order_by(
        col(ActivatedText.valid_from).desc(), col(ActivatedText.activated_at).desc()
    )
    return GoverningTexts(tuple(map(_activated, (await session.exec(deciding)).all())))


async def take(change: Change, received: Received[RulesetActivated]) -> None:
    """Notes an activation; there is nothing newer to be known of one."""
    told = received.message.activation
    await change.session.merge(
        ActivatedText(
            activation_id=told.activation_id,
            bureau=told.bureau,
            sectors=list(told.sectors),
            ruleset_id=told.ruleset_id,
            valid_from=date.fromisoformat(told.valid_from),
            activated_at=told.activated_at.ToDatetime(UTC),
        )
    )


def _activated(row: ActivatedText) -> Activation:
    return Activation(
        row.activation_id,
        scope_prefix(row.bureau),
        frozenset(row.sectors),
        row.ruleset_id,
        row.valid_from,
    )
