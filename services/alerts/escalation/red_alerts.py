"""The red alerts of escalation cases: which apply still, and the instruments that a case names."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import Basis
from law.colours.rule import Colour
from services.alerts.applying import APPLIES
from services.alerts.escalation.texts import RedLine
from services.alerts.tables import Alert, Escalation, EscalationAlert, Instrument

# In SQL: a red alert of which somebody is told, and which still applies to its instrument.
RED_APPLIES = (col(Alert.colour) == Colour.RED) & ~col(Alert.baseline) & APPLIES
ON_INSTRUMENT = col(Instrument.instrument_id) == col(Alert.instrument_id)


def of_case() -> sa.ColumnElement[bool]:
    """Returns the SQL join condition that an alert belongs to an escalation case."""
    return col(EscalationAlert.escalation_id) == col(Escalation.escalation_id)


# In SQL: the instrument still belongs to the subject of the case. COALESCE keeps the database from
# searching by owner: one owner may have 100,000 meters and a single case.
IS_OWNED = sa.func.coalesce(col(Instrument.subject_id), "") == col(Escalation.subject_id)


async def red_instruments(session: AsyncSession, case: Escalation) -> dict[str, Basis]:
    """Returns the red instruments of a case, each with the basis of its colour."""
    rows = await session.exec(
        select(Instrument.instrument_id, Instrument.standing)
        .join(Alert, ON_INSTRUMENT)
        .join(EscalationAlert, col(EscalationAlert.alert_id) == col(Alert.alert_id))
        .join(Escalation, of_case())
        .where(col(Escalation.escalation_id) == case.escalation_id, RED_APPLIES, IS_OWNED)
    )
    return {instrument: Basis(basis) for instrument, basis in rows}


async def red_lines(session: AsyncSession, case: Escalation) -> list[RedLine]:
    """Returns the instruments whose red alerts belong to a case, each with its present basis."""
    columns = (Instrument, sa.func.max(col(Alert.notice_id)), sa.func.max(_red_applies_as_number()))
    rows = await session.exec(
        select(*columns)
        .join(Alert, ON_INSTRUMENT)
        .join(EscalationAlert, col(EscalationAlert.alert_id) == col(Alert.alert_id))
        .where(col(EscalationAlert.escalation_id) == case.escalation_id)
        .group_by(col(Instrument.instrument_id))
        .order_by(col(Instrument.instrument_id))
    )
    return [_red_line(row, case, notified=bool(n), red=bool(red)) for row, n, red in rows]


def _red_line(row: Instrument, case: Escalation, *, notified: bool, red: bool) -> RedLine:
    gone = row.removed or row.subject_id != case.subject_id
    return RedLine(
        row.type_code,
        row.serial_no,
        row.standing,
        row.valid_until,
        notified,
        red and not gone,
        gone,
    )


def _red_applies_as_number() -> sa.ColumnElement[int]:
    return sa.case((RED_APPLIES, 1), else_=0)
