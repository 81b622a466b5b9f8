"""Settings and their documentation agree; a child process has the settings of its parent."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from plumbing.settings import Settings, child_environment, variable

EXAMPLE = Path(__file__).parents[3] / "deploy" / "env.example"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


def documented() -> dict[str, str]:
    lines = EXAMPLE.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert set(documented()) == {variable(name) for name in Settings.model_fields}


def test_the_documented_values_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Settings()
    for name, value in documented().items():
        monkeypatch.setenv(name, value)
    assert Settings() == defaults


def test_every_documented_setting_has_a_comment_above_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [
        line
        for above, line in pairwise(lines)
        if "=" in line and not line.startswith("#") and not above.startswith("#")
    ]
    assert bare == []


def test_servers_of_nats_are_all_encrypted_or_none() -> None:
    two = Settings(nats_url="tls://a.example:4222, tls://b.example:4222")
    assert two.nats_servers == ["tls://a.example:4222", "tls://b.example:4222"]
    for mixed in ("tls://a.example:4222,nats://b.example:4222", "http://a.example"):
        with pytest.raises(ValidationError, match="tls://"):
            Settings(nats_url=mixed)


def test_a_child_reads_exactly_the_settings_it_is_handed(monkeypatch: pytest.MonkeyPatch) -> None:
    handed = Settings(data_dir=Path("/somewhere"), sandbox=True, nats_url="nats://elsewhere:1")
    monkeypatch.setenv("QUANHENG_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("QUANHENG_UNKNOWN", "1")
    monkeypatch.setenv("SOMETHING_ELSE", "inherited")
    environment = child_environment(handed)
    forget_settings(monkeypatch)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings() == handed
    assert "QUANHENG_UNKNOWN" not in environment
    assert environment["SOMETHING_ELSE"] == "inherited"


def test_the_endpoint_of_traces_goes_by_the_name_every_program_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4318")
    assert Settings().otlp_endpoint == "http://collector.example:4318"
    elsewhere = child_environment(Settings(otlp_endpoint="http://elsewhere.example:4318"))
    assert elsewhere["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://elsewhere.example:4318"
    assert child_environment(Settings(otlp_endpoint=""))["OTEL_EXPORTER_OTLP_ENDPOINT"] == ""


def test_a_value_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHENG_TOKEN_MINUTES", "0")
    with pytest.raises(ValidationError, match="token_minutes"):
        Settings()


def test_each_service_has_a_database_of_its_own(tmp_path: Path) -> None:
    own = Settings(data_dir=tmp_path)
    assert own.database_url("grading") == f"sqlite+aiosqlite:///{tmp_path.resolve()}/grading.db"
    for scheme in ("postgresql+asyncpg", "postgresql"):
        shared = Settings(database=f"{scheme}://host/{{service}}")
        assert shared.database_url("alerts") == "postgresql+asyncpg://host/alerts"


def test_a_service_listens_on_its_address_or_on_the_interface_it_is_told() -> None:
    assert Settings().listen_address("registry") == "127.0.0.1:7301"
    inside = Settings(registry_address="registry.example:7301", listen_host="0.0.0.0")  # noqa: S104
    assert inside.address("registry") == "registry.example:7301"
    assert inside.listen_address("registry") == "0.0.0.0:7301"
    assert inside.port("registry") == 7301


def test_the_keys_lie_with_the_data_unless_they_are_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QUANHENG_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUANHENG_KEYS_DIR", "")
    assert Settings().keys_dir == tmp_path / "keys"
    monkeypatch.setenv("QUANHENG_KEYS_DIR", "/keys")
    assert Settings().keys_dir == Path("/keys")


def test_a_relative_directory_of_keys_means_the_same_to_a_child_that_starts_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = child_environment(Settings(keys_dir=Path("keys")))
    assert environment["QUANHENG_KEYS_DIR"] == str(tmp_path / "keys")


@pytest.mark.parametrize(("days", "kept"), [(183, False), (184, True)])
def test_the_access_log_is_kept_for_as_long_as_the_law_says(days: int, *, kept: bool) -> None:
    if kept:
        assert Settings(access_log_days=days).access_log_life.days == days
        return
    with pytest.raises(ValidationError, match=r"至少留存 6 个月.*网络安全法》21\(三\)"):
        Settings(access_log_days=days)
