"""Broken data files are refused: disclosure, readings, the index of scenic areas."""

from __future__ import annotations

import pytest

from tests.unit.law.broken_files import Change, message_of


@pytest.mark.parametrize(
    ("name", "change", "field", "says"),
    [
        (
            "disclosure",
            lambda d: d["periods"].pop("tianjin-pilot"),
            "periods.tianjin-pilot",
            "not said",
        ),
        (
            "disclosure",
            lambda d: d["periods"]["tianjin-pilot"].update(origin="occurred_on"),
            "periods.tianjin-pilot.origin",
            "one of",
        ),
        (
            "disclosure",
            lambda d: d["periods"]["tianjin-pilot"].update(delete_cite="somewhere"),
            "periods.tianjin-pilot.delete_cite",
            "cites no text",
        ),
        (
            "disclosure",
            lambda d: d["fields"].pop("natural_person"),
            "fields.natural_person",
            "not said",
        ),
        (
            "disclosure",
            lambda d: d["fields"]["natural_person"].pop("public"),
            "fields.natural_person.public",
            "not said",
        ),
        (
            "disclosure",
            lambda d: d["fields"]["natural_person"]["public"].update(fields=["name"]),
            "fields.natural_person.public.fields",
            "never shown openly",
        ),
        (
            "disclosure",
            lambda d: d["fields"]["organisation"]["public"].update(fields=["shoe_size"]),
            "fields.organisation.public.fields",
            "unknown value",
        ),
        (
            "disclosure",
            lambda d: d["classifications"].pop("privacy"),
            "classifications.privacy",
            "not said",
        ),
        ("disclosure", lambda d: d["audiences"].pop("scan"), "audiences.scan", "not said"),
        (
            "disclosure",
            lambda d: d["severity_caps"].append(d["severity_caps"][0]),
            "severity_caps.minor",
            "several versions",
        ),
        (
            "disclosure",
            lambda d: d["severity_caps_source"].update(looked_at=[]),
            "severity_caps_source.looked_at",
            "names its places",
        ),
        (
            "readings",
            lambda d: d["ambiguities"][0].pop("why_en"),
            "ambiguities[0].why_en",
            "missing",
        ),
        ("readings", lambda d: d["ambiguities"][0].update(id="R-7"), "ambiguities[0].id", "C-nn"),
        (
            "readings",
            lambda d: d["ambiguities"][0].pop("text_zh"),
            "ambiguities[0].text_zh",
            "missing",
        ),
        (
            "readings",
            lambda d: d["ambiguities"][0].pop("text_en"),
            "ambiguities[0].text_en",
            "missing",
        ),
        (
            "taizhou-scenic",
            lambda d: d["base"][2].update(floor=6),
            "base[2].each",
            "floor from 0",
        ),
        (
            "taizhou-scenic",
            lambda d: d["base"][30].update(threshold_percent=101),
            "base[30].threshold_percent",
            "from 0 to 100",
        ),
    ],
)
def test_a_broken_file_of_what_is_shown_is_refused(
    name: str, change: Change, field: str, says: str
) -> None:
    assert says in message_of(name, change, field)
