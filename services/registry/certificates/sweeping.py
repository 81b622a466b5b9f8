"""Deletes files that no certificate names, once a day, and finds certificates without a file."""

from __future__ import annotations

import asyncio

import structlog
from sqlmodel import col, select

from plumbing.clock import Clock
from plumbing.database import DATABASE_AWAY, Database
from plumbing.files import Files
from plumbing.service import Findings
from services.registry.tables import CertificateFile

EVERY_SECONDS = 24 * 3600.0
log = structlog.get_logger()


class Sweep:
    """The daily round in which files are deleted that uploads left behind.

    Several replicas may run it at once. `clock` is the machine's, not that of a sandbox.
    """

    def __init__(self, database: Database, files: Files, clock: Clock) -> None:
        self._database, self._files, self._clock = database, files, clock

    async def run(self) -> None:
        """Sweeps once a day until cancelled."""
        while True:
            try:
                swept = await self._files.sweep(self.named, self._clock)
                if swept:
                    log.info("certificates.swept", files=swept)
            except DATABASE_AWAY as error:  # or the store: nothing is lost by waiting
                log.warning("certificates.sweep_failed", error=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def named(self, digests: list[str]) -> set[str]:
        """Returns which of some SHA-256 values a certificate names."""
        rows = select(CertificateFile.sha256).where(col(CertificateFile.sha256).in_(digests))
        async with self._database.snapshot() as session:
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
