"""Every list of the platform, with what people usually ask of it and who asks.

`A_FEW` tells why the rows of a list may be sorted instead of read in order: there are few of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from types import SimpleNamespace
from typing import Any, cast

from plumbing.access.queries import list_access
from plumbing.audit_calls import list_audit
from plumbing.identity import Caller, Role, service_caller
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import circulars_pb2 as circulars
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.alerts.v1 import exposure_lists_pb2 as exposures
from protos.alerts.v1 import ladders_pb2 as ladders
from protos.alerts.v1 import templates_pb2 as templates
from protos.alerts.v1 import webhooks_pb2 as webhooks
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import grading_pb2 as grading
from protos.grading.v1 import rulesets_pb2 as rulesets
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as objection
from protos.objection.v1 import publicity_pb2 as publicity
from protos.objection.v1 import sharings_pb2 as sharings
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import calendars_pb2 as calendars
from protos.registry.v1 import calibrations_pb2 as calibrations
from protos.registry.v1 import certificates_pb2 as certificates
from protos.registry.v1 import directory_pb2 as directory
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import laboratories_pb2 as laboratories
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import people_pb2 as people
from protos.registry.v1 import permits_pb2 as permits
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import publication_pb2 as publication
from protos.registry.v1 import questions_pb2 as questions
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1 import sameness_pb2 as sameness
from protos.registry.v1 import upkeep_pb2 as upkeep
from services.alerts import queries as of_alerts
from services.alerts.circulars import of_grades as of_pushing
from services.alerts.circulars import queries as of_circulars
from services.alerts.escalation import queries as of_escalations
from services.alerts.escalation.first_grades import list_untold_grades
from services.alerts.exposure_lists import queries as of_exposures
from services.alerts.ladders import queries as of_ladders
from services.alerts.notices.unreached import list_unreached
from services.alerts.templates import queries as of_templates
from services.alerts.untold import list_untold
from services.alerts.webhooks import queries as of_webhooks
from services.alerts.webhooks.tables import ChannelKind, Webhook
from services.grading import queries as of_grades
from services.grading import year_end
from services.grading.indices import queries as of_indices
from services.grading.rulesets import queries as of_rulesets
from services.objection import queries as of_cases
from services.objection.desk import notes as of_notes
from services.objection.publicity import queries as of_publicity
from services.objection.sharings import queries as of_sharings
from services.registry import labels
from services.registry import queries as of_register
from services.registry.calendars import queries as of_calendars
from services.registry.calibrations import queries as of_calibrations
from services.registry.certificates import queries as of_certificates
from services.registry.directory import queries as of_directory
from services.registry.identity import absences, colleagues, registrations
from services.registry.imports import queries as of_imports
from services.registry.institutions import queries as of_institutions
from services.registry.institutions import reports as of_reports
from services.registry.laboratories import queries as of_laboratories
from services.registry.lives import queries as of_lives
from services.registry.lives import twins
from services.registry.orders import queries as of_orders
from services.registry.orders.terms import queries as of_order_terms
from services.registry.people import queries as of_people
from services.registry.permits import queries as of_permits
from services.registry.proposals import queries as of_proposals
from services.registry.publication import queries as of_publication
from services.registry.questions import queries as of_questions
from services.registry.sameness import queries as of_sameness
from services.registry.upkeep import queries as of_upkeep

BUREAU, CITY, SUBJECT = "330111", "330100", "s1"
CASEWORKER = Caller("s1", "某人", frozenset({Role.CASEWORKER}), BUREAU)
REVIEWER = Caller("s1", "某人", frozenset({Role.MUNICIPAL_REVIEWER}), CITY)
INSTITUTION = Caller("s1", "某人", frozenset({Role.VERIFICATION_INSTITUTION}), BUREAU)
OPERATOR = Caller("s1", "某人", frozenset({Role.OPERATOR}), BUREAU, SUBJECT)
INSPECTOR = Caller("s1", "某人", frozenset({Role.INSPECTOR}), BUREAU)
ADMINISTRATOR = Caller("s1", "某人", frozenset({Role.ADMINISTRATOR}), BUREAU)
PUBLIC = Caller("", "公众", frozenset({Role.PUBLIC}))
INTEGRATOR = Caller("s1", "某系统", frozenset({Role.INTEGRATOR}), BUREAU)
SERVICE = service_caller("alerts")
STAFF = (CASEWORKER, REVIEWER, SERVICE)
ALL = (*STAFF, OPERATOR)
PEOPLE = (CASEWORKER, REVIEWER, OPERATOR)


@dataclass(frozen=True)
class Asked:
    """A request that these people send; `a_few` is why its rows may be sorted, if they may."""

    request: Any
    by: Sequence[Caller] = STAFF
    a_few: str = ""


@dataclass(frozen=True)
class List:
    """A list: the service that holds it, its query, and what is usually asked of it."""

    service: str
    query: Callable[[Any, Any], Awaitable[Any]]
    asked: Sequence[Asked]


@wraps(of_webhooks.messages_of)
async def _messages_of(view: Any, request: webhooks.ListWebhookMessagesRequest) -> Any:
    # A gateway of text messages has two names in the table.
    webhook = SimpleNamespace(webhook_id=request.webhook_id, service=ChannelKind.SMS)
    return await of_webhooks.messages_of(view, request, cast("Webhook", webhook))


OF_A_FIRM = "of one firm"
STATED = "a bureau states its terms anew once in years"
A_DAY = "what happened on a few days"
A_QUARTER = "decisions of a quarter"
OF_A_BATCH = "named one by one"
A_YEAR = "a few dozen areas of a city, each assessed about once a year"
KEPT = "a few dozen authorities of a bureau"
TOLD = "of whom one authority was told"
EXPOSED = "who is exposed today, the last step against few"

_CASES = objection.ListCasesRequest
_COLOURS = alerts.ListColoursRequest
_NOTICES = alerts.ListNoticesRequest
_UNTOLD = alerts.ListUntoldRequest
_GRADES = escalations.ListUntoldGradesRequest
_ESCALATIONS = escalations.ListEscalationsRequest
_SUBJECTS = registry.ListSubjectsRequest
_AUDIT = operations.ListAuditRequest
_ACCESS = operations.ListAccessRequest

LISTS = (
    List(
        "objection",
        of_cases.list_cases,
        (
            Asked(_CASES()),
            Asked(_CASES(), (OPERATOR,)),
            Asked(_CASES(order_by="due_on desc")),
            Asked(_CASES(order_by="lodged_at")),
            Asked(_CASES(order_by="lodged_at desc")),
            Asked(_CASES(include_closed=True), ALL),
            Asked(_CASES(include_closed=True, order_by="lodged_at desc")),
            Asked(_CASES(bureau=BUREAU)),
            Asked(_CASES(kind="repair")),
            Asked(_CASES(state="accepted")),
            Asked(_CASES(state="closed")),
            Asked(_CASES(sector="fuel")),
            Asked(_CASES(caseworker="s1")),
            Asked(_CASES(caseworkers=["s1", "s2"]), a_few="open with few people"),
            Asked(_CASES(unassigned=True), a_few="open with nobody"),
            Asked(_CASES(due_to="2026-09-30")),
            Asked(_CASES(due_from="2026-09-28", due_to="2026-09-30")),
            Asked(_CASES(accept_from="2026-09-01", accept_to="2026-09-30")),
            Asked(_CASES(accept_to="2026-09-30", order_by="accept_by desc")),
            Asked(_CASES(mine=True)),
            Asked(_CASES(as_agent=True), (OPERATOR,)),
            Asked(_CASES(mandate_to_check=True), a_few="open with a later mandate"),
            Asked(_CASES(name_contains="加油"), a_few=OF_A_BATCH),
            Asked(_CASES(lodged_from="2026-09-01", lodged_to="2026-09-30"), a_few=A_DAY),
            Asked(_CASES(lodged_from="2026-09-01", lodged_to="2026-09-30", order_by="lodged_at")),
            Asked(_CASES(subject_id=SUBJECT, include_closed=True), ALL),
            Asked(_CASES(subject_ids=[SUBJECT, "s2"]), a_few=OF_A_BATCH),
            Asked(_CASES(decided_from="2026-07-01", late=True), a_few=A_QUARTER),
            Asked(_CASES(decided_from="2026-07-01", decided_to="2026-07-31"), a_few=A_QUARTER),
        ),
    ),
    List(
        "objection",
        of_notes.list_notes,
        (Asked(desk.ListCaseNotesRequest(case_id="s1"), (SERVICE,)),),
    ),
    List("objection", of_notes.list_mentions, (Asked(desk.ListMentionsRequest()),)),
    List(
        "objection",
        of_sharings.list_sharings,
        (
            Asked(sharings.ListSharingsRequest()),
            Asked(sharings.ListSharingsRequest(include_ended=True)),
            Asked(sharings.ListSharingsRequest(subject_id=SUBJECT), a_few=OF_A_FIRM),
            Asked(sharings.ListSharingsRequest(record_id="r1"), a_few="of one record"),
            Asked(sharings.ListSharingsRequest(sharing_id="s1")),
        ),
    ),
    List(
        "objection",
        of_sharings.list_receiver_notices,
        (
            Asked(sharings.ListReceiverNoticesRequest()),
            Asked(sharings.ListReceiverNoticesRequest(notice_id="n1"), a_few=OF_A_BATCH),
            Asked(sharings.ListReceiverNoticesRequest(case_id="s1"), (SERVICE,), a_few="of a case"),
        ),
    ),
    List(
        "objection",
        of_publicity.list_announcements,
        (
            Asked(publicity.ListAnnouncementsRequest(), (PUBLIC, *STAFF)),
            Asked(publicity.ListAnnouncementsRequest(bureau=BUREAU), (PUBLIC,)),
            Asked(
                publicity.ListAnnouncementsRequest(subject_id=SUBJECT), (PUBLIC,), a_few=OF_A_FIRM
            ),
        ),
    ),
    List(
        "objection",
        of_publicity.list_record_changes,
        (
            Asked(publicity.ListRecordChangesRequest(), (PUBLIC,)),
            Asked(publicity.ListRecordChangesRequest(since="2026-09-01"), (PUBLIC,)),
        ),
    ),
    List(
        "alerts",
        of_alerts.list_colours,
        (
            Asked(_COLOURS(), ALL),
            *(Asked(_COLOURS(colour=one), ALL) for one in ("red", "yellow", "green", "none")),
            *(
                Asked(_COLOURS(order_by=f"{name}{way}"))
                for name in ("valid_until", "type_code", "serial_no")
                for way in ("", " desc")
            ),
            Asked(_COLOURS(bureau=BUREAU)),
            Asked(_COLOURS(subject_id=SUBJECT), ALL),
            Asked(_COLOURS(type_code="fuel_dispenser")),
            Asked(_COLOURS(state="in_use")),
            Asked(_COLOURS(text="123")),
            Asked(_COLOURS(non_compulsory=True)),
            Asked(_COLOURS(sector="fuel_station")),
            Asked(_COLOURS(sector="-", street="新城街道")),
            Asked(_COLOURS(without_streets=["新城街道", "河东街道"])),
            Asked(_COLOURS(institution="测试检定机构")),
            Asked(_COLOURS(institution="-")),
            *(Asked(_COLOURS(late=one), ALL) for one in ("owner", "institution", "both")),
            Asked(_COLOURS(valid_until_from="2026-09-01", valid_until_to="2026-09-07")),
            Asked(_COLOURS(instrument_id="s1"), ALL, a_few=OF_A_BATCH),
            Asked(_COLOURS(instrument_ids=["s1", "s2"]), a_few=OF_A_BATCH),
        ),
    ),
    List(
        "alerts",
        of_alerts.list_alerts,
        (
            Asked(alerts.ListAlertsRequest(), ALL),
            Asked(alerts.ListAlertsRequest(include_baseline=True), ALL),
            Asked(alerts.ListAlertsRequest(bureau=BUREAU)),
            Asked(alerts.ListAlertsRequest(subject_id=SUBJECT), ALL),
            Asked(alerts.ListAlertsRequest(instrument_id="s1"), ALL),
            Asked(alerts.ListAlertsRequest(late="institution"), ALL),
        ),
    ),
    List(
        "alerts",
        list_untold,
        (
            Asked(_UNTOLD()),
            Asked(_UNTOLD(of=alerts.Untold(bureau=BUREAU))),
            Asked(_UNTOLD(of=alerts.Untold(type_code="fuel_dispenser"))),
            Asked(_UNTOLD(of=alerts.Untold(sector="fuel_station", street="文一路"))),
            Asked(_UNTOLD(of=alerts.Untold(subject_id=SUBJECT))),
        ),
    ),
    List(
        "alerts",
        of_alerts.list_notices,
        (
            Asked(_NOTICES(), ALL),
            Asked(_NOTICES(order_by="created_at"), ALL),
            Asked(_NOTICES(bureau=BUREAU)),
            Asked(_NOTICES(state="failed"), ALL),
            Asked(_NOTICES(subject_id=SUBJECT, unread=True), ALL),
            Asked(_NOTICES(notice_id="n1")),
            Asked(_NOTICES(own=True), PEOPLE),  # nothing is addressed to a service
            Asked(_NOTICES(kind="digest"), ALL),
            Asked(_NOTICES(channel="mail"), ALL),
            Asked(_NOTICES(failure="refused"), ALL),
            Asked(_NOTICES(created_from="2026-09-01"), ALL),
        ),
    ),
    List(
        "alerts",
        list_untold_grades,
        (
            Asked(_GRADES()),
            Asked(_GRADES(of=escalations.UntoldGrades(bureau=BUREAU))),
            Asked(_GRADES(of=escalations.UntoldGrades(course="class_3"))),
        ),
    ),
    List(
        "alerts",
        of_escalations.list_escalations,
        (
            Asked(_ESCALATIONS(), ALL),
            Asked(_ESCALATIONS(order_by="opened_at"), ALL),
            Asked(_ESCALATIONS(bureau=BUREAU)),
            Asked(_ESCALATIONS(state="proposed"), ALL),
            Asked(_ESCALATIONS(undertaking_over=True), STAFF, a_few="undertakings past their day"),
            Asked(_ESCALATIONS(subject_id=SUBJECT), ALL),
        ),
    ),
    List(
        "alerts",
        of_exposures.candidates,
        (
            Asked(exposures.ListExposureCandidatesRequest(), a_few=EXPOSED),
            Asked(exposures.ListExposureCandidatesRequest(bureau=BUREAU), a_few=EXPOSED),
            Asked(exposures.ListExposureCandidatesRequest(subject_id=SUBJECT), a_few=EXPOSED),
        ),
    ),
    List(
        "alerts",
        of_exposures.list_exposure_lists,
        (
            Asked(exposures.ListExposureListsRequest()),
            Asked(exposures.ListExposureListsRequest(state="reviewed")),
            Asked(exposures.ListExposureListsRequest(bureau=BUREAU)),
        ),
    ),
    List(
        "alerts",
        of_circulars.list_authorities,
        (
            Asked(circulars.ListAuthoritiesRequest(), a_few=KEPT),
            Asked(circulars.ListAuthoritiesRequest(bureau=BUREAU)),
            Asked(circulars.ListAuthoritiesRequest(bureau=BUREAU, include_retired=True)),
        ),
    ),
    List(
        "alerts",
        of_pushing.candidates,
        (
            Asked(circulars.ListCircularCandidatesRequest()),
            Asked(circulars.ListCircularCandidatesRequest(bureau=BUREAU)),
        ),
    ),
    List(
        "alerts",
        of_circulars.list_circulars,
        (
            Asked(circulars.ListCircularsRequest()),
            Asked(circulars.ListCircularsRequest(bureau=BUREAU)),
            Asked(circulars.ListCircularsRequest(state="drafted")),
            Asked(circulars.ListCircularsRequest(list_id="s1")),
            Asked(circulars.ListCircularsRequest(to_send=True)),
        ),
    ),
    List(
        "alerts",
        of_circulars.list_told_subjects,
        (Asked(circulars.ListToldSubjectsRequest(), (INTEGRATOR,), a_few=TOLD),),
    ),
    List(
        "alerts",
        of_ladders.list_ladders,
        (
            Asked(ladders.ListLaddersRequest()),
            Asked(ladders.ListLaddersRequest(bureau=BUREAU)),
        ),
    ),
    List(
        "alerts",
        list_unreached,
        (
            Asked(alerts.ListUnreachedRequest()),
            Asked(alerts.ListUnreachedRequest(bureau=BUREAU)),
            Asked(alerts.ListUnreachedRequest(of="institution")),
            Asked(alerts.ListUnreachedRequest(of="bureau")),
        ),
    ),
    List(
        "alerts",
        _messages_of,
        (Asked(webhooks.ListWebhookMessagesRequest(webhook_id="s1"), (OPERATOR,)),),
    ),
    List(
        "alerts",
        of_templates.list_templates,
        (
            Asked(templates.ListTemplatesRequest()),
            Asked(templates.ListTemplatesRequest(bureau=BUREAU)),
        ),
    ),
    List(
        "alerts",
        of_exposures.public_entries,
        (
            Asked(exposures.ListExposedSubjectsRequest(), (PUBLIC, *STAFF)),
            Asked(exposures.ListExposedSubjectsRequest(bureau=BUREAU), (PUBLIC,)),
            Asked(exposures.ListExposedSubjectsRequest(name_contains="加油站"), (PUBLIC,)),
            *(
                Asked(
                    exposures.ListExposedSubjectsRequest(order_by=order), (PUBLIC,), a_few=EXPOSED
                )
                for order in ("subject_name", "published_at desc")
            ),
        ),
    ),
    List(
        "grading",
        of_grades.list_grades,
        (Asked(grading.ListGradesRequest(subject_id=SUBJECT), ALL),),
    ),
    List("grading", of_rulesets.list_impacts, (Asked(rulesets.ListImpactsRequest()),)),
    List(
        "grading",
        of_rulesets.list_impact_moves,
        (
            Asked(rulesets.ListImpactMovesRequest(impact_id="s1"), (SERVICE,)),
            Asked(
                rulesets.ListImpactMovesRequest(
                    impact_id="s1", one_pair=True, ruleset_before="r", before="A", after="B"
                ),
                (SERVICE,),
            ),
        ),
    ),
    List(
        "grading",
        of_rulesets.list_activations,
        (
            Asked(rulesets.ListActivationsRequest()),
            Asked(rulesets.ListActivationsRequest(bureau=BUREAU)),
        ),
    ),
    List(
        "grading",
        of_indices.list_indexes,
        (
            Asked(assessments.ListIndexesRequest(), (PUBLIC, *STAFF)),
            Asked(assessments.ListIndexesRequest(bureau=BUREAU), (PUBLIC, *STAFF)),
            Asked(assessments.ListIndexesRequest(state="published"), (PUBLIC, *STAFF)),
            Asked(assessments.ListIndexesRequest(area_kind="scenic"), (PUBLIC, *STAFF)),
            Asked(assessments.ListIndexesRequest(name_contains="西湖"), (PUBLIC, *STAFF)),
            *(
                Asked(assessments.ListIndexesRequest(order_by=order), (PUBLIC,), a_few=A_YEAR)
                for order in ("area_name", "assessed_on desc", "total desc")
            ),
            Asked(
                assessments.ListIndexesRequest(area_id="s1"), (PUBLIC, *STAFF), a_few="of an area"
            ),
        ),
    ),
    List(
        "grading",
        year_end.list_year_ends,
        (Asked(assessments.ListYearEndsRequest(), a_few="a row a year and text"),),
    ),
    List(
        "registry",
        of_register.list_bureaus,
        (
            Asked(registry.ListBureausRequest()),
            Asked(registry.ListBureausRequest(name_contains="上城")),
            Asked(registry.ListBureausRequest(order_by="name"), a_few="the bureaus of a province"),
        ),
    ),
    List(
        "registry",
        of_register.list_subjects,
        (
            *(
                Asked(_SUBJECTS(order_by=f"{name}{way}"), (PUBLIC, *STAFF))
                for name in ("name", "credit_code")
                for way in ("", " desc")
            ),
            Asked(_SUBJECTS(), (OPERATOR,), a_few=OF_A_FIRM),
            Asked(_SUBJECTS(bureau=BUREAU), (PUBLIC, *STAFF)),
            Asked(_SUBJECTS(in_review=True)),
            Asked(_SUBJECTS(within=CITY, name_contains="加油站"), (SERVICE,)),
            Asked(_SUBJECTS(name_contains="加油站"), (PUBLIC, *STAFF)),
            Asked(_SUBJECTS(name_contains="hzjyz"), (PUBLIC, *STAFF)),
            Asked(_SUBJECTS(subject_ids=["s1", "s2"]), a_few=OF_A_BATCH),
            Asked(_SUBJECTS(like_name="杭州某某加油站"), (CASEWORKER,), a_few=OF_A_BATCH),
        ),
    ),
    List(
        "registry",
        of_register.list_instruments,
        (
            Asked(registry.ListInstrumentsRequest(), ALL),
            Asked(registry.ListInstrumentsRequest(bureau=BUREAU)),
            Asked(registry.ListInstrumentsRequest(subject_id=SUBJECT), ALL),
            Asked(
                registry.ListInstrumentsRequest(subject_id=SUBJECT, location="三号岛"),
                (OPERATOR,),
                a_few=OF_A_FIRM,
            ),
            Asked(registry.ListInstrumentsRequest(instrument_ids=["s1", "s2"]), a_few=OF_A_BATCH),
            Asked(registry.ListInstrumentsRequest(repeated_serial=True)),
            Asked(registry.ListInstrumentsRequest(without_cycle=True)),
            Asked(
                registry.ListInstrumentsRequest(without_cycle=True), (OPERATOR,), a_few=OF_A_FIRM
            ),
        ),
    ),
    List(
        "registry",
        labels.list_labels,
        (
            Asked(registry.ListLabelsRequest(), ALL),
            Asked(registry.ListLabelsRequest(bureau=BUREAU)),
            Asked(registry.ListLabelsRequest(subject_id=SUBJECT), ALL),
            Asked(registry.ListLabelsRequest(instrument_ids=["s1", "s2"]), a_few=OF_A_BATCH),
            Asked(registry.ListLabelsRequest(type_code="FUEL"), ALL),
            Asked(registry.ListLabelsRequest(state="in_use"), ALL),
            Asked(registry.ListLabelsRequest(institution="甲"), ALL),
        ),
    ),
    List(
        "registry",
        of_register.list_verifications,
        (
            Asked(registry.ListVerificationsRequest(), STAFF),
            Asked(registry.ListVerificationsRequest(), (OPERATOR,), a_few=OF_A_FIRM),
            Asked(registry.ListVerificationsRequest(bureau=BUREAU), STAFF),
            Asked(registry.ListVerificationsRequest(subject_id=SUBJECT), ALL, a_few=OF_A_FIRM),
            Asked(registry.ListVerificationsRequest(institution="某院"), (SERVICE,)),
            Asked(
                registry.ListVerificationsRequest(institution="某院", certificate_nos=["1", "2"]),
                (SERVICE,),
                a_few=OF_A_BATCH,
            ),
        ),
    ),
    List(
        "registry",
        of_register.list_records,
        (
            Asked(registry.ListRecordsRequest(subject_id=SUBJECT), (SERVICE,)),
            Asked(
                registry.ListRecordsRequest(subject_id=SUBJECT, order_by="determined_on desc"),
                (SERVICE,),
            ),
        ),
    ),
    List(
        "registry",
        of_register.list_disclosed_records,
        (
            Asked(registry.ListDisclosedRecordsRequest(), (PUBLIC,)),
            Asked(registry.ListDisclosedRecordsRequest(bureau=BUREAU), (PUBLIC,)),
            Asked(
                registry.ListDisclosedRecordsRequest(subject_id=SUBJECT),
                (PUBLIC,),
                a_few=OF_A_FIRM,
            ),
        ),
    ),
    List(
        "registry",
        of_publication.list_publications,
        (
            Asked(publication.ListPublicationsRequest()),
            Asked(publication.ListPublicationsRequest(state="waiting")),
            Asked(publication.ListPublicationsRequest(state="released")),
            Asked(publication.ListPublicationsRequest(untold=True)),
            Asked(publication.ListPublicationsRequest(reply_waiting=True)),
            Asked(
                publication.ListPublicationsRequest(subject_id=SUBJECT), (SERVICE,), a_few=OF_A_FIRM
            ),
        ),
    ),
    List(
        "registry",
        of_calendars.list_editions,
        (
            Asked(calendars.ListCalendarEditionsRequest(), a_few="about one a year"),
            Asked(calendars.ListCalendarEditionsRequest(state="applied"), a_few="about one a year"),
        ),
    ),
    List(
        "registry",
        of_lives.list_subject_acts,
        (Asked(lives.ListSubjectActsRequest(subject_id=SUBJECT), a_few=OF_A_FIRM),),
    ),
    List(
        "registry",
        twins.list_twins,
        (
            Asked(lives.ListTwinsRequest()),
            Asked(lives.ListTwinsRequest(apart=True)),
            Asked(lives.ListTwinsRequest(subject_id=SUBJECT), a_few=OF_A_FIRM),
        ),
    ),
    List(
        "registry",
        of_sameness.list_likenesses,
        (
            Asked(sameness.ListLikenessesRequest()),
            Asked(sameness.ListLikenessesRequest(state="waiting")),
            Asked(sameness.ListLikenessesRequest(kind="instrument")),
            Asked(sameness.ListLikenessesRequest(subject_id=SUBJECT), a_few=OF_A_FIRM),
            Asked(sameness.ListLikenessesRequest(batch_id="b1"), a_few="of one import"),
        ),
    ),
    List(
        "registry",
        of_calibrations.list_dccs,
        (
            Asked(calibrations.ListDccsRequest()),
            Asked(calibrations.ListDccsRequest(state="waiting")),
        ),
    ),
    List(
        "registry",
        of_calibrations.list_calibrations,
        (
            Asked(calibrations.ListCalibrationsRequest()),
            Asked(calibrations.ListCalibrationsRequest(due_until="2026-12-31")),
            Asked(calibrations.ListCalibrationsRequest(instrument_id="i1"), ALL),
            Asked(calibrations.ListCalibrationsRequest(state="in_use", type_code="FUEL")),
            Asked(calibrations.ListCalibrationsRequest(laboratory="检定院")),
            Asked(calibrations.ListCalibrationsRequest(subject_id=SUBJECT), ALL, a_few=OF_A_FIRM),
        ),
    ),
    List(
        "registry",
        of_permits.list_permits,
        (
            Asked(permits.ListPermitsRequest()),
            Asked(permits.ListPermitsRequest(state="in_force")),
            Asked(permits.ListPermitsRequest(state="expired")),
            Asked(permits.ListPermitsRequest(ends_within_days=90)),
            Asked(permits.ListPermitsRequest(bureau=BUREAU)),
            Asked(permits.ListPermitsRequest(contains="标准")),
            Asked(permits.ListPermitsRequest(matter="authorisation")),
            Asked(permits.ListPermitsRequest(subject_id=SUBJECT), ALL, a_few=OF_A_FIRM),
        ),
    ),
    List(
        "registry",
        of_directory.list_directory,
        (
            Asked(directory.ListDirectoryRequest(), (PUBLIC,)),
            Asked(directory.ListDirectoryRequest(type_code="FUEL"), (PUBLIC,)),
            Asked(directory.ListDirectoryRequest(division_code="33"), (PUBLIC,)),
            Asked(directory.ListDirectoryRequest(name_contains="所"), (PUBLIC,)),
        ),
    ),
    List(
        "registry",
        of_people.list_qualifications,
        (
            Asked(people.ListQualificationsRequest()),
            Asked(people.ListQualificationsRequest(kind="metrologist")),
            Asked(people.ListQualificationsRequest(ends_within_days=90)),
            Asked(people.ListQualificationsRequest(contains="所")),
        ),
    ),
    List(
        "registry",
        of_people.list_calibrators,
        (
            Asked(people.ListCalibratorsRequest(), (PUBLIC,)),
            Asked(people.ListCalibratorsRequest(contains="所"), (PUBLIC,)),
            Asked(people.ListCalibratorsRequest(type_code="FUEL", division_code="33"), (PUBLIC,)),
        ),
    ),
    List(
        "registry",
        of_people.list_experts,
        (
            Asked(people.ListExpertsRequest(), (OPERATOR,)),
            Asked(people.ListExpertsRequest(contains="所"), (OPERATOR,)),
        ),
    ),
    List(
        "registry",
        of_upkeep.list_upkeep,
        (
            Asked(upkeep.ListUpkeepRequest()),
            Asked(upkeep.ListUpkeepRequest(), (OPERATOR,), a_few=OF_A_FIRM),
            Asked(upkeep.ListUpkeepRequest(kind="repair")),
            Asked(upkeep.ListUpkeepRequest(instrument_id="s7"), ALL, a_few=OF_A_FIRM),
            Asked(upkeep.ListUpkeepRequest(owner_no="甲-3"), ALL, a_few=OF_A_FIRM),
            Asked(upkeep.ListUpkeepRequest(subject_id=SUBJECT), ALL, a_few=OF_A_FIRM),
        ),
    ),
    List(
        "registry",
        of_questions.list_questions,
        (
            Asked(questions.ListQuestionsRequest()),
            Asked(questions.ListQuestionsRequest(state="waiting")),
            Asked(questions.ListQuestionsRequest(kind="revoked")),
            Asked(questions.ListQuestionsRequest(state="waiting", now=True)),
            Asked(questions.ListQuestionsRequest(subject_id=SUBJECT), a_few=OF_A_FIRM),
            Asked(questions.ListQuestionsRequest(batch_id="b1"), a_few="of one import"),
        ),
    ),
    List(
        "registry",
        of_institutions.list_institutions,
        (Asked(institutions.ListInstitutionsRequest(), a_few="of a city"),),
    ),
    List(
        "registry",
        of_laboratories.list_laboratories,
        (
            Asked(laboratories.ListLaboratoriesRequest(), (*STAFF, INSTITUTION)),
            Asked(
                laboratories.ListLaboratoriesRequest(institution_id="s1"),
                (SERVICE,),
                a_few="of one institution",
            ),
        ),
    ),
    List(
        "registry",
        of_laboratories.list_environment,
        (
            Asked(laboratories.ListEnvironmentRequest(laboratory_id="s1"), (SERVICE,)),
            Asked(
                laboratories.ListEnvironmentRequest(
                    laboratory_id="s1", first_day="2026-01-01", last_day="2026-01-02"
                ),
                (SERVICE,),
            ),
        ),
    ),
    List(
        "registry",
        of_laboratories.list_marks,
        (
            Asked(laboratories.ListEnvironmentMarksRequest(), (*STAFF, INSTITUTION)),
            Asked(laboratories.ListEnvironmentMarksRequest(finding="exceeded")),
            Asked(laboratories.ListEnvironmentMarksRequest(unnoted=True)),
            Asked(laboratories.ListEnvironmentMarksRequest(institution="某院")),
        ),
    ),
    List(
        "registry",
        of_reports.list_reports,
        (
            Asked(institutions.ListReportsRequest(), (*STAFF, INSTITUTION)),
            Asked(institutions.ListReportsRequest(institution="某院"), (CASEWORKER,)),
            Asked(institutions.ListReportsRequest(state="late"), (*STAFF, INSTITUTION)),
            Asked(institutions.ListReportsRequest(state="awaited"), (*STAFF, INSTITUTION)),
        ),
    ),
    List(
        "registry",
        of_orders.list_orders,
        (
            Asked(orders.ListOrdersRequest(open=True), (*ALL, INSTITUTION)),
            Asked(orders.ListOrdersRequest(overdue=True), (*ALL, INSTITUTION)),
            Asked(orders.ListOrdersRequest(), (*STAFF, INSTITUTION)),
            Asked(orders.ListOrdersRequest(), (OPERATOR,)),
            Asked(orders.ListOrdersRequest(state="applied"), (*ALL, INSTITUTION)),
            Asked(orders.ListOrdersRequest(instrument_id="s7"), (SERVICE,), a_few=OF_A_FIRM),
            Asked(orders.ListOrdersRequest(subject_id=SUBJECT), (SERVICE,)),
            Asked(orders.ListOrdersRequest(open=True, contains="0001"), (*ALL, INSTITUTION)),
            Asked(orders.ListOrdersRequest(type_code="FUEL"), (*ALL, INSTITUTION)),
            Asked(orders.ListOrdersRequest(institution="检定院"), ALL),
        ),
    ),
    List(
        "registry",
        of_order_terms.list_order_terms,
        (
            Asked(orders.ListOrderTermsRequest(), STAFF, a_few=STATED),
            Asked(orders.ListOrderTermsRequest(bureau=BUREAU), STAFF, a_few=STATED),
        ),
    ),
    List("registry", of_register.list_accounts, (Asked(identity.ListAccountsRequest()),)),
    List(
        "registry",
        colleagues.list_colleagues,
        (
            Asked(identity.ListColleaguesRequest(), (OPERATOR,)),
            Asked(identity.ListColleaguesRequest(subject_id=SUBJECT), (CASEWORKER,)),
        ),
    ),
    List(
        "registry",
        registrations.list_registrations,
        (
            Asked(identity.ListRegistrationsRequest()),
            Asked(identity.ListRegistrationsRequest(state="waiting")),
        ),
    ),
    List(
        "registry",
        absences.list_people,
        (Asked(identity.ListUnitPeopleRequest(bureau=BUREAU), STAFF),),
    ),
    List(
        "registry",
        absences.list_absences,
        (
            Asked(identity.ListAbsencesRequest()),
            Asked(identity.ListAbsencesRequest(bureau=BUREAU, begun_to="2026-09-14")),
            Asked(identity.ListAbsencesRequest(lasting_to="2026-09-14", begun_to="2026-09-14")),
            Asked(identity.ListAbsencesRequest(account_id="s1"), a_few="of one person"),
            Asked(identity.ListAbsencesRequest(substitute_id="s1"), a_few="of one person"),
        ),
    ),
    List(
        "registry",
        of_imports.list_batches,
        (
            Asked(registry.ListBatchesRequest(), (*STAFF, INSPECTOR)),
            Asked(registry.ListBatchesRequest(order_by="imported_at"), (*STAFF, INSPECTOR)),
            Asked(registry.ListBatchesRequest(state="awaiting_approval")),
        ),
    ),
    List(
        "registry",
        of_imports.list_faults,
        (
            Asked(registry.ListFaultsRequest(batch_id="s1"), (CASEWORKER,)),
            *(
                Asked(registry.ListFaultsRequest(batch_id="s1", **only), (CASEWORKER,), OF_A_BATCH)
                for only in ({"reason": "FORMAT"}, {"column": "a"}, {"only_errors": True})
            ),
        ),
    ),
    List(
        "registry",
        of_proposals.list_proposals,
        (
            Asked(proposals.ListProposalsRequest(), ALL),
            Asked(proposals.ListProposalsRequest(state="waiting")),
            Asked(proposals.ListProposalsRequest(to_decide=True), (CASEWORKER, ADMINISTRATOR)),
            Asked(proposals.ListProposalsRequest(object="instrument/i1"), ALL),
            Asked(proposals.ListProposalsRequest(), (INSTITUTION,), a_few=OF_A_FIRM),
            Asked(proposals.ListProposalsRequest(object="instrument/i1", state="waiting")),
        ),
    ),
    List(
        "registry",
        of_certificates.list_certificates,
        (
            Asked(certificates.ListCertificatesRequest()),
            Asked(certificates.ListCertificatesRequest(), (OPERATOR,), a_few=OF_A_FIRM),
            Asked(certificates.ListCertificatesRequest(subject_id=SUBJECT), ALL, a_few=OF_A_FIRM),
            Asked(certificates.ListCertificatesRequest(state="in_use")),
            Asked(certificates.ListCertificatesRequest(type_code="fuel_dispenser")),
            Asked(certificates.ListCertificatesRequest(institution="检定院")),
            Asked(
                certificates.ListCertificatesRequest(
                    valid_until_from="2026-09-01", valid_until_to="2026-09-30"
                )
            ),
        ),
    ),
    List(
        "registry",
        list_audit,
        (
            Asked(_AUDIT(), (SERVICE,)),
            Asked(_AUDIT(object="subject/s1"), (SERVICE,), a_few="of one object"),
            Asked(_AUDIT(actor="s1"), (SERVICE,), a_few="of one person"),
            Asked(_AUDIT(action="enter_record"), (SERVICE,)),
            Asked(_AUDIT(kind="subject"), (SERVICE,)),
            Asked(_AUDIT(from_day="2026-09-14", to_day="2026-09-14"), (SERVICE,), a_few=A_DAY),
        ),
    ),
    List(
        "registry",
        list_access,
        (
            Asked(_ACCESS()),
            Asked(_ACCESS(account="s1"), a_few="of one person"),
            Asked(_ACCESS(kind="refused")),
            Asked(_ACCESS(object="subject/s1"), a_few="of one subject"),
            Asked(_ACCESS(source="127.0.0.1")),
            Asked(_ACCESS(from_day="2026-09-14", to_day="2026-09-14"), a_few=A_DAY),
        ),
    ),
)
