"""Tells which files certificates name, so that others are swept, and finds those without a file."""

from __future__ import annotations

from sqlmodel import col, select

from plumbing.database import Database
from plumbing.files import Files
from plumbing.service import Findings
from services.registry.tables import CertificateFile


async def named_by_certificates(database: Database, digests: list[str]) -> set[str]:
    """Returns which of some SHA-256 values a certificate names."""
    rows = select(CertificateFile.sha256).where(col(CertificateFile.sha256).in_(digests))
    async with database.snapshot() as session:
        return set((await session.exec(rows)).all())


async def check_files(database: Database, files: Files, findings: Findings) -> None:
    """Reports certificates whose file is missing from the store, or has another length."""
    async with database.snapshot() as session:
        rows = (await session.exec(select(CertificateFile))).all()
    sizes = {digest: size async for digest, size in files.sizes()} if rows else {}
    findings.figures["certificate_files"] = len(rows)
    for row in rows:
        if sizes.get(row.sha256) != row.size:
            zh, en = "证书文件不在存储中，或长度不同", "Its file is missing, or has another length"
            findings.differ("certificate.file_missing", f"certificate/{row.certificate_id}", zh, en)
