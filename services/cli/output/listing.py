"""Lists: a page on the screen, or every page of it in a file. See `answer`, which replaces this."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.cli.client import Client, with_client
from services.cli.output.answer import Method, Response, export_list, items_of, save

__all__ = ["items_of", "save", "with_client"]
things_of = items_of


def listed(
    method: Callable[[Client], Method[Response]], wanted: Any, data: Path | None, to: Path | None
) -> Response:
    """The page of a list that was asked for; with `to`, all of it in that file, and no more.

    Raises typer.Exit when the file is written.
    """
    if to is not None:
        save(lambda client: export_list(method(client), wanted, to, client), data, to)
    return with_client(data, lambda client: method(client)(wanted))
