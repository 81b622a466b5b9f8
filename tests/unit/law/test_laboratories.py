"""What the records of a laboratory say of a verification, by the limits of its regulation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from law.instruments import catalogue
from law.laboratories import (
    Finding,
    Limits,
    Range,
    Reading,
    judge,
    kept_from,
    limits_of,
    sensors,
)
from law.periods import add_months

NINE = datetime(2026, 9, 1, 1, tzinfo=UTC)
HOURS = [NINE + timedelta(hours=number) for number in range(3)]
LIMITS = Limits(Range(1500, 2500), Range(0, 8500), example=True)
DAY = date(2026, 9, 1)


def readings(*values: tuple[int, int, int]) -> list[Reading]:
    """Readings by the number of their hour, in whole degrees and percent."""
    return [Reading(NINE + timedelta(hours=n), 100 * t, 100 * h) for n, t, h in values]


@pytest.mark.parametrize(
    ("found", "given"),
    [
        (Finding.WITHIN, [(0, 15, 0), (1, 20, 50), (2, 25, 85)]),
        (Finding.GAPS, [(0, 20, 50), (2, 20, 50)]),
        (Finding.EXCEEDED, [(1, 26, 50)]),
        (Finding.EXCEEDED, [(0, 20, 50), (1, 20, 50), (1, 20, 86), (2, 20, 50)]),
        (Finding.NO_RECORDS, []),
        (Finding.NO_RECORDS, [(3, 20, 50), (-1, 40, 50)]),
    ],
)
def test_a_finding_follows_from_the_readings(
    found: Finding, given: Sequence[tuple[int, int, int]]
) -> None:
    assert judge(LIMITS, HOURS, readings(*given)).finding is found


def test_hours_are_counted_however_many_sensors_there_are() -> None:
    judged = judge(LIMITS, HOURS, readings((0, 30, 50), (0, 31, 50), (1, 20, 50)))
    assert (judged.missing, judged.outside) == (1, 1)


def test_without_limits_only_the_lack_of_records_is_told() -> None:
    assert judge(None, HOURS, readings((0, 90, 50))).finding is Finding.NO_LIMITS
    assert judge(None, HOURS, []).finding is Finding.NO_RECORDS


@pytest.mark.parametrize("method", ["JJG 443-2023", "jjg443", "JJG 443—2023 燃油加油机", ""])
def test_a_regulation_is_found_however_it_is_written(method: str) -> None:
    version = limits_of(method, "FUEL", DAY)
    assert version is not None
    assert version.cite == "JJG 443-2023"


@pytest.mark.parametrize("method", ["JJG 443-2006", "JJG 4430", "企业标准", "JJG 1-1999"])
def test_another_edition_has_no_limits_rather_than_wrong_ones(method: str) -> None:
    assert limits_of(method, "FUEL", DAY) is None


def test_every_limit_is_an_example_and_within_what_a_sensor_can_measure() -> None:
    for type_code in ("FUEL", "NAWI-D", "ELEC-E", "BP-M"):
        version = limits_of("", type_code, DAY)
        assert version is not None
        assert version.value.example
        assert sensors().temperature.has(version.value.temperature.least)
        assert sensors().temperature.has(version.value.temperature.most)
    assert limits_of("", "no such type", DAY) is None


def test_records_are_kept_as_long_as_a_verification_may_be_valid() -> None:
    longest = max(one.cycle_months or 0 for one in catalogue().values())
    assert add_months(kept_from(DAY), longest) <= DAY
