"""The command that writes the certificates in force into one ZIP, each compared with its digest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import grpc
import typer

from plumbing.archives import Names, Packed, packed
from plumbing.client import EXPORTING, PURPOSE
from plumbing.clock import SHANGHAI
from plumbing.file_kinds import FileKind
from plumbing.spreadsheets import CsvRows
from plumbing.whole_files import written_whole
from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.language import choose
from services.cli.output.options import Data
from services.cli.output.to_file import in_a_folder
from services.cli.output.words import word

if TYPE_CHECKING:
    from protos.registry.v1 import calibrations_pb2, certificates_pb2
    from protos.registry.v1.calibrations_pb2_grpc import CalibrationServiceStub
    from protos.registry.v1.certificates_pb2_grpc import CertificateServiceStub


class Stubs(Protocol):
    """What reads certificates: a client of the registry."""

    @property
    def certificates(self) -> CertificateServiceStub:
        """The certificates of verifications."""

    @property
    def calibrations(self) -> CalibrationServiceStub:
        """The calibrations and their certificates."""


PAGE_SIZE = 200
_EXPORTED = ((PURPOSE, EXPORTING),)
_HEADINGS = (
    ("文件", "file"),
    ("证书编号", "certificate"),
    ("主体编号", "subject"),
    ("器具", "instrument"),
    ("出厂编号", "serial number"),
    ("检定机构或者校准实验室", "institution or laboratory"),
    ("结果", "result"),
    ("检定或者校准日期", "verified or calibrated on"),
    ("有效期至", "valid until"),
    ("版次", "version"),
    ("字节数", "bytes"),
    ("SHA-256", "SHA-256"),
    ("说明", "remark"),
)


def certificate_archive(
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            dir_okay=False,
            callback=in_a_folder,
            help="写入的 ZIP 文件 | ZIP file to write to",
        ),
    ],
    subject: Annotated[str, typer.Option("--subject", help="主体 | of this subject alone")] = "",
    state: Annotated[
        str, typer.Option("--state", help="器具的使用状态 | state of the instrument")
    ] = "",
    type_code: Annotated[str, typer.Option("--type", help="器具类型 | type of instrument")] = "",
    valid_from: Annotated[
        str, typer.Option("--valid-from", help="有效期至此日或以后 | last valid day from")
    ] = "",
    valid_to: Annotated[
        str, typer.Option("--valid-to", help="有效期至此日或以前 | last valid day up to")
    ] = "",
    institution: Annotated[
        str, typer.Option("--institution", help="机构或者实验室的名称中有 | part of its name")
    ] = "",
    data: Data = None,
) -> None:
    """把现行的证书文件写成一个 ZIP，附清单；有文件缺失或者内容不符时退出码为 1。

    Writes the certificates in force to one ZIP, with a list of them; exit 1 if a file is missing or
    is not what was sent. The confirmed certificates of calibration come after those of
    verifications, unless a validity is asked for.
    """
    from protos.registry.v1 import certificates_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ListCertificatesRequest(
        page_size=PAGE_SIZE,
        subject_id=subject,
        state=state,
        type_code=type_code,
        valid_until_from=valid_from,
        valid_until_to=valid_to,
        institution=institution,
    )
    _write(Archive(request), to, data)


def _write(archive: Archive, to: Path, data: Path | None) -> None:
    """Writes the archive; exits with 1 and what is faulty if a file is."""

    async def saved(client: Client) -> None:
        with written_whole(to) as part:
            await archive.save(client, part)

    with_client(data, saved)
    show.done(
        f"已写入 {to}（{archive.files} 份证书）", f"wrote {to} ({archive.files} certificates)"
    )
    if archive.faults:
        show.refuse(
            "有的证书文件缺失或者与登记的摘要不符，见清单",
            "Some files are missing, or differ from their digests; see the list",
            [(name, zh, en) for name, zh, en in archive.faults],
        )
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Held:
    """A certificate of the selection: its row of the list, without name and remark, and its file.

    `file_id` names the file: one that several rows have is packed once.
    """

    file_id: str
    number: str
    extension: str
    sent: datetime
    row: Sequence[str]
    file: _File


class Archive:
    """The certificates of a selection as one ZIP: how many it has, and which are faulty."""

    def __init__(self, wanted: certificates_pb2.ListCertificatesRequest) -> None:
        self._wanted = wanted
        self.files = 0
        self.faults: list[tuple[str, str, str]] = []  # certificate, Chinese, English

    async def save(self, client: Stubs, to: Path) -> None:
        """Reads every certificate and writes the ZIP."""
        with to.open("wb") as file:
            async for piece in packed(self._packed(client)):
                file.write(piece)

    async def _packed(self, client: Stubs) -> AsyncIterator[Packed]:
        names, text, written = Names(), io.StringIO(newline=""), dict[str, str]()
        rows = CsvRows(text)
        rows.write([choose(*heading) for heading in _HEADINGS])
        last = datetime.fromtimestamp(0, SHANGHAI).replace(year=1980)  # the first that a ZIP knows
        async for one in self._selected(client):
            if one.file_id in written:
                rows.write([written[one.file_id], *one.row, ""])
                continue
            name = ""
            if await one.file.begins():
                name = written[one.file_id] = names.name(one.number, one.extension)
                last = max(last, one.sent)
                yield Packed(name, one.sent, one.file.pieces())
                self.files += 1
            rows.write([name, *one.row, self._fault(one)])
        content = text.getvalue().encode("utf-8-sig")
        yield Packed(names.name(choose("清单", "list"), "csv"), last, _once(content))

    async def _selected(self, client: Stubs) -> AsyncIterator[_Held]:
        async for entry in _entries(client.certificates, self._wanted):
            yield _certificate(client, entry)
        if self._wanted.valid_until_from or self._wanted.valid_until_to:
            return
        async for calibration in _calibrations(client.calibrations, self._wanted):
            yield await _calibration(client, calibration)

    def _fault(self, one: _Held) -> str:
        """What is wrong with a file that was read, as a remark; empty if nothing is."""
        if one.file.is_whole:
            return ""
        told = (
            ("内容与登记的摘要不符", "differs from its digest")
            if one.file.is_there
            else ("文件不在存储中", "is not in the store")
        )
        self.faults.append((one.number, *told))
        return choose(*told)


class _File:
    """A file as it is read, with the digest of what has come; `first` is a piece read before."""

    def __init__(
        self,
        read: Callable[[int], Awaitable[Any]],
        size: int,
        sha256: str,
        first: bytes | None = None,
    ) -> None:
        self._read, self._size, self._sha256 = read, size, sha256
        self._first, self._digest = first, hashlib.sha256()
        self.is_there = False

    async def begins(self) -> bool:
        """Reads the first piece, unless it was read before; False if there is no file."""
        if self._first is None:
            answer = await _if_there(self._read(0))
            self._first = answer and answer.content
        self.is_there = self._first is not None
        return self.is_there

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields the file piece by piece."""
        read, piece = 0, self._first
        while piece:
            self._digest.update(piece)
            yield piece
            read += len(piece)
            piece = (await self._read(read)).content if read < self._size else b""

    @property
    def is_whole(self) -> bool:
        """Whether what was read is what was sent."""
        return self.is_there and self._digest.hexdigest() == self._sha256


