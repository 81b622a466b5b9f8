"""Finds the DCCs that the rows of a file of results name as the files of their certificates.

The rules are those of a single result (`calibrations.as_certificate`, ADR 0054).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, WrongState
from plumbing.chunks import chunks
from services.registry.calibrations.access import SEVERAL_EN, SEVERAL_ZH, visible_to
from services.registry.calibrations.as_certificate import (
    calibrated_by,
    differing,
    owner_but,
    require_usable,
)
from services.registry.calibrations.tables import Dcc
from services.registry.imports.plan.plan import ROWS_IN_QUERY, Context, RegisterRow
from services.registry.imports.rows.reader import Item
from services.registry.institutions.reporting import is_institution


class NamedDccs:
    """The DCCs that a file names, by id and by SHA-256, and what they are confirmed as already."""

    def __init__(
        self,
        context: Context,
        named: Mapping[str, Sequence[Dcc]],
        calibrated: set[tuple[str, str]],
    ) -> None:
        self._context, self._named, self._calibrated = context, named, calibrated

    @classmethod
    async def of(cls, context: Context, items: Iterable[Item]) -> NamedDccs:
        """Reads the DCCs that the rows name and the sender may see, all at once."""
        given = {_name_in(item) for item in items} - {""}
        if not given:
            return cls(context, {}, set())
        seen = await visible_to(context.session, context.caller)
        found: dict[str, Dcc] = {}  # a row may name by id what another names by its file
        for names in chunks(sorted(given), ROWS_IN_QUERY):
            either = sa.or_(col(Dcc.dcc_id).in_(names), col(Dcc.sha256).in_(names))
            rows = (await context.session.exec(select(Dcc).where(either, seen))).all()
            found |= {row.dcc_id: row for row in rows}
        named = defaultdict[str, list[Dcc]](list)
        for row in found.values():
            named[row.dcc_id].append(row)
            named[row.sha256].append(row)
        calibrated = set[tuple[str, str]]()
        for some in chunks(sorted({row.sha256 for row in found.values()}), ROWS_IN_QUERY):
            calibrated |= await calibrated_by(context.session, some)
        return cls(context, named, calibrated)

    def certificate_of(
        self, item: Item, instrument: RegisterRow, present: RegisterRow | None
    ) -> Dcc | None:
        """Returns the DCC that a row names, None if it names none or may not name it.

        Adds a fault to the row in the latter case. `present` is the result on file that the row
        tells again, which keeps its certificate.
        """
        name = _name_in(item)
        if not name:
            return None
        rows = self._named.get(name, ())
        if len(rows) != 1:
            zh, en = (
                "没有这份 DCC，或者您看不到它",
                "there is no such DCC, or none that you may see",
            )
            several = Fault("dcc", SEVERAL_ZH, SEVERAL_EN)
            self._refuse(item, several if rows else Fault("dcc", zh, en))
            return None
        [row] = rows
        faults = self._faults(row, item, instrument)
        if not faults and present is not None and present["certificate_sha256"] != row.sha256:
            zh = "这次检定已经登记，证书文件请在检定结果的页上上传"
            en = "the result is on file; upload the file of its certificate on its page"
            faults = [Fault("dcc", zh, en)]
        for fault in faults:
            self._refuse(item, fault)
        return None if faults else row

    def _faults(self, row: Dcc, item: Item, instrument: RegisterRow) -> list[Fault]:
        values = item.values
        calibrated = (row.sha256, instrument["instrument_id"]) in self._calibrated
        try:
            require_usable(row, calibrated=calibrated)
        except WrongState as refusal:
            return [Fault("dcc", refusal.zh, refusal.en)]
        if not is_institution(self._context.caller) and (
            whose := owner_but(row, values["institution"])
        ):
            zh = f"这份 DCC 是{whose[0]}的，不是该检定机构的；确要使用的，请逐台登记并写明理由"
            en = (
                f"the DCC is of {whose[1]}, not of the institution: record it singly, with a ground"
            )
            return [Fault("dcc", zh, en)]
        number = values.get("certificate_no", "")
        return differing(row, number, values["verified_on"], instrument["serial_no"])

    def _refuse(self, item: Item, fault: Fault) -> None:
        value = item.values.get(fault.field, "")
        zh, en = fault.message_zh, fault.message_en
        self._context.fault(item.row, fault.field, value, "DCC_NOT_OF_THIS_RESULT", zh, en)


def _name_in(item: Item) -> str:
    return str(item.values.get("dcc", "")).lower()
