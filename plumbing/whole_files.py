"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives the path at which to write a file; it gets its name at the end, if nothing was raised.

    Otherwise a file that was there before stays as it was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    except OSError as error:
        if error.filename == str(part):  # tells of the file that was asked for
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)
