"""Builds the wheel, installs it in a separate environment, and imports every module there.

An editable install finds every file of the checkout; only the installed wheel shows which files are
missing from it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("law", "protos", "plumbing", "services")
UV = Path(sys.executable).with_name("uv")
# Runs outside the checkout with -I, so that only the wheel can supply the packages.
IMPORT_ALL = """
import importlib, pkgutil, sys
names = []
for top in sys.argv[1:]:
    package = importlib.import_module(top)
    names += [top, *(m.name for m in pkgutil.walk_packages(package.__path__, top + "."))]
for name in names:
    importlib.import_module(name)
print(*names, sep="\\n")
"""


def build(out: Path) -> Path:
    """Builds the wheel with the locked build backend, without network, and returns its path.

    `out` is the directory in which the wheel is written.
    """
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], ROOT)
    (wheel,) = out.glob("*.whl")
    return wheel


def install(wheel: Path, environment: Path) -> Path:
    """Creates a clean environment and installs the locked dependencies and the wheel in it.

    Returns the path of the Python of the environment.
    """
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    target = ["--quiet", "--python", str(python)]
    lock = str(ROOT / "requirements.lock")
    _run([str(UV), "pip", "sync", *target, "--require-hashes", lock], ROOT)
    _run([str(UV), "pip", "install", *target, "--no-deps", str(wheel)], ROOT)
    return python


def missing(wheel: Path) -> list[str]:
    """Returns the files of our packages that are not in the wheel.

    These include modules, rules, contracts and samples.
    """
    packed = set(zipfile.ZipFile(wheel).namelist())
    files = [path for top in PACKAGES for path in (ROOT / top).rglob("*") if path.is_file()]
    names = [path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts]
    return sorted(name for name in names if name not in packed)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def main() -> None:
    """Builds and checks the wheel. Exits with 1 at the first fault."""
    with tempfile.TemporaryDirectory() as scratch:
        wheel = build(Path(scratch, "dist"))
        if absent := missing(wheel):
            sys.exit("not in the wheel:\n" + "\n".join(absent))
        python = install(wheel, Path(scratch, "environment"))
        command = [str(python), "-I", "-c", IMPORT_ALL, *PACKAGES]
        imported = _run(command, Path(scratch)).split()
    print(f"{wheel.name}: {len(imported)} modules imported from the wheel alone")  # noqa: T201


if __name__ == "__main__":
    main()
