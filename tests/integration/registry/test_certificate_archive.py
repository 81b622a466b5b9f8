"""`quanheng certificate archive`: every certificate of a selection in one ZIP, each compared."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

from protos.registry.v1 import certificates_pb2 as pb
from services.cli.commands.certificate_archive import Archive
from tests.integration.registry.running_registry import RunningRegistry
from tests.integration.registry.test_certificates import MIB, owner_of, pdf, send, verified
from tests.integration.registry.test_institutions import institution


async def test_everything_of_a_subject_is_packed_and_what_is_damaged_is_named(
    registry: RunningRegistry, tmp_path: Path
) -> None:
    verification, content = await verified(registry, certificate_no="浙检/1号"), pdf(3 * MIB)
    sent = await send(await institution(registry), verification, content)
    operator = await owner_of(registry, verification)
    whole = Archive(pb.ListCertificatesRequest(page_size=1))
    await whole.save(operator.certificates, tmp_path / "all.zip")
    assert (whole.files, whole.faults) == (1, [])
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["浙检_1号.pdf", "清单.csv"]
        assert archive.read("浙检_1号.pdf") == content
        row = listed(archive)["浙检_1号.pdf"]
    assert (row["SHA-256"], row["说明"]) == (sent.sha256, "")

    stored = next(registry.settings.files_dir.rglob(sent.sha256))
    stored.chmod(0o600)
    stored.write_bytes(b"%PDF" + bytes(len(content) - 4))
    damaged = Archive(pb.ListCertificatesRequest())
    await damaged.save(operator.certificates, tmp_path / "damaged.zip")
    assert [fault[0] for fault in damaged.faults] == ["浙检/1号"]
    stored.unlink()
    missing = Archive(pb.ListCertificatesRequest())
    await missing.save(operator.certificates, tmp_path / "missing.zip")
    assert missing.files == 0
    with zipfile.ZipFile(tmp_path / "missing.zip") as archive:
        assert listed(archive)[""]["说明"] == "文件不在存储中"


def listed(archive: zipfile.ZipFile) -> dict[str, dict[str, str]]:
    """The rows of the list in an archive, by the name of the file."""
    text = archive.read("清单.csv").decode("utf-8-sig")
    return {row["文件"]: row for row in csv.DictReader(io.StringIO(text))}
