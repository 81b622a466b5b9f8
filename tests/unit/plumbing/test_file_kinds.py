"""The kind of an upload is what its content says, and only the kinds of the list exist."""

from __future__ import annotations

import io
import zipfile

import pytest

from plumbing.file_kinds import HEAD_BYTES, FileKind, kind_of

DCC = '<dcc:digitalCalibrationCertificate xmlns:dcc="https://ptb.de/dcc" schemaVersion="3.3.0">'


def packed(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 100)
    return file.getvalue()


def found(content: bytes) -> FileKind | None:
    return kind_of(content[:HEAD_BYTES], lambda: io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", FileKind.PDF),
        (b"\xff\xd8\xff\xe0JFIF", FileKind.JPEG),
        (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
        (packed("Doc_0/Document.xml", "OFD.xml"), FileKind.OFD),
        (f'<?xml version="1.0"?>\n<!-- c -->\n{DCC}<a/>'.encode(), FileKind.DCC),
        (DCC.encode("utf-16"), FileKind.DCC),
        (f"{DCC}{'<a/>' * HEAD_BYTES}".encode(), FileKind.DCC),
    ],
    ids=["pdf", "jpeg", "png", "ofd", "dcc", "dcc in utf-16", "long dcc"],
)
def test_a_known_kind_is_found(content: bytes, kind: FileKind) -> None:
    assert found(content) is kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"GIF89a",
        b" %PDF-1.7",
        packed("xl/workbook.xml"),
        packed("OFD.xml")[:-30],
        b"PK\x03\x04" + bytes(1000),
        b'<digitalCalibrationCertificate xmlns="https://ptb.example/dcc"/>',
        b"<digitalCalibrationCertificate/>",
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>{DCC}'.encode(),
        b"\xff\xfe\x00",
    ],
)
def test_anything_else_is_none(content: bytes) -> None:
    assert found(content) is None
