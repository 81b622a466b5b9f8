"""Tells which files the register names, so that others are swept, and finds missing ones."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from plumbing.database import Database
from plumbing.files import Files
from plumbing.service import Findings
from services.registry.tables import CertificateFile, Dcc, Photograph, UpkeepFile

_NAMING: tuple[Any, ...] = (
    *(CertificateFile.sha256, Dcc.sha256, UpkeepFile.sha256),
    *(Photograph.sha256, Photograph.preview_sha256),
)
# What has a file: the name and the object of a finding, its key, and the words for the file.
_HAVING: tuple[tuple[Any, str, str, Any, str], ...] = (
    (CertificateFile, "certificate", "certificate", CertificateFile.certificate_id, "证书文件"),
    (UpkeepFile, "upkeep", "upkeep_file", UpkeepFile.file_id, "维护记录的文件"),
    (Dcc, "dcc", "dcc", Dcc.dcc_id, "校准证书文件"),
    (Photograph, "photograph", "photograph", Photograph.photograph_id, "照片"),
)


async def named_files(database: Database, digests: list[str]) -> set[str]:
    """Returns which of some SHA-256 values a row of the register names."""
    named: set[str] = set()
    async with database.snapshot() as session:
        for column in _NAMING:
            named |= set((await session.exec(select(column).where(col(column).in_(digests)))).all())
    return named


async def check_files(database: Database, files: Files, findings: Findings) -> None:
    """Reports files that are missing from the store, or have another length."""
    async with database.snapshot() as session:
        found = [(having, (await session.exec(select(having[0]))).all()) for having in _HAVING]
    any_file = any(rows for _, rows in found)
    sizes = {digest: size async for digest, size in files.sizes()} if any_file else {}
    for (_, name, object_, key, words), rows in found:
        findings.figures[f"{name}_files"] = len(rows)
        for row in rows:
            if sizes.get(row.sha256) != row.size:
                zh, en = f"{words}不在存储中，或长度不同", "It is missing, or has another length"
                place = f"{object_}/{getattr(row, key.key)}"
                findings.differ(f"{name}.file_missing", place, zh, en)
