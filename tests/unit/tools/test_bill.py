"""The bill of materials names what an image holds beside Python packages, by its versions."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tools import images
from tools.bill.__main__ import complete
from tools.bundle import __main__ as bundle

DEBIAN = {
    "usr/lib/os-release": 'ID=debian\nVERSION_ID="12"\n',
    "./var/lib/dpkg/status": (
        "Package: fonts-noto-cjk\nStatus: install ok installed\nArchitecture: all\n"
        "Version: 1:20220127+repack1-1\nDescription: fonts\n Version: no line of its own\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n"
    ),
}
ALPINE = {
    "etc/os-release": "ID=alpine\nVERSION_ID=3.22.1\n",
    "lib/apk/db/installed": "C:Q1\nP:musl\nV:1.2.5-r10\nA:x86_64\nF:lib\nR:ld-musl\n\n",
}
PYTHON = {"type": "library", "name": "grpcio", "version": "1", "purl": "pkg:pypi/grpcio@1"}


def tar(files: dict[str, str]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode("latin-1"))
            archive.addfile(member, io.BytesIO(text.encode("latin-1")))
    return written.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two images as podman saves them: of the second an upper layer holds what counts."""
    older = DEBIAN | {"./var/lib/dpkg/status": "Package: old\nStatus: install ok installed\n"}
    layers = {"a/layer.tar": tar(ALPINE), "b.tar": tar(older), "c.tar": tar(DEBIAN)}
    ours, nats = images.of_compose()["IMAGE"], images.of_compose()["NATS_IMAGE"]
    described = [
        {"Config": f"{'1' * 64}.json", "RepoTags": [f"images.example.org/library/{nats}"]}
        | {"Layers": ["a/layer.tar"]},
        {"Config": f"blobs/sha256/{'2' * 64}", "RepoTags": [f"localhost/{ours}"]}
        | {"Layers": ["b.tar", "c.tar"]},
    ]
    files = {name: content.decode("latin-1") for name, content in layers.items()}
    path = tmp_path / "images.tar"
    path.write_bytes(tar(files | {"manifest.json": json.dumps(described)}))
    return path


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    path = tmp_path / "sbom.cdx.json"
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "components": [PYTHON]}))
    return path


def components(bill: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads(bill.read_text())["components"]
    assert len({one["name"] for one in listed}) == len(listed)
    return {one["name"]: one for one in listed}


def test_every_image_and_vendored_script_is_listed_with_its_version(bill: Path) -> None:
    complete(bill)
    found = components(bill)
    for image in images.every():
        name, _, version = image.partition(":")
        assert (found[name]["type"], found[name]["version"]) == ("container", version)
    assert {"postgres", "nats", "temporalio/auto-setup", "temporalio/admin-tools"} <= set(found)
    base, fonts = found["quanheng"]["components"]
    assert base["purl"] == f"pkg:docker/{images.of_base().replace(':', '@')}"
    assert fonts["purl"] == "pkg:deb/debian/fonts-noto-cjk"
    assert found["htmx.org"]["licenses"] == [{"license": {"id": "0BSD"}}]
    assert found["govuk-frontend"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert found["grpcio"] == PYTHON


def test_what_is_in_a_saved_image_is_listed_with_its_version(bill: Path, archive: Path) -> None:
    complete(bill, archive)
    once = bill.read_text()
    found = components(bill)
    [fonts] = found["quanheng"]["components"]  # of an image that was built: what is in it
    assert fonts["version"] == "1:20220127+repack1-1"
    assert fonts["purl"] == (
        "pkg:deb/debian/fonts-noto-cjk@1:20220127%2Brepack1-1?arch=all&distro=debian-12"
    )
    assert found["quanheng"]["hashes"] == [{"alg": "SHA-256", "content": "2" * 64}]
    [musl] = found["nats"]["components"]
    assert musl["purl"] == "pkg:apk/alpine/musl@1.2.5-r10?arch=x86_64&distro=alpine-3.22.1"
    complete(bill, archive)
    assert bill.read_text() == once


def test_a_bundle_has_no_archive_without_its_bill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "ROOT", tmp_path)
    with pytest.raises(FileNotFoundError):
        bundle._copy(tmp_path, [bundle.BILL])
    make = (images.ROOT / "Makefile").read_text()
    assert "\nbundle: sbom " in make
    assert f"tools.bill {bundle.BILL}" in make
