"""Finds the instrument that each row of a file of verifications is about.

Owner, type and serial number identify it; another model is another instrument. Without a serial
number, such as 无, only a certificate or a verification on file does: what is perhaps the same is
filed beside it, for a person to look at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col

from law.colours.rule import InstrumentState
from law.identity import letters
from law.identity.instruments import of_model
from law.identity.verifications import Certificate, certificate_of
from services.registry.imports.plan.instruments_and_records import (
    KnownInstruments,
    note_writing,
    perhaps_on_file,
    serial_of,
)
from services.registry.imports.plan.owners import Owners
from services.registry.imports.plan.plan import Context, RegisterRow, fetch, present_rows
from services.registry.imports.rows.reader import Item
from services.registry.tables import Instrument, Verification

VERIFICATIONS = present_rows(Verification)
CERTIFIED = VERIFICATIONS.where(sa.text("certificate_key <> ''"))
Told = tuple[Any, ...]  # what an instrument without a number is known by: its verification


class InstrumentFinder:
    """Finds the instrument that a row is about, or plans to file it.

    `found` are the instruments of all rows, by id. `certified` are the ids of the instruments whose
    certificates the rows without a serial number name, and `told` those of the instruments without
    a number by their verifications without a certificate. `completed` are the models that rows give
    to instruments on file that have none, by id, each with its row.
    """

    def __init__(
        self,
        context: Context,
        owners: Owners,
        known: KnownInstruments,
        certified: Mapping[Certificate, str],
        told: Mapping[Told, Sequence[str]],
    ) -> None:
        self._context, self._owners, self._known = context, owners, known
        self._certified = certified
        self._told = {key: [*ids] for key, ids in told.items()}
        self.completed: dict[str, tuple[int, str]] = {}
        self._new: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        self.found: dict[str, RegisterRow] = {}

    @classmethod
    async def of(
        cls, context: Context, owners: Owners, known: KnownInstruments
    ) -> InstrumentFinder:
        """Reads the certificates on file that rows without a serial number name, all at once."""
        named = {
            certificate[1]
            for item in context.items
            if not serial_of(item.values)[1] and (certificate := certificate_of(item.values))
        }
        rows = await fetch(context.session, CERTIFIED, col(Verification.certificate_key), named)
        certified = {found: row["instrument_id"] for row in rows if (found := certificate_of(row))}
        return cls(context, owners, known, certified, await _told(context))

    def filed(self) -> Iterator[dict[str, Any]]:
        """Yields the new instruments."""
        return chain.from_iterable(self._new.values())

    def find(self, item: Item) -> RegisterRow | None:
        """Returns the instrument that a row is about.

        With `file_missing` in the header, it is a new one if the register has none. Returns None,
        and adds a fault for the row, if no single instrument can be determined.
        """
        filing = self._context.header.file_missing
        instrument = self._find_or_file(item) if filing else self._find_known(item)
        if instrument is not None:
            self.found[instrument["instrument_id"]] = instrument
        return instrument

    def _find_known(self, item: Item) -> RegisterRow | None:
        serial, name = serial_of(item.values), item.values.get("owner", "")
        if name or item.values.get("credit_code"):
            owner = self._owners.owner_of(item)
            if owner is None:
                return None
            candidates = self._known.owned(serial, owner["subject_id"])
        else:
            candidates = self._known.in_scope(self._context, serial)
        if not serial[1]:
            return self._unnumbered(item, candidates)
        return self._only(item, candidates)

    def _only(self, item: Item, candidates: list[RegisterRow]) -> RegisterRow | None:
        """The only one of the candidates; adds a fault if there is none or several."""
        fitting = of_model(item.values.get("model", ""), candidates)
        if len(fitting) == 1:
            note_writing(self._context, item, "serial_no", fitting[0])
            return fitting[0]
        if fitting:
            zh = "有多件器具与之相符，请填写使用单位"
            en = "several instruments match; name the owner"
            self._fault(item, "AMBIGUOUS_INSTRUMENT", zh, en)
        elif candidates:
            model = candidates[0]["model"]
            zh = f"登记的同编号器具型号为“{model}”，与此不同"
            en = f"the instrument on file with this number has another model: {model}"
            self._fault(item, "OTHER_MODEL", zh, en)
        else:
            zh, en = "没有登记该计量器具", "there is no such instrument in the register"
            self._fault(item, "UNKNOWN_INSTRUMENT", zh, en)
        return None

    def _unnumbered(self, item: Item, candidates: list[RegisterRow]) -> RegisterRow | None:
        """The candidate whose certificate the row names; adds a fault if there is none."""
        found = self._by_certificate(item, candidates)
        if found is None and not perhaps_on_file(self._context, item, candidates):
            zh, en = "没有登记该计量器具", "there is no such instrument in the register"
            self._fault(item, "UNKNOWN_INSTRUMENT", zh, en)
        return found

    def _find_or_file(self, item: Item) -> RegisterRow | None:
        values, serial = item.values, serial_of(item.values)
        owner = self._owners.owner_of(item, file_missing=True)
        if owner is None:
            return None
        known = self._known.owned(serial, owner["subject_id"])
        if serial[1]:
            fitting = of_model(values.get("model", ""), known)
            if len(fitting) == 1:
                note_writing(self._context, item, "serial_no", fitting[0])
                return self._completed(item, fitting[0])
        elif found := self._by_certificate(item, known) or self._by_verification(item, known):
            return found
        return self._file(item, owner)

    def _completed(self, item: Item, known: RegisterRow) -> RegisterRow:
        """The instrument on file, which a row may give the model that it lacks."""
        own, model = known["instrument_id"], item.values.get("model", "")
        if model and not known["model"]:
            self.completed.setdefault(own, (item.row, model))
            known = {**known, "model": self.completed[own][1]}
        return known

    def _by_verification(self, item: Item, candidates: list[RegisterRow]) -> RegisterRow | None:
        """The candidate of which this verification is on file, each for one row of the file."""
        ids = self._told.get(_verified(item.values["type_code"], item.values), [])
        model = letters(item.values.get("model", ""))
        for row in candidates:
            if row["instrument_id"] in ids and letters(row["model"]) == model:
                ids.remove(row["instrument_id"])
                return row
        return None

    def _by_certificate(self, item: Item, candidates: list[RegisterRow]) -> RegisterRow | None:
        certificate = certificate_of(item.values)
        own = self._certified.get(certificate) if certificate else None
        return next((row for row in candidates if row["instrument_id"] == own), None)

    def _file(self, item: Item, owner: RegisterRow) -> RegisterRow:
        """The new instrument that a row is about.

        Rows with one serial number and model are about one instrument, rows without a serial number
        about one for each certificate.
        """
        values, serial = item.values, serial_of(item.values)
        apart = "" if serial[1] else certificate_of(values) or item.row
        filed = self._new.setdefault((owner["subject_id"], serial, apart), [])
        fitting = of_model(values.get("model", ""), filed)
        if len(fitting) == 1:
            fitting[0]["model"] = fitting[0]["model"] or values.get("model", "")
            return fitting[0]
        filed.append(
            {
                "instrument_id": uuid4().hex,
                "subject_id": owner["subject_id"],
                "bureau": owner["bureau"],
                "in_review": owner["in_review"],
                "type_code": serial[0],
                "serial_no": values["serial_no"],
                "model": values.get("model", ""),
                "state": InstrumentState.SPARE,
                "spell": 0,
            }
        )
        return filed[-1]

    def _fault(self, item: Item, reason: str, zh: str, en: str) -> None:
        self._context.fault(item.row, "serial_no", item.values["serial_no"], reason, zh, en)


async def _told(context: Context) -> Mapping[Told, Sequence[str]]:
    """The instruments without a number, by their verifications without a certificate."""
    unnumbered = [item.values for item in context.items if not serial_of(item.values)[1]]
    bare = [values for values in unnumbered if not certificate_of(values)]
    told: dict[Told, list[str]] = defaultdict(list)
    if bare:
        query = (
            sa.select(*Verification.__table__.columns, col(Instrument.type_code))  # type: ignore[attr-defined]
            .join(Instrument, col(Instrument.instrument_id) == col(Verification.instrument_id))
            .where(
                col(Instrument.type_code).in_({values["type_code"] for values in bare}),
                col(Instrument.serial_key) == "",
                col(Verification.certificate_key) == "",
                sa.not_(sa.or_(col(Verification.removed), col(Instrument.removed))),
            )
        )
        for row in (await (await context.session.connection()).execute(query)).mappings():
            told[_verified(row["type_code"], dict(row))].append(row["instrument_id"])
    return told


def _verified(type_code: str, values: Mapping[str, Any]) -> Told:
    days = values["verified_on"], values.get("valid_until")
    return type_code, values["result"], *days, values["institution"]
