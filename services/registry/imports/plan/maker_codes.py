"""Refuses rows with a maker's code that another instrument has, on file or in the same file."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from services.registry.imports.plan.plan import Context, Kind, Plan, fetch, present_rows
from services.registry.maker_codes import TAKEN_EN, TAKEN_ZH
from services.registry.tables import Instrument

WITH_CODE = present_rows(Instrument).where(sa.text("maker_code <> ''"))


async def refuse_taken_codes(context: Context, plan: Plan) -> None:
    """Adds a fault for each planned instrument whose maker's code belongs to another one.

    Codes that two instruments exchange are refused too: one of them has to be cleared first.
    """
    planned = [one for one in plan.things[Kind.INSTRUMENT] if one.values.get("maker_code")]
    codes = {one.values["maker_code"] for one in planned}
    on_file = await fetch(context.session, WITH_CODE, col(Instrument.maker_code), codes)
    holders = {row["maker_code"]: row["instrument_id"] for row in on_file}
    rows: dict[str, int] = {}
    for one in planned:
        code = one.values["maker_code"]
        holder = holders.setdefault(code, one.thing_id)
        first = rows.setdefault(code, one.row)
        if holder != one.thing_id:
            zh = f"{TAKEN_ZH}（第 {first} 行）" if first != one.row else TAKEN_ZH
            en = f"{TAKEN_EN} (row {first})" if first != one.row else TAKEN_EN
            context.fault(one.row, "maker_code", code, "TAKEN_CODE", zh, en)
