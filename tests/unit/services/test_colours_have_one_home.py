"""Every service takes the colour of an instrument from `law.colours.basis`."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest

import services
from law.colours.basis import colour_basis
from law.colours.rule import Colour, InstrumentState, VerificationFact, VerificationResult
from services.cli.sample.instruments import SampleInstrument, instruments
from services.cli.sample.subjects import subjects

RULE = "law.colours.rule"
READS_VERIFICATIONS = {"governing", "deciding_day", "date_or_reason"}
STATES = {
    "在用": InstrumentState.IN_USE,
    "备用": InstrumentState.SPARE,
    "停用": InstrumentState.STOPPED,
    "报废": InstrumentState.SCRAPPED,
}
RESULTS = {
    "合格": VerificationResult.PASS,
    "不合格": VerificationResult.REJECT,
    "修理": VerificationResult.REPAIRED,
}


def test_no_service_derives_a_colour_from_verifications_itself() -> None:
    for path in Path(services.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == RULE:
                names = {alias.name for alias in node.names}
                assert not names & READS_VERIFICATIONS, f"{path}: use law.colours.basis"
            if isinstance(node, ast.ImportFrom) and node.module == "law.colours":
                assert "rule" not in {alias.name for alias in node.names}, str(path)


@pytest.mark.parametrize("today", [date(2026, 2, 28), date(2026, 9, 15), date(2027, 12, 31)])
def test_the_sample_register_shows_every_colour(today: date) -> None:
    colours = [_colour(instrument, today) for instrument in instruments(subjects(), today)]
    assert set(colours) == set(Colour)
    assert colours.count(Colour.NONE) > len(colours) / 2


def _colour(instrument: SampleInstrument, today: date) -> Colour:
    facts = [
        VerificationFact(str(n), RESULTS[row.result], row.verified_on, row.valid_until)
        for n, row in enumerate(instrument.history)
    ]
    state = STATES[instrument.state]
    basis = colour_basis(instrument.type_code, state, instrument.rotate_on, facts, on=today)
    return basis.colour(today)
