"""The addresses of cases: of the people who hear them and of the subject."""

from __future__ import annotations

from plumbing.identity import Role
from services.portal.address import STAFF
from services.portal.address import at as _at
from services.portal.pages import (
    case_acts,
    case_deciding,
    case_desk,
    case_file,
    case_list,
    cases,
    evidence,
    first_grades,
    later_mandates,
    letter_deliveries,
    reconsideration_wizard,
    recusals,
    stuck,
    unheard,
)

RECONSIDERATION_PATH, EVIDENCE_PATH = "/cases/{case_id}/reconsider", "/cases/{case_id}/evidence"
MANDATE_PATH = "/cases/{case_id}/mandate"
# A caseworker hears an objection, a reviewer its reconsideration.
_HEARS = (Role.CASEWORKER, Role.MUNICIPAL_REVIEWER)
CASES = (
    _at(first_grades.PATH, first_grades.page, Role.CASEWORKER, Role.UNIT_HEAD, form=True),
    _at("/cases", cases.listing, Role.OPERATOR, *STAFF),
    _at("/cases/accept", case_list.accept_chosen, *_HEARS, form=True),
    _at("/cases/take", case_desk.take_chosen, *_HEARS, form=True),
    _at("/cases/{case_id}", cases.one, Role.OPERATOR, *STAFF),
    _at(RECONSIDERATION_PATH, reconsideration_wizard.lodge, Role.OPERATOR, form=True),
    _at(EVIDENCE_PATH, evidence.of_case, Role.OPERATOR, *STAFF, form=True),
    _at("/cases/{case_id}/archive.zip", case_file.archive, Role.OPERATOR, *STAFF),
    _at(
        "/cases/{case_id}/letters/{letter_id}/delivery",
        letter_deliveries.by_hand,
        *_HEARS,
        Role.UNIT_HEAD,
        form=True,
    ),
    _at("/evidence/{evidence_id}/file", evidence.file, Role.OPERATOR, *STAFF),
    _at("/evidence/{evidence_id}/preview", evidence.preview, Role.OPERATOR, *STAFF),
    _at("/cases/{case_id}/withdraw", case_acts.withdraw, Role.OPERATOR, form=True),
    _at("/cases/{case_id}/supplement", case_acts.supplement, Role.OPERATOR, form=True),
    _at(MANDATE_PATH, later_mandates.renew, Role.OPERATOR, form=True),
    _at(f"{MANDATE_PATH}/check", later_mandates.check, *_HEARS, form=True),
    _at("/cases/{case_id}/accept", case_acts.accept, *_HEARS, form=True),
    _at("/cases/{case_id}/decline", case_acts.decline, *_HEARS, form=True),
    _at("/cases/{case_id}/extend", case_acts.ask_extension, *_HEARS, form=True),
    _at("/cases/{case_id}/extension", case_acts.extension, Role.UNIT_HEAD, form=True),
    _at("/cases/{case_id}/decide", case_deciding.decide, *_HEARS, form=True),
    _at("/cases/{case_id}/assign", case_desk.assign, *case_desk.DESK, form=True),
    _at("/cases/{case_id}/notes", case_desk.notes, *case_desk.DESK, form=True),
    _at("/cases/{case_id}/hand-over", unheard.hand_over, Role.UNIT_HEAD, form=True),
    _at("/cases/{case_id}/retry", stuck.retry, *case_desk.DESK, form=True),
    _at("/cases/{case_id}/ask-supplement", case_acts.ask_supplement, *_HEARS, form=True),
    _at("/cases/{case_id}/recusals/new", recusals.ask_recusal, *recusals.MAY_ASK, form=True),
    _at(
        "/cases/{case_id}/recusals/{recusal_id}",
        recusals.decide_recusal,
        Role.UNIT_HEAD,
        form=True,
    ),
    _at(
        "/cases/{case_id}/conditions/{condition_id}",
        case_acts.confirm_condition,
        Role.CASEWORKER,
        form=True,
    ),
    _at("/cases/{case_id}/decide-repair", case_deciding.decide_repair, Role.CASEWORKER, form=True),
)
