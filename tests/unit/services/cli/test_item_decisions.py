"""What a decision says of contested items, as it is written on the command line."""

from __future__ import annotations

import pytest
import typer

from protos.objection.v1.objection_pb2 import EntryValue, ItemDecision
from services.cli.commands.item_decisions import item_decisions


def test_outcomes_by_code_or_word_and_new_values_of_fields() -> None:
    assert item_decisions(
        [
            "record/r1=delete",
            "disclosure/r2=终止披露",
            "instrument/i1:serial-no=K-1007",
            "instrument/i1:rotate_on=2027-01-01",
        ]
    ) == [
        ItemDecision(item="record/r1", outcome="delete"),
        ItemDecision(item="disclosure/r2", outcome="stop_disclosure"),
        ItemDecision(
            item="instrument/i1",
            outcome="correct",
            values=[
                EntryValue(field="serial_no", value="K-1007"),
                EntryValue(field="rotate_on", value="2027-01-01"),
            ],
        ),
    ]


@pytest.mark.parametrize("text", ["record/r1", "r1=delete", "record/r1=forget", "=delete"])
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        item_decisions([text])


def test_nothing_after_the_sign_clears_a_field() -> None:
    [one] = item_decisions(["instrument/i1:rotate-on="])
    assert list(one.values) == [EntryValue(field="rotate_on", value="")]
