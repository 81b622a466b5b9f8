"""What pages say of the day on which an institution is expected to be ready."""

from __future__ import annotations

from protos.registry.v1 import orders_pb2 as pb
from services.portal.expectation_words import sentences
from services.portal.rendering import catalogue
from services.portal.wording import Words

WORDS = Words(catalogue("zh-CN").gettext, "zh-CN")


def test_nothing_is_said_of_what_a_former_registry_does_not_answer() -> None:
    assert sentences(WORDS, pb.Expectation()) == []


def test_a_term_in_a_year_without_arrangement_is_provisional_also_without_a_figure() -> None:
    term = pb.Expectation(term_on="2027-01-20", types_without_capacity=["FUEL"])
    assert not sentences(WORDS, term)[0].endswith("）")
    term.provisional = True
    assert sentences(WORDS, term)[0].endswith("（暂定：涉及放假安排尚未公布的年份）")
