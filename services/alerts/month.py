"""What happened in a month: alerts, verifications, escalations and the steps of escalations.

Only what is stored with its day is counted, so that a month that is over keeps its figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing import row_scope
from plumbing.months import Month
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.tables import (
    TOLD_OF,
    Alert,
    Escalation,
    EscalationStep,
    Instrument,
    StepState,
    Verification,
)

TAKEN = (StepState.APPOINTED, StepState.CARRIED_OUT)


async def summarise_month(
    view: View, request: pb.SummariseMonthRequest
) -> pb.SummariseMonthResponse:
    """Counts what happened in a month in a bureau or in the caller's whole scope.

    Raises NotPermitted if the requested bureau is outside the caller's scope.
    """
    if request.bureau:
        view.caller.require_bureau(request.bureau)
    month = Month.of(request.month, view.today)
    return pb.SummariseMonthResponse(
        month=str(month),
        alerts=await _alerts(view, request.bureau, month),
        verifications=await _verifications(view, request.bureau, month),
        escalations_opened=await _escalations(view, request.bureau, month, Escalation.opened_at),
        escalations_closed=await _escalations(view, request.bureau, month, Escalation.closed_at),
        steps=await _steps(view, request.bureau, month),
    )


def _within(view: View, bureau: str, column: Any) -> sa.ColumnElement[bool]:
    if bureau:
        return row_scope.within(bureau, column)
    return row_scope.covered(view.caller, column)


async def _rows(view: View, query: Any) -> Sequence[Any]:
    rows: Sequence[Any] = (await (await view.session.connection()).execute(query)).all()
    return rows


async def _counts(view: View, name: Any, *conditions: Any, joined: Any = None) -> list[Any]:
    """How many rows there are by the value of a column."""
    counted = sa.select(col(name), sa.func.count()).where(*conditions).group_by(col(name))
    if joined is not None:
        counted = counted.select_from(joined)
    rows = await _rows(view, counted.order_by(col(name)))
    return [pb.MonthCount(name=name.value, count=count) for name, count in rows]


async def _alerts(view: View, bureau: str, month: Month) -> list[pb.MonthCount]:
    mine = _within(view, bureau, Alert.bureau)
    told_of = sa.text(TOLD_OF)
    return await _counts(view, Alert.colour, mine, told_of, month.moments(Alert.raised_at))


async def _verifications(view: View, bureau: str, month: Month) -> list[pb.MonthCount]:
    owned = sa.join(
        Verification, Instrument, col(Verification.instrument_id) == col(Instrument.instrument_id)
    )
    there = sa.not_(col(Verification.removed))
    mine = _within(view, bureau, Instrument.bureau)
    made = month.days(Verification.verified_on)
    return await _counts(view, Verification.result, mine, there, made, joined=owned)


async def _escalations(view: View, bureau: str, month: Month, moment: Any) -> int:
    mine = _within(view, bureau, Escalation.bureau)
    counted = sa.select(sa.func.count()).select_from(Escalation)
    rows = await _rows(view, counted.where(mine, month.moments(moment)))
    return int(rows[0][0])


async def _steps(view: View, bureau: str, month: Month) -> list[pb.MonthCount]:
    of_case = sa.join(
        EscalationStep,
        Escalation,
        col(EscalationStep.escalation_id) == col(Escalation.escalation_id),
    )
    taken = col(EscalationStep.state).in_(TAKEN)
    mine = _within(view, bureau, Escalation.bureau)
    decided = month.moments(EscalationStep.decided_at)
    return await _counts(view, EscalationStep.step, mine, taken, decided, joined=of_case)
