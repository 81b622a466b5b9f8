"""Writes a qualification, with its entry in the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from uuid import uuid4

from law.identity import document_key
from plumbing.change import Change
from services.registry.endings import announce_ending, of_qualification
from services.registry.people.contacts import audited
from services.registry.people.content import QualificationContent
from services.registry.people.tables import Qualification


async def save(
    change: Change,
    row: Qualification | None,
    content: QualificationContent,
    bureau: str,
    names: Sequence[str] = (),
) -> Qualification:
    """Writes the named fields of a qualification, or all of them; it is audited and announced."""
    before = audited(row) if row else None
    values = {name: value for name, value in asdict(content).items() if name in names or not names}
    if row is None:
        key = document_key(content.number)
        row = Qualification(
            qualification_id=uuid4().hex, bureau=bureau, number_key=key, **asdict(content)
        )
    row.sqlmodel_update({**values, "bureau": bureau, "number_key": document_key(content.number)})
    row.version += 1
    change.session.add(row)
    object_, after = f"qualification/{row.qualification_id}", audited(row)
    change.audit("put_qualification", object_, before=before, after=after, bureau=bureau)
    await announce_ending(change, of_qualification(row))
    return row
