"""Every address of the portal, the page behind it, and the roles that may open it.

A page without roles is public. This table is the portal's allow-list: an address that is not in
it does not exist, and a role that is not named at an address gets 403 there.
"""

from __future__ import annotations

from collections.abc import Sequence

from plumbing.identity import Role
from services.portal.address import SIGNED_IN, STAFF, Address
from services.portal.address import at as _at
from services.portal.case_routes import CASES, EVIDENCE_PATH, RECONSIDERATION_PATH
from services.portal.import_routes import IMPORTS
from services.portal.institution_routes import (
    CALIBRATIONS,
    CERTIFICATES,
    INSTITUTIONS,
    KEPT_INSTITUTIONS,
    LABORATORIES,
    ORDERS,
    PERMITS,
    PUBLIC_DIRECTORY,
    QUALIFICATIONS,
    UPKEEP,
)
from services.portal.instrument_routes import INSTRUMENTS
from services.portal.pages import (
    about,
    absences,
    access_log,
    account,
    accounts,
    agent_objection,
    alike,
    announcements,
    authorities,
    bureau_channels,
    calculators,
    calendar_feed,
    case_desk,
    case_figures,
    checking,
    checkpoints,
    circulars,
    city,
    colour_groups,
    contact,
    deliveries,
    drafts,
    entry_objection,
    escalation_opening,
    escalations,
    exports,
    exposure_lists,
    first_notices,
    home,
    indices,
    inspections,
    integrators,
    invitations,
    labels,
    ladders,
    law_texts,
    letters,
    month_reports,
    notices,
    objection_wizard,
    open_data,
    operator,
    own_grade,
    own_records,
    password_links,
    people,
    platform_audit,
    platform_calendar,
    platform_mail,
    platform_state,
    proposals,
    public,
    publication,
    record_entry,
    registration,
    repair_wizard,
    replies,
    resolving,
    rulesets,
    sandbox,
    scanning,
    sharings,
    sign_in,
    sso,
    subject_contact,
    subject_edit,
    subject_life,
    subject_lists,
    subject_registration,
    subject_split,
    subjects,
    tellings,
    templates,
    twins,
    unit,
    unreached,
    verifications,
    webhooks,
)

# The pages to which files are sent.
OBJECTION_PATH, REPAIR_PATH = "/objections/new", "/repairs/new"
OBJECTION_ABOUT_PATH, OBJECTION_AGENT_PATH = "/objections/about", "/objections/agent"
EVIDENCE_PATHS = (
    OBJECTION_AGENT_PATH,
    *(OBJECTION_PATH, OBJECTION_ABOUT_PATH, REPAIR_PATH, RECONSIDERATION_PATH, EVIDENCE_PATH),
)
_CASEWORK = (Role.CASEWORKER, Role.UNIT_HEAD)

