"""The Frictionless Data Package of the public data: `datapackage.json`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.portal.open_data.catalogue import DATASETS
from services.portal.open_data.dataset import FORMATS, Dataset, Field
from services.portal.rendering import catalogue


def datapackage(home: str) -> dict[str, Any]:
    """Returns the description of every public file, at the address of the page about them."""
    return {
        "profile": "tabular-data-package",
        "name": "quanheng-open-data",
        "title": "计量信用公开数据",
        "description": (
            "计量信用监管平台依法公开的全部数据。CSV 为带字节顺序标记的 UTF-8；"
            "以 = + - @ 开头的文字前加一个单引号，防止表格软件当作公式。"
        ),
        "homepage": home,
        "resources": [one for dataset in DATASETS.values() for one in _resources(dataset)],
    }


def _resources(dataset: Dataset) -> Iterator[dict[str, Any]]:
    for kind, mediatype in FORMATS.items():
        yield {
            "profile": "tabular-data-resource",
            "name": dataset.name.replace("_", "-") + ("" if kind == "csv" else f"-{kind}"),
            "path": dataset.file(kind),
            "title": dataset.title,
            "description": dataset.about,
            "format": kind,
            "mediatype": mediatype,
            "encoding": "utf-8",
            "schema": {
                "fields": [_field(one) for one in dataset.fields],
                "primaryKey": list(dataset.key),
                "missingValues": [""],
            },
        }


def _field(field: Field) -> dict[str, Any]:
    written: dict[str, Any] = {"name": field.name, "type": field.type, "title": field.title}
    if field.type == "boolean":
        written |= {"trueValues": ["true"], "falseValues": ["false"]}
    return written | {"description": catalogue("en").gettext(field.title)}
