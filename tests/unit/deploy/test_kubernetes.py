"""The Kubernetes base agrees with the code in settings, ports, probes, keys and network rules."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from plumbing.ending import AT_THE_LATEST_SECONDS
from plumbing.settings import CALLERS, PORTAL, SERVICES, variable
from services.portal.sessions import COOKIE
from tests.unit.deploy.files import (
    DEFAULTS,
    DEPLOY,
    METRICS_PORTS,
    PORTS,
    Document,
    area_of_files,
    compose_file,
    loaded,
    needed,
)

BASE = DEPLOY / "kubernetes" / "base"
COMPONENTS = DEPLOY / "kubernetes" / "components"
# Ten that are kept and ten more, and one that tells whether it is ready (plumbing/database.py).
CONNECTIONS_OF_A_REPLICA = 21
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def parts(service: str) -> dict[str, Document]:
    return {document["kind"]: document for document in loaded(BASE / f"{service}.yaml")[:4]}


def container_of(deployment: Document) -> Document:
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["name"] == "service"
    return dict(container)


def common() -> Document:
    return loaded(BASE / "every-service.yaml")[0]


def settings_map(kustomization: Path) -> dict[str, str]:
    (generated,) = [
        one for one in loaded(kustomization)[0]["configMapGenerator"] if one["name"] == "settings"
    ]
    return dict(literal.split("=", 1) for literal in generated["literals"])


def test_every_service_is_in_the_base() -> None:
    resources = loaded(BASE / "kustomization.yaml")[0]["resources"]
    assert resources == [*(f"{name}.yaml" for name in CALLERS), "network.yaml", "migrate.yaml"]
    patches = loaded(BASE / "kustomization.yaml")[0]["patches"]
    assert patches == [{"path": "every-service.yaml", "target": {"kind": "Deployment"}}]


@pytest.mark.parametrize("service", SERVICES)
def test_a_deployment_is_given_every_setting_it_needs(service: str) -> None:
    container = container_of(parts(service)["Deployment"])
    assert container["command"] == ["python", "-P", "-m", f"services.{service}"]
    own = {entry["name"] for entry in container["env"]}
    shared = settings_map(BASE / "kustomization.yaml")
    assert needed(service) <= own | set(shared)
    assert container_of(common())["envFrom"] == [{"configMapRef": {"name": "settings"}}]
    assert shared[f"QUANHENG_{service.upper()}_ADDRESS"] == f"{service}:{PORTS[service]}"
    metrics = f"{service}:{METRICS_PORTS[service]}"
    assert shared[f"QUANHENG_{service.upper()}_METRICS_ADDRESS"] == metrics
    assert shared["QUANHENG_LISTEN_HOST"] == "0.0.0.0"  # noqa: S104
    assert shared["QUANHENG_FILES_URL"].startswith("s3://")  # what a pod keeps is lost with it


@pytest.mark.parametrize("service", CALLERS)
def test_what_is_secret_is_referred_to_and_belongs_to_the_service(service: str) -> None:
    deployment = parts(service)["Deployment"]
    for entry in container_of(deployment)["env"]:
        assert set(entry) == {"name", "valueFrom"}
        assert set(entry["valueFrom"]) == {"secretKeyRef"}
    references = {
        e["name"]: e["valueFrom"]["secretKeyRef"] for e in container_of(deployment)["env"]
    }
    assert references["QUANHENG_DATABASE"]["key"] == f"database-{service}"
    folders = {"keys": "QUANHENG_KEYS_DIR", "tls": "QUANHENG_TLS_DIR"}
    folders["engines"] = "QUANHENG_NATS_TLS_DIR"
    volumes = deployment["spec"]["template"]["spec"]["volumes"]
    assert {volume["name"]: volume["secret"]["secretName"] for volume in volumes} == {
        folder: f"quanheng-{folder}-{service}" for folder in folders
    }
    mounts = {mount["name"]: mount for mount in container_of(common())["volumeMounts"]}
    for folder, setting in folders.items():
        path = settings_map(BASE / "kustomization.yaml")[setting]
        assert mounts[folder] == {"name": folder, "mountPath": path, "readOnly": True}


def test_between_machines_services_prove_to_each_other_who_they_are() -> None:
    settings = settings_map(BASE / "kustomization.yaml")
    assert settings["QUANHENG_TLS_CLIENT_CERTIFICATES"] == "true"
    assert "QUANHENG_PLAINTEXT" not in settings
    assert settings["QUANHENG_NATS_URL"].startswith("tls://")
    assert settings["QUANHENG_TEMPORAL_TLS_DIR"] == settings["QUANHENG_NATS_TLS_DIR"] != ""
    assert settings["QUANHENG_TEMPORAL_NAMESPACE"] != "default"


@pytest.mark.parametrize("service", SERVICES)
def test_ports_and_probes_agree(service: str) -> None:
    documents, port, metrics = parts(service), PORTS[service], METRICS_PORTS[service]
    container = container_of(documents["Deployment"])
    assert container["ports"] == [
        {"name": "grpc", "containerPort": port},
        {"name": "metrics", "containerPort": metrics},
    ]
    for probe in PROBES:
        assert container_of(common())[probe]["failureThreshold"] > 1
    # The kubelet's own gRPC probe knows no TLS. Only readiness depends on what is away.
    asked = {probe: container[probe]["httpGet"] for probe in PROBES}
    paths = {probe: "/ready" if probe == "readinessProbe" else "/live" for probe in PROBES}
    assert asked == {probe: {"path": path, "port": "metrics"} for probe, path in paths.items()}
    offered = documents["Service"]["spec"]["ports"]
    assert {(offer["port"], offer["targetPort"]) for offer in offered} == {
        (port, "grpc"),
        (metrics, "metrics"),
    }
    callers, readers = documents["NetworkPolicy"]["spec"]["ingress"]
    assert callers["ports"] == [{"protocol": "TCP", "port": port}]
    assert readers["ports"] == [{"protocol": "TCP", "port": metrics}]
    assert readers["from"][1] == {
        "namespaceSelector": {"matchLabels": {"quanheng/monitoring": "allowed"}}
    }


@pytest.mark.parametrize("service", CALLERS)
def test_everything_about_a_service_selects_its_pods(service: str) -> None:
    documents, label = parts(service), {"app.kubernetes.io/name": service}
    assert {document["metadata"]["name"] for document in documents.values()} == {service}
    assert documents["Deployment"]["spec"]["selector"]["matchLabels"] == label
    assert documents["Deployment"]["spec"]["template"]["metadata"]["labels"] == label
    assert documents["Service"]["spec"]["selector"] == label
    assert documents["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == label
    assert documents["PodDisruptionBudget"]["spec"]["maxUnavailable"] < common()["spec"]["replicas"]
    assert documents["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == label


def test_the_portal_is_reached_by_the_ingress_controller_alone() -> None:
    found, port = parts(PORTAL), DEFAULTS.port(PORTAL)
    container = container_of(found["Deployment"])
    assert container["command"] == ["python", "-P", "-m", f"services.{PORTAL}"]
    metrics = METRICS_PORTS[PORTAL]
    assert container["ports"] == [
        {"name": "http", "containerPort": port},
        {"name": "metrics", "containerPort": metrics},
    ]
    for probe in PROBES:
        path = "/livez" if probe == "livenessProbe" else "/healthz"
        assert container[probe] == {"httpGet": {"path": path, "port": "http"}}
    visitors, readers = found["NetworkPolicy"]["spec"]["ingress"]
    assert readers["ports"] == [{"protocol": "TCP", "port": metrics}]
    monitors = {"matchLabels": {"quanheng/monitoring": "allowed"}}
    assert readers["from"] == [{"namespaceSelector": monitors}]
    label = {"matchLabels": {"quanheng/visitors": "allowed"}}
    assert visitors["from"] == [{"namespaceSelector": label}]
    assert visitors["ports"] == [{"protocol": "TCP", "port": port}]


def test_pods_are_confined_and_bounded() -> None:
    pod = common()["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    container = container_of(common())
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}


def test_what_is_not_allowed_is_closed() -> None:
    policies = {
        policy["metadata"]["name"]: policy["spec"] for policy in loaded(BASE / "network.yaml")
    }
    closed = policies["nothing-else"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(closed)
    (between,) = policies["services-to-each-other"]["egress"]
    of_services = [METRICS_PORTS[service] for service in SERVICES]
    assert [(ports["port"], ports["endPort"]) for ports in between["ports"]] == [
        (min(PORTS.values()), max(PORTS.values())),
        (min(of_services), max(of_services)),
    ]


def test_whoever_stores_files_reaches_their_store_with_its_key() -> None:
    store = [service for service in CALLERS if area_of_files(service) is not None]
    assert store == ["registry", "objection"]
    for service in CALLERS:
        names = {entry["name"] for entry in container_of(parts(service)["Deployment"])["env"]}
        assert ("AWS_SECRET_ACCESS_KEY" in names) == (service in store)
    [policy] = [one for one in loaded(BASE / "network.yaml") if "files" in one["metadata"]["name"]]
    assert policy["spec"]["podSelector"] == {
        "matchExpressions": [
            {"key": "app.kubernetes.io/name", "operator": "In", "values": store},
        ]
    }


def test_messages_to_programs_leave_by_the_ports_that_their_addresses_may_have() -> None:
    policy = loaded(BASE / "alerts.yaml")[4]
    assert policy["metadata"]["name"] in (DEPLOY / "env.example").read_text()
    open_ports = {port["port"] for port in policy["spec"]["egress"][0]["ports"]}
    assert open_ports - {25, 465, 587} == DEFAULTS.webhook_port_numbers


def test_an_overlay_changes_only_settings_that_the_base_has() -> None:
    base = settings_map(BASE / "kustomization.yaml")
    for path in (DEPLOY / "kubernetes" / "overlays").rglob("kustomization.yaml"):
        assert set(settings_map(path)) <= set(base)


def test_a_job_of_this_release_migrates_each_database_under_its_owner() -> None:
    (job,) = loaded(BASE / "migrate.yaml")
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    assert job["metadata"]["name"] == f"migrate-{project['version']}"
    containers = job["spec"]["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == [*CALLERS]
    for container in containers:
        service = container["name"]
        assert container["command"] == ["quanheng", "migrate", service, "--wait"]
        (given,) = container["env"]
        assert given["name"] == "QUANHENG_DATABASE"
        owner = {"name": "quanheng-owners", "key": f"database-{service}"}
        assert given["valueFrom"] == {"secretKeyRef": owner}
        assert container["securityContext"] == container_of(common())["securityContext"]


def test_a_pod_that_ends_is_out_of_the_way_before_it_stops() -> None:
    pod = common()["spec"]["template"]["spec"]
    (_, seconds) = container_of(common())["lifecycle"]["preStop"]["exec"]["command"]
    assert int(seconds) + AT_THE_LATEST_SECONDS < pod["terminationGracePeriodSeconds"]
    keys = [spread["topologyKey"] for spread in pod["topologySpreadConstraints"]]
    assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]


def test_every_service_scales_and_never_to_one() -> None:
    scalers = loaded(COMPONENTS / "autoscaling" / "autoscalers.yaml")
    assert {scaler["spec"]["scaleTargetRef"]["name"] for scaler in scalers} == set(CALLERS)
    for scaler in scalers:
        spec = scaler["spec"]
        assert (
            spec["minReplicas"]
            > parts(scaler["metadata"]["name"])["PodDisruptionBudget"]["spec"]["maxUnavailable"]
        )
        assert spec["minReplicas"] < spec["maxReplicas"]
    pools = sum(scaler["spec"]["maxReplicas"] for scaler in scalers) * CONNECTIONS_OF_A_REPLICA
    operations = (DEPLOY.parent / "docs" / "operations.md").read_text()
    assert f"{pools} connections" in operations  # what PostgreSQL must allow


def test_between_ingress_and_portal_stands_a_cache_of_what_is_public() -> None:
    folder = COMPONENTS / "ingress"
    deployment, service, _, policy = loaded(folder / "front.yaml")
    (ingress,) = loaded(folder / "ingress.yaml")
    (rule,) = ingress["spec"]["rules"]
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] == service["metadata"]["name"]
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    text = (folder / "portal.conf").read_text()
    assert f"server portal:{DEFAULTS.port(PORTAL)};" in text
    assert f"$cookie_{COOKIE};" in text  # nobody's own pages are kept
    reached, _names = policy["spec"]["egress"]
    assert reached["ports"] == [{"protocol": "TCP", "port": DEFAULTS.port(PORTAL)}]
    pod = deployment["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    largest = DEFAULTS.import_max_bytes // 2**20
    assert f"client_max_body_size {largest}m;" in text


def test_what_is_monitored_has_a_port_for_it() -> None:
    (monitor,) = loaded(COMPONENTS / "monitoring" / "service-monitor.yaml")
    (endpoint,) = monitor["spec"]["endpoints"]
    for process, number in METRICS_PORTS.items():
        offered = {one["name"]: one["port"] for one in parts(process)["Service"]["spec"]["ports"]}
        assert offered[endpoint["port"]] == number


def test_backups_are_checked_and_have_no_key_of_the_platform() -> None:
    job, claim = loaded(COMPONENTS / "backup" / "databases.yaml")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    mounted = {volume["name"]: volume for volume in pod["volumes"]}
    assert mounted["backups"]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert not any("secret" in volume for volume in pod["volumes"])
    (environment,) = [
        one["valueFrom"]["secretKeyRef"]["name"]
        for one in pod["containers"][0]["env"]
        if "valueFrom" in one
    ]
    assert environment == "quanheng-replication"
    image = compose_file()["services"]["postgresql"]["image"]
    assert pod["containers"][0]["image"] in image


def test_tracing_is_off_until_a_component_names_a_collector_and_lets_services_out_to_it() -> None:
    endpoint = variable("otlp_endpoint")
    assert settings_map(BASE / "kustomization.yaml")[endpoint] == ""
    folder = DEPLOY / "kubernetes" / "components" / "tracing"
    address = settings_map(folder / "kustomization.yaml")[endpoint]
    (policy,) = loaded(folder / "network.yaml")
    assert policy["spec"]["egress"] == [
        {"ports": [{"protocol": "TCP", "port": int(address.rpartition(":")[2])}]}
    ]
    assert compose_file()["services"]["registry"]["environment"][endpoint] == "${OTLP_ENDPOINT:-}"
