"""The examples of the page for integrators, read from the page as it is served, and run."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

MARK = "== example: "


@dataclass
class Examples(HTMLParser):
    """The examples of a page, by client and topic, in the order of the page."""

    found: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    _now: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "code" and (client := values.get("data-client")):
            self._now = client, values.get("data-topic") or ""
            self.found[client][self._now[1]] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self._now = None

    def handle_data(self, data: str) -> None:
        if self._now:
            client, topic = self._now
            self.found[client][topic] += data


async def run(
    client: str, examples: Mapping[str, str], values: Mapping[str, str], folder: Path
) -> dict[str, str]:
    """Runs the examples of one client as one program; returns what each topic printed.

    Fails if the program fails, with all that it printed.
    """
    python = client == "python"
    say = "print({!r}, flush=True)" if python else "echo {!r}"
    pieces = [f"{say.format(MARK + topic)}\n{text}\n" for topic, text in examples.items()]
    script = folder / f"examples.{client}"
    script.write_text("".join(pieces) if python else "set -eu\n" + "".join(pieces))
    process = await asyncio.create_subprocess_exec(
        *([sys.executable] if python else ["bash"]),
        str(script),
        cwd=folder,
        env={**values, "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed = (await process.communicate())[0].decode()
    assert process.returncode == 0, printed
    told = {}
    for part in printed.split(MARK)[1:]:
        topic, _, text = part.partition("\n")
        told[topic] = text
    return told
