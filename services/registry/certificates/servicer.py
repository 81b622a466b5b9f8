"""The gRPC service for the files of certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from law.errors import AlreadyExists, Fault, InvalidInput, NotFound
from plumbing.change import Changes
from plumbing.files import Files
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, query
from plumbing.settings import Settings
from protos.registry.v1 import certificates_pb2 as pb
from protos.registry.v1 import certificates_pb2_grpc as rpc
from services.registry.certificates import queries, wire
from services.registry.certificates.access import find_certificate
from services.registry.certificates.commands import add_certificate, require_may_send


class CertificateServicer(Servicer, rpc.CertificateServiceServicer):
    """Takes, lists and gives out the files of certificates."""

    register = rpc.add_CertificateServiceServicer_to_server

    def __init__(self, changes: Changes, files: Files, settings: Settings) -> None:
        super().__init__(changes)
        self._files = files
        self._longest = settings.certificate_max_bytes
        self._most = settings.certificate_max_versions

    async def UploadCertificate(
        self, request_iterator: AsyncIterator[pb.UploadCertificateRequest], context: Any
    ) -> pb.UploadCertificateResponse:
        header, caller = await _header(request_iterator), current_caller()
        async with self.changes.change(caller) as change:
            await require_may_send(change, header)
        stored = await self._files.receive(_content(request_iterator), self._longest)
        command = partial(add_certificate, stored=stored, most=self._most)
        answer = await self.changes.once(caller, header, command, pb.UploadCertificateResponse)
        if answer.certificate.sha256 != stored.sha256:
            zh, en = "该请求编号已用于另一个文件", "This request id was used for another file"
            raise AlreadyExists(zh, en)
        return answer

    GetCertificates = query(queries.get_certificates)
    ListCertificates = query(queries.list_certificates)

    async def ReadCertificate(
        self, request: pb.ReadCertificateRequest, context: Any
    ) -> pb.ReadCertificateResponse:
        async with self.view() as view:
            row = await find_certificate(view, request.certificate_id)
        try:
            content = await self._files.read(row.sha256, row.size, request.offset)
        except FileNotFoundError as error:
            zh, en = "证书文件不在存储中，请联系平台管理员", "The file is missing from the store"
            raise NotFound(zh, en, certificate_id=row.certificate_id) from error
        return pb.ReadCertificateResponse(certificate=wire.certificate(row), content=content)


async def _header(parts: AsyncIterator[pb.UploadCertificateRequest]) -> pb.CertificateHeader:
    async for part in parts:
        if part.WhichOneof("part") == "header":
            return part.header
        break
    zh, en = "先发一个文件头，再发内容", "one header comes first, then content"
    raise InvalidInput(faults=[Fault("header", zh, en)])


async def _content(parts: AsyncIterator[pb.UploadCertificateRequest]) -> AsyncIterator[bytes]:
    async for part in parts:
        if part.WhichOneof("part") == "header":
            zh, en = "文件头只发一次", "the header comes once"
            raise InvalidInput(faults=[Fault("header", zh, en)])
        yield part.content
