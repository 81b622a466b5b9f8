"""Every RPC that a person may call has a command, whose options are the fields of the request."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest
from google.protobuf.descriptor import FieldDescriptor

from plumbing import operations
from plumbing.calendars import servicer as moved_terms
from plumbing.identity import Role
from plumbing.papers import servicer as letters
from plumbing.rpc import Policy
from services.alerts.bureau_channels.policy import POLICY as CHANNELS
from services.alerts.circulars.policy import POLICY as CIRCULARS
from services.alerts.exposure_lists.policy import POLICY as EXPOSURE_LISTS
from services.alerts.ladders.policy import POLICY as LADDERS
from services.alerts.policy import ESCALATION_POLICY
from services.alerts.policy import POLICY as ALERTS
from services.alerts.templates.policy import POLICY as TEMPLATES
from services.alerts.webhooks.policy import POLICY as WEBHOOKS
from services.cli.client import GRPC_SERVICES
from services.cli.commands.parameters import RULES, dotted, fields_of, parameters
from services.cli.commands.plain import function_of, method_of, path_to
from services.cli.commands.row import Command, Row
from services.cli.commands.table import GROUPS, HAND_WRITTEN, ROWS
from services.grading.assessments.policy import ASSESSMENT_POLICY
from services.grading.policy import POLICY as GRADING
from services.grading.policy import RULESET_POLICY
from services.objection.case_archive.policy import POLICY as ARCHIVE
from services.objection.evidence.policy import POLICY as EVIDENCE
from services.objection.policy import POLICY as OBJECTION
from services.objection.publicity.policy import POLICY as PUBLICITY
from services.objection.serving.policy import POLICY as DELIVERY
from services.objection.sharings.policy import POLICY as SHARINGS
from services.registry.calendars.policy import POLICY as CALENDAR
from services.registry.calibrations.policy import POLICY as CALIBRATIONS
from services.registry.certificates.policy import POLICY as CERTIFICATES
from services.registry.directory.policy import POLICY as DIRECTORY
from services.registry.imports.policy import POLICY as IMPORTS
from services.registry.institutions.policy import POLICY as INSTITUTIONS
from services.registry.laboratories.policy import POLICY as LABORATORIES
from services.registry.lives.policy import POLICY as LIVES
from services.registry.orders.policy import POLICY as ORDERS
from services.registry.people.policy import POLICY as QUALIFICATIONS
from services.registry.permits.policy import POLICY as PERMITS
from services.registry.photographs.policy import POLICY as PHOTOGRAPHS
from services.registry.policy import POLICY as REGISTRY
from services.registry.proposals.policy import POLICY as PROPOSALS
from services.registry.publication.policy import POLICY as PUBLICATION
from services.registry.questions.policy import POLICY as QUESTIONS
from services.registry.sameness.policy import POLICY as SAMENESS
from services.registry.upkeep.policy import POLICY as UPKEEP
from tests.unit.services.cli.tree import commands

POLICIES: Policy = {
    **ALERTS,
    **ESCALATION_POLICY,
    **CIRCULARS,
    **EXPOSURE_LISTS,
    **LADDERS,
    **WEBHOOKS,
    **TEMPLATES,
    **CHANNELS,
    **GRADING,
    **RULESET_POLICY,
    **ASSESSMENT_POLICY,
    **OBJECTION,
    **EVIDENCE,
    **ARCHIVE,
    **DELIVERY,
    **SHARINGS,
    **PUBLICITY,
    **REGISTRY,
    **CALENDAR,
    **moved_terms.POLICY,
    **CERTIFICATES,
    **IMPORTS,
    **DIRECTORY,
    **INSTITUTIONS,
    **LABORATORIES,
    **ORDERS,
    **QUALIFICATIONS,
    **PERMITS,
    **CALIBRATIONS,
    **PHOTOGRAPHS,
    **PROPOSALS,
    **QUESTIONS,
    **SAMENESS,
    **UPKEEP,
    **LIVES,
    **PUBLICATION,
    **letters.POLICY,
    **operations.POLICY,
}
PEOPLE = set(Role) - {Role.SERVICE, Role.INTEGRATOR}
# What a person may call and what has no row: the command that calls it, or why there is none.
BY_HAND = {
    "IdentityService/Login": "login",
    "IdentityService/ContinueLogin": "login",
    "IdentityService/LoginService": "no command: for services, with a secret of their own",
    "IdentityService/RenewToken": "every command, before a login ends",
    "IdentityService/NameAccounts": "every list, for the names of people",
    "AlertsService/RetryDelivery": "alert retry",
    "AlertsService/CountRetries": "alert retry",
    "AlertsService/RetryDeliveries": "alert retry",
    "WebhookService/AddWebhook": "webhook add",
    "WebhookService/RenewWebhookSecret": "webhook renew",
    "AlertsService/RenewCalendarFeed": "alert calendar-renew",
    "ChannelService/AddChannel": "channel add",
    "ImportService/ImportFile": "import file",
    "ImportService/StartImport": "no command: `import file` waits for the result itself",
    "ImportService/ConfirmColumns": "no command: `import file --column` says which column is which",
    "ImportService/ImportInstruments": "instrument import",
    "ImportService/GetTemplate": "import template",
    "ImportService/GetRejectedRows": "batch rejected",
    "OrderService/ReadInstrumentNumbers": "no command: `order apply` takes instruments, not files",
    "CertificateService/UploadCertificate": "certificate upload",
    "CertificateService/ReadCertificate": "certificate save",
    "InstitutionService/ImportAuthorisations": "institution import",
    "PeopleService/ImportQualifications": "qualification import",
    "LaboratoryService/RecordEnvironment": "laboratory send",
    "LaboratoryService/ImportEnvironment": "laboratory import",
    "UpkeepService/ImportUpkeep": "upkeep import",
    "UpkeepService/UploadUpkeepFile": "upkeep attach",
    "UpkeepService/ReadUpkeepFile": "upkeep save",
    "CalibrationService/UploadDcc": "calibration upload",
    "CalibrationService/ReadDcc": "calibration save",
    "PhotographService/AddPhotograph": "instrument photograph",
    "PhotographService/ReadPhotograph": "photograph save",
    "ArchiveService/ProveCase": "case archive",
    "EvidenceService/UploadEvidence": "evidence upload",
    "EvidenceService/ReadEvidence": "evidence save",
    "BulkService/OpenBulkBatch": "import bulk",
    "BulkService/SendBulkChunks": "import bulk",
    "BulkService/GetBulkBatch": "import bulk",
    "BulkService/CompleteBulkBatch": "import bulk",
    "ClockService/AdvanceClock": "clock advance",
    "GradingService/GetReceipt": "grade receipt",
    "AssessmentService/WhatIf": "grade what-if",
    "RulesetService/StartImpact": "no command: `ruleset impact` waits for the result itself",
    "RulesetService/ListRulesets": "ruleset list",
    "RulesetService/ListActivations": "ruleset list",
    "RulesetService/GetImpact": "ruleset show",
    "RulesetService/ListImpactMoves": "ruleset show",
    "LetterService/CheckLetter": "letter check",
    "CalendarService/LoadCalendarEdition": "calendar load",
    "MovedTermsService/ListMovedTerms": "calendar show",
    "AlertsService/ReadCalendar": "no command: a private address is for a page and a calendar",
    "OperationsService/Check": "check",
    "OperationsService/GetFigures": "status",
    "OperationsService/Reconcile": "reconcile",
    "OperationsService/Rebuild": "rebuild",
    "OperationsService/RefillStream": "events refill",
    "OperationsService/VerifyAudit": "audit verify",
    "OperationsService/ListAudit": "audit list",
    "OperationsService/ListAccess": "access list",
    "OperationsService/GetCheckpoint": "audit checkpoint",
    "OperationsService/ProveEntry": "audit prove",
    "OperationsService/EraseAudit": "audit erase",
    "OperationsService/ListDeadLetters": "events dead list",
    "OperationsService/ReplayDeadLetters": "events dead replay",
    "OperationsService/DiscardDeadLetters": "events dead discard",
}
UNNAMED = ("every ", "no command: ")
# The last part of a link that was mailed: it is good once.
MAILED_LINKS = {("account link", "token"), ("account set-password", "token")}


def short(method: str) -> str:
    return method.rpartition(".")[2]


def open_to_people() -> set[str]:
    return {short(method) for method, rule in POLICIES.items() if rule.roles & PEOPLE}


def of_rows() -> set[str]:
    found = set()
    for row in ROWS:
        service, _, method = row.method.partition(".")
        found.add(f"{GRPC_SERVICES[service].name}/{method}")
    return found


def words_of_the_tree() -> set[str]:
    return {row.words for row in ROWS} | {command.words for command in HAND_WRITTEN}


def test_every_rpc_that_a_person_may_call_has_a_command() -> None:
    assert open_to_people() - of_rows() - set(BY_HAND) == set()


def test_every_exception_is_needed_and_names_a_command() -> None:
    assert set(BY_HAND) <= open_to_people()
    assert set(BY_HAND) & of_rows() == set()
    named = {command for command in BY_HAND.values() if not command.startswith(UNNAMED)}
    assert named <= words_of_the_tree()


def test_every_policy_is_looked_at() -> None:
    services = {method.rpartition("/")[0] for method in POLICIES}
    several = {
        "protos.letters.v1.letters",
        "protos.calendar.v1.calendar",
        "protos.operations.v1.operations",
    }
    modules = {one.module for one in GRPC_SERVICES.values()} | several
    contract = [importlib.import_module(f"{module}_pb2").DESCRIPTOR for module in modules]
    of_contract = {
        f"/{service.full_name}" for file in contract for service in file.services_by_name.values()
    }
    assert services == of_contract


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.words)
def test_every_field_of_a_request_can_be_given_or_is_fixed(row: Row) -> None:
    request = method_of(row.method).input_type
    fields = {dotted(path) for path in fields_of(request)}
    given = {one.dotted for one in parameters(row, request)}
    assert fields == given | set(row.fixed)
    assert set(row.names) | set(row.defaults) | set(row.args.split()) <= fields


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.words)
def test_what_the_platform_sets_itself_is_no_option(row: Row) -> None:
    """What may be given has a rule in the contract, or is a version that somebody has seen."""
    request = method_of(row.method).input_type
    unruled = {
        one.dotted
        for one in parameters(row, request)
        if len(one.path) > 1
        and one.path[-1].name != "version"
        and one.path[-1].type != FieldDescriptor.TYPE_BOOL
        and not one.path[-1].GetOptions().Extensions[RULES].ByteSize()
    }
    assert unruled == set()


def test_fields_with_a_rule_that_the_platform_sets_are_no_options() -> None:
    upkeep = method_of("upkeep.RecordUpkeep").input_type
    given = {dotted(path) for path in fields_of(upkeep)}
    assert {"upkeep.kind", "upkeep.corrects"} <= given
    assert given.isdisjoint({"upkeep.entered_by", "upkeep.entered_at", "upkeep.corrected_by"})
    verification = method_of("registry.RecordVerification").input_type
    given = {dotted(path) for path in fields_of(verification)}
    assert given.isdisjoint({"verification.reported_on", "verification.report_by"})


def test_no_secret_is_an_option_of_a_row() -> None:
    """What is typed after an option stands in the history of the shell and in the process list."""
    secrets = {
        (row.words, one.dotted)
        for row in ROWS
        for one in parameters(row, method_of(row.method).input_type)
        if re.search("secret|password|(?<!page_)token", one.path[-1].name)
        and not getattr(one.declaration, "prompt", None)
    }
    assert secrets == MAILED_LINKS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.words)
def test_no_two_options_of_a_command_have_the_same_name(row: Row) -> None:
    names = [one.name for one in parameters(row, method_of(row.method).input_type)]
    assert len(names) == len(set(names))
    assert callable(function_of(row))


def test_every_group_has_commands_and_every_word_is_used_once() -> None:
    words = [row.words for row in ROWS] + [command.words for command in HAND_WRITTEN]
    assert len(words) == len(set(words))
    assert set(GROUPS) == {one.rpartition(" ")[0] for one in [*words, *GROUPS]} - {""}


def test_every_command_can_be_loaded() -> None:
    loaded = {words.removeprefix("quanheng ") for words, _ in commands()}
    assert words_of_the_tree() <= loaded


@pytest.mark.parametrize("command", HAND_WRITTEN, ids=lambda command: command.words)
def test_a_hand_written_command_begins_its_help_as_the_list_of_commands_has_it(
    command: Command,
) -> None:
    module, _, name = command.place.partition(":")
    text = inspect.getdoc(getattr(importlib.import_module(module), name)) or ""
    zh, en = text.split("\n\n")[:2]
    assert zh.startswith(command.zh.rstrip("。"))
    assert " ".join(en.split()).startswith(command.en.rstrip("."))


def test_a_row_changes_only_what_is_read_before() -> None:
    for row in (row for row in ROWS if row.present):
        present = method_of(row.present)
        request = method_of(row.method).input_type
        changed = [one.message_type for one in request.fields if one.message_type]
        if changed:
            assert len(changed) == 1
            assert path_to(changed[0], present.output_type)
        else:  # of what is read, the version alone is sent
            assert "version" in request.fields_by_name
            read = next(one.message_type for one in present.output_type.fields if one.message_type)
            assert "version" in read.fields_by_name
