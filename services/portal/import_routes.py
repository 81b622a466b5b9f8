"""The addresses of imports, and of what they leave to decide."""

from __future__ import annotations

from plumbing.identity import Role
from services.portal.address import STAFF
from services.portal.address import at as _at
from services.portal.pages import import_columns, import_faults, import_types, imports, questions

IMPORT_PATH = "/imports/new"  # a page to which files are sent
_IMPORTING = (Role.CASEWORKER, Role.UNIT_HEAD, Role.VERIFICATION_INSTITUTION)
IMPORTS = (
    _at("/imports", imports.listing, *_IMPORTING),
    _at(IMPORT_PATH, imports.new, Role.CASEWORKER, Role.VERIFICATION_INSTITUTION, form=True),
    _at("/imports/templates/{family}.{format}", imports.template, *_IMPORTING, Role.OPERATOR),
    _at("/imports/{batch_id}", imports.one, *_IMPORTING, form=True),
    _at("/imports/{batch_id}/columns", import_columns.columns, *_IMPORTING, form=True),
    _at("/imports/{batch_id}/types", import_types.types, Role.CASEWORKER, form=True),
    _at("/imports/{batch_id}/progress", imports.progress, *_IMPORTING),
    _at("/imports/{batch_id}/faults", import_faults.faults, *_IMPORTING),
    _at("/imports/{batch_id}/rejected.csv", imports.rejected_rows, *_IMPORTING),
    _at(questions.PATH, questions.listing, *STAFF),
    _at("/questions/{question_id}", questions.one, *STAFF, form=True),
)
