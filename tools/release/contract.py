"""Records the wire contract of a release, and compares the present contract with the recorded one.

`python -m tools.release.contract` compares them with buf, on local files, without network. The
rules (FILE, in buf.yaml) are buf's strictest: messages in an outbox, in a stream or in another
office's program must stay readable for years. So no released message, field or service is deleted
or renumbered; it is marked deprecated, or stays beside its `v2`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from tools import generate

ROOT = generate.ROOT
RECORDED = ROOT / "tests/evolution/released/contract.json"
OURS = "protos/"
# Each entry of these lists is written on a line of its own, so that a diff can be read.
LISTS = ("messageType", "enumType", "service")


def record(root: Path, target: Path) -> None:
    """Writes the contract of a checkout to `target` as JSON, with one message per line.

    Only the files below `protos/` are written.
    """
    ours = [file for file in compiled(root).file if file.name.startswith(OURS)]
    target.write_text("[\n" + ",\n".join(map(_text, ours)) + "\n]\n", encoding="utf-8")


def recorded(target: Path = RECORDED) -> FileDescriptorSet:
    """Reads the recorded contract of the last release."""
    contract = FileDescriptorSet()
    for file in json.loads(target.read_text(encoding="utf-8")):
        json_format.ParseDict(file, contract.file.add())
    return contract


def compiled(root: Path = ROOT) -> FileDescriptorSet:
    """Compiles the contract of a checkout, with its imports, and returns it.

    Comments and validation rules are left out.
    """
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch, "contract.binpb")
        generate.image(root, target)
        image = FileDescriptorSet.FromString(target.read_bytes())
    for file in image.file:
        file.ClearField("source_code_info")
    plain: dict[str, Any] = _without_rules(json_format.MessageToDict(image))
    return json_format.ParseDict(plain, FileDescriptorSet())


def breaks(new: FileDescriptorSet, old: FileDescriptorSet) -> list[str]:
    """Lists the changes in `new` that break the contract `old`, as reported by buf; empty if none.

    Raises RuntimeError with the error output of buf.
    """
    with tempfile.TemporaryDirectory() as scratch:
        files = {"new": new, "old": _with_imports(old, new)}
        for name, contract in files.items():
            Path(scratch, f"{name}.binpb").write_bytes(contract.SerializeToString())
        done = subprocess.run(
            [
                *(Path(sys.executable).with_name("buf"), "breaking", f"{scratch}/new.binpb"),
                *("--against", f"{scratch}/old.binpb", "--config", ROOT / "buf.yaml"),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
    if done.stderr:
        raise RuntimeError(done.stderr)
    return done.stdout.splitlines()


def _with_imports(contract: FileDescriptorSet, other: FileDescriptorSet) -> FileDescriptorSet:
    """The contract with the foreign files it imports, taken from `other`."""
    imports = [file for file in other.file if not file.name.startswith(OURS)]
    ours = [file for file in contract.file if file.name.startswith(OURS)]
    return FileDescriptorSet(file=[*imports, *ours])


def _text(file: FileDescriptorProto) -> str:
    fields = json_format.MessageToDict(file)
    head = _dense({key: fields[key] for key in fields if key not in LISTS})
    lists = "".join(f',\n "{key}": [\n{_lines(fields[key])}\n ]' for key in LISTS if key in fields)
    return head[:-1] + lists + "}"


def _lines(entries: Iterable[object]) -> str:
    return ",\n".join(f"  {_dense(entry)}" for entry in entries)


def _dense(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _without_rules(value: Any) -> Any:
    """The value without validation rules: custom options, whose JSON names are in brackets."""
    if isinstance(value, list):
        return [_without_rules(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _without_rules(field) for key, field in value.items() if key[0] != "["}
    return {key: field for key, field in plain.items() if field != {}}


def main() -> None:
    """Compares the present contract with that of the last release.

    If there are incompatible changes, lists them and exits with 1.
    """
    if broken := breaks(compiled(), recorded()):
        title = "the wire contract of the last release is broken (docs/architecture.md, Evolution)"
        sys.exit("\n".join([f"{title}:", *broken]))


if __name__ == "__main__":
    main()
