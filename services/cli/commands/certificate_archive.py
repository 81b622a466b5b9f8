"""The command that writes the certificates in force into one ZIP, each compared with its digest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    from protos.registry.v1 import certificates_pb2
    from protos.registry.v1.certificates_pb2_grpc import CertificateServiceStub

PAGE_SIZE = 200
_EXPORTED = ((PURPOSE, EXPORTING),)
_HEADINGS = (
    ("文件", "file"),
    ("证书编号", "certificate"),
    ("主体编号", "subject"),
    ("器具", "instrument"),
    ("出厂编号", "serial number"),
    ("检定机构", "institution"),
    ("结果", "result"),
    ("检定日期", "verified on"),
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
    data: Data = None,
) -> None:
    """把现行的证书文件写成一个 ZIP，附清单；有文件缺失或者内容不符时退出码为 1。

    Writes the certificates in force to one ZIP, with a list of them; exit 1 if a file is missing or
    is not what was sent.
    """
    from protos.registry.v1 import certificates_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ListCertificatesRequest(
        page_size=PAGE_SIZE,
        subject_id=subject,
        state=state,
        type_code=type_code,
        valid_until_from=valid_from,
        valid_until_to=valid_to,
    )
    archive = Archive(request)

    async def saved(client: Client) -> None:
        with written_whole(to) as part:
            await archive.save(client.certificates, part)

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


class Archive:
    """The certificates of a selection as one ZIP: how many it has, and which are faulty."""

    def __init__(self, wanted: certificates_pb2.ListCertificatesRequest) -> None:
        self._wanted = wanted
        self.files = 0
        self.faults: list[tuple[str, str, str]] = []  # certificate, Chinese, English

    async def save(self, stub: CertificateServiceStub, to: Path) -> None:
        """Reads every certificate and writes the ZIP."""
        with to.open("wb") as file:
            async for piece in packed(self._packed(stub)):
                file.write(piece)

    async def _packed(self, stub: CertificateServiceStub) -> AsyncIterator[Packed]:
        names, text = Names(), io.StringIO(newline="")
        rows = CsvRows(text)
        rows.write([choose(*heading) for heading in _HEADINGS])
        last = datetime.fromtimestamp(0, SHANGHAI).replace(year=1980)  # the first that a ZIP knows
        async for entry in _entries(stub, self._wanted):
            file = _File(stub, entry.certificate)
            name = ""
            if await file.begins():
                name = names.name(_wanted_name(entry), FileKind(entry.certificate.kind).extension)
                sent = entry.certificate.uploaded_at.ToDatetime(SHANGHAI)
                last = max(last, sent)
                yield Packed(name, sent, file.pieces())
                self.files += 1
            rows.write(_listed(entry, name, self._fault(entry, file)))
        content = text.getvalue().encode("utf-8-sig")
        yield Packed(names.name(choose("清单", "list"), "csv"), last, _once(content))

    def _fault(self, entry: certificates_pb2.CertificateEntry, file: _File) -> str:
        """What is wrong with a file that was read, as a remark; empty if nothing is."""
        if file.is_whole:
            return ""
        told = (
            ("内容与登记的摘要不符", "differs from its digest")
            if file.is_there
            else ("文件不在存储中", "is not in the store")
        )
        self.faults.append((_wanted_name(entry), *told))
        return choose(*told)


class _File:
    """The file of a certificate as it is read, with the digest of what has come."""

    def __init__(
        self, stub: CertificateServiceStub, certificate: certificates_pb2.Certificate
    ) -> None:
        self._stub, self._certificate = stub, certificate
        self._first, self._digest = b"", hashlib.sha256()
        self.is_there = False

    async def begins(self) -> bool:
        """Reads the first piece; False if there is no file."""
        try:
            self._first = await self._piece(0)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return False
        self.is_there = True
        return True

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields the file piece by piece."""
        read, piece = 0, self._first
        while piece:
            self._digest.update(piece)
            yield piece
            read += len(piece)
            piece = await self._piece(read) if read < self._certificate.size else b""

    @property
    def is_whole(self) -> bool:
        """Whether what was read is what was sent."""
        return self.is_there and self._digest.hexdigest() == self._certificate.sha256

    async def _piece(self, offset: int) -> bytes:
        from protos.registry.v1 import certificates_pb2 as pb  # noqa: PLC0415 - see above

        request = pb.ReadCertificateRequest(
            certificate_id=self._certificate.certificate_id, offset=offset
        )
        return (await self._stub.ReadCertificate(request)).content


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


def _wanted_name(entry: certificates_pb2.CertificateEntry) -> str:
    number = entry.verification.verification.certificate_no
    return number or entry.certificate.certificate_id[:8]


def _listed(entry: certificates_pb2.CertificateEntry, name: str, remark: str) -> list[str]:
    held, certificate = entry.verification, entry.certificate
    verification = held.verification
    return [
        name,
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
        remark,
    ]


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
