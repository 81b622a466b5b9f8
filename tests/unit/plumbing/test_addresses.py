"""A client reads the same addresses from the environment as the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbing.addresses import SERVICES, addresses_of_environment
from plumbing.settings import Settings, variable

CASES = {
    "nothing": {},
    "a directory": {"QUANHENG_DATA_DIR": "/elsewhere"},
    "keys of their own": {"QUANHENG_DATA_DIR": "x", "QUANHENG_KEYS_DIR": "keys-of-mine"},
    "an address": {"QUANHENG_REGISTRY_ADDRESS": "registry:1", "quanheng_alerts_address": "a:2"},
    "empty values": {"QUANHENG_DATA_DIR": "", "QUANHENG_REGISTRY_ADDRESS": ""},
}


@pytest.mark.parametrize("name", CASES)
def test_a_client_and_the_settings_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    for variable_name, value in CASES[name].items():
        monkeypatch.setenv(variable_name, value)
    settings, addresses = Settings(), addresses_of_environment()
    assert (addresses.data_dir, addresses.keys_dir) == (settings.data_dir, settings.keys_dir)
    assert [addresses.address(s) for s in SERVICES] == [settings.address(s) for s in SERVICES]
    assert addresses.elsewhere == ("registry_address" in settings.model_fields_set)


def test_a_directory_that_is_given_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUANHENG_DATA_DIR", "/elsewhere")
    monkeypatch.delenv("QUANHENG_KEYS_DIR", raising=False)
    addresses = addresses_of_environment(Path("/here"))
    assert (addresses.data_dir, addresses.keys_dir) == (Path("/here"), Path("/here/keys"))
