"""Only an operator files new instruments from a file, and it imports nothing else."""

from __future__ import annotations

from plumbing.identity import Role
from services.registry.filing.reading import COLUMNS, FILED
from services.registry.imports.policy import IMPORTS, POLICY
from services.registry.imports.rows.families import FAMILIES, FamilyName


def test_an_operator_may_file_its_instruments_and_get_the_empty_file_for_it() -> None:
    open_to = {path for path, rule in POLICY.items() if Role.OPERATOR in rule.roles}
    assert open_to == {f"/{IMPORTS}/ImportInstruments", f"/{IMPORTS}/GetTemplate"}
    assert POLICY[f"/{IMPORTS}/ImportInstruments"].roles == {Role.OPERATOR}


def test_every_column_of_an_import_of_instruments_is_read_or_refused_but_those_of_the_owner() -> (
    None
):
    fields = FAMILIES[FamilyName.INSTRUMENTS].fields
    assert set(FILED) < COLUMNS.headings.keys()
    assert fields.keys() - COLUMNS.headings.keys() == {"address", "phone"}
