"""The texts of the letters of alerts are data: versions that stay as they are."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any

from law.escalation import CircularSource, Step, circular_rule, circular_uses
from services.alerts.circulars.letter import write
from services.alerts.circulars.tables import Circular, CircularEntry, CircularReceiver
from services.alerts.escalation.texts import LETTER_TITLES
from services.alerts.letter_template import TEXTS, of_alerts
from services.alerts.notices.texts import Contact

TODAY = date(2026, 9, 14)


def whole(name: str) -> str:
    """A text with its parts in their places."""
    text = (TEXTS / name).read_text()
    return re.sub(r'{% include "([^"]+)" %}', lambda part: whole(part[1]), text)


def test_a_version_that_may_have_written_letters_is_as_it_was() -> None:
    """Another wording is another version: see `letters.yaml`."""
    listed = set()
    for name, template in of_alerts().templates.items():
        for version in template.versions:
            file = f"{name}.{version.number}.txt"
            listed.add(file)
            assert hashlib.sha256(whole(file).encode()).hexdigest() == version.sha256, name
    assert {file.name for file in TEXTS.glob("*.txt")} == listed


def test_the_titles_are_those_of_the_steps() -> None:
    titles = of_alerts().templates  # an exposure is told by the letter of its list
    names = {step: "listed" if step is Step.EXPOSURE else step.value for step in LETTER_TITLES}
    assert {step: titles[name].title for step, name in names.items()} == LETTER_TITLES


def test_only_the_untrusted_are_told_of_for_the_uses_of_the_text() -> None:
    rule = circular_rule("national-2017-566", "untrusted", TODAY)
    assert rule is not None
    assert rule.cite == "S1 12(三)"
    assert circular_rule("tianjin-pilot", "3", TODAY) is None
    assert circular_rule("", "", TODAY) is None
    named = [zh for zh, _ in rule.uses.values()]
    assert named == ["市场准入", "资质认定", "行政审批", "公开招标", "政策应用"]


def test_grade_e_is_pushed_without_an_exposure_from_the_day_of_its_text() -> None:
    grade = ("hangzhou-2021-120", "E")
    assert circular_rule(*grade, TODAY) is None
    rule = circular_rule(*grade, TODAY, CircularSource.GRADE)
    assert rule is not None
    assert (rule.cite, len(rule.uses)) == ("S4 四(五)E3", 2)
    assert circular_rule(*grade, date(2021, 9, 29), CircularSource.GRADE) is None
    assert circular_rule("hangzhou-2021-120", "D", TODAY, CircularSource.GRADE) is None
    assert set(rule.uses) < set(circular_uses(TODAY))


def test_what_an_authority_or_a_subject_is_called_is_no_text_of_the_letter() -> None:
    of_list: dict[str, Any] = {"list_id": "l1", "list_number": "曝光名单〔2026〕1号"}
    of_circular: dict[str, Any] = {"cite": "S1 12(三)", **of_list}
    row = Circular(**of_circular)
    told: dict[str, Any] = {"statement": "{{ 7 * 7 }}：经核实，计量信用等级为失信。"}
    entries = [CircularEntry(**told)]
    to: dict[str, Any] = {"name": "甲局{% raw %}", "uses": ["tender"]}
    receivers = [CircularReceiver(**to)]
    letter = write(row, entries, receivers, Contact("测试局"), TODAY)
    assert letter.template == "circular/1"
    assert "1. {{ 7 * 7 }}：经核实" in letter.body
    assert letter.body.startswith("甲局{% raw %}：\n")
    assert letter.body.endswith("\n测试局\n2026年9月14日")
