"""`python -m tools.digests ENGINE [OVERLAY …]`: names every image by its digest.

ENGINE is podman or docker, with the images that were pulled, or pushed to the bureau's registry.
For compose it writes `deploy/digests.env`, a second `--env-file`; for each OVERLAY of Kubernetes a
folder beside it, `OVERLAY-by-digest`, which is the overlay with each image by its digest. Images
are those of compose.yaml, or of `deploy/compose.env` where it says IMAGE, NATS_IMAGE and the like.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from tools import images

COMPOSE = images.DEPLOY / "digests.env"
GIVEN = images.DEPLOY / "compose.env"
SUFFIX = "-by-digest"
# Where podman keeps what it built: no registry.
_BUILT = "localhost/"


class NoDigestError(Exception):
    """An image has no digest: it is not here, or no registry has it under its name."""


def digest_in(image: str, listed: Iterable[str]) -> str:
    """Returns the digest of an image from those that an engine lists for it, as NAME@DIGEST.

    Raises NoDigestError if none is of the registry that the image's name tells.
    """
    wanted, known = repository(image), dict(one.split("@") for one in listed)
    if wanted in known:
        return known[wanted]
    for name, digest in known.items():  # podman writes the usual registry before a short name
        if name.endswith(f"/{wanted}") and not name.startswith(_BUILT):
            return digest
    zh = "没有登记库的摘要：先从登记库拉取，或者推送到本单位的登记库"
    raise NoDigestError(f"{image}：{zh} | has no digest of a registry: pull it, or push it first")


def repository(image: str) -> str:
    """Returns the name of an image without its tag; the host before it may have a port."""
    return re.sub(r":[^:/]+$", "", image)


def for_compose(digests: Mapping[str, str]) -> str:
    """Returns the text of `digests.env`, from the images by variable, each as NAME@DIGEST."""
    head = "# `make digests`\n"
    return head + "".join(f"{variable}={image}\n" for variable, image in digests.items())


def for_kubernetes(overlay: Path, digests: Mapping[str, str]) -> str:
    """Returns the kustomization that is an overlay with each image by digest, beside it."""
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"../{overlay.name}"],
        "images": [{"name": name, "digest": digest} for name, digest in digests.items()],
    }
    return "# `make digests`\n" + yaml.safe_dump(kustomization, sort_keys=False)


def _listed(engine: str, image: str) -> list[str]:
    command = [engine, "image", "inspect", "--format", "{{json .RepoDigests}}", image]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoDigestError(f"{image}：本机没有 | is not on this machine: {done.stderr.strip()}")
    return json.loads(done.stdout) or []


def _digest(engine: str, image: str) -> str:
    _, _, known = image.partition("@")
    return known or digest_in(image, _listed(engine, image))


def _named_in(overlay: Path) -> list[str]:
    """The images of an overlay, as kubectl makes its objects."""
    done = subprocess.run(
        ["kubectl", "kustomize", str(overlay)],  # noqa: S607 - wherever it is installed
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(set(re.findall(r"^ +(?:- )?image: (\S+)$", done.stdout, re.MULTILINE)))


def main(engine: str, *overlays: str) -> None:
    """Writes the file for compose and the folder of each overlay."""
    usual = {"BASE": images.of_base(), **images.of_compose()}
    text = GIVEN.read_text(encoding="utf-8") if GIVEN.exists() else ""
    given = dict(re.findall(r"^(\w+)=(\S+)$", text, re.MULTILINE))
    named = {name: given.get(name, image) for name, image in usual.items()}
    pinned = {
        variable: f"{repository(image.partition('@')[0])}@{_digest(engine, image)}"
        for variable, image in named.items()
    }
    COMPOSE.write_text(for_compose(pinned), encoding="utf-8")
    for overlay in map(Path, overlays):
        found = _named_in(overlay)
        digests = {repository(one.partition("@")[0]): _digest(engine, one) for one in found}
        folder = overlay.with_name(overlay.name + SUFFIX)
        folder.mkdir(exist_ok=True)
        text = for_kubernetes(overlay, digests)
        (folder / "kustomization.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except NoDigestError as error:
        sys.exit(str(error))
