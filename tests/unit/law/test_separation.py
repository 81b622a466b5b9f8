"""Who may not do what with what: the data are read strictly, and say it in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from law.separation import (
    Act,
    Office,
    Tie,
    appointed,
    exclusions,
    recusal,
    released_by,
    stands_back,
)
from tests.unit.law.broken_files import faults, fresh


@pytest.mark.parametrize("other", sorted(set(Office) - {Office.ADMINISTRATOR}))
def test_an_administrator_holds_no_other_office(other: Office) -> None:
    assert "platform" in {rule.id for rule in exclusions([Office.ADMINISTRATOR, other])}


@pytest.mark.parametrize("office", [Office.VERIFICATION_INSTITUTION, Office.OPERATOR])
@pytest.mark.parametrize(
    "of_a_bureau",
    [Office.CASEWORKER, Office.UNIT_HEAD, Office.MUNICIPAL_REVIEWER, Office.INSPECTOR],
)
def test_who_is_supervised_holds_no_office_of_a_bureau(office: Office, of_a_bureau: Office) -> None:
    [rule] = exclusions([office, of_a_bureau])
    assert (rule.office, bool(rule.zh), bool(rule.en)) == (office, True, True)


def test_people_of_a_bureau_may_hold_several_offices() -> None:
    assert exclusions([Office.CASEWORKER, Office.UNIT_HEAD, Office.INSPECTOR]) == ()
    assert all(exclusions([office]) == () for office in Office)


def test_every_act_has_who_releases_it_and_every_tie_its_reason() -> None:
    """What concerns the register is for the unit head, what concerns accounts for administrators.

    Administrators decide nothing about the register, and unit heads give nobody a role. What a
    certificate says otherwise than the register is looked at by a caseworker, who may change it.
    """
    about_accounts, by_caseworker = (
        {Act.APPOINT, Act.DISMISS_ADMINISTRATOR},
        {Act.CORRECT_INSTRUMENT},
    )
    assert released_by(Office.ADMINISTRATOR) == about_accounts
    assert released_by(Office.CASEWORKER) == by_caseworker
    assert released_by(Office.UNIT_HEAD) == set(Act) - about_accounts - by_caseworker
    cites = {tie: stands_back(tie).cite for tie in Tie}
    assert cites.pop(Tie.RECUSED) == recusal().cite == "PENALTY-LAW 43"
    assert set(cites.values()) == {"S3 27"}


def test_whoever_decides_watches_or_runs_the_platform_is_appointed_by_two() -> None:
    acting = {Office.INSPECTOR, Office.INTEGRATOR, Office.VERIFICATION_INSTITUTION}
    assert appointed().offices == set(Office) - acting - {Office.OPERATOR, Office.PUBLIC}


@pytest.mark.parametrize(
    ("spoil", "field", "says"),
    [
        (lambda d: d["offices"][0].update(never_with=[]), "offices[0].never_with", "other offices"),
        (
            lambda d: d["offices"][0].update(never_with=["administrator"]),
            "offices[0].never_with",
            "other offices",
        ),
        (lambda d: d["released"].pop(), "released", "each once"),
        (lambda d: d["stands_back"].append(d["stands_back"][0]), "stands_back", "each once"),
    ],
)
def test_a_fault_is_named(spoil: Callable[[Any], object], field: str, says: str) -> None:
    document = fresh("separation")
    spoil(document)
    assert says in faults("separation", document)[field]
