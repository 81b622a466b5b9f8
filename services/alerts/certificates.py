"""The certificate or rejection notice behind an alert: by it, two alerts of one day differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from services.alerts.tables import Alert, Verification


@dataclass(frozen=True)
class Certificate:
    """The number of a certificate or rejection notice, and the institution that issued it.

    Both are empty where alerts has not received them.
    """

    number: str = ""
    institution: str = ""


NO_CERTIFICATE = Certificate()
IDS_PER_QUERY = 1000
_OF_ALERTS = sa.select(
    col(Alert.alert_id), col(Verification.certificate_no), col(Verification.institution)
).join(Verification, col(Verification.verification_id) == col(Alert.governing_id))


async def certificates_of(
    session: AsyncSession, alert_ids: Collection[int | None]
) -> Mapping[int | None, Certificate]:
    """Returns the certificate of each alert that follows from a verification, by alert id."""
    found, connection = dict[int | None, Certificate](), await session.connection()
    for chunk in chunks([*alert_ids], IDS_PER_QUERY):
        rows = await connection.execute(_OF_ALERTS.where(col(Alert.alert_id).in_(chunk)))
        found |= {alert_id: Certificate(*names) for alert_id, *names in rows}
    return found
