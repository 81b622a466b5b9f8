"""Reads one certificate in a process of its own, within limits that it sets itself.

A hostile file can make any reader allocate more memory than there is; then only this process ends.
The certificate is read from standard input; standard output gets one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from lxml import etree

from plumbing.process_limits import limit_this_process
from services.registry.calibrations.dcc import content as taken
from services.registry.calibrations.dcc import rules, schema, signature
from services.registry.calibrations.dcc.elements import Element
from services.registry.calibrations.dcc.findings import MOST, Finding, short


def read(content: bytes, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Returns what a certificate says and what is wrong with it; `refused` if it is not read."""
    try:
        tree = etree.ElementTree(etree.fromstring(content, schema.parser()))
    except etree.XMLSyntaxError as error:
        line = error.position[0] or 0
        zh, en = f"不是完好的 XML：{short(error.msg)}", f"it is no sound XML: {short(error.msg)}"
        return {"refused": asdict(Finding("SYNTAX", zh, en, line=line))}
    if refused := schema.refuse_types(tree):
        return {"refused": asdict(refused)}
    return _read(content, tree.getroot(), arguments)


def _read(content: bytes, root: Element, arguments: Mapping[str, str]) -> dict[str, Any]:
    now = datetime.fromisoformat(arguments["now"])
    signed = signature.check(content, root, arguments["anchors"], now)
    invalid = [*schema.validate(root, arguments["schemas"])]
    found = [*invalid, *rules.broken(root), *signature.findings_of(signed)]
    return {
        "schema_version": short(root.get("schemaVersion")),
        "valid": not invalid,
        "signature": asdict(signed),
        "certificate": taken.certificate_of(root),
        "items": taken.items_of(root),
        "conditions": taken.conditions_of(root),
        "findings": [asdict(one) for one in sorted(found, key=lambda one: one.hint)[:MOST]],
        "further": max(0, len(found) - MOST),
    }


def main(arguments: Mapping[str, Any]) -> None:
    """Reads the certificate on standard input and writes what it found."""
    seconds, memory = arguments["seconds"], arguments["memory"]
    limit_this_process(seconds=seconds, memory=memory, written=arguments["written"])
    json.dump(read(sys.stdin.buffer.read(), arguments), sys.stdout)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
