"""The condition under which an alert applies to its instrument, in SQL and of rows."""

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


def applies(alert: Alert, instrument: Instrument) -> bool:
    """Returns whether an alert applies to its instrument, as APPLIES says in SQL."""
    names = ("spell", "governing_id", "standing", "valid_until")
    return instrument.watched and all(
        getattr(instrument, name) == getattr(alert, name) for name in names
    )
