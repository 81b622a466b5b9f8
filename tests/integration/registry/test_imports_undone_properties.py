"""Undoing an import leaves the register as it was before, for files made at random."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.bare_register import BUREAUS, Content, Register
from tests.integration.registry.import_files import table
from tests.integration.registry.running_registry import credit_code
from tests.lengths import at_length
from tests.postgres import Databases

ROUNDS, ROWS = 25, 12


@pytest.fixture
async def register(tmp_path: Path, databases: Databases) -> AsyncIterator[Register]:
    """An empty register with two bureaus."""
    database = await databases.migrated(tmp_path, "registry")
    register = Register(database, tmp_path / "staging")
    rows = [(code, f"合成局{code}") for code in BUREAUS]
    await register.take("bureaus", table(("机关代码", "机关名称"), *rows))
    yield register
    await database.close()


class Files:
    """Files made at random about a few subjects, so that they often meet rows on file."""

    def __init__(self, seed: int) -> None:
        self._pick = random.Random(seed)  # noqa: S311  nothing secret
        self._codes = [credit_code() for _ in range(6)]
        self._made = 0

    def any(self) -> tuple[str, bytes, dict[str, Any]]:
        """A family, its file and the fields of its header."""
        family = self._pick.choice(("subjects", "instruments", "verifications", "records"))
        rows = [getattr(self, f"_{family}")() for _ in range(self._pick.randint(1, ROWS))]
        values: dict[str, Any] = {}
        if family == "verifications" and self._pick.random() < 0.5:
            values = {"file_missing": True, "bureau": self._pick.choice(BUREAUS)}
        return family, table(list(rows[0]), *(list(row.values()) for row in rows)), values

    def _one(self, *options: str) -> str:
        return self._pick.choice(options)

    def _day(self, *years: int) -> str:
        month, day = self._pick.randint(1, 8), self._pick.randint(1, 28)
        return f"{self._pick.choice(years)}-{month:02d}-{day:02d}"

    def _subjects(self) -> Mapping[str, str]:
        return {
            "name": f"合成{self._pick.randint(1, 9)}",
            "kind": self._one("organisation", "individual_business"),
            "credit_code": self._one(*self._codes),
            "bureau": self._one(*BUREAUS),
            "sector": self._one("market", "catering", "utility"),
            "address": self._one("", "样例路1号", "样例路2号"),
            "email": self._one("", "a@b.example"),
        }

    def _instruments(self) -> Mapping[str, str]:
        return {
            "owner": self._one(*self._codes),
            "type_code": self._one("NAWI-D", "WATER"),
            "serial_no": str(self._pick.randint(1, 8)),
            "part": self._one("", "", "1", "02", "3号枪"),
            "model": self._one("", "甲", "乙"),
            "state": self._one("", "in_use", "spare", "stopped"),
            "rotate_on": self._one("", "2030-01-01"),
        }

    def _verifications(self) -> Mapping[str, str]:
        self._made += 1
        result = self._one("pass", "pass", "reject")
        return {
            "owner": self._one(*self._codes, "不详", "新来的"),
            "type_code": self._one("NAWI-D", "WATER"),
            "serial_no": str(self._pick.randint(1, 8)),
            "part": self._one("", "", "1", "02", "3号枪"),
            "result": result,
            "verified_on": self._day(2024, 2025, 2026),
            "valid_until": self._day(2027) if result == "pass" else "",
            "institution": "合成检定院",
            "certificate_no": self._one("", str(self._pick.randint(1, 12)), f"新{self._made}"),
        }

    def _records(self) -> Mapping[str, str]:
        return {
            "owner": self._one(*self._codes),
            "kind": self._one("penalty", "award"),
            "occurred_on": self._day(2024),
            "determined_on": self._day(2025),
            "source_ref": f"合成{self._pick.randint(1, 20)}",
            "verified": self._one("是", "否"),
        }


@pytest.mark.parametrize("seed", at_length(range(3), 0))
async def test_a_file_and_its_undoing_leave_the_register_as_it_was(
    register: Register, seed: int
) -> None:
    files, applied = Files(seed), 0
    await register.take("subjects", _everybody(files))
    for number in range(ROUNDS):
        before, versions = await register.content(), await register.versions()
        family, content, values = files.any()
        batch = await register.take(family, content, **values)
        if batch.state != "applied":
            assert await register.content() == before
            continue
        applied += 1
        assert await register.content() != before
        await register.undo(batch)
        assert await register.content() == before
        after = await register.versions()
        assert all(after[one] >= version for one, version in versions.items())
        if number % 2:  # the same file comes in again, and stays
            assert (await register.take(family, content, **values)).state == "applied"
    assert applied > ROUNDS // 3


async def test_files_on_top_of_each_other_are_undone_down_to_the_first(
    register: Register,
) -> None:
    files = Files(7)
    stack: list[tuple[pb.Batch, Content]] = []
    await register.take("subjects", _everybody(files))
    while len(stack) < ROUNDS // 2:
        before = await register.content()
        family, content, values = files.any()
        batch = await register.take(family, content, **values)
        if batch.state == "applied":
            stack.append((batch, before))
    for batch, before in reversed(stack):
        await register.undo(batch)
        assert await register.content() == before


def _everybody(files: Files) -> bytes:
    columns = ("name", "kind", "credit_code", "bureau", "sector")
    rows: Sequence[Sequence[str]] = [
        (f"合成{n}", "organisation", code, BUREAUS[n % 2], "market")
        for n, code in enumerate(files._codes)
    ]
    return table(columns, *rows)