async def _entries(
    stub: CertificateServiceStub, wanted: certificates_pb2.ListCertificatesRequest
) -> AsyncIterator[certificates_pb2.CertificateEntry]:
    request: Any = type(wanted)()
    request.CopyFrom(wanted)
    while True:
        answer = await stub.ListCertificates(request, metadata=_EXPORTED)
        for entry in answer.certificates:
            yield entry
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


async def _calibrations(
    stub: CalibrationServiceStub, wanted: certificates_pb2.ListCertificatesRequest
) -> AsyncIterator[calibrations_pb2.Calibration]:
    from protos.registry.v1 import calibrations_pb2 as pb  # noqa: PLC0415 - see above

    request = pb.ListCalibrationsRequest(
        page_size=wanted.page_size,
        subject_id=wanted.subject_id,
        state=wanted.state,
        type_code=wanted.type_code,
        laboratory=wanted.institution,
    )
    while True:
        answer = await stub.ListCalibrations(request, metadata=_EXPORTED)
        for one in answer.calibrations:
            yield one
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _certificate(client: Stubs, entry: certificates_pb2.CertificateEntry) -> _Held:
    from protos.registry.v1 import certificates_pb2 as pb  # noqa: PLC0415 - see above

    held, certificate = entry.verification, entry.certificate
    verification = held.verification

    def read(offset: int) -> Awaitable[Any]:
        request = pb.ReadCertificateRequest(
            certificate_id=certificate.certificate_id, offset=offset
        )
        answer: Awaitable[Any] = client.certificates.ReadCertificate(request)
        return answer

    return _Held(
        file_id=certificate.certificate_id,
        number=verification.certificate_no or certificate.certificate_id[:8],
        extension=FileKind(certificate.kind).extension,
        sent=certificate.uploaded_at.ToDatetime(SHANGHAI),
        row=[
            verification.certificate_no,
            held.subject_id,
            word("instrument_type", held.type_code),
            held.serial_no,
            verification.institution,
            word("result", verification.result),
            verification.verified_on,
            verification.valid_until,
            str(certificate.version),
            str(certificate.size),
            certificate.sha256,
        ],
        file=_File(read, certificate.size, certificate.sha256),
    )


async def _calibration(client: Stubs, one: calibrations_pb2.Calibration) -> _Held:
    from protos.registry.v1 import calibrations_pb2 as pb  # noqa: PLC0415 - see above

    def read(offset: int) -> Awaitable[Any]:
        request = pb.ReadDccRequest(dcc_id=one.dcc_id, offset=offset)
        answer: Awaitable[Any] = client.calibrations.ReadDcc(request)
        return answer

    answer = await _if_there(read(0)) or pb.ReadDccResponse()
    dcc = answer.dcc
    return _Held(
        file_id=one.dcc_id,
        number=one.certificate_no or one.dcc_id[:8],
        extension=FileKind.DCC.extension,
        sent=dcc.uploaded_at.ToDatetime(SHANGHAI),
        row=[
            one.certificate_no,
            one.subject_id,
            word("instrument_type", one.type_code),
            one.serial_no,
            one.laboratory,
            choose("校准", "calibration"),
            one.calibrated_on,
            "",
            "",
            str(dcc.size or ""),
            dcc.sha256,
        ],
        file=_File(read, dcc.size, dcc.sha256, answer.content or None),
    )


async def _if_there(reading: Awaitable[Any]) -> Any:
    """Returns an answer with the first piece of a file; None if there is none, as the list says."""
    try:
        return await reading
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return None


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
