"""What an import made or changed in the register."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from services.registry.tables import ImportedThing


def imported(batch_id: str, kind: str) -> sa.Select[Any]:
    """Returns the query for the ids of the things of one kind that a batch made or changed."""
    ids = sa.select(col(ImportedThing.thing_id))
    return ids.where(col(ImportedThing.batch_id) == batch_id, col(ImportedThing.kind) == kind)
