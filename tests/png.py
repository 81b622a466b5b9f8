"""Reads the PNG pictures that typst and Chromium make, for tests that look for QR codes in them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

import zxingcpp

_CHANNELS = {0: 1, 2: 3, 6: 4}  # grey, RGB, RGBA; all with 8 bits


def qr_texts(png: bytes) -> set[str]:
    """The texts of the QR codes in a picture."""
    # Other kinds are seen in the noise of a picture.
    qr = zxingcpp.BarcodeFormat.QRCode
    return {code.text for code in zxingcpp.read_barcodes(_grey(png)) if code.format == qr}


def _grey(png: bytes) -> memoryview:
    """The first channel of each pixel: the codes are black and white."""
    chunks = dict(_chunks(png))
    width, height, _, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    channels = _CHANNELS[colour]
    stride, data = width * channels, zlib.decompress(chunks[b"IDAT"])
    grey, before = bytearray(), bytes(width)
    for start in range(0, len(data), stride + 1):
        # No channel is filtered by another, so the first can be read alone.
        line = data[start + 1 : start + 1 + stride : channels]
        before = _unfiltered(data[start], line, before)
        grey += before
    return memoryview(bytes(grey)).cast("B", shape=[height, width])


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place, pixels = 8, b""
    while place < len(png):
        size, kind = struct.unpack(">I4s", png[place : place + 8])
        content = png[place + 8 : place + 8 + size]
        pixels += content if kind == b"IDAT" else b""
        yield kind, pixels if kind == b"IDAT" else content
        place += size + 12


def _unfiltered(kind: int, line: bytes, above: bytes) -> bytes:
    if kind == _NONE:
        return line
    if kind == _UP:
        return bytes([(here + up) & 255 for here, up in zip(line, above, strict=True)])
    row, guess, left, corner = bytearray(), _GUESSES[kind], 0, 0
    for here, up in zip(line, above, strict=True):
        left = (here + guess(left, up, corner)) & 255
        row.append(left)
        corner = up
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda one: abs(estimate - one))


# How a line may be filtered: not at all, by the line above, or by a guess from three neighbours.
_NONE, _UP = 0, 2
_GUESSES: dict[int, Callable[[int, int, int], int]] = {
    1: lambda left, up, corner: left,
    3: lambda left, up, corner: (left + up) // 2,
    4: _paeth,
}
