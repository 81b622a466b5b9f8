"""Reads GS1 keys of instruments: a maker's GTIN with serial number, and the GIAI of a label.

A maker's code is kept as the path of its GS1 Digital Link, such as /01/06901234567892/21/A7, which
names one instrument in one writing. The library `biip` knows the application identifiers; what it
lets pass and the standard does not (GTINs that are not written in 14 digits, identifiers that are
given twice) is refused here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

from biip import ParseError
from biip.checksums import gs1_standard_check_digit
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString, GS1ElementStrings
from biip.gs1_messages import GS1Message

from law.errors import Fault, InvalidInput

GTIN, SERIAL, GIAI = "01", "21", "8004"
# Numbers beside an identifier that say which things it means; they stand in the path only.
_OF_ANOTHER_PARTY = "235"
_QUALIFIERS = {GTIN: ("22", "10", SERIAL, _OF_ANOTHER_PARTY), GIAI: ("7040",)}
_GTIN_DIGITS = 14
_KEY_IN_PATH = re.compile(rf"(?:^|/)({GTIN}|{GIAI})/")
# What is printed beside bar codes, and what a scanner reads of one with both.
_ELEMENTS = re.compile(rf"\(\d{{2,4}}\)|{GTIN}\d{{{_GTIN_DIGITS}}}{SERIAL}")
_PAIR = re.compile(r"(\d{8}|\d{12,14})[\s/,;、，；]+(\S+)")
_WRITTEN_GTIN = re.compile(rf"(?:/{GTIN}/|\({GTIN}\)|^{GTIN})(\d{{{_GTIN_DIGITS}}})")
_HOST = "https://id.gs1.org"  # of a path that is written without one; no code leads there
_EXAMPLE = "/01/06901234567892/21/A7"


@dataclass(frozen=True)
class Maker:
    """What a maker gave one instrument: the GTIN of its kind, and its own serial number.

    The serial number is empty in a code that all instruments of the kind have.
    """

    gtin: str
    serial: str

    @property
    def path(self) -> str:
        """The path of the GS1 Digital Link, by which the code is kept and compared."""
        path = f"/{GTIN}/{self.gtin}"
        return f"{path}/{SERIAL}/{quote(self.serial, safe='')}" if self.serial else path


@dataclass(frozen=True)
class Asset:
    """The key that whoever has a GS1 company prefix gives a thing of their own."""

    giai: str


def has_key(written: str) -> bool:
    """Returns whether a text is meant as a GS1 key of an instrument, rightly written or not."""
    text = _tidy(written)
    return bool(_KEY_IN_PATH.search(text) or _ELEMENTS.match(text))


def read_key(written: str, field: str = "code") -> Maker | Asset:
    """Reads the GS1 key in a link, the path of one, an element string, or a GTIN with a serial.

    Raises InvalidInput with a fault of `field` for what is not valid, also by check digit.
    """
    text = _tidy(written)
    try:
        elements = _elements(text)
    except (ParseError, ValueError) as error:
        raise _refused(field, *_why(text)) from error
    values = {one.ai.ai: one.value for one in elements}
    if GIAI in values:
        return Asset(values[GIAI])
    gtin = values.get(GTIN, "")
    # The library notes a wrong check digit and goes on.
    if not gtin or _check_digit(gtin) != gtin[-1]:
        raise _refused(field, *_why(text))
    return Maker(gtin, values.get(SERIAL, ""))


def maker_code(written: str, field: str = "maker_code") -> str:
    """Returns a maker's code in the form in which it is kept; an empty text stays empty.

    Raises InvalidInput, besides for what `read_key` refuses, for a code without a serial number:
    all instruments of a kind have it.
    """
    if not written.strip():
        return ""
    key = read_key(written, field)
    if isinstance(key, Asset):
        zh = "这是资产码（8004），不是制造商的码；制造商的码由商品代码（01）和序列号（21）组成"
        en = "this is an asset identifier (8004), not a maker's GTIN (01) with serial number (21)"
        raise _refused(field, zh, en)
    if not key.serial:
        zh = f"码中没有序列号（21），同型号的器具都有同样的码；请补上序列号，例如：{_EXAMPLE}"
        en = f"no serial number (21), so all instruments of the kind have it; such as {_EXAMPLE}"
        raise _refused(field, zh, en)
    return key.path


def giai_of(prefix: str, label_code: str) -> str:
    """Returns the GIAI of a label: the company prefix of a bureau and the code of the label."""
    return prefix + label_code.replace("-", "")


def _tidy(written: str) -> str:
    return unicodedata.normalize("NFKC", written).strip()


def _elements(text: str) -> Sequence[GS1ElementString]:
    """The identifiers in a text with their values. Raises ParseError or ValueError."""
    if pair := _PAIR.fullmatch(text):
        gtin = pair[1].zfill(_GTIN_DIGITS)
        return [GS1ElementString.parse(one) for one in (GTIN + gtin, SERIAL + pair[2])]
    if _KEY_IN_PATH.search(text):
        return _elements_of_link(text)
    if text.startswith("("):
        return _once(GS1Message.parse_hri(text).element_strings)
    return _once(GS1Message.parse(text).element_strings)


def _elements_of_link(text: str) -> GS1ElementStrings:
    parts = urlsplit(text if "://" in text else f"{_HOST}/{text.lstrip('/')}")
    # The key is the last one in the path: what stands before it belongs to the host.
    key = [*_KEY_IN_PATH.finditer(parts.path)][-1]
    path = parts.path[key.start(1) :].rstrip("/")
    elements = _once(GS1DigitalLinkURI.parse(f"{_HOST}/{path}").element_strings)
    named = [one.ai.ai for one in elements]
    # A serial number that another party gave stands beside no others of the maker.
    elsewhere = () if _OF_ANOTHER_PARTY in named else _QUALIFIERS[key[1]]
    if key[1] == GTIN and len(path.split("/")[1]) != _GTIN_DIGITS:
        raise ParseError("a GTIN in a link has 14 digits")
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name.isdigit():
            _check_attribute(name, value, [*named, *elsewhere])
            named.append(name)
    return elements


def _check_attribute(name: str, value: str, elsewhere: Sequence[str]) -> None:
    """Checks what a link says besides of the thing; raises ParseError if it is wrong."""
    if name in elsewhere:
        raise ParseError(f"{name} is given twice, or belongs into the path")
    if GS1ApplicationIdentifier.extract(name).ai != name:
        raise ParseError(f"{name} is no identifier")
    GS1ElementString.parse(name + value)


def _once(elements: GS1ElementStrings) -> GS1ElementStrings:
    if len({one.ai.ai for one in elements}) < len(elements):
        raise ParseError("an identifier is given twice")
    return elements


def _why(text: str) -> tuple[str, str]:
    """Why a text is no valid key, in Chinese and English."""
    if (found := _WRITTEN_GTIN.search(text) or _PAIR.fullmatch(text)) and found[1]:
        gtin, digit = found[1], _check_digit(found[1])
        if digit != gtin[-1]:
            zh = f"商品代码 {gtin} 的校验位应为 {digit}，请对照铭牌核对"
            return (
                zh,
                f"the check digit of GTIN {gtin} should be {digit}; compare it with the plate",
            )
    zh = f"不是有效的 GS1 码；请粘贴扫码得到的网址，或者按此填写：{_EXAMPLE}"
    return zh, f"not a valid GS1 code; paste the address that was scanned, or write {_EXAMPLE}"


def _check_digit(gtin: str) -> str:
    return str(gs1_standard_check_digit(gtin[:-1]))


def _refused(field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(zh, en, faults=[Fault(field, zh, en)])
