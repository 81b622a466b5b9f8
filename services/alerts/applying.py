"""The condition under which an alert applies to its instrument, in SQL."""

from __future__ import annotations

from sqlmodel import col

from services.alerts.tables import Alert, Instrument

# An alert applies while its instrument still rests on what it was raised for.
APPLIES = (
    col(Instrument.watched)
    & (col(Instrument.spell) == col(Alert.spell))
    & (col(Instrument.governing_id) == col(Alert.governing_id))
    & (col(Instrument.standing) == col(Alert.standing))
    & col(Instrument.valid_until).is_not_distinct_from(col(Alert.valid_until))
)
