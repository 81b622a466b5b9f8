"""GS1 keys: which writings name an instrument, which are refused and why, and others' vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from law.errors import InvalidInput
from services.registry.gs1 import Asset, Maker, giai_of, has_key, maker_code, read_key

VECTORS = Path(__file__).parents[5] / "shared" / "data" / "interfaces" / "gs1"
# Of no code that is scanned: an IPv6 host with a zone, which is no part of the path.
_OF_THE_HOST = {"https://[fe80::1%25lo]/01/12312312312333"}
KEPT = "/01/06901234567892/21/A7"


@pytest.mark.parametrize(
    "written",
    [
        KEPT,
        "01/06901234567892/21/A7",
        "https://id.gs1.org/01/06901234567892/21/A7",
        "https://maker.example/some/01/06901234567892/10/LOT1/21/A7/?17=280101&from=shop",
        "(01)06901234567892(21)A7",
        "（01）06901234567892（21）A7",
        "(01) 06901234567892 (10)LOT1 (21)A7",
        "010690123456789221A7",
        "06901234567892 A7",
        "6901234567892/A7",
    ],
)
def test_a_makers_code_is_kept_in_one_form_however_it_is_written(written: str) -> None:
    assert maker_code(written) == KEPT
    assert maker_code(maker_code(written)) == KEPT


def test_a_serial_number_with_signs_of_links_comes_back_as_it_was() -> None:
    kept = maker_code("6901234567892 A/7(10)%")
    assert kept == "/01/06901234567892/21/A%2F7%2810%29%25"
    assert read_key(kept) == Maker("06901234567892", "A/7(10)%")
    assert maker_code(kept) == kept


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("/01/06901234567893/21/A7", "校验位应为 2"),
        ("(01)06901234567893(21)A7", "校验位应为 2"),
        ("6901234567890 A7", "校验位应为 2"),
        ("/01/06901234567892", "没有序列号"),
        ("(01)06901234567892", "没有序列号"),
        ("/01/6901234567892/21/A7", "不是有效的 GS1 码"),  # 13 digits in a link
        ("/01/06901234567892/21/" + "A" * 21, "不是有效的 GS1 码"),
        ("/01/06901234567892/21/器具", "不是有效的 GS1 码"),
        ("/01/06901234567892/21/A7/21/A8", "不是有效的 GS1 码"),
        ("(01)06901234567892(21)A7(21)A8", "不是有效的 GS1 码"),
        ("/01/06901234567892?21=A7", "不是有效的 GS1 码"),
        ("/8004/4012345ABC", "资产码"),
        ("A7", "不是有效的 GS1 码"),
        ("https://example.com/shop", "不是有效的 GS1 码"),
    ],
)
def test_what_is_no_makers_code_is_refused_with_the_reason(written: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        maker_code(written)
    [fault] = refused.value.faults
    assert fault.field == "maker_code"
    assert why in fault.message_zh
    assert fault.message_en


def test_no_code_is_none() -> None:
    assert maker_code("  ") == ""


def test_the_key_of_a_label_is_the_prefix_and_its_code() -> None:
    giai = giai_of("4012345", "3f9a01c2d4-7k3m9qxb")
    assert read_key(f"https://host.example/8004/{giai}") == Asset("40123453f9a01c2d47k3m9qxb")


@pytest.mark.parametrize("text", ["3f9a01c2d4-7k3m9qxb", "0123456789aaaaaaaa", "x", "", "/i/01"])
def test_the_code_of_a_label_is_taken_for_no_key(text: str) -> None:
    assert not has_key(text)


def vectors(name: str) -> list[dict[str, Any]]:
    file = VECTORS / name
    if not file.exists():
        pytest.skip(f"{file} is missing: the vectors of GS1 are not compared")
    found: list[dict[str, Any]] = json.loads(file.read_text())["vectors"]
    return found


def _of_instruments(one: dict[str, Any]) -> bool:
    """Whether a vector is about the two keys read here, under the rules without exceptions."""
    about = "/01/" in one["uri"] or "/8004/" in one["uri"]
    return about and not one["flags"] and one["uri"] not in _OF_THE_HOST


def test_links_are_read_and_refused_as_in_the_vectors_of_gs1() -> None:
    for one in filter(_of_instruments, vectors("gs1_digital_link_parse_vectors.json")):
        if not one["valid"]:
            with pytest.raises(InvalidInput):
                read_key(one["uri"])
            continue
        key = read_key(one["uri"])
        value = f"8004{key.giai}" if isinstance(key, Asset) else f"01{key.gtin}"
        assert one["ai"].startswith(f"^{value}"), one["uri"]
        if isinstance(key, Maker) and key.serial:
            assert f"21{key.serial}" in one["ai"], one["uri"]


def test_paths_are_written_as_in_the_vectors_of_gs1() -> None:
    found = 0
    for one in vectors("gs1_digital_link_generate_vectors.json"):
        if one["valid"] and one["ai"].startswith("(01)") and one["ai"].count("(") == 2:
            key = read_key(one["ai"])
            if isinstance(key, Maker) and key.serial:
                assert one["uri"].endswith(key.path)
                found += 1
    assert found
