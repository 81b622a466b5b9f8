"""How pages tell who is late with the verification of an instrument, and what was applied for."""

from __future__ import annotations

from protos.alerts.v1 import alerts_pb2 as pb
from services.portal import order_words
from services.portal.pictures.colour_board import colour_board
from services.portal.wording import Words

OPEN = pb.OpenApplication(
    order_id="o1", institution="合成检定院", applied_on="2026-09-10", due_on="2026-09-20"
)


def say(chinese: str) -> str:
    return chinese


WORDS = Words(say, "zh-CN")


def test_a_red_instrument_without_an_application_says_so() -> None:
    red = pb.InstrumentColour(colour="red", late="owner")
    assert order_words.late_with(say, red) == "使用单位没有按时申请检定"
    assert order_words.applied(WORDS, red) == "没有尚未办结的检定申请"
    green = pb.InstrumentColour(colour="green")
    assert (order_words.late_with(say, green), order_words.applied(WORDS, green)) == ("", "")


def test_an_application_is_told_with_its_institution_and_term() -> None:
    row = pb.InstrumentColour(colour="red", late="institution", application=OPEN)
    assert order_words.late_with(say, row) == "使用单位按时申请了检定，检定机构已超过期限"
    told = "2026年9月10日星期四向合成检定院申请，机构应在 2026年9月20日星期日以前办理"
    assert order_words.applied(WORDS, row) == told


def test_the_board_leads_to_the_list_of_those_of_which_one_is_late() -> None:
    answer = pb.GetColourBoardResponse(
        on="2026-09-15", late=[pb.LateTotal(late="both", instruments=3)]
    )
    board = colour_board(answer, {"bureau": "330106"})
    assert board.late == {"both": 3}
    assert board.late_link("both") == "/instruments?bureau=330106&late=both"
    assert board.late_word("both") == "使用单位和检定机构"
