"""The files of `deploy/`, and the values of the code that they must agree with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from plumbing.settings import CALLERS, SERVICES, Settings, variable
from services.registry.imports.staging.scratch import FOLDER

Document = dict[str, Any]

DEPLOY = Path(__file__).parents[3] / "deploy"
KNOWN = {variable(name) for name in Settings.model_fields}
DEFAULTS = Settings.model_construct()
PORTS = {service: DEFAULTS.port(service) for service in SERVICES}
METRICS_PORTS = {
    process: int(DEFAULTS.metrics_address(process).rpartition(":")[2]) for process in CALLERS
}
_ADDRESSES = ("ADDRESS", "METRICS_ADDRESS")
# Without these a service apart from the others finds neither them nor what it runs on.
NEEDED = {f"QUANHENG_{service.upper()}_{kind}" for service in CALLERS for kind in _ADDRESSES} | {
    "QUANHENG_DATABASE",
    "QUANHENG_KEYS_DIR",
    "QUANHENG_LISTEN_HOST",
    "QUANHENG_NATS_REPLICAS",
    "QUANHENG_NATS_TLS_DIR",
    "QUANHENG_NATS_URL",
    "QUANHENG_TEMPORAL_ADDRESS",
    "QUANHENG_TEMPORAL_NAMESPACE",
    "QUANHENG_TEMPORAL_TLS_DIR",
    "QUANHENG_TLS_DIR",
}
SENDS_MAIL = {"QUANHENG_SMTP_URL", "QUANHENG_MAIL_FROM"}


def needed(service: str) -> set[str]:
    return NEEDED | (SENDS_MAIL if service == "alerts" else set())


def area_of_files(service: str) -> str | None:
    """The area in which a service stores files, as its code opens it; None if it stores none."""
    text = (DEPLOY.parent / "services" / service / "__main__.py").read_text()
    opened = re.search(r"Files\.of\((?:parts\.)?settings(?:, \"(\w+)\")?\)", text)
    return (opened[1] or "") if opened else None


def written_by(service: str) -> list[str]:
    """The folders to which a service with a database by URL writes, in the image."""
    data = Path(image_settings()["QUANHENG_DATA_DIR"])
    area = area_of_files(service)
    folders = [] if area is None else [data / "files" / area]
    if service == "registry":
        folders.append(data / FOLDER)
    return list(map(str, folders))


def texts() -> list[Path]:
    """Every file but what somebody filled in for this machine, such as compose.env."""
    files = (path for path in DEPLOY.rglob("*") if path.is_file())
    return sorted(path for path in files if path.suffix != ".env")


def loaded(path: Path) -> list[Document]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def image_settings() -> dict[str, str]:
    text = (DEPLOY / "Dockerfile").read_text()
    return dict(re.findall(r"(QUANHENG_\w+)=(\S+)", text))


def compose_file() -> Document:
    return loaded(DEPLOY / "compose.yaml")[0]
