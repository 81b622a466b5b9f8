"""Who may act where."""

import pytest

from law.errors import NotPermitted
from plumbing.identity import Caller, Role, covering, scope_prefix, service_caller


def caller(role: Role, bureau: str = "", subject: str = "") -> Caller:
    return Caller("a", "a", frozenset({role}), bureau, subject)


@pytest.mark.parametrize(
    ("bureau", "prefix"),
    [
        ("330100", "3301"),
        ("120000", "12"),
        ("330110", "330110"),
        ("330106", "330106"),
        ("330100-JQ", "330100-JQ"),
        ("000000", ""),
    ],
)
def test_only_pairs_of_zeros_widen_a_scope(bureau: str, prefix: str) -> None:
    assert scope_prefix(bureau) == prefix


def test_a_municipal_bureau_covers_its_districts_and_branches_but_no_other_city() -> None:
    city = caller(Role.CASEWORKER, "330100")
    assert all(map(city.covers, ("330106", "330110", "330100-JQ", "330100")))
    assert not any(map(city.covers, ("331002", "120101")))


def test_a_district_covers_neither_its_neighbour_nor_its_city() -> None:
    district = caller(Role.CASEWORKER, "330110")
    assert not any(map(district.covers, ("330111", "330100", "330106")))


def test_without_a_bureau_nothing_is_covered() -> None:
    with pytest.raises(NotPermitted):
        caller(Role.CASEWORKER).require_bureau("330106")


def test_an_operator_acts_for_its_own_subject_whatever_the_bureau() -> None:
    operator = caller(Role.OPERATOR, subject="s1")
    operator.require_subject("s1", "330106")
    with pytest.raises(NotPermitted):
        operator.require_subject("s2", "330106")


def test_a_service_acts_everywhere_and_says_for_whom() -> None:
    service = service_caller("objection", on_behalf_of="account/7")
    service.require_bureau("331002")
    assert (service.account_id, service.on_behalf_of) == ("service:objection", "account/7")


def test_the_bureaus_that_cover_another_are_the_nearest_first() -> None:
    assert covering("330106-A") == ("330106-A", "330106", "330100", "330000")
    assert covering("120104") == ("120104", "120100", "120000")
    assert covering("330000") == ("330000",)
    assert covering("") == ()
