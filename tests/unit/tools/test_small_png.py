"""A picture with few colours stays the same picture."""

from __future__ import annotations

import struct
import zlib

import pytest

from tools.small_png import SIGNATURE, smaller


def chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def png(lines: bytes, width: int, height: int, *, depth: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return SIGNATURE + b"".join(chunk(*part) for part in parts)


def colours(small: bytes) -> tuple[bytes, bytes]:
    """The palette and the dots of a picture that `smaller` returned."""
    at, found = len(SIGNATURE), {}
    while at < len(small):
        (length,) = struct.unpack(">I", small[at : at + 4])
        found[small[at + 4 : at + 8]] = small[at + 8 : at + 8 + length]
        at += length + 12
    return found[b"PLTE"], zlib.decompress(found[b"IDAT"])


@pytest.mark.parametrize("kind", range(5))
def test_a_row_of_any_filter_is_read(kind: int) -> None:
    """Two rows: white and black, and the same again, told as differences."""
    first = b"\0" + b"\xff\xff\xff" + b"\0\0\0"
    same = {
        0: b"\xff\xff\xff\0\0\0",
        1: b"\xff\xff\xff\x01\x01\x01",
        2: b"\0\0\0\0\0\0",
        3: b"\x80\x80\x80\x81\x81\x81",
        4: b"\0\0\0\0\0\0",
    }[kind]
    palette, dots = colours(smaller(png(first + bytes([kind]) + same, 2, 2)))
    shown = [palette[dot * 3 : dot * 3 + 3] for dot in dots[1:3] + dots[4:6]]
    assert shown == [b"\xff\xff\xff", b"\0\0\0"] * 2


def test_more_colours_than_a_palette_holds_become_the_nearest() -> None:
    lines = b"".join(b"\0" + bytes((n * 8, m * 8, 0)) for n in range(32) for m in range(32))
    palette, dots = colours(smaller(png(lines, 1, 1024)))
    assert len(palette) == 256 * 3
    assert len(dots) == 2048


def test_what_is_no_screen_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bits"):
        smaller(png(b"\0" * 7, 1, 1, depth=16))
