"""The gRPC service for the files of certificates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from law.errors import NotFound
from plumbing.change import Changes
from plumbing.file_kinds import FileKind
from plumbing.files import Files
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, query
from plumbing.settings import Settings
from plumbing.uploads import content_of, header_of, require_same
from protos.registry.v1 import certificates_pb2 as pb
from protos.registry.v1 import certificates_pb2_grpc as rpc
from services.registry.calibrations.dcc.reading import read_stored, require_unbroken
from services.registry.certificates import queries, wire
from services.registry.certificates.access import find_certificate
from services.registry.certificates.commands import add_certificate, require_may_send


class CertificateServicer(Servicer, rpc.CertificateServiceServicer):
    """Takes, lists and gives out the files of certificates."""

    register = rpc.add_CertificateServiceServicer_to_server

    def __init__(self, changes: Changes, files: Files, settings: Settings) -> None:
        super().__init__(changes)
        self._files, self._settings = files, settings
        self._one_dcc = asyncio.Semaphore(1)  # read at a time, since each may take much memory
        self._longest = settings.certificate_max_bytes
        self._most = settings.certificate_max_versions

    async def UploadCertificate(
        self, request_iterator: AsyncIterator[pb.UploadCertificateRequest], context: Any
    ) -> pb.UploadCertificateResponse:
        header, caller = await header_of(request_iterator), current_caller()
        async with self.changes.change(caller) as change:
            await require_may_send(change, header)
            now = change.at
        stored = await self._files.receive(content_of(request_iterator), self._longest)
        if stored.kind is FileKind.DCC:
            async with self._one_dcc:
                require_unbroken(await read_stored(self._files, stored, self._settings, now))
        command = partial(add_certificate, stored=stored, most=self._most)
        answer = await self.changes.once(caller, header, command, pb.UploadCertificateResponse)
        require_same(answer.certificate.sha256, stored.sha256)
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
