"""Every code that people read or write has its Chinese word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import pytest
from google.protobuf.descriptor import FieldDescriptor

from law.colours.rule import Colour, InstrumentState, VerificationResult
from law.escalation import circular_uses
from law.evidence import RecordKind, RecordStatus, Sector, Severity, SubjectKind
from law.instruments import catalogue
from law.objection import OUTCOME_ZH, STATE_ZH, CaseKind
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2, escalations_pb2
from protos.buf.validate import validate_pb2
from protos.grading.v1 import assessments_pb2, grading_pb2, rulesets_pb2
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import objection_pb2, repair_pb2
from protos.registry.v1 import bulk_pb2, registry_pb2
from services.cli.output.words import VOCABULARIES, vocabulary, word, words

CONTRACT = (
    alerts_pb2, escalations_pb2, assessments_pb2, grading_pb2, rulesets_pb2, identity_pb2,
    objection_pb2, repair_pb2, bulk_pb2, registry_pb2,
)  # fmt: skip
RULES = validate_pb2.DESCRIPTOR.extensions_by_name["field"]
CHINESE = re.compile("[一-鿿]")
NO_WORDS = {"xlsx", "csv"}  # what a file is called, in any language
ENUMS: dict[str, type[StrEnum]] = {
    "role": Role,
    "subject_kind": SubjectKind,
    "sector": Sector,
    "severity": Severity,
    "record_kind": RecordKind,
    "record_status": RecordStatus,
    "instrument_state": InstrumentState,
    "result": VerificationResult,
    "colour": Colour,
    "case_kind": CaseKind,
}


def choices() -> Iterator[tuple[FieldDescriptor, list[str]]]:
    for module in CONTRACT:
        for message in module.DESCRIPTOR.message_types_by_name.values():
            for field in message.fields:
                rules = field.GetOptions().Extensions[RULES].string
                codes = [code for code in getattr(rules, "in") if code]
                if codes and field.name != "order_by":  # its codes are the names of fields
                    yield field, codes


@pytest.mark.parametrize("name", ENUMS)
def test_a_vocabulary_has_a_word_for_every_code_of_the_law(name: str) -> None:
    assert set(words(name)) == {code.value for code in ENUMS[name]}


def test_what_circulars_are_for_is_called_as_the_law_calls_it() -> None:
    of_the_law = circular_uses(date(2026, 9, 14)).items()
    assert words("circular_use") == {use: chinese for use, (chinese, _) in of_the_law}


def test_cases_are_called_as_the_law_calls_them() -> None:
    assert words("case_state") == {state.value: zh for state, zh in STATE_ZH.items()}
    assert words("outcome") == {outcome.value: zh for outcome, zh in OUTCOME_ZH.items()}


def test_types_of_instruments_are_called_as_in_the_catalogue() -> None:
    assert word("instrument_type", "FUEL") == catalogue()["FUEL"].name_zh
    assert word("instrument_type", "a type as filed") == "a type as filed"


def test_every_field_of_fixed_codes_is_written_in_a_vocabulary() -> None:
    missing = [
        f"{field.full_name}: {code}"
        for field, codes in choices()
        for code in codes
        if code not in NO_WORDS and code not in words(vocabulary(field))
    ]
    assert missing == []


def test_every_word_is_chinese_and_stands_for_one_code() -> None:
    for name in [*VOCABULARIES, "record_kind", "escalation_step", "course", "instrument_type"]:
        found = words(name)
        assert all(CHINESE.search(zh) for zh in found.values()), name
        assert len(set(found.values())) == len(found), name
