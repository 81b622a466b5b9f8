"""`python -m tools.bundle OUT [ARCHITECTURE]`: writes var/bundle/quanheng-VERSION-….tar.

It holds a wheel of every package that a release needs, our own wheel, the list of their hashes, the
files of `deploy/` and `docs/`, the bill of materials that `make sbom` made, images if they were
saved to OUT/images.tar (they are moved, and the bill names what is in them), a script that installs
it, and the checksums of all.
ARCHITECTURE, such as aarch64, gathers wheels for other processors than this machine's; nothing of
them is run.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

from tools.bill.__main__ import complete
from tools.check_wheel import ROOT, build

UV = Path(sys.executable).with_name("uv")
INSTALL = Path(__file__).with_name("install.sh")
SUMS, LOCK = "SHA256SUMS", "requirements.txt"
BILL = "var/sbom.cdx.json"
# glibc 2.28 and later, which is what the programs of NATS and Temporal need.
OLDEST, NEWEST = 5, 28
MANYLINUX = (*(f"manylinux_2_{minor}" for minor in range(NEWEST, OLDEST - 1, -1)), "manylinux2014")


def released(out: Path) -> Path:
    """Writes the hashes of what a release needs, without what only developers need."""
    lock = out / LOCK
    options = ["--quiet", "--python-version", "3.11", "--generate-hashes", "--all-extras"]
    sources = ["--no-header", "--constraints", "requirements.lock", "pyproject.toml"]
    _run([str(UV), "pip", "compile", *options, *sources, "--output-file", str(lock)])
    return lock


def gather(lock: Path, wheels: Path, architecture: str) -> None:
    """Gathers a wheel of each package, by its hash, from where pip is configured to."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    for kind in MANYLINUX if architecture != platform.machine() else ():
        options += ["--platform", f"{kind}_{architecture}"]
    hashed = ["--require-hashes", "--requirement", str(lock), "--dest", str(wheels)]
    _run([sys.executable, "-m", "pip", "download", *options, *hashed])


def sums(folder: Path) -> str:
    """Returns the SHA-256 of every file of a folder, in the form of sha256sum."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != SUMS)
    return "".join(f"{_digest(file)}  {file.relative_to(folder).as_posix()}\n" for file in files)


def _digest(file: Path) -> str:
    """The SHA-256 of a file, read piece by piece: with images it has gigabytes."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def packed(folder: Path, architecture: str) -> Path:
    """Writes a folder as an archive whose bytes follow from its content alone."""
    archive = folder.with_name(f"{folder.name}-{architecture}.tar")
    with tarfile.open(archive, "w") as tar:
        for file in sorted(folder.rglob("*")):
            tar.add(
                file, Path(folder.name, file.relative_to(folder)), recursive=False, filter=_plain
            )
    return archive


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _copy(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        source = ROOT / name
        if source.is_dir():
            # Not what a bureau has filled in beside the examples: it has passwords.
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("*.env"))
        else:
            shutil.copy(source, folder)


def _run(command: list[str]) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def make(out: Path, architecture: str) -> Path:
    """Makes the archive in a folder and returns its path."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    folder = out / f"quanheng-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "wheels").mkdir(parents=True)
    gather(released(folder), folder / "wheels", architecture)
    build(folder)
    _copy(folder, ("LICENSE", "THIRD_PARTY_NOTICES.md", "deploy", "docs", BILL))
    shutil.copy(INSTALL, folder)
    if (images := out / "images.tar").exists():
        images = images.rename(folder / images.name)
        complete(folder / Path(BILL).name, images)
    (folder / SUMS).write_text(sums(folder))
    return packed(folder, architecture)


if __name__ == "__main__":
    made = make(Path(sys.argv[1]), (sys.argv[2:] or [platform.machine()])[0])
    print(f"{_digest(made)}  {made}")  # noqa: T201
