"""The wire contract of a release, and whether today's still says all that it said.

`python -m tools.release.contract` compares. buf works on files alone: no network, no registry. The
rules (FILE, in buf.yaml) are the strictest there are: what rests in an outbox, a stream or another
office's program must be read for years, so nothing a release said is ever deleted or renumbered;
it is deprecated, or stands beside its `v2`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from tools import generate

ROOT = generate.ROOT
RECORDED = ROOT / "tests/evolution/released/contract.json"
OURS = "protos/"
# Lists of a file that are written a line each, so that a change of the contract can be read.
LISTS = ("messageType", "enumType", "service")


def record(root: Path, target: Path) -> None:
    """Writes the contract of a checkout: our files alone, as JSON, one message a line."""
    ours = [file for file in compiled(root).file if file.name.startswith(OURS)]
    target.write_text("[\n" + ",\n".join(map(_text, ours)) + "\n]\n", encoding="utf-8")


def recorded(target: Path = RECORDED) -> FileDescriptorSet:
    """The contract as it was recorded."""
    found = FileDescriptorSet()
    for file in json.loads(target.read_text(encoding="utf-8")):
        json_format.ParseDict(file, found.file.add())
    return found


def compiled(root: Path = ROOT) -> FileDescriptorSet:
    """The contract of a checkout and what it imports; without comments and rules of validation."""
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch, "contract.binpb")
        generate.image(root, target)
        image = FileDescriptorSet.FromString(target.read_bytes())
    for file in image.file:
        file.ClearField("source_code_info")
    plain: dict[str, Any] = _without_rules(json_format.MessageToDict(image))
    return json_format.ParseDict(plain, FileDescriptorSet())


def breaks(new: FileDescriptorSet, old: FileDescriptorSet) -> list[str]:
    """What of `old` is no longer so in `new`, in buf's words; empty when all of it is."""
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
    """A contract with what it imports from elsewhere, which is the same today."""
    imports = [file for file in other.file if not file.name.startswith(OURS)]
    ours = [file for file in contract.file if file.name.startswith(OURS)]
    return FileDescriptorSet(file=[*imports, *ours])


def _text(file: FileDescriptorProto) -> str:
    said = json_format.MessageToDict(file)
    head = _dense({key: said[key] for key in said if key not in LISTS})
    lists = "".join(f',\n "{key}": [\n{_lines(said, key)}\n ]' for key in LISTS if key in said)
    return head[:-1] + lists + "}"


def _lines(said: Mapping[str, list[object]], key: str) -> str:
    return ",\n".join(f"  {_dense(one)}" for one in said[key])


def _dense(said: object) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def _without_rules(said: Any) -> Any:
    """The same without options of others' making, whose names JSON writes in brackets."""
    if isinstance(said, list):
        return [_without_rules(one) for one in said]
    if not isinstance(said, dict):
        return said
    kept = {key: _without_rules(value) for key, value in said.items() if key[0] != "["}
    return {key: value for key, value in kept.items() if value != {}}


def main() -> None:
    """Fails, naming each, when something the last release said is no longer so."""
    if found := breaks(compiled(), recorded()):
        said = (
            "the wire contract of the last release is broken (docs/architecture.md, Evolution):\n"
        )
        sys.exit(said + "\n".join(found))


if __name__ == "__main__":
    main()
