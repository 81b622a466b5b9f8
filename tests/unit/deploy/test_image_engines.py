"""Each container engine is given the options without which it quietly leaves things out."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.unit.deploy.files import DEPLOY

IMAGES = "IMAGES=quanheng:0.1.0 nats:2.15.0-alpine"


def commands(target: str, engine: str, *options: str) -> str:
    """What `make` would run, with an engine that need not be there."""
    make = shutil.which("make")
    assert make
    made = subprocess.run(
        [make, "--dry-run", "--always-make", target, f"ENGINE={engine}", *options],
        cwd=DEPLOY.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.replace("\\\n", " ")


@pytest.mark.parametrize("engine", ["/usr/bin/podman", "docker"])
def test_an_image_keeps_its_health_check(engine: str) -> None:
    """podman's own format has none."""
    [line] = [line for line in commands("image", engine).splitlines() if f"{engine} build" in line]
    assert ("--format docker" in line) == engine.endswith("podman")


@pytest.mark.parametrize("engine", ["/usr/bin/podman", "docker"])
def test_a_bundle_holds_every_image_that_is_named(engine: str) -> None:
    """podman takes the second name for another name of the first image, unless it is told."""
    [line] = [line for line in commands("bundle", engine, IMAGES).splitlines() if " save " in line]
    assert ("--multi-image-archive" in line) == engine.endswith("podman")
    assert line.endswith("quanheng:0.1.0 nats:2.15.0-alpine")
