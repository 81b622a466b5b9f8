"""`quanheng certificate archive`: every certificate of a selection in one ZIP, each compared."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

from plumbing.identity import Role
from protos.registry.v1 import calibrations_pb2 as calibration
from protos.registry.v1 import certificates_pb2 as pb
from services.cli.commands.certificate_archive import Archive
from tests.dcc import LABORATORY, dcc
from tests.integration.registry.running_registry import (
    CITY,
    FOREIGN,
    OTHER_DISTRICT,
    RunningRegistry,
    refused,
    verify,
)
from tests.integration.registry.test_calibrations import a_number, confirm
from tests.integration.registry.test_calibrations import listed as calibrations
from tests.integration.registry.test_calibrations import send as send_dcc
from tests.integration.registry.test_certificates import MIB, owner_of, pdf, send, verified
from tests.integration.registry.test_institutions import OWN, institution


async def test_everything_of_a_subject_is_packed_and_what_is_damaged_is_named(
    registry: RunningRegistry, tmp_path: Path
) -> None:
    verification, content = await verified(registry, certificate_no="浙检/1号"), pdf(3 * MIB)
    sent = await send(await institution(registry), verification, content)
    operator = await owner_of(registry, verification)
    whole = Archive(pb.ListCertificatesRequest(page_size=1))
    await whole.save(operator, tmp_path / "all.zip")
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
    await damaged.save(operator, tmp_path / "damaged.zip")
    assert [fault[0] for fault in damaged.faults] == ["浙检/1号"]
    stored.unlink()
    missing = Archive(pb.ListCertificatesRequest())
    await missing.save(operator, tmp_path / "missing.zip")
    assert missing.files == 0
    with zipfile.ZipFile(tmp_path / "missing.zip") as archive:
        assert listed(archive)[""]["说明"] == "文件不在存储中"


def listed(archive: zipfile.ZipFile) -> dict[str, dict[str, str]]:
    """The rows of the list in an archive, by the name of the file."""
    text = archive.read("清单.csv").decode("utf-8-sig")
    return {row["文件"]: row for row in csv.DictReader(io.StringIO(text))}


async def test_confirmed_calibrations_are_packed_too_each_file_once(
    registry: RunningRegistry, tmp_path: Path
) -> None:
    owner = await registry.subject()
    first = await registry.instrument(owner)
    lab, content = await institution(registry), dcc(first.serial_no, number=(number := a_number()))
    verification = (
        await lab.registry.RecordVerification(verify(first.instrument_id, institution=OWN))
    ).verification
    await send(lab, verification, pdf())
    dcc_id = (await send_dcc(lab, content)).dcc.dcc_id
    await confirm(lab, dcc_id, first.instrument_id)
    operator = registry.client(Role.OPERATOR, subject_id=owner.subject_id)
    whole = Archive(pb.ListCertificatesRequest())
    await whole.save(operator, tmp_path / "all.zip")
    assert (whole.files, whole.faults) == (2, [])
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.read(f"{number}.xml") == content
        row = listed(archive)[f"{number}.xml"]
    assert (row["证书编号"], row["结果"], row["说明"]) == (number, "校准", "")

    # A calibration has no validity, and is of no other institution, type or state.
    for asked in (
        pb.ListCertificatesRequest(valid_until_from="2020-01-01"),
        pb.ListCertificatesRequest(institution="没有这家"),
        pb.ListCertificatesRequest(type_code="NAWI-D"),
        pb.ListCertificatesRequest(state="scrapped"),
    ):
        some = Archive(asked)
        await some.save(operator, tmp_path / "some.zip")
        assert some.files == (1 if asked.valid_until_from else 0)
    assert not (await calibrations(operator, laboratory="没有这家")).calibrations
    found = await calibrations(operator, laboratory=LABORATORY[1:], type_code="FUEL")
    assert [one.instrument_id for one in found.calibrations] == [first.instrument_id]


async def test_a_bureau_reads_the_certificate_of_its_instrument_whoever_sent_it(
    registry: RunningRegistry,
) -> None:
    for code in (CITY, OTHER_DISTRICT):
        await registry.bureau(code)
    filed = await registry.instrument(await registry.subject(bureau=OTHER_DISTRICT))
    await institution(registry)
    lab = await registry.person(Role.VERIFICATION_INSTITUTION, institution=OWN, bureau=CITY)
    content = dcc(filed.serial_no, number=a_number())
    dcc_id = (await send_dcc(lab, content)).dcc.dcc_id
    caseworker = registry.client(Role.CASEWORKER, bureau=OTHER_DISTRICT)
    file = calibration.ReadDccRequest(dcc_id=dcc_id)
    with refused("NOT_FOUND"):
        await caseworker.calibrations.ReadDcc(file)
    await confirm(lab, dcc_id, filed.instrument_id)
    assert (await caseworker.calibrations.ReadDcc(file)).content == content
    with refused("NOT_FOUND"):
        await registry.client(Role.CASEWORKER, bureau=FOREIGN).calibrations.ReadDcc(file)
