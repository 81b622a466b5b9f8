"""Remembers the headings that a bureau confirms, to propose them for its next file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Change
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows.headings import Headings, plain
from services.registry.tables import ConfirmedHeading, ImportBatch


async def learned(session: AsyncSession, batch: ImportBatch) -> Mapping[str, str]:
    """Returns the headings that the batch's bureau has confirmed for its family, with fields."""
    confirmed = select(ConfirmedHeading).where(
        ConfirmedHeading.bureau == batch.bureau, ConfirmedHeading.family == batch.family
    )
    return {row.heading: row.field for row in await session.exec(confirmed)}


async def learn(
    change: Change, batch: ImportBatch, shown: Mapping[str, Any], request: pb.ConfirmColumnsRequest
) -> None:
    """Remembers the confirmed headings that everybody's files do not use for the same field."""
    written = {one["number"]: plain(one["heading"]) for one in shown["columns"]}
    known = Headings(pb.ImportHeader(family=batch.family))
    certain = {one.name: known.of(one) for one in known.fields()}
    for match in request.matches:
        heading = written[match.column]
        if heading and heading not in certain[match.field]:
            await change.session.merge(
                ConfirmedHeading(
                    bureau=batch.bureau,
                    family=batch.family,
                    heading=heading,
                    field=match.field,
                    confirmed_by=change.on_behalf_of,
                    confirmed_at=change.at,
                )
            )
