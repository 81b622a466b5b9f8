"""The forecast of verifications that page and command show: by type, and beside capacities."""

from __future__ import annotations

from datetime import date

from plumbing.capacities import Figure
from plumbing.forecast import Load, TypeDue, forecast
from protos.alerts.v1 import alerts_pb2 as pb
from protos.registry.v1 import institutions_pb2 as institutions

# Two weeks of 2026 with five working days, the present one from its Wednesday on; two of 2027.
STARTS = ("2026-11-18", "2026-11-23", "2027-01-04")
ENDS = ("2026-11-22", "2026-11-29", "2027-01-10")


def weeks(*numbers: int) -> list[pb.WeekAhead]:
    return [
        pb.WeekAhead(starts_on=start, ends_on=end, instruments=number)
        for start, end, number in zip(STARTS, ENDS, numbers, strict=True)
    ]


def count(bureau: str, type_code: str, colour: str, instruments: int) -> pb.BoardCount:
    fields = {"bureau": bureau, "type_code": type_code, "colour": colour}
    return pb.BoardCount(**fields, instruments=instruments)


FUEL, TAXI = weeks(4, 0, 7), weeks(9, 1, 0)
BOARD = pb.GetColourBoardResponse(
    on=STARTS[0],
    weeks=weeks(13, 1, 7),
    counts=[
        count("1", "FUEL", "red", 1),
        count("2", "FUEL", "red", 2),
        count("1", "FUEL", "green", 4),
        count("1", "FUEL", "none", 8),
        count("1", "TAXI", "none", 5),
        count("1", "SCALE", "none", 5),
    ],
    types=[
        pb.TypeAhead(type_code="FUEL", weeks=FUEL),
        pb.TypeAhead(type_code="SCALE", weeks=weeks(0, 0, 0)),
        pb.TypeAhead(type_code="TAXI", weeks=TAXI),
    ],
)


def institution(*capacities: tuple[str, int, str]) -> institutions.GetInstitutionResponse:
    """May verify fuel dispensers and scales, and no longer taximeters; with these figures."""
    until = {"FUEL": "2026-11-18", "SCALE": "2030-12-31", "TAXI": "2026-11-17"}
    return institutions.GetInstitutionResponse(
        authorisations=[
            institutions.Authorisation(type_code=code, valid_from="2026-01-01", valid_until=last)
            for code, last in until.items()
        ],
        capacities=[
            institutions.Capacity(type_codes=types.split(), per_day=per_day, from_on=day)
            for types, per_day, day in capacities
        ],
    )


def test_what_is_due_now_and_what_ends_in_each_week_by_type() -> None:
    found = forecast(BOARD)
    assert found.types == [TypeDue("FUEL", 3, 7, FUEL), TypeDue("TAXI", 0, 0, TAXI)]
    assert found.due == 7
    assert (found.capacities, found.without) == ((), ())


def test_an_institution_sees_the_types_that_it_may_verify_on_the_day() -> None:
    found = forecast(BOARD, [institution()])
    assert [one.type_code for one in found.types] == ["FUEL"]
    assert found.without == ["FUEL"]
    assert forecast(BOARD, []).types == []


def test_what_ends_stands_beside_what_the_working_days_of_the_week_complete() -> None:
    shared = ("FUEL SCALE TAXI", 1, "2026-01-01")
    found = forecast(BOARD, [institution(shared, ("FUEL", 3, "2026-11-30"))])
    now, later = found.capacities
    assert (now.type_codes, now.figure.per_day) == (["FUEL"], 1)
    assert now.weeks == [Load(4, 3, False), Load(0, 5, False), None], "taximeters do not count"
    assert later.figure == Figure(frozenset({"FUEL"}), 3, date(2026, 11, 30))
    assert later.weeks == [None, None, Load(7, 15, True)]
    assert found.without == []


def test_a_figure_that_was_withdrawn_is_none() -> None:
    found = forecast(BOARD, [institution(("FUEL", 0, "2026-01-01"))])
    assert (found.capacities, found.without) == ([], ["FUEL"])
