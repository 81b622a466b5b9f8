"""Each service gets the keys it may read, and the key that signs stays with the registry."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from plumbing.authority import read
from plumbing.events.credentials import Credentials
from plumbing.service_keys import nats_key
from plumbing.settings import CALLERS, SERVICES
from plumbing.tokens import public_key
from services.registry.identity.keys import ENGINES, hand_out


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def of_events(service: str) -> set[str]:
    """A service gets its own private keys, and the public keys of every service's events."""
    if service not in SERVICES:
        return set()
    own = {f"nats-{service}.jwk", f"events-{service}.jwk"}
    return own | {f"events-{owner}.jwks" for owner in SERVICES}


def test_the_registry_alone_gets_the_signing_key_and_the_first_password(tmp_path: Path) -> None:
    hand_out(tmp_path)
    secrets = {f"service-{service}.secret" for service in CALLERS}
    secrets |= {f"audit-{service}.key" for service in SERVICES}
    rest = {"signing.jwk", "public.jwk", "public.jwks", "administrator.password", "accounts.secret"}
    assert names(tmp_path) == {*CALLERS, *ENGINES, "tls", "authority"}
    assert names(tmp_path / "authority") == {"ca.pem"}
    of_registry = of_events("registry") | workflow_key("registry")
    assert names(tmp_path / "registry") == secrets | rest | {"tls", "engines"} | of_registry
    for service in set(CALLERS) - {"registry"}:
        own = {"public.jwk", "public.jwks", f"service-{service}.secret", "tls", "engines"}
        own |= of_events(service) | workflow_key(service) | audit_key(service)
        own |= {"channels.secret"} if service == "alerts" else set()
        assert names(tmp_path / service) == own
    for engine in ENGINES:
        users = {"authorization.conf"} if engine == "nats" else set()
        own = {"ca.pem", f"{engine}.pem", f"{engine}.key"}
        assert names(tmp_path / engine) == own | users


def workflow_key(service: str) -> set[str]:
    """The key of a service's workflows; the portal has none."""
    return {f"workflows-{service}.keys"} if service in SERVICES else set()


def audit_key(service: str) -> set[str]:
    """The key that signs checkpoints; the portal has none."""
    return {f"audit-{service}.key"} if service in SERVICES else set()


def test_a_service_gets_its_certificate_and_not_the_key_that_signs_them(tmp_path: Path) -> None:
    hand_out(tmp_path)
    for service in CALLERS:
        own = {"ca.pem", f"{service}.pem", f"{service}.key"}
        of_the_command_line = {"client.pem", "client.key"} if service == "registry" else set()
        assert names(tmp_path / service / "tls") == own | of_the_command_line


def test_a_service_shows_the_engines_the_certificate_that_names_it(tmp_path: Path) -> None:
    hand_out(tmp_path)
    for service in CALLERS:
        engines = tmp_path / service / "engines"
        assert names(engines) == {"ca.pem", "client.pem", "client.key"}
        (certificate,) = read(engines / "client.pem")
        assert certificate.subject.rfc4514_string() == f"CN={service}"


def test_what_is_handed_out_belongs_together(tmp_path: Path) -> None:
    hand_out(tmp_path)
    assert len({public_key(tmp_path / service).thumbprint() for service in CALLERS}) == 1
    secret = "service-grading.secret"
    given = (tmp_path / "grading" / secret).read_text()
    assert given == (tmp_path / "registry" / secret).read_text()


def test_nats_is_given_public_keys_only(tmp_path: Path) -> None:
    hand_out(tmp_path)
    text = (tmp_path / "nats" / "authorization.conf").read_text()
    for service in SERVICES:
        assert Credentials.of(tmp_path / service, service).nkey in text
        private = nats_key(tmp_path / service, service).as_dict(private=True)
        assert str(private["d"]) not in text


def test_nats_lets_in_the_former_key_too_while_it_is_changed(tmp_path: Path) -> None:
    def known() -> list[str]:
        text = (tmp_path / "nats" / "authorization.conf").read_text()
        return re.findall(r'"nkey": "(\w+)"', text)

    hand_out(tmp_path)
    own = tmp_path / "alerts"
    before, of_others = Credentials.of(own, "alerts").nkey, len(SERVICES) - 1
    (own / "nats-alerts.jwk").rename(own / "nats-alerts-former.jwk")
    hand_out(tmp_path)
    after = Credentials.of(own, "alerts").nkey
    assert {before, after} <= set(known())
    assert len(known()) == of_others + 2
    (own / "nats-alerts-former.jwk").unlink()
    hand_out(tmp_path)
    assert before not in known()
    assert len(known()) == of_others + 1


def test_a_second_time_changes_no_key(tmp_path: Path) -> None:
    def texts() -> dict[Path, str]:
        return {file: file.read_text() for file in tmp_path.rglob("*.*")}

    hand_out(tmp_path)
    before = texts()
    hand_out(tmp_path)
    assert texts() == before


def test_only_the_owner_reads_them(tmp_path: Path) -> None:
    hand_out(tmp_path)
    of_temporal = set((tmp_path / "temporal").iterdir())
    files = set(tmp_path.rglob("*.*"))
    assert {stat.S_IMODE(file.stat().st_mode) for file in files - of_temporal} == {0o600}
    # Temporal runs as a user of its own, in the group of the keys.
    assert {stat.S_IMODE(file.stat().st_mode) for file in of_temporal} == {0o640}
    assert stat.S_IMODE((tmp_path / "temporal").stat().st_mode) == 0o750
