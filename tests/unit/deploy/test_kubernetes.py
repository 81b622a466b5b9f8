"""The Kubernetes base agrees with the code in settings, ports, probes, keys and network rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbing.settings import CALLERS, PORTAL, SERVICES, variable
from tests.unit.deploy.files import (
    DEFAULTS,
    DEPLOY,
    METRICS_PORTS,
    PORTS,
    Document,
    compose_file,
    loaded,
    needed,
)

BASE = DEPLOY / "kubernetes" / "base"
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
    (generated,) = loaded(kustomization)[0]["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in generated["literals"])


def test_every_service_is_in_the_base() -> None:
    resources = loaded(BASE / "kustomization.yaml")[0]["resources"]
    assert resources == [*(f"{name}.yaml" for name in CALLERS), "network.yaml"]
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
    keys, tls = deployment["spec"]["template"]["spec"]["volumes"]
    assert keys["secret"]["secretName"] == f"quanheng-keys-{service}"
    assert tls["secret"]["secretName"] == f"quanheng-tls-{service}"
    assert (keys["name"], tls["name"]) == ("keys", "tls")
    mounts = {mount["name"]: mount for mount in container_of(common())["volumeMounts"]}
    assert mounts["keys"] == {
        "name": "keys",
        "mountPath": settings_map(BASE / "kustomization.yaml")["QUANHENG_KEYS_DIR"],
        "readOnly": True,
    }
    assert mounts["tls"] == {
        "name": "tls",
        "mountPath": settings_map(BASE / "kustomization.yaml")["QUANHENG_TLS_DIR"],
        "readOnly": True,
    }


def test_between_machines_services_prove_to_each_other_who_they_are() -> None:
    settings = settings_map(BASE / "kustomization.yaml")
    assert settings["QUANHENG_TLS_CLIENT_CERTIFICATES"] == "true"
    assert "QUANHENG_PLAINTEXT" not in settings


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
    # The kubelet's own gRPC probe knows no TLS. A service listens once it serves.
    assert (
        container["startupProbe"] == container["readinessProbe"] == {"tcpSocket": {"port": "grpc"}}
    )
    command = ["python", "-P", "-m", "plumbing.health", service]
    assert container["livenessProbe"] == {"exec": {"command": command}}
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
    assert container["ports"] == [{"name": "http", "containerPort": port}]
    for probe in PROBES:
        assert container[probe] == {"httpGet": {"path": "/healthz", "port": "http"}}
    (visitors,) = found["NetworkPolicy"]["spec"]["ingress"]
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
    assert [(ports["port"], ports["endPort"]) for ports in between["ports"]] == [
        (min(ours.values()), max(ours.values())) for ours in (PORTS, METRICS_PORTS)
    ]


def test_an_overlay_changes_only_settings_that_the_base_has() -> None:
    base = settings_map(BASE / "kustomization.yaml")
    for path in (DEPLOY / "kubernetes" / "overlays").rglob("kustomization.yaml"):
        assert set(settings_map(path)) <= set(base)


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
