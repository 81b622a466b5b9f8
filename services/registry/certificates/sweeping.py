"""Tells which files the register names, so that others are swept, and finds missing ones."""

from __future__ import annotations

from sqlmodel import col, select

from plumbing.database import Database
from plumbing.files import Files
from plumbing.service import Findings
from services.registry.tables import CertificateFile, UpkeepFile


async def named_files(database: Database, digests: list[str]) -> set[str]:
    """Returns which of some SHA-256 values a certificate or an entry of upkeep names."""
    named: set[str] = set()
    async with database.snapshot() as session:
        for column in (col(CertificateFile.sha256), col(UpkeepFile.sha256)):
            named |= set((await session.exec(select(column).where(column.in_(digests)))).all())
    return named


async def check_files(database: Database, files: Files, findings: Findings) -> None:
    """Reports files that are missing from the store, or have another length."""
    async with database.snapshot() as session:
        certificates = (await session.exec(select(CertificateFile))).all()
        photographs = (await session.exec(select(UpkeepFile))).all()
    findings.figures["certificate_files"] = len(certificates)
    findings.figures["upkeep_files"] = len(photographs)
    found = certificates or photographs
    sizes = {digest: size async for digest, size in files.sizes()} if found else {}
    for row in certificates:
        if sizes.get(row.sha256) != row.size:
            zh, en = "证书文件不在存储中，或长度不同", "Its file is missing, or has another length"
            findings.differ("certificate.file_missing", f"certificate/{row.certificate_id}", zh, en)
    for one in photographs:
        if sizes.get(one.sha256) != one.size:
            zh, en = "维护记录的文件不在存储中，或长度不同", "It is missing, or has another length"
            findings.differ("upkeep.file_missing", f"upkeep_file/{one.file_id}", zh, en)
