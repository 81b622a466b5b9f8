"""The addresses of instruments: the list, one of them, and what its owner and bureau change."""

from __future__ import annotations

from plumbing.identity import Role
from services.portal.address import STAFF
from services.portal.address import at as _at
from services.portal.pages import (
    instrument_edit,
    instrument_file,
    instrument_forms,
    instrument_handover,
    instrument_owner,
    instruments,
    photographs,
)

FILING_PATH = "/instruments/new"
# The pages to which photographs are sent.
PHOTOGRAPH_PATHS = (FILING_PATH, photographs.PATH)
INSTRUMENTS = (
    _at("/instruments", instruments.listing, Role.OPERATOR, *STAFF),
    _at(FILING_PATH, instrument_forms.file, Role.OPERATOR, form=True),
    _at(instrument_file.PATH, instrument_file.from_file, Role.OPERATOR, form=True),
    _at("/instruments/{instrument_id}", instruments.one, Role.OPERATOR, *STAFF),
    _at(
        "/instruments/{instrument_id}/state",
        instrument_forms.change_state,
        Role.OPERATOR,
        form=True,
    ),
    _at(photographs.PATH, photographs.of_instrument, Role.OPERATOR, *STAFF, form=True),
    _at("/photographs/{photograph_id}/file", photographs.file, Role.OPERATOR, *STAFF),
    _at("/photographs/{photograph_id}/preview", photographs.preview, Role.OPERATOR, *STAFF),
    _at(instrument_owner.PATH, instrument_owner.change_owner, Role.CASEWORKER, form=True),
    _at(instrument_handover.PATH, instrument_handover.ask_for, Role.OPERATOR, form=True),
    _at(instrument_edit.PATH, instrument_edit.correct, *instrument_edit.OPEN_TO, form=True),
    _at(
        "/instruments/{instrument_id}/move",
        instrument_forms.move,
        *instrument_edit.OPEN_TO,
        form=True,
    ),
    _at(
        "/instruments/{instrument_id}/details",
        instrument_forms.details,
        *(Role.OPERATOR, Role.CASEWORKER),
        form=True,
    ),
    _at(
        "/instruments/{instrument_id}/maker-code",
        instrument_forms.maker_code,
        Role.OPERATOR,
        form=True,
    ),
)
