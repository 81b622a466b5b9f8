"""How an expert is reached cannot be guessed from what the audit and proposals show of it."""

from __future__ import annotations

import pytest

from plumbing.masking import masked


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("", ""),
        ("12", "****"),
        ("88123", "****3"),
        ("87654321", "****21"),
        ("a@qq.com", "****om"),
        ("13800001111", "1****11"),
        ("0571-87654321", "05****21"),
        ("somebody@synthetic.example", "som****le"),
    ],
)
def test_at_most_a_third_of_a_contact_is_shown(contact: str, shown: str) -> None:
    assert masked(contact) == shown
    assert 3 * len(shown.replace("*", "")) <= len(contact)