_PUBLIC = (
    _at("/", public.search),
    _at("/firms/{subject_id}", public.firm),
    _at(exposure_lists.PUBLIC_PATH, exposure_lists.public),
    _at("/notices/exposed", exposure_lists.public),  # its address of before ADR 0055
    _at("/notices/repairs", announcements.repairs),
    _at("/notices/indices", notices.indices),
    _at("/notices/indices/{index_id}", notices.index),
    _at("/bureaus", notices.bureaus),
    _at("/accessibility", about.accessibility),
    _at("/checkpoints", checkpoints.checkpoints),
    _at("/checkpoints/{service}", checkpoints.file),
    _at("/integrators", integrators.integrators),
    _at("/data", open_data.contents),
    _at("/data/datapackage.json", open_data.package),
    _at("/data/{name}.{format}", open_data.file),
    _at("/law", law_texts.contents),
    _at("/law/texts/{ruleset_id}", law_texts.ruleset),
    _at("/law/working-days", calculators.working_days),
    _at("/law/colours", calculators.colours),
    _at("/law/periods", calculators.periods),
    _at("/law/{text_id}", law_texts.words),
)
_ACCOUNTS = (
    _at("/sign-in", sign_in.sign_in, form=True),
    _at("/sign-out", sign_in.sign_out, form=True),
    _at("/language/{language}", sign_in.choose_language),
    _at("/sign-in/step", sign_in.step, form=True),
    _at("/sign-in/sso", sso.begin),
    _at("/sign-in/sso/callback", sso.callback),
    _at("/password/forgotten", password_links.forgotten, form=True),
    _at("/password/{token}", password_links.set_password, form=True),
    _at("/register", registration.register, form=True),
    _at("/account", account.account, *SIGNED_IN, form=True),
    _at("/sandbox/cast", sandbox.enter_as, form=True),
    _at("/sandbox/tour", sandbox.tour),
    _at("/sandbox/clock", sandbox.move_clock, *SIGNED_IN, form=True),
)
_OPERATORS = (
    _at("/grade", own_grade.grade, Role.OPERATOR),
    _at("/records", own_records.records, Role.OPERATOR),
    _at("/records/{record_id}/reply", replies.own, Role.OPERATOR, form=True),
    _at("/messages", operator.messages, *operator.READERS),
    _at("/messages/{notice_id}", operator.message, *operator.READERS, form=True),
    _at("/contact", contact.contact, *contact.KEEPERS, form=True),
    _at("/due-dates", calendar_feed.settings, *calendar_feed.KEEPERS, form=True),
    _at("/due-dates/{secret}.ics", calendar_feed.feed),
    _at(webhooks.PATH, webhooks.page, *webhooks.KEEPERS, form=True),
    _at(webhooks.PATH + "/{webhook_id}", webhooks.one, *webhooks.KEEPERS),
    _at(OBJECTION_PATH, objection_wizard.lodge, Role.OPERATOR, form=True),
    _at(OBJECTION_ABOUT_PATH, entry_objection.about, Role.OPERATOR, form=True),
    _at(OBJECTION_AGENT_PATH, agent_objection.lodge, Role.OPERATOR, form=True),
    _at(REPAIR_PATH, repair_wizard.apply, Role.OPERATOR, form=True),
)
_PEOPLE = (
    _at("/people", people.people, Role.OPERATOR, form=True),
    _at("/registrations", registration.listing, Role.CASEWORKER, Role.UNIT_HEAD),
    _at("/registrations/{registration_id}", registration.one, *_CASEWORK, form=True),
)
_REGISTER = (
    _at("/home", home.home, Role.OPERATOR, *STAFF, Role.VERIFICATION_INSTITUTION),
    *INSTRUMENTS,
    _at("/verifications", verifications.listing, Role.OPERATOR, *STAFF),
    *PERMITS,
    _at("/subjects", subjects.listing, *STAFF),
    _at("/subjects/new", subject_registration.register, Role.CASEWORKER, form=True),
    _at("/subjects/{subject_id}", subjects.one, *STAFF),
    _at(sharings.PATH, sharings.listing, *sharings.READERS),
    _at(sharings.PATH + "/{sharing_id}/end", sharings.end, *case_desk.DESK, form=True),
    _at(sharings.NOTICES_PATH + "/{told_id}", sharings.notice, *case_desk.DESK, form=True),
    _at("/subjects/{subject_id}/sharings/new", sharings.enter, *case_desk.DESK, form=True),
    _at("/subjects/{subject_id}/life", subject_life.life, *STAFF, form=True),
    _at(
        "/subjects/{subject_id}/escalations/new",
        escalation_opening.page,
        Role.CASEWORKER,
        form=True,
    ),
    _at("/subjects/{subject_id}/contact", subject_contact.change, Role.CASEWORKER, form=True),
    _at("/subjects/{subject_id}/edit", subject_edit.change, Role.CASEWORKER, form=True),
    _at("/subjects/{subject_id}/split", subject_split.split, Role.CASEWORKER, form=True),
    _at(twins.PATH, twins.listing, *STAFF),
    _at("/twins/{subject_id}", twins.one, *STAFF, form=True),
    *(
        _at(f"/subjects/{{subject_id}}/{name}", page, *STAFF)
        for name, page in subject_lists.WHOLE.items()
    ),
    _at("/inspections/new", inspections.find, Role.INSPECTOR, Role.CASEWORKER),
    _at(
        "/subjects/{subject_id}/records/new",
        record_entry.enter,
        Role.CASEWORKER,
        Role.INSPECTOR,
        form=True,
    ),
)
_PROPOSING = (
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.INSPECTOR,
    Role.OPERATOR,
    Role.VERIFICATION_INSTITUTION,
    Role.ADMINISTRATOR,
)
_UNIT = (
    _at("/unit", unit.overview, Role.UNIT_HEAD),
    _at("/unit/figures", case_figures.file, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER),
    _at("/unit/report", month_reports.page, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER),
    _at("/unit/report.pdf", month_reports.paper, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER),
    _at(absences.UNIT, absences.unit, Role.UNIT_HEAD, form=True),
    _at(absences.OWN, absences.own, *STAFF, form=True),
    _at(first_notices.PATH, first_notices.page, Role.CASEWORKER, Role.UNIT_HEAD, form=True),
    _at("/publication", publication.listing, *STAFF),
    _at(tellings.PATH, tellings.untold, Role.CASEWORKER, Role.UNIT_HEAD, form=True),
    _at("/publication/{record_id}", publication.one, *STAFF, form=True),
    _at("/publication/{record_id}/reply", replies.review, *_CASEWORK, form=True),
    _at("/publication/{record_id}/telling", tellings.by_hand, *_CASEWORK, form=True),
    _at(alike.PATH, alike.listing, *STAFF),
    _at("/alike/{likeness_id}", alike.one, *STAFF, form=True),
    _at("/proposals", proposals.listing, *_PROPOSING),
    _at("/proposals/{proposal_id}", proposals.one, *_PROPOSING, form=True),
)
_ESCALATIONS = (
    _at("/escalations", escalations.listing, *STAFF),
    # Before the page of the case, whose id contains a slash.
    _at("/escalations/{escalation_id:path}/draft", drafts.alter, *_CASEWORK, form=True),
    _at("/interviews/{escalation_id:path}", invitations.page, Role.OPERATOR, form=True),
    _at("/escalations/{escalation_id:path}", escalations.one, *STAFF, form=True),
)
_EXPOSURE_LISTS = (
    _at(exposure_lists.PATH, exposure_lists.listing, *STAFF),
    _at(exposure_lists.PATH + "/new", exposure_lists.compile_list, Role.CASEWORKER, form=True),
    _at(exposure_lists.PATH + "/{list_id}", exposure_lists.one, *STAFF, form=True),
)
_CIRCULARS = (
    _at(exposure_lists.PATH + "/{list_id}/circular", circulars.draft, *_CASEWORK, form=True),
    _at(circulars.PATH, circulars.listing, *STAFF),
    _at(circulars.PATH + "/new", circulars.push, *_CASEWORK, form=True),
    _at(circulars.PATH + "/{circular_id}/letter.pdf", letters.of_circular, *STAFF),
    _at(circulars.PATH + "/{circular_id}", circulars.one, *STAFF, form=True),
    _at(authorities.PATH, authorities.listing, *STAFF),
    _at(authorities.PATH + "/new", authorities.new, Role.UNIT_HEAD, form=True),
    _at(authorities.PATH + "/{authority_id}", authorities.change, Role.UNIT_HEAD, form=True),
)
_LADDERS = (_at(ladders.PATH, ladders.page, *STAFF, Role.ADMINISTRATOR, form=True),)
_TEMPLATES = (_at(templates.PATH, templates.page, *STAFF, Role.ADMINISTRATOR, form=True),)
_CHANNELS = (
    _at(bureau_channels.PATH, bureau_channels.page, Role.ADMINISTRATOR, form=True),
    _at(bureau_channels.PATH + "/{channel_id}", bureau_channels.one, Role.ADMINISTRATOR),
)
_LABELS = (
    _at("/scan", scanning.look_up),
    _at("/i/{code}", resolving.instrument, linked=True),
    _at("/i/{code}/fault", scanning.fault),
    _at("/01/{gtin:path}", resolving.gs1_link, linked=True),
    _at("/8004/{giai:path}", resolving.gs1_link, linked=True),
    _at("/.well-known/gs1resolver", resolving.description, linked=True),
    _at("/labels", labels.listing, *labels.PRINTING),
    _at("/labels.pdf", labels.sheet, *labels.PRINTING),
)
_CHECKS = (
    _at("/check/letter", checking.letter),
    _at("/check/receipt", checking.receipt, form=True),
    _at("/receipts/{receipt_id}.json", checking.receipt_file, Role.OPERATOR, *STAFF),
    _at("/receipts/{receipt_id}", own_grade.receipt, Role.OPERATOR, *STAFF),
)
_LETTERS = (
    _at("/cases/{case_id}/letters/{letter_id}.pdf", letters.of_case, Role.OPERATOR, *STAFF),
    _at(
        "/escalations/{escalation_id:path}/letters/{letter_id}.pdf",
        letters.of_escalation,
        Role.OPERATOR,
        *STAFF,
    ),
)
_CITY = (
    _at("/city", city.board, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER),
    _at(colour_groups.PATH, colour_groups.page, *STAFF, form=True),
    _at("/year-ends", city.year_ends, *STAFF),
    _at("/rulesets", rulesets.listing, *rulesets.RUNNERS),
    _at("/rulesets/impacts/new", rulesets.start, *rulesets.RUNNERS, form=True),
    _at("/rulesets/impacts/{impact_id}", rulesets.impact, *rulesets.RUNNERS, form=True),
    _at("/rulesets/impacts/{impact_id}/progress", rulesets.progress, *rulesets.RUNNERS),
    _at("/rulesets/impacts/{impact_id}/activate", rulesets.activate, Role.UNIT_HEAD, form=True),
    _at("/indices", indices.listing, *STAFF),
    _at("/indices/new/{kind}", indices.assess, Role.CASEWORKER, Role.INSPECTOR, form=True),
    _at("/indices/{index_id}", indices.one, *STAFF, form=True),
)
_ADMINISTRATION = tuple(
    _at(path, page, Role.ADMINISTRATOR, form=form)
    for path, page, form in (
        ("/status", platform_state.state, False),
        ("/status/check", platform_state.check, True),
        ("/status/reconcile", platform_state.reconcile, True),
        ("/accounts", accounts.listing, False),
        ("/accounts/new", accounts.new, True),
        ("/accounts/{account_id}", accounts.one, True),
        ("/accounts/{account_id}/roles", accounts.roles, True),
        ("/undelivered/events", platform_mail.events, True),
        ("/calendar", platform_calendar.calendar, True),
        ("/backup", platform_calendar.backup, False),
    )
)
_AUDIT = (
    _at("/audit", platform_audit.entries, *platform_audit.READERS),
    _at("/audit/chains", platform_audit.verify, Role.ADMINISTRATOR, Role.AUDITOR),
    _at(access_log.PATH, access_log.entries, Role.AUDITOR),
)
_NOTICES_AND_EXPORTS = (
    _at("/undelivered", platform_mail.undelivered, *platform_mail.READERS, form=True),
    _at(deliveries.PATH, deliveries.page, *platform_mail.READERS),
    _at(unreached.PATH, unreached.page, *platform_mail.READERS, form=True),
    _at("/exports", exports.listing, *SIGNED_IN),
    _at("/exports/{export_id}", exports.one, *SIGNED_IN),
    _at("/exports/{export_id}/progress", exports.progress, *SIGNED_IN),
    _at("/exports/{export_id}/file", exports.file, *SIGNED_IN),
)
ADDRESSES: Sequence[Address] = (
    *_PUBLIC,
    *_LABELS,
    *_CHECKS,
    *_LETTERS,  # before the escalations, whose ids contain a slash
    *_ACCOUNTS,
    *_OPERATORS,
    *_PEOPLE,
    *_REGISTER,
    *CASES,
    *IMPORTS,
    *_ESCALATIONS,
    *_EXPOSURE_LISTS,
    *_CIRCULARS,
    *_LADDERS,
    *_TEMPLATES,
    *_CHANNELS,
    *_CITY,
    *ORDERS,
    *INSTITUTIONS,
    *KEPT_INSTITUTIONS,
    *CALIBRATIONS,
    *PUBLIC_DIRECTORY,
    *QUALIFICATIONS,
    *LABORATORIES,
    *CERTIFICATES,  # after /verifications/new
    *UPKEEP,
    *_ADMINISTRATION,
    *_AUDIT,
    *_NOTICES_AND_EXPORTS,
    *_UNIT,
)
