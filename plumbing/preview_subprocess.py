"""Makes the preview of one picture in a process of its own, within limits that it sets itself.

A hostile picture can make a decoder allocate any amount of memory; then only this process ends. The
picture is read from standard input. Standard output gets a small JPEG that holds its pixels alone:
neither where it was taken, nor when, nor by which device.
"""

from __future__ import annotations

import io
import sys
from typing import BinaryIO

from PIL import Image, ImageOps

from plumbing.process_limits import limit_this_process

LONGEST_SIDE = 1200  # pixels
MOST_PIXELS = 60_000_000
SECONDS, MEMORY, WRITTEN = 20, 1 << 30, 4 << 20
QUALITY = 80


def main(content: bytes, out: BinaryIO) -> None:
    """Writes the preview of a JPEG or PNG; raises the errors of Pillow for what is neither."""
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            sys.exit("The picture has too many pixels")
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded smaller at once
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        seen = upright.convert("RGBA")
        # Nothing but pixels is taken over, on white where the picture is transparent.
        preview = Image.new("RGB", seen.size, "white")
        preview.paste(seen, mask=seen)
        preview.save(out, "JPEG", quality=QUALITY)


if __name__ == "__main__":
    limit_this_process(seconds=SECONDS, memory=MEMORY, written=WRITTEN)
    main(sys.stdin.buffer.read(), sys.stdout.buffer)
