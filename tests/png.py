"""Reads the PNG pictures that typst and Chromium make, for tests that look for QR codes in them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import zxingcpp

_CHANNELS = {0: 1, 2: 3, 6: 4}  # grey, RGB, RGBA; all with 8 bits


def qr_texts(png: bytes) -> set[str]:
    """The texts of the QR codes in a picture."""
    return {code.text for code in zxingcpp.read_barcodes(_grey(png))}


def _grey(png: bytes) -> memoryview:
    """The first channel of each pixel: the codes are black and white."""
    chunks = dict(_chunks(png))
    width, height, _, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    channels = _CHANNELS[colour]
    stride, data = width * channels, zlib.decompress(chunks[b"IDAT"])
    grey, before = bytearray(), bytearray(stride)
    for start in range(0, len(data), stride + 1):
        before = _unfiltered(data[start], data[start + 1 : start + 1 + stride], before, channels)
        grey += before[::channels]
    return memoryview(bytes(grey)).cast("B", shape=[height, width])


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place, pixels = 8, b""
    while place < len(png):
        size, kind = struct.unpack(">I4s", png[place : place + 8])
        content = png[place + 8 : place + 8 + size]
        pixels += content if kind == b"IDAT" else b""
        yield kind, pixels if kind == b"IDAT" else content
        place += size + 12


def _unfiltered(kind: int, line: bytes, above: bytearray, step: int) -> bytearray:
    row = bytearray(line)
    for i in range(len(row)) if kind else ():
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        guess = (left, above[i], (left + above[i]) // 2, _paeth(left, above[i], corner))[kind - 1]
        row[i] = (row[i] + guess) & 255
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda one: abs(estimate - one))
