"""Previews of photographs: upright, small, and with nothing but pixels."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from obstore.store import MemoryStore
from PIL import Image

from plumbing.files import Files, StoredFile
from plumbing.preview_subprocess import LONGEST_SIDE, MOST_PIXELS
from plumbing.previews import stored_preview

ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825
TURNED = 6  # a telephone held upright: the camera's picture lies on its side


def photograph(width: int = 1600, height: int = 1000) -> bytes:
    """A photograph as a telephone takes it, with where, by what, and which way up."""
    picture = Image.new("RGB", (width, height), "navy")
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = TURNED, "TestMaker"
    exif.get_ifd(GPS)[1] = "N"
    out = io.BytesIO()
    picture.save(
        out, "JPEG", exif=exif, comment=b"secret place", icc_profile=b"profile of TestMaker"
    )
    return out.getvalue()


def png(width: int, height: int, mode: str = "RGBA") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "PNG")
    return out.getvalue()


async def stored(files: Files, content: bytes) -> StoredFile:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    return await files.receive(pieces(), 100 << 20)


async def preview_of(content: bytes) -> bytes:
    """The preview of a picture; empty if there is none."""
    files = Files(MemoryStore())
    preview = await stored_preview(files, await stored(files, content))
    return await files.read(preview.sha256, preview.size, 0) if preview else b""


async def test_a_preview_is_upright_small_and_tells_nothing_more() -> None:
    content = photograph()
    assert b"TestMaker" in content
    preview = await preview_of(content)
    with Image.open(io.BytesIO(preview)) as seen:
        assert (seen.format, seen.size) == ("JPEG", (750, LONGEST_SIDE))
        assert set(seen.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not seen.getexif()
    assert b"TestMaker" not in preview
    assert b"secret place" not in preview


async def test_a_transparent_picture_is_shown_on_white() -> None:
    with Image.open(io.BytesIO(await preview_of(png(40, 30)))) as seen:
        assert seen.size == (40, 30)
        assert seen.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 no picture",
        b"\xff\xd8\xff broken",
        png(20, 20)[:40],
        png(MOST_PIXELS // 1000 + 1, 1000, "1"),
    ],
    ids=["no picture", "broken", "cut off", "too many pixels"],
)
async def test_what_cannot_be_shown_has_no_preview(content: bytes) -> None:
    assert await preview_of(content) == b""
