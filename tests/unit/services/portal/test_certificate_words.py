"""A page shows units by their symbols and a signer by its name, and what it does not know as is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.portal.certificate_words import signer, unit

PTB = (
    "1.2.840.113549.1.9.1=example@ptb.de,CN=cert,OU=1.24,O=PTB,L=Braunschweig,ST=Lower Saxony,C=DE"
)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (r"\kelvin", "K"),
        (r"\degreecelsius", "°C"),
        (r"\degree", "°"),
        (r"\milli\metre", "mm"),
        (r"\milli\bar", "mbar"),
        (r"\micro\metre", "µm"),
        (r"\metre\tothe{3}", "m³"),
        (r"\kilogram\metre\tothe{-3}", "kg·m⁻³"),
        (r"\metre\per\second\tothe{2}", "m·s⁻²"),
        (r"\percent", "%"),
        (r"\one", ""),
        ("", ""),
        (r"\degreefahrenheit", r"\degreefahrenheit"),
        (r"\kelvin\parsec", r"\kelvin\parsec"),
        ("hPa", "hPa"),
    ],
)
def test_a_unit_has_its_symbol(written: str, shown: str) -> None:
    assert unit(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (PTB, "cert（PTB）"),
        ("CN=检定站\\, 一室", "检定站, 一室"),
        ("O=PTB,C=DE", "PTB"),
        ("2.5.4.97=VATDE-1,C=DE", "单位代码 VATDE-1，国家 DE"),
        ("1.2.3.4=x,C=DE", "1.2.3.4 x，国家 DE"),
        ("cut off, as it", "cut off, as it"),
        ("", ""),
    ],
)
def test_a_signer_is_named(written: str, shown: str) -> None:
    visit: Any = SimpleNamespace(say=lambda text: text, language="zh-CN")
    assert signer(visit, written) == shown
