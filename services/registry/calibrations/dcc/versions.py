"""The versions of the format whose schemas are there: packaged, or added by an administrator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

PACKAGED = Path(__file__).parent / "schemas"
_VERSION = re.compile(r"[0-9]{1,2}(\.[0-9]{1,3}){2}")


def schema_of(version: str, folder: str) -> Path | None:
    """Returns the schema of a version: packaged, or in the folder that the administrator named."""
    if not _VERSION.fullmatch(version):
        return None
    files = (place / f"v{version}" / "dcc.xsd" for place in _places(folder))
    return next((file for file in files if file.is_file()), None)


def versions(folder: str) -> Sequence[str]:
    """Returns the versions whose schemas are there, the earliest first."""
    found = {file.parent.name[1:] for place in _places(folder) for file in place.glob("v*/dcc.xsd")}
    known = (one for one in found if _VERSION.fullmatch(one))
    return sorted(known, key=lambda one: [int(number) for number in one.split(".")])


def _places(folder: str) -> Sequence[Path]:
    return [PACKAGED, *([Path(folder)] if folder else [])]
