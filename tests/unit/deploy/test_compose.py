"""compose.yaml agrees with the code: settings, ports, databases, keys."""

from __future__ import annotations

import re

import pytest

from law.disclosure.retention import log_kept
from plumbing.clock import SystemClock, local_date
from plumbing.plain_links import refuse_plain_links
from plumbing.settings import CALLERS, PORTAL, SERVICES
from services.registry.identity.keys import ENGINES
from tests.unit.deploy.files import (
    DEFAULTS,
    DEPLOY,
    METRICS_PORTS,
    PORTS,
    Document,
    compose_file,
    image_settings,
    loaded,
    needed,
    written_by,
)


@pytest.fixture(scope="module")
def compose() -> Document:
    return compose_file()


def test_every_service_is_a_container_with_the_settings_it_needs(compose: Document) -> None:
    assert set(SERVICES) <= set(compose["services"])
    for service in SERVICES:
        container = compose["services"][service]
        assert container["command"] == ["python", "-P", "-m", f"services.{service}"]
        given = set(container["environment"]) | set(image_settings())
        assert needed(service) <= given, service


def test_containers_find_each_other_at_the_ports_they_listen_on(compose: Document) -> None:
    for service, port in PORTS.items():
        container = compose["services"][service]
        assert container["ports"] == [f"127.0.0.1:{port}:{port}"]
        address = container["environment"][f"QUANHENG_{service.upper()}_ADDRESS"]
        assert address == f"{service}:{port}"
    for process, port in METRICS_PORTS.items():
        container = compose["services"][process]
        metrics = container["environment"][f"QUANHENG_{process.upper()}_METRICS_ADDRESS"]
        assert metrics == f"{process}:{port}"


def test_each_container_has_a_database_and_a_password_of_its_own(compose: Document) -> None:
    sql = (DEPLOY / "postgresql" / "databases.sql").read_text()
    asked = compose["services"]["postgresql"]["environment"]
    for service in CALLERS:
        url = compose["services"][service]["environment"]["QUANHENG_DATABASE"]
        secret = f"{service.upper()}_PASSWORD"
        assert url == (
            f"postgresql+asyncpg://{service}:${{{secret}:?}}@postgresql:5432/{service}"
            "?sslmode=verify-full&sslrootcert=/keys/engines/ca.pem"
        )
        assert asked[secret] == f"${{{secret}:?}}"
        assert f"\\getenv {service}_password {secret}\n" in sql
        assert f"\\connect {service}\n" in sql


def test_temporal_finds_its_databases_made(compose: Document) -> None:
    """Its image makes none of the name of its role, whatever that role may do."""
    asked = compose["services"]["temporal"]["environment"]
    assert asked["SKIP_DB_CREATE"] == "true"
    sql = (DEPLOY / "postgresql" / "databases.sql").read_text()
    assert "CREATE DATABASE %I OWNER temporal " in sql
    assert "ARRAY['temporal', 'temporal_visibility']" in sql


def test_search_attributes_wait_for_a_call_that_needs_the_namespace_as_they_do(
    compose: Document,
) -> None:
    """Temporal describes a namespace some seconds before it takes attributes for it."""
    [script] = compose["services"]["temporal-prepared"]["command"]
    assert "until temporal operator search-attribute list --namespace" in script


def test_tables_are_migrated_by_their_owner_before_anything_serves(compose: Document) -> None:
    job = compose["services"]["migrate"]
    assert job["command"] == ["quanheng", "migrate", "--wait"]
    settings = DEFAULTS.model_copy(update={"database": job["environment"]["QUANHENG_DATABASE"]})
    for service in CALLERS:
        owner = f"//{service}_owner:${{OWNER_PASSWORD:?}}@postgresql:5432/{service}"
        assert f"{owner}?sslmode=verify-full&" in settings.database_url(service)
        needed_first = compose["services"][service]["depends_on"]
        assert needed_first["migrate"] == {"condition": "service_completed_successfully"}


def test_nothing_travels_in_the_clear(compose: Document) -> None:
    """Between the containers too: no connection is left to other software to encrypt."""
    for service in CALLERS:
        given = compose["services"][service]["environment"]
        assert "QUANHENG_PLAINTEXT" not in given
        known = {
            name.removeprefix("QUANHENG_").lower(): re.sub(r"\$\{\w+:\?\}", "secret", value)
            for name, value in given.items()
        }
        settings = DEFAULTS.model_copy(update=known)
        elsewhere = "https://portal.example"
        refuse_plain_links(
            settings.model_copy(update={"portal_url": elsewhere, "smtp_url": "smtps://m.example"}),
            service,
        )
        assert given["QUANHENG_TLS_CLIENT_CERTIFICATES"] == "true"
    postgresql = " ".join(compose["services"]["postgresql"]["command"])
    assert "-c ssl=on" in postgresql
    rules = (DEPLOY / "postgresql" / "pg_hba.conf").read_text()
    assert {line.split()[0] for line in rules.splitlines() if not line.startswith("#")} == {
        "local",
        "hostssl",
        "hostnossl",
    }
    assert re.search(r"^hostnossl all +all +all +reject$", rules, re.MULTILINE)
    temporal = compose["services"]["temporal"]["environment"]
    assert temporal["TEMPORAL_TLS_REQUIRE_CLIENT_AUTH"] == "true"
    assert (temporal["SQL_TLS_ENABLED"], temporal["SQL_HOST_VERIFICATION"]) == ("true", "true")


