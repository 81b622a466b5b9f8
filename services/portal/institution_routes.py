"""The addresses of institutions, permits and the life of instruments: orders, certificates …"""

from __future__ import annotations

from plumbing.identity import Role
from services.portal.address import STAFF
from services.portal.address import at as _at
from services.portal.pages import (
    calibration_files,
    calibrations,
    certificate_archive,
    certificate_batches,
    certificate_files,
    directory,
    environment,
    experts,
    forecast,
    institution,
    institution_entries,
    instrument_file,
    kept_institutions,
    laboratories,
    order_choice,
    order_moves,
    order_terms,
    order_wizard,
    orders,
    permit_entry,
    permits,
    punctuality,
    qualifications,
    upkeep,
    upkeep_forms,
    without_cycle,
)

CERTIFICATE_PATH = "/certificates/new"
UPKEEP_PATHS = (
    *(upkeep_forms.NEW_PATH, upkeep_forms.IMPORT_PATH, upkeep.FILES_PATH),
    *(qualifications.IMPORT_PATH, laboratories.IMPORT_PATH, instrument_file.PATH),
    kept_institutions.IMPORT_PATH,
    order_choice.PATH,
)
DCC_PATH = calibrations.NEW_PATH
_ORDERING = (Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *STAFF)
PUBLIC_DIRECTORY = (_at(directory.PATH, directory.listing),)
ORDERS = (
    _at("/orders", orders.listing, *_ORDERING),
    _at(order_choice.PATH, order_wizard.apply, Role.OPERATOR, form=True),
    _at(order_moves.PATH, order_moves.move_chosen, *order_moves.MOVERS, form=True),
    _at("/orders/{order_id}", orders.one, *_ORDERING, form=True),
    _at(order_terms.PATH, order_terms.page, *STAFF, form=True),
)
INSTITUTIONS = (
    _at(punctuality.PATH, punctuality.page, Role.VERIFICATION_INSTITUTION, *STAFF),
    _at(punctuality.REPORTS, punctuality.reports, Role.VERIFICATION_INSTITUTION, *STAFF),
    _at("/due", institution.due, Role.VERIFICATION_INSTITUTION),
    _at("/forecast", forecast.page, Role.VERIFICATION_INSTITUTION, *STAFF),
    _at("/certificates", institution.certificates, Role.VERIFICATION_INSTITUTION),
    _at("/verifications/new", institution.record, Role.VERIFICATION_INSTITUTION, form=True),
)
KEPT_INSTITUTIONS = (
    _at("/institutions", kept_institutions.listing, *STAFF, Role.VERIFICATION_INSTITUTION),
    _at("/institutions/new", kept_institutions.new, Role.UNIT_HEAD, form=True),
    _at(kept_institutions.IMPORT_PATH, kept_institutions.from_file, Role.UNIT_HEAD, form=True),
    _at(
        "/institutions/{institution_id}",
        kept_institutions.one,
        *STAFF,
        Role.VERIFICATION_INSTITUTION,
    ),
    _at(
        "/institutions/{institution_id}/listing",
        directory.release,
        Role.VERIFICATION_INSTITUTION,
        Role.UNIT_HEAD,
        form=True,
    ),
    _at(
        "/institutions/{institution_id}/change",
        kept_institutions.change,
        Role.UNIT_HEAD,
        form=True,
    ),
    _at(
        "/institutions/{institution_id}/authorisation",
        kept_institutions.authorise,
        Role.UNIT_HEAD,
        form=True,
    ),
    _at(
        "/institutions/{institution_id}/site",
        institution_entries.site,
        Role.VERIFICATION_INSTITUTION,
        Role.UNIT_HEAD,
        form=True,
    ),
    _at(
        "/institutions/{institution_id}/capacity",
        institution_entries.capacity,
        Role.VERIFICATION_INSTITUTION,
        form=True,
    ),
)
LABORATORIES = (
    _at(laboratories.PATH, laboratories.listing, *environment.READERS),
    _at("/laboratories/new", laboratories.new, Role.UNIT_HEAD, form=True),
    _at(
        laboratories.IMPORT_PATH,
        laboratories.from_file,
        Role.VERIFICATION_INSTITUTION,
        form=True,
    ),
    _at("/laboratories/{laboratory_id}", laboratories.one, *environment.READERS),
    _at("/laboratories/{laboratory_id}/change", laboratories.change, Role.UNIT_HEAD, form=True),
    _at(
        "/laboratories/{laboratory_id}/release",
        laboratories.release,
        Role.VERIFICATION_INSTITUTION,
        form=True,
    ),
    _at(environment.PATH, environment.listing, *environment.READERS),
    _at(
        "/verifications/{verification_id}/environment", environment.note, Role.CASEWORKER, form=True
    ),
)
QUALIFICATIONS = (
    _at(experts.PATH, experts.listing, Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *STAFF),
    _at(qualifications.PATH, qualifications.listing, *STAFF),
    _at("/qualifications/new", qualifications.new, *qualifications.KEEPERS, form=True),
    _at(qualifications.IMPORT_PATH, qualifications.from_file, *qualifications.KEEPERS, form=True),
    _at("/qualifications/{qualification_id}", qualifications.one, *STAFF, form=True),
)
PERMITS = (
    _at(permits.PATH, permits.listing, Role.OPERATOR, *STAFF),
    _at(permit_entry.NEW_PATH, permit_entry.new, Role.CASEWORKER, form=True),
    _at("/permits/{permit_id}", permits.one, Role.OPERATOR, *STAFF, form=True),
    _at("/permits/{permit_id}/change", permit_entry.correct, Role.CASEWORKER, form=True),
)
UPKEEP = (
    _at(upkeep.PATH, upkeep.listing, Role.OPERATOR, *STAFF),
    _at(upkeep_forms.NEW_PATH, upkeep_forms.add, *upkeep.WRITERS, form=True),
    _at(upkeep_forms.IMPORT_PATH, upkeep_forms.from_file, *upkeep.WRITERS, form=True),
    _at(upkeep.FILES_PATH, upkeep.add_file, *upkeep.WRITERS, form=True),
    _at("/upkeep/{upkeep_id}", upkeep.one, Role.OPERATOR, *STAFF),
    _at("/upkeep-files/{file_id}", upkeep.file, Role.OPERATOR, *STAFF),
)
_CONFIRMING = (Role.VERIFICATION_INSTITUTION, Role.CASEWORKER)
CALIBRATIONS = (
    _at(calibrations.PATH, calibrations.listing, *STAFF, Role.VERIFICATION_INSTITUTION),
    _at(calibrations.NEW_PATH, calibrations.upload, *_CONFIRMING, form=True),
    _at(without_cycle.PATH, without_cycle.listing, Role.OPERATOR, *STAFF),
    _at(
        "/calibrations/{dcc_id}",
        calibrations.one,
        *STAFF,
        Role.VERIFICATION_INSTITUTION,
        form=True,
    ),
    _at("/calibrations/{dcc_id}/confirm", calibrations.confirm, *_CONFIRMING, form=True),
    _at(
        "/calibrations/{dcc_id}/file",
        calibrations.file,
        *(*STAFF, Role.VERIFICATION_INSTITUTION, Role.OPERATOR),
    ),
    _at(
        "/instruments/{instrument_id}/calibration-cycle",
        calibrations.cycle,
        Role.OPERATOR,
        form=True,
    ),
)
_OF_CERTIFICATES = (Role.OPERATOR, *STAFF, Role.VERIFICATION_INSTITUTION)
CERTIFICATES = (
    _at(
        certificate_batches.PATH, certificate_batches.send, Role.VERIFICATION_INSTITUTION, form=True
    ),
    _at("/verifications/{verification_id}", certificate_files.one, *_OF_CERTIFICATES),
    _at(
        CERTIFICATE_PATH,
        certificate_files.upload,
        Role.VERIFICATION_INSTITUTION,
        Role.CASEWORKER,
        form=True,
    ),
    _at("/certificates/{certificate_id}/file", certificate_files.file, *_OF_CERTIFICATES),
    _at("/certificate-files", certificate_archive.listing, Role.OPERATOR, *STAFF),
    _at(calibration_files.PATH, calibration_files.listing, Role.OPERATOR, *STAFF),
    _at("/certificate-files.zip", certificate_archive.archive, Role.OPERATOR, *STAFF),
)
