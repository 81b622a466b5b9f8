"""Takes out of a certificate what is proposed to a person. Nothing of it is a fact yet."""

from __future__ import annotations

from typing import Any

from services.registry.calibrations.dcc.elements import (
    DCC,
    Element,
    day_at,
    every,
    text_at,
    words_at,
)
from services.registry.calibrations.dcc.rules import conformity_of

MOST_ITEMS, MOST_CONDITIONS, MOST_NUMBERS = 100, 30, 10
_MAKER, _OWNERS = ("manufacturer",), ("customer", "owner")


def certificate_of(root: Element) -> dict[str, str]:
    """Returns the fields of the certificate as a whole; one that it does not have is empty."""
    admin = next(iter(every(root, "dcc:administrativeData")), None)
    core = next(iter(every(admin, "dcc:coreData")), None)
    laboratory = next(iter(every(admin, "dcc:calibrationLaboratory")), None)
    replaced = "dcc:reportAmendedSubstituted/dcc:replacedUniqueIdentifier"
    return {
        "certificate_no": text_at(core, "dcc:uniqueIdentifier"),
        "replaces": text_at(core, replaced),
        "laboratory": words_at(laboratory, "dcc:contact/dcc:name"),
        "laboratory_code": text_at(laboratory, "dcc:calibrationLaboratoryCode"),
        "customer": words_at(admin, "dcc:customer/dcc:name"),
        "begun_on": _day(core, "dcc:beginPerformanceDate"),
        "calibrated_on": _day(core, "dcc:endPerformanceDate"),
        "issued_on": _day(core, "dcc:issueDate"),
        "recalibrate_on": _recalibration(admin),
        "conformity": conformity_of(root),
    }


def _recalibration(admin: Element) -> str:
    """The day that a statement names for the next calibration; the owner's cycle is another one."""
    for one in every(admin, "dcc:statements/dcc:statement"):
        if "basic_recalibration" in (one.get("refType") or "").split():
            return _day(one, "dcc:date")
    return ""


def _day(element: Element, path: str) -> str:
    day = day_at(element, path)
    return day.isoformat() if day else ""


def items_of(root: Element) -> list[dict[str, Any]]:
    """Returns the items of a certificate, which may be standards as well as what was calibrated."""
    found = every(root, "dcc:administrativeData/dcc:items/dcc:item")[:MOST_ITEMS]
    return [_item(one) for one in found]


def _item(item: Element) -> dict[str, Any]:
    return {
        "name": words_at(item, "dcc:name"),
        "manufacturer": words_at(item, "dcc:manufacturer/dcc:name"),
        "model": text_at(item, "dcc:model"),
        "serial_nos": _numbers(item, _MAKER),
        "owner_nos": _numbers(item, _OWNERS),
    }


def _numbers(item: Element, issuers: tuple[str, ...]) -> list[str]:
    found = every(item, "dcc:identifications/dcc:identification")
    numbers = [text_at(one, "dcc:value") for one in found if text_at(one, "dcc:issuer") in issuers]
    return [*dict.fromkeys(filter(None, numbers))][:MOST_NUMBERS]


def conditions_of(root: Element) -> list[dict[str, str]]:
    """Returns the conditions under which was measured: what, its value and its unit."""
    conditions = []
    for one in root.iter(f"{{{DCC}}}influenceCondition"):
        for quantity in every(one, "dcc:data/dcc:quantity"):
            own = words_at(quantity, "dcc:name")
            conditions.append({"name": own or words_at(one, "dcc:name"), **_value(quantity)})
    return conditions[:MOST_CONDITIONS]


def _value(quantity: Element) -> dict[str, str]:
    for place in ("si:real", "si:hybrid/si:real"):
        if value := text_at(quantity, f"{place}/si:value"):
            return {"value": value, "unit": text_at(quantity, f"{place}/si:unit")}
    return {"value": words_at(quantity, "dcc:noQuantity"), "unit": ""}
