"""Determines what kind of file an upload is by its content, never by its name.

Only the kinds of the list exist: a file of any other kind is refused.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import IO
from xml.parsers import expat

HEAD_BYTES = 64 << 10  # of a file, by which its kind is found
_ZIP = b"PK\x03\x04"
_DCC_ROOT = "https://ptb.de/dcc digitalCalibrationCertificate"


class FileKind(StrEnum):
    """A kind of file that is accepted."""

    PDF = "pdf"
    OFD = "ofd"  # GB/T 33190
    DCC = "dcc"  # Digital Calibration Certificate of PTB
    JPEG = "jpeg"
    PNG = "png"

    @property
    def media_type(self) -> str:
        """The media type under which a browser gets such a file."""
        return _MEDIA_TYPES[self]

    @property
    def called(self) -> str:
        """What a person calls such a file."""
        return {FileKind.DCC: "DCC (XML)"}.get(self, self.value.upper())

    @property
    def extension(self) -> str:
        """How the name of such a file ends, without the dot."""
        return {FileKind.DCC: "xml", FileKind.JPEG: "jpg"}.get(self, self.value)


_MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.OFD: "application/ofd",
    FileKind.DCC: "application/xml",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
}
_BEGINNINGS = {
    b"%PDF-": FileKind.PDF,
    b"\xff\xd8\xff": FileKind.JPEG,
    b"\x89PNG\r\n\x1a\n": FileKind.PNG,
}


def listed(kinds: Collection[FileKind]) -> tuple[str, str]:
    """Returns the names of kinds of files in Chinese and English, in the order of the list."""
    *first, last = [kind.called for kind in FileKind if kind in kinds]
    if not first:
        return _chinese(last), last
    return f"{_chinese('、'.join(first))} 或 {_chinese(last)}", f"{', '.join(first)} or {last}"


def _chinese(names: str) -> str:
    return names.replace(" (", "（").replace(")", "）")


def kind_of(head: bytes, whole: Callable[[], IO[bytes]]) -> FileKind | None:
    """Returns the kind of a file; None if it is of no accepted kind.

    `head` is the beginning of the file, `HEAD_BYTES` long or the whole of a shorter file. `whole`
    opens the file for reading at any place; it is called only if the beginning does not tell.
    """
    for beginning, kind in _BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    if head.startswith(_ZIP):
        return FileKind.OFD if _is_ofd(whole) else None
    return FileKind.DCC if _root_of(head) == _DCC_ROOT else None


def _is_ofd(whole: Callable[[], IO[bytes]]) -> bool:
    try:
        with zipfile.ZipFile(whole()) as parts:
            return "OFD.xml" in parts.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


class _FoundError(Exception):
    """Ends the reading of XML at its first element, or at a document type, which is refused."""


def _root_of(head: bytes) -> str:
    """The name of the first element, with its namespace; empty for what is not plain XML."""
    parser = expat.ParserCreate(namespace_separator=" ")
    names: list[str] = []

    def element(name: str, _attributes: object) -> None:
        names.append(name)
        raise _FoundError

    def document_type(*_parts: object) -> None:
        raise _FoundError

    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = document_type
    with contextlib.suppress(_FoundError, expat.ExpatError):
        parser.Parse(head, False)
    return names[0] if names else ""
