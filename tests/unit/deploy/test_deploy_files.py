"""Every file of `deploy/` names only what exists, gives a version, and holds no secret.

Whether an engine accepts the files is checked by the schema tools that deploy/README.md names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbing.settings import SERVICES
from tests.unit.deploy.files import (
    DEPLOY,
    KNOWN,
    METRICS_PORTS,
    PORTS,
    Document,
    compose_file,
    loaded,
    texts,
)


@pytest.fixture(scope="module")
def compose() -> Document:
    return compose_file()


@pytest.mark.parametrize("path", texts(), ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_that_is_named_exists(path: Path) -> None:
    assert set(re.findall(r"QUANHENG_[A-Z_]+[A-Z]", path.read_text())) <= KNOWN


def test_no_image_is_named_without_a_version(compose: Document) -> None:
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^ARG BASE=(\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    for path in (DEPLOY / "kubernetes").rglob("kustomization.yaml"):
        images += [f"{i['name']}:{i['newTag']}" for i in loaded(path)[0].get("images", [])]
    plain = [re.sub(r"^\$\{\w+:-(.+)\}$", r"\1", image) for image in images]
    assert len(plain) > len(SERVICES)
    assert [image for image in plain if not re.search(r":\d+(\.\d+)+[\w.-]*$", image)] == []


def test_the_version_of_the_image_is_that_of_the_project(compose: Document) -> None:
    project = (DEPLOY.parent / "pyproject.toml").read_text()
    version = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)[0]
    assert compose["services"]["registry"]["image"] == f"${{IMAGE:-quanheng:{version}}}"
    for path in (DEPLOY / "kubernetes").rglob("kustomization.yaml"):
        images = loaded(path)[0].get("images", [])
        ours = [image["newTag"] for image in images if image["name"] == "quanheng"]
        assert ours == ([] if "components" in path.parts else [version])


def test_the_image_leaves_out_the_engines_and_runs_as_nobody_in_particular() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    commands = "\n".join(line for line in lines if not line.startswith("#"))
    assert re.findall(r"--extra (\w+)", commands) == ["postgresql"]
    assert "embedded" not in commands
    assert "--require-hashes --constraint requirements.lock" in commands
    user = re.findall(r"^USER (\d+):(\d+)$", commands, re.MULTILINE)
    assert user == [("10001", "10001")]
    assert re.findall(r"^EXPOSE (.+)$", commands, re.MULTILINE) == [
        " ".join(str(port) for port in (*PORTS.values(), *METRICS_PORTS.values()))
    ]


def test_no_package_index_is_named() -> None:
    for path in texts():
        assert not re.search(r"index-url|pypi|find-links", path.read_text(), re.IGNORECASE), path


def secrets_said(path: Path) -> Iterator[str]:
    """Passwords in URLs, and values of names that stand for a secret."""
    text = path.read_text()
    for user, password in re.findall(r"\w+://([^\s/:@]+):([^\s@/]+)@", text):
        if not password.startswith("${"):
            yield f"{user}:{password}"
    named = re.findall(
        r"^\s*-?\s*(\w*(?:PASSWORD|PWD|TOKEN|SECRET)\w*)\s*[:=] *(\S+)", text, re.MULTILINE
    )
    allowed = {"QUANHENG_TOKEN_MINUTES"}
    yield from (name for name, value in named if value[:2] != "${" and name not in allowed)


@pytest.mark.parametrize(
    "path",
    [path for path in texts() if path.suffix != ".md"],
    ids=lambda path: str(path.relative_to(DEPLOY)),
)
def test_no_secret_stands_in_a_file(path: Path) -> None:
    assert list(secrets_said(path)) == []
    assert not re.search(r"^kind: Secret$", path.read_text(), re.MULTILINE)
