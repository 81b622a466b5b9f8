"""Who is late with the verification behind a yellow or red alert (C-47)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from law.colours.basis import RED_WITHOUT_DATE, Basis
from law.colours.lateness import Application, Late, applied_in_time, late
from law.colours.rule import Colour

ON = date(2026, 9, 15)
DATED = Basis.DATED
WITHIN, PAST = ON, ON - timedelta(days=1)  # the last day of a term is within it


@pytest.mark.parametrize(
    ("colour", "application", "who"),
    [
        (Colour.RED, None, Late.OWNER),
        (Colour.RED, Application(True, WITHIN), Late.NOBODY),
        (Colour.RED, Application(True, PAST), Late.INSTITUTION),
        (Colour.RED, Application(False, WITHIN), Late.OWNER),
        (Colour.RED, Application(False, PAST), Late.BOTH),
        (Colour.YELLOW, None, Late.NOBODY),  # the time to apply still runs
        (Colour.YELLOW, Application(True, WITHIN), Late.NOBODY),
        (Colour.YELLOW, Application(True, PAST), Late.INSTITUTION),
        (Colour.GREEN, None, Late.NOBODY),
        (Colour.GREEN, Application(True, PAST), Late.NOBODY),
        (Colour.NONE, Application(True, PAST), Late.NOBODY),
    ],
)
def test_who_is_late_follows_from_colour_and_application(
    colour: Colour, application: Application | None, who: Late
) -> None:
    assert late(colour, DATED, application, ON) is who


@pytest.mark.parametrize("basis", RED_WITHOUT_DATE)
def test_no_application_is_in_time_for_what_is_red_without_a_date(basis: Basis) -> None:
    assert late(Colour.RED, basis, None, ON) is Late.OWNER
    assert late(Colour.RED, basis, Application(True, WITHIN), ON) is Late.OWNER
    assert late(Colour.RED, basis, Application(True, PAST), ON) is Late.BOTH


def test_an_application_is_in_time_up_to_the_last_valid_day() -> None:
    assert applied_in_time(ON, ON)
    assert not applied_in_time(PAST, ON)
    assert not applied_in_time(None, ON)  # nothing was in force
