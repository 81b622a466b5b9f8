"""The page on which an institution sends the files of several certificates at once.

A file is named by the number of its certificate. Each file is a change of its own; what was kept,
and what was not and why, is told by the names of the files.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeGuard, cast
from uuid import NAMESPACE_URL, uuid5

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from law.identity import document_key
from law.identity.file_names import number_of, numbers_in
from plumbing.chunks import chunks
from plumbing.client import Refusal, ask, new_request_id
from protos.registry.v1 import certificates_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.forms import file_name
from services.portal.pages.institution import own_name
from services.portal.pages.transfers import UPLOAD_SECONDS, parts_of
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

PATH = "/certificates/several"
MOST = 100  # files at once
TOGETHER = 10  # of the greatest length, that one form may carry
_NUMBERS = 1000  # that a request may ask for
Issued = Mapping[str, Sequence[registry.VerificationEntry]]


@dataclass
class Outcome:
    """What became of the files: each with its result, or with why it was not kept."""

    kept: list[tuple[str, registry.VerificationEntry]] = field(default_factory=list)
    refused: list[tuple[str, str, registry.VerificationEntry | None]] = field(default_factory=list)


async def send(visit: Visit) -> Response:
    """Finds the result of each file by its certificate number, and sends one file after another."""
    if visit.request.method == "GET":
        return _page(visit)
    files = [one for one in visit.form.getlist("files") if _is_file(one)]
    if not files:
        return _page(visit, errors={"files": visit.say(N_("请选择证书文件"))})
    if len(files) > MOST:
        error = visit.say(N_("选择了 {n} 个文件，一次最多 {most} 个，请分几次上传"))
        return _page(visit, errors={"files": error.format(n=len(files), most=MOST)})
    numbers = {key: None for one in files for key in numbers_in(_stem(one))}
    outcome = await _send(visit, files, await _issued(visit, numbers))
    return _page(visit, outcome=outcome)


def _is_file(given: object) -> TypeGuard[UploadFile]:
    return isinstance(given, UploadFile) and bool(given.filename)


def _page(
    visit: Visit, *, errors: Mapping[str, str] | None = None, outcome: Outcome | None = None
) -> Response:
    failed = errors or (outcome and not outcome.kept)
    longest = visit.portal.settings.certificate_max_bytes >> 20
    return visit.page(
        "certificates/several.html",
        status=422 if failed else 200,
        errors=errors or {},
        outcome=outcome,
        request_id=new_request_id(),  # other files are another request
        longest=longest,
        together=TOGETHER * longest,
        most=MOST,
    )


def _stem(file: UploadFile) -> str:
    return PurePosixPath((file.filename or "").replace("\\", "/")).stem


async def _issued(visit: Visit, numbers: Collection[str]) -> Issued:
    """The institution's own results with these certificate numbers."""
    found: defaultdict[str, list[registry.VerificationEntry]] = defaultdict(list)
    own = await own_name(visit)
    for some in chunks(numbers if own else (), _NUMBERS):
        request = registry.ListVerificationsRequest(
            institution=own, certificate_nos=some, page_size=_NUMBERS
        )
        answer = await ask(visit.services.registry.ListVerifications(request))
        for entry in answer.verifications:
            found[document_key(entry.verification.certificate_no)].append(entry)
    return found


async def _send(visit: Visit, files: Sequence[UploadFile], issued: Issued) -> Outcome:
    """Sends what has a result. If the register stops answering, the rest is told as not kept."""
    outcome, away = Outcome(), ""
    for file in files:
        name = file_name(file)
        entries, fault = _results_of(visit, file, issued)
        if fault:
            outcome.refused.append((name, fault, None))
        for entry in entries:
            try:
                why = away or await _upload(visit, file, entry.verification.verification_id)
            except Refusal as refusal:
                if not outcome.kept:
                    raise
                why = away = message_of(refusal, visit.language)
            if why:
                outcome.refused.append((name, why, entry))
            else:
                outcome.kept.append((name, entry))
    return outcome


def _results_of(
    visit: Visit, file: UploadFile, issued: Issued
) -> tuple[Sequence[registry.VerificationEntry], str]:
    """The results of a file: those of the parts of one instrument. Or else what is wrong."""
    numbers = number_of(_stem(file), issued)
    if not numbers:
        text = N_("文件名中没有本机构已登记结果的证书编号")
        return (), visit.say(text)
    entries = issued[numbers[0]]
    if len(numbers) > 1 or len({one.verification.instrument_id for one in entries}) > 1:
        text = N_("文件名对得上几份证书，请在各自的页面上传")
        return (), visit.say(text)
    return entries, ""


async def _upload(visit: Visit, file: UploadFile, verification_id: str) -> str:
    """Sends a file; returns why it was refused, or nothing. Raises what concerns all files."""
    await file.seek(0)
    digest = await run_in_threadpool(hashlib.file_digest, cast("Any", file.file), "sha256")
    await file.seek(0)
    content, name = digest.hexdigest(), file_name(file)
    header = pb.CertificateHeader(
        # A form that is sent again finds what it has sent already.
        request_id=str(
            uuid5(NAMESPACE_URL, f"{visit.request_id()}/{verification_id}/{content}/{name}")
        ),
        verification_id=verification_id,
        file_name=name,
    )
    call = visit.services.certificates.UploadCertificate(
        parts_of(pb.UploadCertificateRequest, header, file), timeout=UPLOAD_SECONDS
    )
    try:
        await ask(call)
    except Refusal as refusal:
        if not refusal.is_of_the_request:
            raise
        faults = faults_by_field(refusal, visit.language)
        return next(iter(faults.values()), message_of(refusal, visit.language))
    return ""
