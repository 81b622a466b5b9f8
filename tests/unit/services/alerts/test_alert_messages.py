"""What alerts share is worked out once; each message is that of its alert all the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from law.colours.basis import LADDER, RED_WITHOUT_DATE, Basis
from law.colours.rule import Colour
from services.alerts import wire
from services.alerts.tables import Alert

AT = datetime(2026, 9, 14, 16, 5, tzinfo=UTC)
DAYS = st.sampled_from([date(2026, 9, 13) + timedelta(days=n) for n in (0, 1, 30, 61)])
NAMES = st.sampled_from(["甲", "b", ""])


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    dated = draw(st.booleans())
    return Alert(
        alert_id=draw(st.integers(1, 2**60)),
        instrument_id=draw(NAMES),
        spell=1,
        governing_id="v1",
        colour=draw(st.sampled_from(LADDER)) if dated else Colour.RED,
        subject_id=draw(NAMES),
        bureau="330106",
        type_code=draw(NAMES),
        serial_no=draw(NAMES),
        standing=Basis.DATED if dated else draw(st.sampled_from(RED_WITHOUT_DATE)),
        valid_until=draw(DAYS) if dated else None,
        since=draw(DAYS),
        raised_at=AT,
        baseline=False,
    )


@given(st.lists(alerts(), max_size=12))
def test_the_event_has_the_message_of_each_alert(rows: list[Alert]) -> None:
    raised = [tuple(getattr(row, name) for name in wire.RAISED_COLUMNS) for row in rows]
    event = wire.alerts_raised(raised, "330106", AT)
    assert [*event.alerts] == [wire.alert(row, AT) for row in rows]
