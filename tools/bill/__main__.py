"""`python -m tools.bill BILL [ARCHIVE]`: adds to a bill of materials (CycloneDX) all but Python.

BILL is what cyclonedx-py wrote of the Python packages. Added are the vendored scripts of the portal
and every image that the files of `deploy/` name, with its version: ours with its base and fonts.
ARCHIVE holds images as `podman save` or `docker save` writes them; each that is in it is listed
with its digest and every package of its system.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools import images
from tools.bill.archive import Image, Package, images_in

VENDORED = images.ROOT / "services" / "portal" / "static" / "vendor" / "NOTICE.md"
Component = dict[str, Any]
_ADDED = ("pkg:npm/", "pkg:docker/")


def complete(bill: Path, archive: Path | None = None) -> None:
    """Adds to a bill what is no Python package; a second time it replaces what it added."""
    told = json.loads(bill.read_text(encoding="utf-8"))
    found = images_in(archive) if archive else []
    kept = [one for one in told["components"] if not one.get("purl", "").startswith(_ADDED)]
    told["components"] = [*kept, *vendored(), *containers(found)]
    bill.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def vendored() -> list[Component]:
    """Returns the scripts and styles of others that the portal serves."""
    said = re.findall(r"([\w.-]+) (\d[\d.]+) \((\S+?)[,)]", VENDORED.read_text(encoding="utf-8"))
    return [
        _component("library", f"pkg:npm/{name}@{version}", name, version)
        | {"licenses": [{"license": {"id": licence}}]}
        for name, version, licence in said
    ]


def containers(found: list[Image]) -> list[Component]:
    """Returns the images that are named, and those that were found with what is in them."""
    known = {name: image for image in found for name in image.names or (image.digest,)}
    return [
        _container(name) | _content(name, known.get(name))
        for name in dict.fromkeys([*images.every(), *known])
    ]


def _container(image: str) -> Component:
    name, _, version = image.partition(":")
    return _component("container", f"pkg:docker/{name}@{quote(version)}", name, version)


def _content(name: str, image: Image | None) -> Component:
    if image is not None:
        parts = [_packaged(name, image.system, one) for one in image.packages]
        return {"hashes": [{"alg": "SHA-256", "content": image.digest}], "components": parts}
    if name != images.every()[0]:
        return {}
    return {"components": [_container(images.of_base()), *_installed(name)]}


def _installed(image: str) -> list[Component]:
    """The packages of Debian that the Dockerfile adds, of the version that its mirror then has."""
    text = (images.DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    names = re.findall(r"--no-install-recommends ([a-z0-9 .+-]+?) \\$", text, re.MULTILINE)
    return [
        {"type": "library", "bom-ref": f"{image}/{name}", "name": name}
        | {"purl": f"pkg:deb/debian/{name}"}
        for name in " ".join(names).split()
    ]


def _packaged(image: str, system: str, package: Package) -> Component:
    vendor = system.partition("-")[0] or "unknown"
    name = quote(package.name)
    purl = f"pkg:{package.kind}/{vendor}/{name}@{quote(package.version, safe=':~')}"
    purl += f"?arch={package.architecture}" + (f"&distro={system}" if system else "")
    return _component("library", purl, package.name, package.version) | {
        "bom-ref": f"{image}/{package.name}:{package.architecture}"
    }


def _component(kind: str, purl: str, name: str, version: str) -> Component:
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    complete(Path(sys.argv[1]), *map(Path, sys.argv[2:]))
