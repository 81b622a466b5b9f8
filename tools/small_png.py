"""Makes the picture of a page a third of its size: at most 256 colours, one byte for each dot."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_COLOURS = 256
_CHANNELS = {2: 3, 6: 4}  # by the colour type of the header: without and with transparency
_COARSE = 0xF8  # the five upper bits: finer shades are not told apart
Colour = tuple[int, int, int]


def smaller(png: bytes) -> bytes:
    """Returns a PNG of a screen with few colours; the original has 8 bits a channel."""
    width, height, channels, data = _read(png)
    dots = [
        (row[at] & _COARSE, row[at + 1] & _COARSE, row[at + 2] & _COARSE)
        for row in _rows(data, width * channels, height, channels)
        for at in range(0, width * channels, channels)
    ]
    palette = [colour for colour, _ in Counter(dots).most_common(MOST_COLOURS)]
    number = {colour: place for place, colour in enumerate(palette)}
    for colour in set(dots) - set(palette):
        number[colour] = number[min(palette, key=lambda one: _distance(one, colour))]
    lines = b"".join(
        b"\0" + bytes(number[dot] for dot in dots[start : start + width])
        for start in range(0, width * height, width)
    )
    return _written(width, height, palette, lines)


def _read(png: bytes) -> tuple[int, int, int, bytes]:
    """Width, height, channels, and the filtered bytes of a PNG."""
    chunks = list(_chunks(png))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or kind not in _CHANNELS or interlaced:
        raise ValueError(f"Not a picture of a screen: {depth} bits, colour type {kind}")
    data = b"".join(content for name, content in chunks if name == b"IDAT")
    return width, height, _CHANNELS[kind], zlib.decompress(data)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _rows(data: bytes, length: int, height: int, channels: int) -> Iterator[bytearray]:
    """The rows of a picture without their filters (PNG, section 9)."""
    above = bytearray(length)
    for start in range(0, height * (length + 1), length + 1):
        row = bytearray(data[start + 1 : start + 1 + length])
        _unfilter(data[start], row, above, channels)
        yield row
        above = row


def _unfilter(kind: int, row: bytearray, above: bytearray, channels: int) -> None:
    for at in range(len(row)) if kind else ():
        left = row[at - channels] if at >= channels else 0
        corner = above[at - channels] if at >= channels else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))
        row[at] = (row[at] + guess[kind]) & 0xFF


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


def _distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _written(width: int, height: int, palette: list[Colour], lines: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = b"".join(bytes(channel | channel >> 5 for channel in one) for one in palette)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)))
    return SIGNATURE + b"".join(_chunk(*part) for part in (*parts, (b"IEND", b"")))


def _chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )
