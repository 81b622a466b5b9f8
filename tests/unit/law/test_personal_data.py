"""Which numbers and names are found in a text before it is made public."""

from __future__ import annotations

import pytest

from law.disclosure.personal_data import Personal, is_rounded_id_number, personal_data

VALID = "110101199003070011"  # synthetic, with the right check digit


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"当事人{VALID}，", [(Personal.ID_NUMBER, VALID)]),
        ("1101 0519 4912 3100 2x", [(Personal.ID_NUMBER, "1101 0519 4912 3100 2x")]),
        ("１１０１０５１９４９１２３１００２Ｘ", [(Personal.ID_NUMBER, "11010519491231002X")]),
        ("110101199003070012", []),  # wrong check digit
        ("A110101199003070011", []),
        ("电话13812345678", [(Personal.TELEPHONE, "13812345678")]),
        ("138-1234-5678", [(Personal.TELEPHONE, "138-1234-5678")]),
        ("0571-87654321", [(Personal.TELEPHONE, "0571-87654321")]),
        ("杭市监罚〔2026〕12号，罚款20000元，2026-08-01", []),
        ("91330106MA00000016", []),
        ("王小明使用超期衡器", [(Personal.NAME, "王小明")]),
        ("王氏使用超期衡器", []),
    ],
)
def test_what_is_found(text: str, found: list[tuple[Personal, str]]) -> None:
    assert [(one.kind, one.text) for one in personal_data(text, ["王小明", "王"])] == found


def test_what_is_found_is_named_in_both_languages() -> None:
    [one] = personal_data(VALID + " " + VALID)
    assert (one.zh, one.en) == (f"身份证件号码“{VALID}”", f'ID number "{VALID}"')


@pytest.mark.parametrize(
    ("written", "was_one"),
    [
        *((VALID[:15] + "000", True), ("1.10101199003070e+17", True)),
        *(("110101199013070000", False), ("110101179903070000", False), ("20260914", False)),
    ],
)
def test_a_number_of_a_spreadsheet_that_was_an_id_number(written: str, *, was_one: bool) -> None:
    assert is_rounded_id_number(written) is was_one
