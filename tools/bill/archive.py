"""What lies in images that `podman save` or `docker save` wrote: packages of Debian and Alpine.

The archive is read alone; nothing of it is run, and no engine of containers is needed.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_DPKG, _APK = "var/lib/dpkg/status", "lib/apk/db/installed"
_APK_MERGED = "usr/lib/apk/db/installed"  # of an Alpine whose /lib is /usr/lib
_RELEASES = ("etc/os-release", "usr/lib/os-release")
_READ = {_DPKG, _APK, _APK_MERGED, *_RELEASES}
# The registry before the name of an image, which podman writes of each.
_HOSTS = re.compile(r"^(localhost|[^/]*[.:][^/]*)/(library/)?")


@dataclass(frozen=True)
class Package:
    """A package of the system in an image."""

    kind: str  # deb or apk
    name: str
    version: str
    architecture: str


@dataclass(frozen=True)
class Image:
    """An image: its names, the digest of its configuration, its system and its packages."""

    names: tuple[str, ...]
    digest: str
    system: str  # such as debian-12
    packages: tuple[Package, ...]


def images_in(archive: Path) -> list[Image]:
    """Returns the images of an archive; raises KeyError for another archive."""
    with tarfile.open(archive) as tar:
        described = json.load(_content(tar, "manifest.json"))
        return [_image(tar, one) for one in described]


def _image(tar: tarfile.TarFile, described: Mapping[str, Any]) -> Image:
    found: dict[str, str] = {}
    for layer in described["Layers"]:  # a later one holds
        found |= _files(_content(tar, layer))
    [digest] = re.findall(r"[0-9a-f]{64}", described["Config"])
    packages = [*_debian(found.get(_DPKG, ""))]
    packages += _alpine(found.get(_APK) or found.get(_APK_MERGED) or "")
    names = tuple(_HOSTS.sub("", tag) for tag in described["RepoTags"] or ())
    return Image(names, digest, _system(found), tuple(sorted(packages, key=lambda one: one.name)))


def _files(layer: IO[bytes]) -> dict[str, str]:
    """The files of a layer that tell what is in it."""
    found: dict[str, str] = {}
    with tarfile.open(fileobj=layer) as tar:
        for member in tar:
            name = member.name.removeprefix("./").removeprefix("/")
            if name in _READ and member.isfile():
                found[name] = _content(tar, member).read().decode()
    return found


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo | str) -> IO[bytes]:
    if (content := tar.extractfile(member)) is None:
        raise KeyError(member)
    return content


def _system(found: Mapping[str, str]) -> str:
    text = next((found[name] for name in _RELEASES if name in found), "")
    told = dict(re.findall(r'^(ID|VERSION_ID)="?([^"\n]*)"?$', text, re.MULTILINE))
    return "-".join(told[name] for name in ("ID", "VERSION_ID") if told.get(name))


def _debian(status: str) -> Iterator[Package]:
    for paragraph in status.split("\n\n"):
        told = dict(re.findall(r"^([A-Z][\w-]*): (.*)$", paragraph, re.MULTILINE))
        if told.get("Status", "").endswith(" installed"):
            yield Package("deb", told["Package"], told["Version"], told["Architecture"])


def _alpine(installed: str) -> Iterator[Package]:
    for paragraph in installed.split("\n\n"):
        told = dict(re.findall(r"^([PVA]):(.*)$", paragraph, re.MULTILINE))
        if told:
            yield Package("apk", told["P"], told["V"], told["A"])
