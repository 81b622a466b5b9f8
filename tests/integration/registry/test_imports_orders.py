"""A register is the same whatever the order, the files and the writing in which its facts come."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from law.identity import document_key, folded, letters, serial_key
from services.registry.imports.plan.plan import Kind
from tests.integration.registry.bare_register import Register
from tests.integration.registry.import_files import table
from tests.integration.registry.running_registry import DISTRICT, credit_code
from tests.integration.registry.writings import spelt
from tests.lengths import at_length
from tests.postgres import Databases

Row = Mapping[str, str]
FAMILIES = ("subjects", "instruments", "verifications", "records")
# What people write in many ways; the other columns are codes and days.
WRITTEN = {"name", "owner", "serial_no", "model", "certificate_no"}
CODES = [credit_code() for _ in range(2)]
# Two with a code and two without; one of these has a namesake with a code.
OWNERS = [("甲（X1）站", CODES[0]), ("乙-X1-市场", CODES[1]), ("丙(X2)店", ""), ("丁-X1", "")]


def verifications(held: Sequence[tuple[str, str]]) -> list[Row]:
    """Two verifications of each instrument, named by its owner and number."""
    return [
        {
            "owner": owner,
            "type_code": "NAWI-D",
            "serial_no": serial,
            "model": "A-X1",
            "result": result,
            "verified_on": day,
            "valid_until": "2027-04-30" if result == "pass" else "",
            "institution": "合成检定院",
            "certificate_no": f"C-{n}-{day}",
        }
        for n, (owner, serial) in enumerate(held)
        for day, result in (("2026-05-01", "pass"), ("2026-06-01", "reject" if n % 2 else "pass"))
    ]


def facts() -> dict[str, list[Row]]:
    """The facts of each family, each once; owners are named by code or by name."""
    subjects: list[Row] = [
        {
            "name": name,
            "credit_code": code,
            "kind": "organisation",
            "sector": "market",
            "bureau": DISTRICT,
            "address": f"文一路{n}号",
        }
        for n, (name, code) in enumerate(OWNERS)
    ]
    held = [(name, serial) for name, _ in OWNERS for serial in ("X-1-1", "X-1-01")]
    instruments: list[Row] = [
        {
            "owner": owner,
            "type_code": "NAWI-D",
            "serial_no": serial,
            "model": "A-X1",
            "state": "in_use",
        }
        for owner, serial in held
    ]
    records: list[Row] = [
        {
            "owner": owner,
            "kind": "penalty",
            "severity": "general",
            "occurred_on": "2026-03-01",
            "determined_on": f"2026-04-0{n}",
            "source_ref": f"测罚〔2026〕{n}号",
            "verified": "是",
        }
        for owner, _ in OWNERS
        for n in (1, 2)
    ]
    return dict(zip(FAMILIES, (subjects, instruments, verifications(held), records), strict=True))


def document_spelt(chance: Random, number: str) -> str:
    """The number of a document in another writing."""
    left, right = chance.choice([("〔", "〕"), ("[", "]"), ("（", "）"), ("【", "】"), ("(", ")")])
    zeros = chance.choice(["", "0", "第", "第0"])
    return number.replace("〔", left).replace("〕", right + zeros)


def written(chance: Random, row: Row) -> Row:
    """A row in another writing; a code is no name and has its own form."""
    others = {name: spelt(chance, row[name]) for name in WRITTEN & row.keys()}
    if "source_ref" in row:
        others["source_ref"] = document_spelt(chance, row["source_ref"])
    return {**row, **others}


def files(chance: Random, rows: Sequence[Row]) -> list[list[Row]]:
    """The rows in any order, some of them twice, each written anew, in up to four files."""
    doubled = [*rows, *chance.sample(list(rows), 2)]
    chance.shuffle(doubled)
    cuts = sorted(chance.randrange(len(doubled) + 1) for _ in range(chance.randrange(4)))
    parts = zip([0, *cuts], [*cuts, len(doubled)], strict=True)
    return [[written(chance, row) for row in doubled[a:b]] for a, b in parts if a < b]


async def take(register: Register, family: str, rows: Sequence[Row]) -> Any:
    """Takes in one file; none of its rows may be refused."""
    content = table(list(rows[0]), *(list(row.values()) for row in rows))
    batch = await register.take(family, content)
    assert batch.rejected == 0, await register.faults(batch)
    return batch


async def meant(register: Register) -> list[tuple[Any, ...]]:
    """What the register has, without ids and whatever was written how."""
    found = await register.content()
    owners = {key: folded(row["name"]) for key, row in found[Kind.SUBJECT].items()}
    meters = {
        key: (owners[row["subject_id"]], serial_key(row["serial_no"]), letters(row["model"]))
        for key, row in found[Kind.INSTRUMENT].items()
    }
    return sorted(
        [
            *((owners[key], row["credit_code"]) for key, row in found[Kind.SUBJECT].items()),
            *((*meter, str(found[Kind.INSTRUMENT][key]["state"])) for key, meter in meters.items()),
            *(
                (
                    *meters[row["instrument_id"]],
                    str(row["verified_on"]),
                    str(row["result"]),
                    folded(row["certificate_no"]),
                )
                for row in found[Kind.VERIFICATION].values()
            ),
            *(
                (owners[row["subject_id"]], document_key(row["source_ref"]), str(row["points"]))
                for row in found[Kind.RECORD].values()
            ),
        ]
    )


@asynccontextmanager
async def empty(folder: Path, databases: Databases) -> AsyncIterator[Register]:
    await asyncio.to_thread(folder.mkdir)
    database = await databases.migrated(folder, "registry")
    register = Register(database, folder / "staging")
    await register.take("bureaus", table(("code", "name"), (DISTRICT, "合成局")))
    yield register
    await database.close()


@pytest.mark.parametrize("seed", at_length(range(4), 0))
async def test_the_same_facts_give_the_same_register_and_undone_none(
    tmp_path: Path, databases: Databases, seed: int
) -> None:
    async with empty(tmp_path / "plain", databases) as plain:
        for family, rows in facts().items():
            await take(plain, family, rows)
        expected = await meant(plain)
    chance, applied = Random(seed), []  # noqa: S311  nothing secret
    async with empty(tmp_path / "other", databases) as other:
        before = await other.content()
        for family, rows in facts().items():
            for file in files(chance, rows):
                batch = await take(other, family, file)
                applied += [batch] if batch.state == "applied" else []
        found = await meant(other)
        assert (Counter(found) - Counter(expected), Counter(expected) - Counter(found)) == ({}, {})
        for batch in reversed(applied):
            await other.undo(batch)
        assert await other.content() == before
