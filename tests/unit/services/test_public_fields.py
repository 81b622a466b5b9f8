"""Every field of every message that the public may read is classified as open or closed.

The messages are found by walking the policies and the descriptors, so a new field or a new public
call fails here until somebody has decided whether the public may see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor

from law.disclosure.data import Classification
from law.disclosure.publication import PublicationState
from law.evidence import RecordKind, Sector, Severity, SubjectKind
from law.texts_in_force.governing import GoverningTexts
from plumbing.calendars.servicer import POLICY as MOVED_TERMS_POLICY
from plumbing.identity import Caller, Role
from plumbing.operations import POLICY as OPERATIONS_POLICY
from plumbing.papers.servicer import POLICY as LETTER_POLICY
from plumbing.rpc import Policy
from protos.alerts.v1 import alerts_pb2, escalations_pb2, exposure_lists_pb2
from protos.grading.v1 import assessments_pb2, grading_pb2
from protos.identity.v1 import identity_pb2
from protos.letters.v1 import letters_pb2
from protos.objection.v1 import archive_pb2, delivery_pb2, evidence_pb2, objection_pb2
from protos.operations.v1 import operations_pb2
from protos.registry.v1 import bulk_pb2, certificates_pb2, registry_pb2
from services.alerts.bureau_channels.policy import POLICY as CHANNEL_POLICY
from services.alerts.circulars.policy import POLICY as CIRCULAR_POLICY
from services.alerts.exposure_lists.policy import POLICY as EXPOSURE_LIST_POLICY
from services.alerts.ladders.policy import POLICY as LADDER_POLICY
from services.alerts.policy import ESCALATION_POLICY
from services.alerts.policy import POLICY as ALERTS_POLICY
from services.alerts.templates.policy import POLICY as TEMPLATE_POLICY
from services.alerts.webhooks.policy import POLICY as WEBHOOK_POLICY
from services.grading.assessments.policy import ASSESSMENT_POLICY
from services.grading.policy import POLICY as GRADING_POLICY
from services.grading.policy import RULESET_POLICY
from services.objection.case_archive.policy import POLICY as ARCHIVE_POLICY
from services.objection.evidence.policy import POLICY as EVIDENCE_POLICY
from services.objection.policy import POLICY as OBJECTION_POLICY
from services.objection.publicity.policy import POLICY as PUBLICITY_POLICY
from services.objection.serving.policy import POLICY as DELIVERY_POLICY
from services.objection.sharings.policy import POLICY as SHARING_POLICY
from services.registry import disclosure
from services.registry.calendars.policy import POLICY as CALENDAR_POLICY
from services.registry.calibrations.policy import POLICY as CALIBRATION_POLICY
from services.registry.certificates.policy import POLICY as CERTIFICATE_POLICY
from services.registry.directory.policy import POLICY as DIRECTORY_POLICY
from services.registry.imports.policy import POLICY as IMPORT_POLICY
from services.registry.institutions.policy import POLICY as INSTITUTION_POLICY
from services.registry.laboratories.policy import POLICY as LABORATORY_POLICY
from services.registry.lives.policy import POLICY as LIVES_POLICY
from services.registry.orders.policy import POLICY as ORDER_POLICY
from services.registry.people.policy import POLICY as PEOPLE_POLICY
from services.registry.permits.policy import POLICY as PERMIT_POLICY
from services.registry.photographs.policy import POLICY as PHOTOGRAPH_POLICY
from services.registry.policy import POLICY as REGISTRY_POLICY
from services.registry.proposals.policy import POLICY as PROPOSAL_POLICY
from services.registry.publication.policy import POLICY as PUBLICATION_POLICY
from services.registry.publication.standing import Standing
from services.registry.questions.policy import POLICY as QUESTION_POLICY
from services.registry.sameness.policy import POLICY as SAMENESS_POLICY
from services.registry.tables import Record, Subject
from services.registry.upkeep.policy import POLICY as UPKEEP_POLICY

CONTRACTS = (
    alerts_pb2,
    archive_pb2,
    delivery_pb2,
    assessments_pb2,
    bulk_pb2,
    certificates_pb2,
    escalations_pb2,
    exposure_lists_pb2,
    evidence_pb2,
    grading_pb2,
    identity_pb2,
    letters_pb2,
    objection_pb2,
    operations_pb2,
    registry_pb2,
)
POLICIES: tuple[Policy, ...] = (
    ALERTS_POLICY,
    CIRCULAR_POLICY,
    EXPOSURE_LIST_POLICY,
    LADDER_POLICY,
    WEBHOOK_POLICY,
    TEMPLATE_POLICY,
    CHANNEL_POLICY,
    ASSESSMENT_POLICY,
    CALENDAR_POLICY,
    CALIBRATION_POLICY,
    CERTIFICATE_POLICY,
    ESCALATION_POLICY,
    GRADING_POLICY,
    IMPORT_POLICY,
    LETTER_POLICY,
    MOVED_TERMS_POLICY,
    OBJECTION_POLICY,
    EVIDENCE_POLICY,
    ARCHIVE_POLICY,
    DELIVERY_POLICY,
    SHARING_POLICY,
    PUBLICITY_POLICY,
    OPERATIONS_POLICY,
    DIRECTORY_POLICY,
    INSTITUTION_POLICY,
    LABORATORY_POLICY,
    ORDER_POLICY,
    PEOPLE_POLICY,
    PERMIT_POLICY,
    UPKEEP_POLICY,
    PHOTOGRAPH_POLICY,
    PROPOSAL_POLICY,
    PUBLICATION_POLICY,
    REGISTRY_POLICY,
    RULESET_POLICY,
    QUESTION_POLICY,
    SAMENESS_POLICY,
    LIVES_POLICY,
)
TODAY = date(2026, 9, 14)
PUBLIC = Caller("p", "p", frozenset({Role.PUBLIC}))

# Messages whose closed fields never go out to the public.
CLOSED = {
    "quanheng.registry.v1.CalendarEdition": {
        *("loaded_by", "loaded_by_name", "decided_by", "decided_by_name", "ground"),
    },
    "quanheng.registry.v1.Subject": {
        *("external_ref", "in_review", "removed", "former_names", "code_ground"),
        *("phone", "deregistration_ground", "origin_id"),
    },
    "quanheng.registry.v1.FormerName": {"name", "until"},
    "quanheng.registry.v1.Record": {
        *("entered_on", "entered_by", "provided_by", "points", "status_on"),
        *("disclosure_stopped", "removed", "version", "authors"),
    },
    # For the bureau's people alone.
    "quanheng.grading.v1.Index": {"assessed_by", "published_by", "withdrawal_ground"},
    # They belong to the real grade, which may rest on records that nobody has released.
    "quanheng.grading.v1.Grade": {"receipt_id", "in_force_to", "known_to"},
}
OPEN = {
    "quanheng.registry.v1.Subject": set(disclosure.OPEN_OF_SUBJECT),
    "quanheng.registry.v1.FormerName": set(),
    "quanheng.registry.v1.Record": set(disclosure.OPEN_OF_RECORD),
    # The messages below go out whole.
    "quanheng.registry.v1.ListBureausResponse": {
        "bureaus",
        "next_page_token",
        "total",
        "more_than",
    },
    "quanheng.registry.v1.Bureau": {
        *("code", "name", "division_code", "department", "phone", "email", "version", "removed"),
        "streets",  # names of streets
        "gs1_prefix",  # stands in the QR code of every label
    },
    "quanheng.registry.v1.GetSubjectResponse": {"subject"},
    "quanheng.registry.v1.ListSubjectsResponse": {
        "subjects",
        "next_page_token",
        "total",
        "more_than",
    },
    "quanheng.registry.v1.ListRecordsResponse": {
        "records",
        "next_page_token",
        "total",
        "more_than",
    },
    "quanheng.registry.v1.ListDisclosedRecordsResponse": {"records", "next_page_token"},
    "quanheng.registry.v1.DisclosedRecord": {
        *("record", "subject_name", "credit_code", "disclosed_until", "disclosure_cite", "reply"),
    },
    # To whoever scans an instrument: `labels.scan_instrument` leaves a natural person's name out.
    "quanheng.registry.v1.ScanInstrumentResponse": {"instrument"},
    "quanheng.registry.v1.ScannedInstrument": {
        *("code", "type_code", "model", "serial_no", "manufacturer", "state", "colour"),
        *("reason_zh", "reason_en", "cite", "valid_until", "verified_on", "result"),
        *("institution", "certificate_no", "shop_name", "subject_id", "bureau_name"),
        *("bureau_phone", "certificate_sha256", "parts", "non_compulsory"),
    },
    # Of institutions that released their entry: `wire.OPEN` names what of it goes out.
    "quanheng.registry.v1.ListDirectoryResponse": {
        *("institutions", "next_page_token", "total", "more_than"),
    },
    "quanheng.registry.v1.DirectoryEntry": {
        *("institution_id", "name", "sites", "division_code", "contact", "phone", "website"),
        *("authorised", "laboratories", "places"),
    },
    # Laboratories that their institution released.
    "quanheng.registry.v1.DirectoryLaboratory": {"name", "site", "document_no", "valid_until"},
    # Sites that their institution released.
    "quanheng.registry.v1.DirectorySite": {"name", "address", "type_codes", "at_owner"},
    # Institutions that consented; nothing of a person.
    "quanheng.registry.v1.ListCalibratorsResponse": {
        *("calibrators", "next_page_token", "total", "more_than"),
    },
    "quanheng.registry.v1.Calibrator": {"name", "number", "scope", "valid_until"},
    "quanheng.registry.v1.AuthorisedType": {"type_code", "valid_until", "document_no"},
    "quanheng.registry.v1.PartStanding": {
        *("name", "state", "result", "verified_on", "valid_until", "colour", "verification_id"),
    },
    "quanheng.registry.v1.GetClockResponse": {"now", "today", "sandbox", "offset_seconds"},
    # To the person who logs in, about that person.
    "quanheng.identity.v1.LoginResponse": {
        *("token", "expires_at", "account", "step", "challenge", "setup", "recovery_codes"),
    },
    "quanheng.identity.v1.SecondFactorSetup": {"uri", "secret"},
    "quanheng.identity.v1.ListSessionsResponse": {"sessions"},
    "quanheng.identity.v1.Session": {
        *("session_id", "opened_at", "renewed_at", "source", "client", "present"),
        *("ended_at", "ended_by_name"),
    },
    "quanheng.identity.v1.EndSessionResponse": {"ended"},
    "quanheng.identity.v1.SetContactResponse": {"account"},
    "quanheng.identity.v1.BeginSecondFactorResponse": {"setup"},
    "quanheng.identity.v1.ConfirmSecondFactorResponse": {"recovery_codes"},
    "quanheng.identity.v1.RenewRecoveryCodesResponse": {"recovery_codes"},
    "quanheng.identity.v1.RemoveSecondFactorResponse": {"account"},
    # To whoever has the mail with the link, about that person.
    "quanheng.identity.v1.GetPasswordLinkResponse": {"name", "display_name", "expires_at"},
    "quanheng.identity.v1.SetPasswordByLinkResponse": {"name"},
    # The same to anyone, whatever is on file.
    "quanheng.identity.v1.RequestPasswordLinkResponse": set(),
    "quanheng.identity.v1.RegisterOperatorResponse": {"number"},
    "quanheng.identity.v1.LoginServiceResponse": {"token", "expires_at"},
    "quanheng.identity.v1.RenewTokenResponse": {"token", "expires_at", "subject_id"},
    "quanheng.identity.v1.GetCallerResponse": {"account"},
    "quanheng.identity.v1.ChangePasswordResponse": set(),
    "quanheng.identity.v1.Account": {
        *("account_id", "name", "display_name", "roles", "bureau", "subject_id", "closed"),
        *("created_at", "institution", "email", "phone", "first_password", "second_factor"),
        *("external", "invited_by", "language"),
    },
    "quanheng.grading.v1.GetGradeResponse": {"grade"},
    "quanheng.grading.v1.ListGradesInForceResponse": {"grades"},
    "quanheng.grading.v1.Grade": {
        *("grade_id", "subject_id", "bureau", "grade", "score", "ruleset_id", "ruleset_hash"),
        *("in_force_from", "known_from", "contested"),
        *("no_record", "example_values", "not_graded_zh", "not_graded_en"),
    },
    # Of published assessments only.
    "quanheng.grading.v1.GetIndexResponse": {"index", "result_json"},
    "quanheng.grading.v1.ListIndexesResponse": {"indexes", "next_page_token", "total", "more_than"},
    "quanheng.grading.v1.Index": {
        *("index_id", "area_id", "area_name", "area_kind", "bureau", "table_id", "table_hash"),
        *("assessed_on", "assessed_at", "state", "published_at"),
        *("withdrawn_at", "total", "base", "bonus", "deduction", "rows"),
        "ambiguities",
    },
    "quanheng.grading.v1.IndexRow": {"row", "points", "found", "cite", "standard"},
    # Digests only, which name nobody.
    "quanheng.operations.v1.GetCheckpointResponse": {"note", "key", "size", "at", "consistency"},
    "quanheng.alerts.v1.CountColoursResponse": {"totals", "on"},
    # To whoever knows the secret of a private address.
    "quanheng.alerts.v1.ReadCalendarResponse": {"subject_name", "due_dates", "on"},
    "quanheng.alerts.v1.DueDate": {
        *("due_id", "kind", "on", "instrument_id", "type_code", "serial_no", "version"),
        *("escalation_id", "order_id", "verification_id", "name", "at", "place"),
    },
    "quanheng.alerts.v1.ColourTotal": {"colour", "instruments"},
    "quanheng.alerts.v1.ListExposuresResponse": {
        "exposures",
        "next_page_token",
        "total",
        "more_than",
    },
    "quanheng.alerts.v1.ListExposedSubjectsResponse": {
        *("subjects", "next_page_token", "total", "more_than"),
    },
    "quanheng.alerts.v1.ExposedSubject": {
        *("entry_id", "subject_id", "subject_name", "statement", "cite", "list_number"),
        *("bureau", "media", "published_at"),
    },
    # The statement is written by the platform from facts; the media are a vocabulary of the law.
    "quanheng.alerts.v1.Exposure": {
        *("exposure_id", "subject_name", "statement", "media", "cite", "published_at"),
        "bureau",
    },
    # Of a record that was public: the document by which it was, and never its text.
    "quanheng.objection.v1.ListAnnouncementsResponse": {
        *("announcements", "next_page_token", "total", "more_than"),
    },
    "quanheng.objection.v1.Announcement": {
        *("record_id", "subject_id", "subject_name", "kind", "source_ref", "repaired_on"),
        *("announced_until", "bureau", "cite", "example"),
    },
    "quanheng.objection.v1.ListRecordChangesResponse": {
        *("changes", "next_page_token", "total", "more_than"),
    },
    "quanheng.objection.v1.RecordChange": {"record_id", "change", "changed_on"},
    # Of a letter to whoever has its number and code: neither whom it is to nor what it says.
    # Of an edition of the calendar that was applied; who loaded and applied it stays inside.
    "quanheng.registry.v1.ListCalendarEditionsResponse": {
        *("editions", "next_page_token", "total", "more_than"),
    },
    "quanheng.registry.v1.CalendarEdition": {
        *("edition_id", "arrangement", "state", "number", "loaded_at", "decided_at"),
    },
    "quanheng.calendar.v1.Arrangement": {
        *("year", "document", "title", "published_on", "sha256", "days_off", "make_up", "amends"),
    },
    "quanheng.letters.v1.CheckLetterResponse": {
        *("genuine", "number", "title", "bureau_name", "issued_on", "sha256"),
    },
}


def public_responses() -> Iterator[Descriptor]:
    """The response of every call that the public may make."""
    assert all(contract.DESCRIPTOR for contract in CONTRACTS)
    pool = descriptor_pool.Default()
    for policy in POLICIES:
        for method, rule in policy.items():
            if Role.PUBLIC in rule.roles:
                service, _, name = method.removeprefix("/").rpartition("/")
                yield pool.FindServiceByName(service).methods_by_name[name].output_type


def messages_in(message: Descriptor) -> Iterator[Descriptor]:
    """The message and every message of ours inside it, at any depth."""
    yield message
    for field in message.fields:
        inner = field.message_type
        if inner is not None and inner.full_name.startswith("quanheng."):
            yield from messages_in(inner)


MESSAGES = {
    message.full_name: message
    for response in public_responses()
    for message in messages_in(response)
}


def test_every_public_message_is_classified() -> None:
    assert set(MESSAGES) == set(OPEN)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_field_of_a_public_message_is_open_or_closed(name: str) -> None:
    fields = {field.name for field in MESSAGES[name].fields}
    closed = CLOSED.get(name, set())
    assert fields == OPEN[name] | closed
    assert not OPEN[name] & closed


def full_subject(kind: SubjectKind = SubjectKind.ORGANISATION) -> Subject:
    """A subject of which every field says something."""
    return Subject(
        subject_id="s",
        kind=kind,
        name="甲",
        credit_code="91330106MA00000016",
        bureau="330106",
        sector=Sector.MARKET,
        person_in_charge="乙",
        address="路",
        email="a@example.com",
        external_ref="YL-1",
        in_review=True,
        removed=True,
        phone="0571-00000000",
        deregistered_on=TODAY,
        deregistration_ground="证明",
        origin_id="o",
        version=3,
    )


def full_record() -> Record:
    """A record of which every field says something, still disclosed today."""
    return Record(
        record_id="r",
        subject_id="s",
        bureau="330106",
        kind=RecordKind.PENALTY,
        severity=Severity.GENERAL,
        occurred_on=date(2026, 8, 1),
        determined_on=date(2026, 9, 1),
        entered_on=date(2026, 9, 2),
        status_on=date(2026, 9, 3),
        verified=True,
        final=True,
        contested=True,
        points=3,
        authors=["account-1"],
        source_ref="罚1",
        provided_by="丙",
        summary="摘要",
        entered_by="丁",
        removed=True,
        version=3,
    )


@pytest.mark.parametrize(
    ("kind", "by_law"),
    [
        (SubjectKind.ORGANISATION, {"email"}),
        (SubjectKind.INDIVIDUAL_BUSINESS, {"person_in_charge", "address", "email"}),
        (SubjectKind.NATURAL_PERSON, OPEN["quanheng.registry.v1.Subject"]),
    ],
)
def test_the_public_is_told_no_closed_field_of_a_subject(
    kind: SubjectKind, by_law: set[str]
) -> None:
    shown = disclosure.subject(full_subject(kind), PUBLIC, TODAY)
    names = {field.name for field, _ in shown.ListFields()}
    assert names == OPEN["quanheng.registry.v1.Subject"] - by_law


def test_the_public_is_told_no_closed_field_of_a_record() -> None:
    released = Standing(PublicationState.RELEASED, Classification.OPEN, "某处")
    shown = shown_to_the_public(released)
    assert shown is not None
    names = {field.name for field, _ in shown.ListFields()}
    assert names == OPEN["quanheng.registry.v1.Record"]
    assert shown.summary == "某处"


def shown_to_the_public(stands: Standing) -> registry_pb2.Record | None:
    subject, now = full_subject(), GoverningTexts()
    return disclosure.record(full_record(), subject, PUBLIC, now, stands, TODAY)


@pytest.mark.parametrize("found", sorted(set(Classification) - {Classification.OPEN}))
def test_the_public_is_told_nothing_of_a_record_that_is_not_open(found: Classification) -> None:
    assert shown_to_the_public(Standing(PublicationState.WITHHELD, found, "摘要")) is None


def test_what_was_public_before_reviews_is_told_without_its_text() -> None:
    shown = shown_to_the_public(Standing(PublicationState.EARLIER, Classification.OPEN))
    assert shown is not None
    assert (shown.source_ref, shown.summary) == ("罚1", "")
