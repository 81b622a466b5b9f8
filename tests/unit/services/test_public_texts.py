"""Every text that reaches the public says what it is; what people write freely is only released.

A new text field of a public message fails here until somebody has said its kind. A field that some
call takes as a long free text is either released by a second person (S1 18), or not public.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from protos.buf.validate import validate_pb2
from tests.unit.services.test_public_fields import CONTRACTS, MESSAGES, OPEN

RULES = validate_pb2.DESCRIPTOR.extensions_by_name["field"]
LONG = 500  # characters: what may be longer is written freely


class Kind(StrEnum):
    """What a text is that the public may read."""

    LAW = "law"  # the words of the law and of its data, and codes of its vocabularies
    PLATFORM = "platform"  # the platform composes it from facts
    DAY = "day"
    ID = "id"  # an id, a digest or a token of the platform
    NUMBER = "number"  # of an instrument, a certificate, a letter, a telephone
    NAME = "name"  # of a subject, a bureau, a maker, a place
    RELEASED = "released"  # a second person has released it
    OWN = "own"  # told to the person alone whom it is about


# By message and field; `*` stands for every message, `Message.*` for every field of one.
KINDS: dict[str, Kind] = {
    "*.next_page_token": Kind.ID,
    **dict.fromkeys(("*.subject_id", "*.record_id", "*.index_id", "*.grade_id"), Kind.ID),
    **dict.fromkeys(("*.bureau", "*.colour", "*.kind", "*.cite", "*.type_code"), Kind.LAW),
    **dict.fromkeys(("*.state", "*.severity", "*.status", "*.sector", "*.result"), Kind.LAW),
    **dict.fromkeys(("*.ruleset_id", "*.table_id", "*.area_kind", "*.grade"), Kind.LAW),
    **dict.fromkeys(("*.row", "*.standard", "*.ambiguities", "*.disclosure_cite"), Kind.LAW),
    **dict.fromkeys(("*.ruleset_hash", "*.table_hash", "*.area_id", "*.sha256"), Kind.ID),
    **dict.fromkeys(("*.on", "*.today", "*.assessed_on", "*.in_force_from"), Kind.DAY),
    **dict.fromkeys(("*.occurred_on", "*.determined_on", "*.disclosed_until"), Kind.DAY),
    **dict.fromkeys(("*.valid_until", "*.verified_on", "*.issued_on"), Kind.DAY),
    **dict.fromkeys(("*.subject_name", "*.bureau_name", "*.area_name"), Kind.NAME),
    **dict.fromkeys(("*.serial_no", "*.credit_code", "*.certificate_no"), Kind.NUMBER),
    **dict.fromkeys(("*.total", "*.base", "*.bonus", "*.deduction"), Kind.NUMBER),
    **dict.fromkeys(("*.points", "*.found"), Kind.NUMBER),
    "Bureau.*": Kind.NAME,
    "Subject.*": Kind.NAME,
    "Account.*": Kind.OWN,
    "Session.*": Kind.OWN,
    "SecondFactorSetup.*": Kind.OWN,
    "ConfirmSecondFactorResponse.*": Kind.OWN,
    "RenewRecoveryCodesResponse.*": Kind.OWN,
    "GetPasswordLinkResponse.*": Kind.OWN,
    "SetPasswordByLinkResponse.*": Kind.OWN,
    "LoginResponse.*": Kind.OWN,
    "LoginServiceResponse.*": Kind.OWN,
    "RenewTokenResponse.*": Kind.OWN,
    "RegisterOperatorResponse.number": Kind.NUMBER,
    "DueDate.due_id": Kind.ID,
    "DueDate.instrument_id": Kind.ID,
    "DueDate.escalation_id": Kind.ID,
    "DueDate.order_id": Kind.ID,
    "DueDate.verification_id": Kind.ID,
    "DueDate.name": Kind.NAME,
    "DueDate.place": Kind.NAME,
    "Exposure.exposure_id": Kind.ID,
    "ExposedSubject.entry_id": Kind.ID,
    "ExposedSubject.statement": Kind.PLATFORM,
    "ExposedSubject.media": Kind.LAW,
    "ExposedSubject.list_number": Kind.NUMBER,
    "Announcement.source_ref": Kind.RELEASED,
    **dict.fromkeys(("*.repaired_on", "*.announced_until", "*.changed_on"), Kind.DAY),
    "RecordChange.change": Kind.LAW,
    "Exposure.statement": Kind.PLATFORM,
    "Exposure.media": Kind.LAW,
    "GetIndexResponse.result_json": Kind.PLATFORM,  # the rows again, with their articles
    "Grade.not_graded_zh": Kind.PLATFORM,
    "Grade.not_graded_en": Kind.PLATFORM,
    "CalendarEdition.edition_id": Kind.ID,
    "Arrangement.*": Kind.LAW,  # a notice of the State Council
    "CheckLetterResponse.number": Kind.NUMBER,
    "CheckLetterResponse.title": Kind.LAW,
    "GetCheckpointResponse.*": Kind.ID,
    "Record.source_ref": Kind.RELEASED,
    "Record.summary": Kind.RELEASED,
    "DisclosedRecord.reply": Kind.RELEASED,
    "ScannedInstrument.code": Kind.NUMBER,
    "ScannedInstrument.model": Kind.NAME,
    "ScannedInstrument.manufacturer": Kind.NAME,
    "ScannedInstrument.institution": Kind.NAME,
    "ScannedInstrument.shop_name": Kind.NAME,
    "ScannedInstrument.reason_zh": Kind.PLATFORM,
    "ScannedInstrument.reason_en": Kind.PLATFORM,
    "ScannedInstrument.bureau_phone": Kind.NUMBER,
    "ScannedInstrument.certificate_sha256": Kind.ID,
    # What an institution says of itself, once it has released its entry of the directory.
    "DirectoryEntry.institution_id": Kind.ID,
    "DirectoryEntry.division_code": Kind.LAW,
    "DirectoryEntry.phone": Kind.NUMBER,
    "DirectoryEntry.*": Kind.NAME,
    "DirectoryLaboratory.name": Kind.NAME,
    "DirectoryLaboratory.site": Kind.NAME,
    "DirectoryLaboratory.document_no": Kind.NUMBER,
    "DirectorySite.type_codes": Kind.LAW,
    "DirectorySite.*": Kind.NAME,
    "AuthorisedType.document_no": Kind.NUMBER,
    "Calibrator.number": Kind.NUMBER,
    "Calibrator.*": Kind.NAME,
    "PartStanding.name": Kind.NAME,
    "PartStanding.verification_id": Kind.ID,
}


def public_texts() -> Iterator[FieldDescriptor]:
    """Every text field that the public may read."""
    for name, message in MESSAGES.items():
        for field in message.fields:
            if field.type == FieldDescriptor.TYPE_STRING and field.name in OPEN[name]:
                yield field


def kinds_of(field: FieldDescriptor) -> list[Kind]:
    """The kind of a field, by the entry for it alone, its message, or all fields of its name."""
    return [KINDS[key] for key in _keys(field) if key in KINDS]


def _keys(field: FieldDescriptor) -> tuple[str, str, str]:
    *_, message, name = field.full_name.split(".")
    return f"{message}.{name}", f"{message}.*", f"*.{name}"


TEXTS = {_keys(field)[0]: field for field in public_texts()}


@pytest.mark.parametrize("name", TEXTS)
def test_every_public_text_says_its_kind(name: str) -> None:
    assert kinds_of(TEXTS[name]), f"{name}: which kind of text is it?"


def written_freely() -> dict[str, str]:
    """The names of the text fields that some request takes as a long free text.

    The cells of a file are texts of any length until they are checked, so they do not count.
    """
    return {
        field.name: field.full_name
        for contract in CONTRACTS
        for message in contract.DESCRIPTOR.message_types_by_name.values()
        for field in _fields(message)
        if not message.name.endswith("Item") and _is_free(field)
    }


def _is_free(field: FieldDescriptor) -> bool:
    rule: Any = field.GetOptions().Extensions[RULES].string  # type: ignore[index]
    if field.type != FieldDescriptor.TYPE_STRING or rule.pattern or rule.uuid:
        return False
    return not getattr(rule, "in") and rule.max_len >= LONG


def _fields(message: Descriptor) -> Iterator[FieldDescriptor]:
    yield from message.fields
    for inner in message.nested_types:
        yield from _fields(inner)


def test_what_people_write_freely_is_public_only_as_released() -> None:
    free = written_freely()
    assert {"summary", "grounds", "reasons"} <= set(free)
    wrong = {
        name: free[field.name]
        for name, field in TEXTS.items()
        if field.name in free and kinds_of(field)[0] in (Kind.NAME, Kind.NUMBER, Kind.LAW)
    }
    assert wrong == {}


def test_no_kind_is_listed_for_nothing() -> None:
    used = {key for field in TEXTS.values() for key in _keys(field)}
    assert set(KINDS) <= used
