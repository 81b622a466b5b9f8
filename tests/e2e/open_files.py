"""The open data of a portal, downloaded as its data package names the files."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx2 as httpx

PACKAGE = "/data/datapackage.json"


async def resources(portal: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """The resources of the data package, by path."""
    package = (await portal.get(PACKAGE)).json()
    return {one["path"]: one for one in package["resources"]}


async def rows(portal: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """The rows of a file, as texts; a missing value is an empty text."""
    answer = await portal.get(f"/data/{path}")
    assert answer.status_code == 200, answer.text
    if path.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    return [{k: _text(v) for k, v in one.items()} for one in answer.json()]


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
    return str(value)
