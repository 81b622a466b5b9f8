"""Writes institutions and authorisations, each with its entry in the audit and its event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.endings import announce_ending, announce_endings, of_authorisation
from services.registry.institutions import wire
from services.registry.institutions.tables import Authorisation, Institution


async def save_institution(change: Change, row: Institution, before: dict[str, Any] | None) -> None:
    """Saves an institution and announces it; `before` is what was on file, None for a new one."""
    object_ = f"institution/{row.institution_id}"
    _save(change, row, "put_institution", object_, before)
    event = events.InstitutionsChanged(institutions=[wire.institution(row)])
    await change.announce(event, aggregate=object_, bureau=row.bureau)


async def save_authorisation(
    change: Change,
    row: Authorisation,
    institution: Institution,
    before: dict[str, Any] | None,
    ground: str = "",
) -> None:
    """Saves an authorisation of an institution and announces its last day."""
    _save_authorisation(change, row, before, ground)
    await change.session.flush()
    await announce_ending(change, of_authorisation(row, institution))


async def save_authorisations(
    change: Change,
    institution: Institution,
    rows: Sequence[tuple[Authorisation, dict[str, Any] | None]],
) -> None:
    """Saves authorisations, each with what was on file, and announces their last days together.

    Who hears of them hears of all in one mail.
    """
    for row, before in rows:
        _save_authorisation(change, row, before)
    await change.session.flush()
    endings = [of_authorisation(row, institution) for row, _ in rows]
    await announce_endings(change, f"institution/{institution.institution_id}", endings)


def _save_authorisation(
    change: Change, row: Authorisation, before: dict[str, Any] | None, ground: str = ""
) -> None:
    object_ = f"authorisation/{row.authorisation_id}"
    _save(change, row, "put_authorisation", object_, before, ground)


def _save(
    change: Change,
    row: Institution | Authorisation,
    action: str,
    object_: str,
    before: dict[str, Any] | None,
    ground: str = "",
) -> None:
    row.version += 1
    change.session.add(row)
    change.audit(action, object_, before=before, after=row.model_dump(mode="json"), ground=ground)
