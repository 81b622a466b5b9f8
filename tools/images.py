"""The images that the files of `deploy/` name, and the variables that name others instead."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"


def of_compose() -> dict[str, str]:
    """Returns the images of compose.yaml by variable, such as NATS_IMAGE."""
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    return dict(re.findall(r"^ +image: \$\{(\w+):-(\S+)\}$", text, re.MULTILINE))


def of_base() -> str:
    """Returns the image on which ours is built."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    return re.findall(r"^ARG BASE=(\S+)$", text, re.MULTILINE)[0]  # type: ignore[no-any-return]


def of_components() -> list[str]:
    """Returns the images that components of the Kubernetes files name, without ours."""
    found: set[str] = set()
    for file in sorted((DEPLOY / "kubernetes" / "components").rglob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r"^ +image: (\S+:\S+)$", text, re.MULTILINE))
        if file.name == "kustomization.yaml":
            for image in yaml.safe_load(text).get("images", ()):
                found.add(f"{image['newName']}:{image['newTag']}")
    return sorted(found)


def every() -> list[str]:
    """Returns each image that runs, ours first, without that on which ours is built."""
    ours, *others = dict.fromkeys([*of_compose().values(), *of_components()])
    return [ours, *sorted(others)]
