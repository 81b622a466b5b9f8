"""Which columns of the register other services keep as copies, so that `check` compares contents.

Registry, grading and alerts compute a digest over the same columns of the same rows, removed rows
included. `agreement` compares the digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.service import Findings, RowsDigest

PORTION = 1000
# The columns by topic; a column has the same name in the register and in a copy.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "bureaus": ("code", "version", "name", "department", "phone", "email"),
    "subjects": ("subject_id", "version", "kind", "bureau", "in_review", "removed"),
    "subjects.graded": ("subject_id", "version", "sector", "deregistered_on"),
    "subjects.told": ("subject_id", "version", "name", "email"),
    "instruments": (
        "instrument_id", "version", "subject_id", "bureau", "type_code", "serial_no", "state",
        "rotate_on", "parts", "spell", "in_review", "removed",
    ),
    "calibrations.due": ("instrument_id", "due_version", "due_on"),
    "institutions": ("institution_id", "version", "name", "bureau", "email"),
    "verifications": (
        "verification_id", "version", "instrument_id", "result", "verified_on", "valid_until",
        "set_aside", "part", "removed",
    ),
    "records": (
        "record_id", "version", "subject_id", "kind", "severity", "occurred_on", "determined_on",
        "entered_on", "status", "status_on", "verified", "final", "contested", "points", "removed",
    ),
}  # fmt: skip


async def hold_copies(
    session: AsyncSession, findings: Findings, topic: str, model: Any, *where: Any
) -> int:
    """Adds the digest of a topic's rows to `findings`, and returns how many rows there are."""
    digest = RowsDigest()
    columns = [getattr(model, name) for name in COLUMNS[topic]]
    rows = await session.stream(sa.select(*columns).where(*where))
    async for portion in rows.partitions(PORTION):
        for row in portion:
            digest.add(row)
    findings.digests.append(digest.message(topic))
    return digest.count
