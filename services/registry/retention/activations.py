"""Stores the activations announced by grading: which ruleset governs an archive from which day."""

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
    """Reads the stored activations as this transaction sees them, the deciding ones first."""
    in_order = select(ActivatedText).order_by(
        col(ActivatedText.valid_from).desc(), col(ActivatedText.activated_at).desc()
    )
    return GoverningTexts(tuple(map(_activation, (await session.exec(in_order)).all())))


async def handle_activation(change: Change, received: Received[RulesetActivated]) -> None:
    """Stores an announced activation of a ruleset; an activation never changes afterwards."""
    activation = received.message.activation
    await change.session.merge(
        ActivatedText(
            activation_id=activation.activation_id,
            bureau=activation.bureau,
            sectors=list(activation.sectors),
            ruleset_id=activation.ruleset_id,
            valid_from=date.fromisoformat(activation.valid_from),
            activated_at=activation.activated_at.ToDatetime(UTC),
        )
    )


def _activation(row: ActivatedText) -> Activation:
    return Activation(
        row.activation_id,
        scope_prefix(row.bureau),
        frozenset(row.sectors),
        row.ruleset_id,
        row.valid_from,
    )
