"""The generated page of the law: each requirement has an existing rule, or a reason why not."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from law.reader import packaged

DOCS = Path(__file__).resolve().parents[3] / "docs"


def _requirements() -> Iterator[Mapping[str, Any]]:
    document = yaml.safe_load((DOCS / "law_requirements.yaml").read_text("utf-8"))
    for section in document["sections"]:
        yield from section["requirements"]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_law", DOCS / "generate_law.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


def test_every_requirement_is_listed_once() -> None:
    listed = [entry["id"] for entry in _requirements()]
    assert listed == [f"R-{n:03}" for n in range(1, 209)]


def test_every_requirement_has_a_rule_or_says_why_not() -> None:
    assert [e["id"] for e in _requirements() if ("rule" in e) == ("open" in e)] == []


def test_the_page_names_every_requirement_and_article(generator: ModuleType) -> None:
    page = generator.render()
    assert all(f"| {entry['id']} |" in page for entry in _requirements())
    assert "*open*：附件未取得" in page
    assert "- 用例：到期次日起为红色" in page
    assert "- `terms` definitions/repair" in page
    assert "| C-09 | measures | S4 四(五)标题写作“E级（警示）”，而警示是D级名称" in page


def test_a_rule_that_no_service_reaches_is_marked(generator: ModuleType) -> None:
    page, mark = generator.render(), generator.NOT_REACHABLE
    assert f"`law.measures.attention.attention`{mark} |" in page
    assert f"- `law.terms.ledger.Term.pause`{mark}" in page.splitlines()
    assert f"`law.colours.rule.colour`{mark}" not in page


def test_a_rule_that_does_not_exist_is_not_named(generator: ModuleType) -> None:
    with pytest.raises(AttributeError):
        generator._answer({"id": "R-063", "rule": ["law.colours.rule.color"]})


def test_faults_of_the_data_are_printed_and_no_page_is_written(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {**packaged.read("terms"), "surprise": 1, "version": None}
    monkeypatch.setattr(
        generator, "read", lambda name: broken if name == "terms" else packaged.read(name)
    )
    monkeypatch.setattr(generator, "PAGE", None)
    assert generator.main([]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "terms surprise: 未知字段 · unknown field",
        "terms version: 缺少 · is missing",
    ]


def test_a_place_of_the_data_that_does_not_cite_the_article_is_not_named(
    generator: ModuleType,
) -> None:
    generator._find("tianjin-pilot movements S0 附件三1")
    for place in ("tianjin-pilot movements S0 附件九", "tianjin-pilot window S0 附件三1"):
        with pytest.raises(LookupError):
            generator._find(place)


def test_the_page_says_every_reading_in_both_languages_and_what_was_confirmed(
    generator: ModuleType,
) -> None:
    page = generator.render()
    assert "| 协会的报送是自愿的<br>associations report if they choose to |" in page
    assert page.count("| C-13 |") == 2
    assert "（`disclosure`）：已核实 confirmed" in page
    assert "- GBF-2025-22 二, full text of 2025-06-22: http" in page


def test_articles_follow_the_order_of_the_text(generator: ModuleType) -> None:
    cites = ["S4 四(一)", "S4 三(三)", "S3 21", "S3 9(二)", "S3 9(一)", "S4 二(四)"]
    ordered = sorted(cites, key=generator._in_order)
    assert ordered == ["S3 9(一)", "S3 9(二)", "S3 21", "S4 二(四)", "S4 三(三)", "S4 四(一)"]