def test_engines_have_the_certificates_that_are_made_for_them(compose: Document) -> None:
    for engine in ENGINES:
        container = compose["services"][engine]
        [keys] = [mount for mount in container["volumes"] if isinstance(mount, dict)]
        assert (keys["volume"], keys["read_only"]) == ({"subpath": engine}, True)
        written = str(container) + (DEPLOY / "nats" / "nats.conf").read_text()
        assert f"{keys['target']}/{engine}.pem" in written
        assert f"{keys['target']}/{engine}.key" in written
    namespace = compose["services"]["temporal"]["environment"]["DEFAULT_NAMESPACE"]
    given = compose["services"]["registry"]["environment"]["QUANHENG_TEMPORAL_NAMESPACE"]
    assert given == namespace


def test_what_a_container_writes_lies_in_a_volume_that_its_user_may_write_to(
    compose: Document,
) -> None:
    """Its root is read-only, and a new volume gets the owner of the folder in the image."""
    made = (DEPLOY / "Dockerfile").read_text().partition("install --directory")[2]
    folders = made.partition("\nCOPY")[0].split()
    for service in CALLERS:
        for path in written_by(service):
            assert path in folders
    volumes = [
        mount for service in CALLERS for mount in compose["services"][service]["volumes"][1:]
    ]
    assert {mount.partition(":")[0] for mount in volumes} <= set(compose["volumes"])
    assert len(set(volumes)) == len(volumes)  # no service sees the files of another


def test_a_container_sees_its_own_keys_only_and_cannot_change_them(compose: Document) -> None:
    for service in CALLERS:
        mount, *others = compose["services"][service]["volumes"]
        assert [str(other).partition(":")[2] for other in others] == written_by(service)
        assert (mount["source"], mount["target"]) == ("keys", image_settings()["QUANHENG_KEYS_DIR"])
        assert mount["volume"] == {"subpath": service}
        assert mount["read_only"] is True
    assert image_settings()["QUANHENG_TLS_DIR"].startswith(image_settings()["QUANHENG_KEYS_DIR"])


def test_nats_is_given_who_may_do_what_and_no_password(compose: Document) -> None:
    nats = compose["services"]["nats"]
    [keys] = [mount for mount in nats["volumes"] if isinstance(mount, dict)]
    assert (keys["source"], keys["volume"], keys["read_only"]) == (
        "keys",
        {"subpath": "nats"},
        True,
    )
    assert nats["command"] == ["--config", "/etc/nats/nats.conf"]
    folder = keys["target"].removeprefix("/etc/nats/")
    assert f'include "{folder}/authorization.conf"' in (DEPLOY / "nats" / "nats.conf").read_text()
    assert "@" not in compose["services"]["registry"]["environment"]["QUANHENG_NATS_URL"]


def test_the_command_line_can_keep_a_login_where_the_root_is_read_only(compose: Document) -> None:
    [home] = re.findall(r"\bHOME=(\S+)", (DEPLOY / "Dockerfile").read_text())
    for service in CALLERS:
        assert home in compose["services"][service]["tmpfs"]


def test_an_image_is_built_as_make_image_does_it(compose: Document) -> None:
    """Behind a bureau's own authority and mirror too; a secret of which none is named is empty."""
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    taken = set(re.findall(r"^ARG (\w+)", dockerfile, re.MULTILINE))
    secrets = set(re.findall(r"--mount=type=secret,id=(\w+)", dockerfile))
    assert len(taken) == 4
    for name in secrets:
        given = f"${{BUILD_{name.upper()}:-/dev/null}}"
        assert compose["secrets"][name] == {"file": given}
        assert f"[ -s /run/secrets/{name} ]" in dockerfile  # an empty one counts as none
    for service in (*CALLERS, "keys", "migrate"):
        build = compose["services"][service]["build"]
        assert set(build["args"]) == taken
        assert set(build["secrets"]) == secrets == set(compose["secrets"])
        assert "secrets" not in compose["services"][service]  # no container sees them


def test_our_containers_are_confined(compose: Document) -> None:
    for service in (*CALLERS, "keys", "migrate"):
        container = compose["services"][service]
        assert container["read_only"] is True
        assert container["cap_drop"] == ["ALL"]
        assert "user" not in container
        assert "healthcheck" not in container or service in ("keys", "migrate", PORTAL)


def test_only_our_services_are_reached_from_outside_and_only_from_this_machine(
    compose: Document,
) -> None:
    published = {name for name, container in compose["services"].items() if "ports" in container}
    assert published == set(CALLERS)
    assert compose["networks"]["engines"] == {"internal": True}
    for engine in ("postgresql", "nats", "temporal"):
        assert compose["services"][engine]["networks"] == ["engines"]


def test_logs_of_every_container_may_be_kept_by_days(compose: Document) -> None:
    (journald,) = loaded(DEPLOY / "compose.journald.yaml")
    assert set(journald["services"]) == set(compose["services"])
    for name, changed in journald["services"].items():
        # Another driver takes the place of all options; of the same one they would be merged.
        assert compose["services"][name]["logging"]["driver"] != changed["logging"]["driver"]
    conf = (DEPLOY / "journald" / "quanheng.conf").read_text()
    [days] = re.findall(r"^MaxRetentionSec=(\d+)day$", conf, re.MULTILINE)
    assert int(days) >= log_kept(local_date(SystemClock().now())).days


def test_every_value_the_machine_must_give_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    lines = (DEPLOY / "compose.env.example").read_text().splitlines()
    offered = {line.split("=")[0] for line in lines if line and not line.startswith("#")}
    assert asked == offered


def test_nats_acknowledges_nothing_that_is_not_on_the_disk() -> None:
    assert "sync_interval: always" in (DEPLOY / "nats" / "nats.conf").read_text()
