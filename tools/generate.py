"""Generates the Python code of the wire contract beside its .proto files.

With `--check` it writes nothing and lists generated files that are out of date. The repository is
the proto path, so the generated imports read `protos.…`. Only the import of the validation options
must be rewritten, because their path is fixed by their publisher.
"""

from __future__ import annotations

import argparse
import importlib.resources
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from google.protobuf import descriptor_pb2
from grpc_tools import protoc

from protos.buf.validate import validate_pb2

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = "buf/validate/validate.proto"
WELL_KNOWN = str(importlib.resources.files("grpc_tools") / "_proto")
GENERATED = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")
HAND_WRITTEN = ROOT / "protos/buf"
FIXED_IMPORT = re.compile(r"^from buf\.validate import", re.MULTILINE)
# Named by their path beside this Python, so that they are found without an activated environment.
PLUGINS = [
    f"--plugin={name}={Path(sys.executable).with_name(name)}"
    for name in ("protoc-gen-mypy", "protoc-gen-mypy_grpc")
]
SERVICE = re.compile(r"^service \w+", re.MULTILINE)


class BrokenContract(Exception):
    """Raised when the .proto files do not compile."""


def published_options() -> bytes:
    """Returns the descriptor of the validation options (protovalidate) in the installed wheel."""
    from protovalidate._gen.buf.validate import validate_pb  # noqa: PLC0415 - slow to load

    return bytes(validate_pb.desc().proto.to_binary())


def contract(root: Path = ROOT) -> list[str]:
    """Returns the path of every .proto file below `protos`, relative to the root."""
    return sorted(str(path.relative_to(root)) for path in (root / "protos").rglob("*.proto"))


def compile_contract(root: Path, files: Iterable[str], *outputs: str) -> None:
    """Runs protoc on the .proto files, with the given output options.

    The files may import the validation options and the well-known types. Raises BrokenContract when
    they do not compile.
    """
    with tempfile.TemporaryDirectory() as scratch:
        options = Path(scratch, "options.binpb")
        options.write_bytes(_options_and_imports())
        inputs = [f"--descriptor_set_in={options}", f"-I{root}", f"-I{WELL_KNOWN}"]
        if protoc.main(["protoc", *PLUGINS, *inputs, *outputs, *files]):
            raise BrokenContract("protoc could not compile the contract; its messages are above")


def generate(root: Path, out: Path) -> None:
    """Generates the code of all .proto files of a checkout and writes it below `out`."""
    files = contract(root)
    served = [name for name in files if SERVICE.search((root / name).read_text())]
    if files:
        compile_contract(root, files, f"--python_out={out}", f"--mypy_out=quiet:{out}")
    if served:  # for a file without a service these plugins would write empty modules
        grpc = (f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet,only_async:{out}")
        compile_contract(root, served, *grpc)
    for path in _generated(out):
        path.write_text(FIXED_IMPORT.sub("from protos.buf.validate import", path.read_text()))
    _mark_packages(root, out, files)


def drift(root: Path) -> list[str]:
    """Lists the generated files of a checkout that are out of date, missing or left over."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(root, Path(scratch))
        return _differences(root, Path(scratch))


def write(root: Path) -> None:
    """Replaces the generated code of the checkout. Files that have not changed are not written."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(root, Path(scratch))
        for name in _differences(root, Path(scratch)):
            _place(Path(scratch, name), root / name)


def _differences(root: Path, fresh: Path) -> list[str]:
    names = {str(path.relative_to(fresh)) for path in fresh.rglob("*.py*")}
    names |= {str(path.relative_to(root)) for path in _generated(root)}
    return sorted(name for name in names if _content(root / name) != _content(fresh / name))


def stale_options() -> list[str]:
    """Returns the file of the validation options if it differs from the one in the installed wheel.

    The list is empty if the two are equal.
    """
    options = validate_pb2.OPTIONS
    fresh = options.read_bytes() == published_options()
    return [] if fresh else [str(options.relative_to(ROOT))]


def _place(fresh: Path, place: Path) -> None:
    if not fresh.exists():
        place.unlink()
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(fresh.read_bytes())


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _generated(root: Path) -> list[Path]:
    paths = [path for ending in GENERATED for path in (root / "protos").rglob(f"*{ending}")]
    return [path for path in paths if not path.is_relative_to(HAND_WRITTEN)]


def _mark_packages(root: Path, out: Path, files: Iterable[str]) -> None:
    folders = {folder for name in files for folder in Path(name).parents[:-2]}
    for folder in folders:
        marker = _content(root / folder / "__init__.py")
        (out / folder / "__init__.py").write_bytes(marker or b"")


def _options_and_imports() -> bytes:
    """The validation options as a descriptor set, after the files that they import."""
    files = descriptor_pb2.FileDescriptorSet()
    for needed in (*validate_pb2.DESCRIPTOR.dependencies, validate_pb2.DESCRIPTOR):
        needed.CopyToProto(files.file.add())
    return files.SerializeToString()


def image(root: Path, target: Path) -> None:
    """Writes the compiled contract with its comments to `target`, as a file that buf can read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    extent = ("--include_imports", "--include_source_info")
    compile_contract(root, contract(root), f"--descriptor_set_out={target}", *extent)


def main() -> None:
    """Generates the Python code from the .proto files.

    With `--check`, writes nothing and exits with 1 if the generated code is out of date. With
    `--image FILE`, writes only the compiled .proto files to one file, which the tool buf reads.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on drift")
    parser.add_argument("--image", type=Path, metavar="FILE", help="write a buf image instead")
    chosen = parser.parse_args()
    if chosen.image:
        image(ROOT, chosen.image)
    elif not chosen.check:
        validate_pb2.OPTIONS.write_bytes(published_options())
        write(ROOT)
    elif stale := [*drift(ROOT), *stale_options()]:
        sys.exit("generated code is out of date, run `make protos`:\n" + "\n".join(stale))


if __name__ == "__main__":
    try:
        main()
    except BrokenContract as error:
        sys.exit(str(error))
