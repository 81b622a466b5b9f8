"""The DCCs of a batch of results: its certificates, which are open again once it is undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any

from sqlmodel import col, select

from law.errors import WrongState
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.file_kinds import FileKind
from services.registry.announce_changes import IDS_IN_QUERY
from services.registry.calibrations.as_certificate import (
    add_file,
    calibrated_by,
    certify,
    reopen_dcc,
    reopen_replaced,
    require_usable,
)
from services.registry.calibrations.tables import Dcc
from services.registry.imports.batch.built_on import removed_of
from services.registry.imports.staging.rivals import Overtaken
from services.registry.tables import CertificateFile, ImportBatch, ImportedThing, Verification


async def take_dccs(change: Change, named: Mapping[str, str], on_file: Mapping[str, str]) -> None:
    """Makes DCCs the files of new results; `named` has the DCC of each result, by their ids.

    `on_file` has those of results on file that have the same file already, or its SHA-256 alone.
    The latter get the file with it: their rows say so already. Raises Overtaken if one was set
    aside or confirmed as a calibration since the batch was planned.
    """
    every = {**named, **on_file}
    for verification_id, dcc_id in sorted(
        every.items(), key=itemgetter(1, 0)
    ):  # one order of locks
        result = await change.session.get_one(Verification, verification_id)
        row = await change.session.get_one(Dcc, dcc_id, with_for_update=True)
        calibrated = await calibrated_by(change.session, [row.sha256])
        try:
            require_usable(row, calibrated=(row.sha256, result.instrument_id) in calibrated)
        except WrongState as refusal:
            raise Overtaken(refusal.zh, refusal.en, dcc_id=dcc_id) from refusal
        if verification_id in on_file:
            if result.certificate_sha256 != row.sha256:
                zh, en = "检定的证书文件已经更换", "the file of the certificate was replaced"
                raise Overtaken(zh, en, dcc_id=dcc_id)
            await certify(change, row, [result], change.today)
        else:
            await add_file(change, row, result)


async def take_files_away(
    change: Change, batch: ImportBatch, things: Mapping[str, ImportedThing], ground: str
) -> None:
    """Takes the files from results on file that an undone batch gave them; their DCCs wait again.

    Such a result had the SHA-256 alone. `things` are the results of the batch, by their ids.
    """
    without = {key for key, one in things.items() if one.before and not _had_file(one.before)}
    for ids in chunks(sorted(without.difference(removed_of(things))), IDS_IN_QUERY):
        given = select(CertificateFile).where(
            col(CertificateFile.verification_id).in_(ids),
            CertificateFile.kind == FileKind.DCC,
            CertificateFile.uploaded_at >= batch.imported_at,
        )
        files = (await change.session.exec(given.order_by(col(CertificateFile.sha256)))).all()
        for file in files:
            before, object_ = file.model_dump(mode="json"), f"verification/{file.verification_id}"
            await change.session.delete(file)
            change.audit("take_certificate_away", object_, before=before, ground=ground)
        await change.session.flush()
        for sha256 in sorted({file.sha256 for file in files}):
            await reopen_replaced(change, sha256, ground)


def _had_file(before: Mapping[str, Any]) -> bool:
    return before.get("certificate_on") is not None


async def reopen_dccs(change: Change, removed: Collection[str], ground: str) -> None:
    """Lets the DCCs wait again that certified nothing but results that are removed now."""
    for ids in chunks(sorted(removed), IDS_IN_QUERY):
        files = select(CertificateFile.sha256).where(
            col(CertificateFile.verification_id).in_(ids), CertificateFile.kind == FileKind.DCC
        )
        rows = select(Dcc).where(col(Dcc.sha256).in_(files)).order_by(col(Dcc.dcc_id))
        for row in (await change.session.exec(rows.with_for_update())).all():
            await reopen_dcc(change, row, ground)
