"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A write fails so without telling of which file.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives the path at which to write a file; it gets its name at the end, if nothing was raised.

    Otherwise a file that was there before stays as it was. Behind a link the file is written and
    the link stays; nothing takes the place of a pipe, which is written to. An OSError of writing
    names the file that was asked for.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        yield path
        return
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, place)
    except OSError as error:
        if error.filename == str(part) or error.errno in _FULL:
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)
