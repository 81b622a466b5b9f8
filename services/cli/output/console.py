"""The only way to print a text on the terminal: every text is shown literally.

People write brackets, control characters and bidirectional marks into grounds, summaries and names.
This console interprets no markup and no emoji codes, and shows a visible sign for each character
that would control a terminal. No other module of the command line creates a console or a styled
text.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from plumbing.characters import visible


def styled(*parts: str | tuple[str, str]) -> Text:
    """Builds a text from parts, each plain or with a style; markup in a part is not interpreted."""
    safe = (
        visible(part) if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts
    )
    return Text.assemble(*safe)


class PlainConsole(Console):
    """A console that prints every string as plain text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, highlight=False, markup=False, emoji=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Converts a string (a cell, title or line to print) to plain text without markup."""
        return super().render_str(visible(text), **options | {"markup": False, "emoji": False})


console = PlainConsole()
errors = PlainConsole(stderr=True)
