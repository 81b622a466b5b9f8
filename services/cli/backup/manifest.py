"""The manifest of a backup: what it holds, each file with its digest, signed by the registry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from law.errors import Fault, LawError
from plumbing.checkpoints.keys import signer_of
from plumbing.checkpoints.signed_note import NoteInvalid, open_note

FORMAT = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.note"
SIGNER = "registry"
TITLE = "quanheng backup"


class BackupUnsound(LawError):
    """The backup is not whole, or something in it was changed.

    Raised for a backup that does not hold; `faults` name each file.
    """

    reason = "BACKUP_UNSOUND"
    message_zh = "备份不完整，或其中的内容有改动"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeptFile(_Part):
    """A file of the backup, by its path within it."""

    path: str
    size: int  # in bytes
    sha256: str


class KeptDatabase(_Part):
    """The database of a service at the moment of the backup."""

    revision: str  # of its migrations
    events: int = 0  # that the service had recorded
    unpublished: int = 0  # of these
    checkpoint: str = ""  # the newest of its audit chain, as a signed note; empty if there is none


class Manifest(_Part):
    """What a backup holds. `moment` is that of all databases, by the clock of the machine."""

    format: int
    moment: str
    version: str  # of Quanheng
    sandbox: bool
    origin: str  # the name under which checkpoints are signed
    files_url: str  # where certificates are stored; empty if they are in the backup
    databases: Mapping[str, KeptDatabase]
    files: tuple[KeptFile, ...]
    secrets: tuple[KeptFile, ...]  # in a folder of their own


def listed(folder: Path, paths: Iterable[Path]) -> tuple[KeptFile, ...]:
    """Returns files of a folder with their digests, in the order of their paths."""
    return tuple(_kept(folder, path) for path in sorted(paths))


def write(manifest: Manifest, folder: Path, keys_dir: Path) -> None:
    """Writes a manifest and its signature, by the registry's key for checkpoints."""
    text = json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    note = signer_of(keys_dir, manifest.origin, SIGNER).sign(_signed_text(folder))
    (folder / SIGNATURE).write_text(note, encoding="utf-8")


def read(folder: Path, secrets: Path, public_key: str = "") -> Manifest:
    """Returns the manifest of a backup once its signature and every file are as they were.

    The signature is compared with `public_key`; if that is empty, with the key in `secrets`. Raises
    BackupUnsound otherwise.
    """
    try:
        manifest = _listed_in(folder)
        note = (folder / SIGNATURE).read_text(encoding="utf-8")
    except (OSError, ValueError, ValidationError) as error:
        raise _no_manifest(folder, error) from error
    faults = [*_signature_faults(folder, manifest, note, secrets, public_key)]
    faults += _differing(folder, manifest.files)
    faults += _differing(secrets, manifest.secrets)
    if faults:
        raise BackupUnsound(faults=faults)
    return manifest


def holds_a_backup(folder: Path, secrets: Path) -> bool:
    """Returns whether everything that a manifest lists is there, in whatever state."""
    try:
        manifest = _listed_in(folder)
    except (OSError, ValueError, ValidationError):
        return False
    places = [(folder, manifest.files), (secrets, manifest.secrets)]
    return all((place / kept.path).is_file() for place, files in places for kept in files)


def _listed_in(folder: Path) -> Manifest:
    content: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return Manifest.model_validate(content)


def _signature_faults(
    folder: Path, manifest: Manifest, note: str, secrets: Path, public_key: str
) -> Iterator[Fault]:
    try:
        key = public_key or signer_of(secrets / "keys", manifest.origin, SIGNER).public_key
        if open_note(note, key) == _signed_text(folder):
            return
        why = "it signs another manifest"
    except (NoteInvalid, OSError, ValueError) as error:
        why = str(error)
    yield Fault(MANIFEST, f"清单的签名不符：{why}", f"its signature does not hold: {why}")


def _signed_text(folder: Path) -> str:
    return f"{TITLE}\n{sha256((folder / MANIFEST).read_bytes()).hexdigest()}\n"


def _differing(folder: Path, files: Iterable[KeptFile]) -> Iterator[Fault]:
    for kept in files:
        place = folder / kept.path
        within = place.resolve().is_relative_to(folder.resolve())
        if not within or ".." in Path(kept.path).parts:  # which may lead out of a new directory
            yield Fault(kept.path, "路径在备份之外", "lies outside the backup")
        elif not place.is_file():
            yield Fault(kept.path, "文件缺失", "is missing")
        elif _kept(folder, place) != kept:
            yield Fault(kept.path, "内容与清单不符", "differs from the manifest")


def _kept(folder: Path, path: Path) -> KeptFile:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    name = path.relative_to(folder).as_posix()
    return KeptFile(path=name, size=path.stat().st_size, sha256=digest)


def _no_manifest(folder: Path, error: Exception) -> BackupUnsound:
    why = type(error).__name__
    return BackupUnsound(
        f"{folder} 不是完整的备份：清单缺失或者不能读（{why}）",
        f"{folder} is no whole backup: its manifest is missing or cannot be read ({why})",
    )
