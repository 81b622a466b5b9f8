"""Which passwords are too easy to guess, how secrets are sealed, and where tries come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from law.errors import InvalidInput
from services.registry.identity.password_rules import require_good
from services.registry.identity.throttle import network_of
from services.registry.identity.vault import Vault


@pytest.mark.parametrize(
    "bad",
    [
        "short",
        "elevenchars",
        "password1234",
        "Password!2026",
        "qwertyuiop12",
        "1q2w3e4r5t6y",
        "iloveyou1314520",
        "woaini520131",
        "administrator",
        "passwordpassword",
        "zhang.san-2026-x",
        "aaaaaaaaaaaaaa",
        "abcdefghijkl",
        "123456789012",
        "111122223333",
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        require_good(bad, "new_password", "zhang.san")
    assert [fault.field for fault in refused.value.faults] == ["new_password"]


@pytest.mark.parametrize(
    "good",
    ["a-synthetic-password", "西湖龙井明前雨后各一两半斤", "9sVQ2xkfLpT4", "correct horse batt"],
)
def test_a_password_that_is_hard_to_guess_is_taken(good: str) -> None:
    require_good(good, "new_password", "zhang.san", "li")


def test_a_sealed_secret_is_read_by_its_owner_and_its_key_only(tmp_path: Path) -> None:
    vault = Vault.at(tmp_path)
    sealed = vault.seal("a1", "SECRET")
    assert "SECRET" not in sealed
    assert Vault.at(tmp_path).open("a1", sealed) == "SECRET"
    with pytest.raises(ValueError, match="another account"):
        vault.open("a2", sealed)
    (tmp_path / "other").mkdir()
    with pytest.raises(ValueError, match="sealed by"):
        Vault.at(tmp_path / "other").open("a1", sealed)


def test_the_secret_part_of_a_link_follows_from_the_key(tmp_path: Path) -> None:
    first, second = Vault(b"1" * 32), Vault(b"2" * 32)
    assert first.link_token("l") == first.link_token("l") != second.link_token("l")
    assert first.code_hash("a1", "code") != first.code_hash("a2", "code")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("not an address", "not an address"),
    ],
)
def test_tries_are_counted_by_network(address: str, network: str) -> None:
    assert network_of(address) == network
