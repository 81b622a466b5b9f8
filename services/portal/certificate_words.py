r"""How a certificate of calibration writes units and its signer, and how a page shows them.

A digital certificate writes its units in the Digital System of Units, such as
`\kilogram\metre\tothe{-3}`, and its signer as the subject of an X.509 certificate (RFC 4514).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cryptography import x509

from services.portal.visit import Visit
from services.portal.wording import N_


def _pairs(table: str) -> Mapping[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_PREFIXES = _pairs("""
    deca da  hecto h  kilo k  mega M  giga G  tera T  peta P  exa E  zetta Z  yotta Y  deci d
    centi c  milli m  micro µ  nano n  pico p  femto f  atto a  zepto z  yocto y  kibi Ki
    mebi Mi  gibi Gi  tebi Ti
""")
_UNITS = _pairs("""
    metre m  kilogram kg  gram g  second s  ampere A  kelvin K  mole mol  candela cd  hertz Hz
    newton N  pascal Pa  joule J  watt W  coulomb C  volt V  farad F  ohm Ω  siemens S  weber Wb
    tesla T  henry H  degreecelsius °C  lumen lm  lux lx  becquerel Bq  sievert Sv  gray Gy
    katal kat  radian rad  steradian sr  degree °  arcminute ′  arcsecond ″  minute min  hour h
    day d  hectare ha  litre L  tonne t  electronvolt eV  dalton Da  astronomicalunit au
    neper Np  bel B  decibel dB  bit bit  byte B  percent %  ppm ppm  bar bar  mmhg mmHg
    angstrom Å  nauticalmile nmi  knot kn
""")
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_TERM = re.compile(
    rf"(\\per)?(?:\\({'|'.join(_PREFIXES)}))?\\({'|'.join(_UNITS)})"
    r"(?:\\tothe\{(-?[0-9]+)\})?(?=\\|$)"
)
_ATTRIBUTES: Mapping[str, str] = {
    "2.5.4.3": N_("名称"),
    "2.5.4.4": N_("姓"),
    "2.5.4.5": N_("编号"),
    "2.5.4.6": N_("国家"),
    "2.5.4.7": N_("所在地"),
    "2.5.4.8": N_("省份"),
    "2.5.4.10": N_("所属单位"),
    "2.5.4.11": N_("部门"),
    "2.5.4.12": N_("职务"),
    "2.5.4.42": N_("名"),
    "2.5.4.97": N_("单位代码"),
    "1.2.840.113549.1.9.1": N_("电子邮箱"),
}


def unit(written: str) -> str:
    """Returns a unit by its symbols, such as kg·m⁻³; one that is not known stands as written.

    Empty for a plain number.
    """
    if written == r"\one":
        return ""
    terms = _TERM.findall(written)
    return "·".join(map(_symbol, terms)) if not _TERM.sub("", written) else written


def _symbol(term: tuple[str, str, str, str]) -> str:
    per, prefix, name, power = term
    exponent = int(power or 1) * (-1 if per else 1)
    raised = "" if exponent == 1 else str(exponent).translate(_POWERS)
    return f"{_PREFIXES.get(prefix, '')}{_UNITS[name]}{raised}"


def signer(visit: Visit, written: str) -> str:
    """Returns whom a signature names: name and organisation, else what is known, in words.

    What cannot be read stands as it is written.
    """
    try:
        name = x509.Name.from_rfc4514_string(written)
    except ValueError:
        return written
    known = {one.oid.dotted_string: str(one.value) for one in reversed([*name])}
    common, organisation = known.get("2.5.4.3"), known.get("2.5.4.10")
    if common and organisation and common != organisation:
        return visit.say(N_("{name}（{organisation}）")).format(
            name=common, organisation=organisation
        )
    if common or organisation:
        return common or organisation or ""
    listed = [f"{visit.say(_ATTRIBUTES.get(oid, oid))} {value}" for oid, value in known.items()]
    return ("，" if visit.language == "zh-CN" else ", ").join(listed)
