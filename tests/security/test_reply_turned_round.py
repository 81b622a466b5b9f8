"""Attacker: a reviewer, who has the public read the opposite of what a subject replied.

They have their own account of the bureau and may leave out parts of the reply. By leaving out one
word they would turn it round.
"""

from __future__ import annotations

import pytest

from law.disclosure.personal_data import personal_data
from law.disclosure.publication import leaves_out_personal_data_only
from law.errors import InvalidInput
from plumbing.database import Database
from tests.integration.registry.test_replies import decide, shown, write
from tests.integration.registry.test_tellings import public, register

__all__ = ["register"]
REPLY = "我单位没有使用超期器具，联系人电话１３８12345678"


@pytest.mark.parametrize(
    "text",
    [
        "我单位*使用超期器具，联系人电话*",
        "我单位***使用超期器具，联系人电话１３８12345678",
        "我单位*",
        "*",
        "我单位没有使用超期器具，联系人*",
        "我单位有使用超期器具，联系人电话*",
    ],
)
async def test_no_word_of_a_reply_is_left_out_but_personal_data(
    register: Database,
    text: str,
) -> None:
    await public(register)
    await write(register, REPLY)
    with pytest.raises(InvalidInput) as refused:
        await decide(register, text, reasons="略去")
    assert "released_text" in {fault.field for fault in refused.value.faults}
    assert await shown(register) == ""


@pytest.mark.parametrize("mask", ["*", "■■■", "１３８****5678", "138"])
def test_what_was_found_may_be_left_out_in_part_or_whole(mask: str) -> None:
    text = f"我单位没有使用超期器具，联系人电话{mask}"
    allowed = leaves_out_personal_data_only(text, REPLY, personal_data(REPLY))
    assert allowed is (mask != "138")


def test_a_reply_with_marks_of_its_own_is_released_whole() -> None:
    assert leaves_out_personal_data_only("整改*项", "整改*项", ())
    assert not leaves_out_personal_data_only("整*项", "整改*项", ())


async def test_the_subject_sees_both_texts_and_withdraws(register: Database) -> None:
    await public(register)
    await write(register, REPLY)
    masked = REPLY[:-11] + "*"
    told = await decide(register, masked, reasons="含电话")
    assert (told.reply.text, told.reply.released_text) == (REPLY, masked)
    assert await shown(register) == masked
