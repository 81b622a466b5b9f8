"""The command by which an institution sends the files of several certificates at once.

A file is named by the number of its certificate. Each file is a change of its own, and has its own
line of answer: what it was kept for, or why it was not kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from law.errors import NotPermitted
from law.identity import document_key
from law.identity.file_names import number_of, numbers_in
from plumbing.chunks import chunks
from plumbing.client import Refusal, ask, new_request_id
from services.cli.client import Client, with_client
from services.cli.commands.pieces import name_of, parts_of
from services.cli.output import show
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.registry.v1.registry_pb2 import VerificationEntry

REFUSED = 1
_NUMBERS = 1000  # that a request may ask for
_NO_NUMBER = (
    "文件名中没有本机构已登记结果的证书编号",
    "its name has no certificate number of a result that your institution reported",
)
_SEVERAL = (
    "文件名对得上几份证书，请用 certificate upload 写明是哪一次检定的",
    "its name fits several certificates; name the verification with certificate upload",
)
_NO_INSTITUTION = (
    "按文件名上传证书由检定机构的人员办理；其他人员用 certificate upload 写明检定",
    "Only people of an institution send certificates by the numbers in their names",
)
Said = tuple[str, str]  # in Chinese and English
Issued = Mapping[str, Sequence["VerificationEntry"]]


@dataclass(frozen=True)
class Answer:
    """What became of a file: the certificate for which it is kept, or why it is not kept."""

    file: str
    kept: bool
    certificate_no: str = ""
    verification_id: str = ""
    certificate_id: str = ""
    message_zh: str = ""
    message_en: str = ""

    def tell(self) -> None:
        """Prints the line of the file; of one that was not kept, on stderr."""
        number = self.certificate_no
        if self.kept:
            show.done(f"✓ {self.file}：证书 {number}", f"✓ {self.file}: certificate {number}")
        else:
            show.refuse(f"{self.file}：{self.message_zh}", f"{self.file}: {self.message_en}")


def certificate_upload_several(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            exists=True,
            dir_okay=False,
            help="文件，文件名写明证书编号 | files, each named by its certificate's number",
        ),
    ],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """检定机构上传几份证书文件，按文件名中的证书编号对应。

    Sends the certificate files of an institution; each finds its result by its name.
    Each file is kept or refused by itself; one that is sent again is not kept twice. Exits with 1
    if a file was not kept.
    """

    async def sent(client: Client) -> list[Answer]:
        answers = []
        async for one in _answers(client, files):
            answers.append(one)
            if not as_json:
                one.tell()
        return answers

    answers = with_client(data, sent)
    kept = sum(one.kept for one in answers)
    failed = len(answers) - kept
    if as_json:
        show.json_out([asdict(one) for one in answers])
    else:
        show.done(f"已保存 {kept} 份，{failed} 份没有保存", f"{kept} kept, {failed} not kept")
    if failed:
        raise typer.Exit(REFUSED)


async def _answers(client: Client, files: Sequence[Path]) -> AsyncIterator[Answer]:
    """Sends one file after another. Once the platform stops answering, the rest is not kept."""
    issued = await _issued(client, {key for file in files for key in numbers_in(file.stem)})
    away: Said | None = None
    for file in files:
        entries, fault = _results_of(file, issued)
        if fault:
            yield Answer(name_of(file), kept=False, message_zh=fault[0], message_en=fault[1])
        for entry in entries:
            if away is None:
                answer, away = await _send(client, file, entry)
                yield answer
            else:
                yield _refused(file, entry, away)


async def _issued(client: Client, numbers: Collection[str]) -> Issued:
    """The institution's own results with these certificate numbers."""
    from protos.identity.v1 import identity_pb2 as identity  # noqa: PLC0415 - only this command
    from protos.registry.v1 import registry_pb2 as registry  # noqa: PLC0415 - only this command

    own = (await ask(client.identity.GetCaller(identity.GetCallerRequest()))).account.institution
    if not own:
        raise NotPermitted(*_NO_INSTITUTION)
    found: defaultdict[str, list[VerificationEntry]] = defaultdict(list)
    for some in chunks(numbers, _NUMBERS):
        request = registry.ListVerificationsRequest(
            institution=own, certificate_nos=some, page_size=_NUMBERS
        )
        for entry in (await ask(client.registry.ListVerifications(request))).verifications:
            found[document_key(entry.verification.certificate_no)].append(entry)
    return found


def _results_of(file: Path, issued: Issued) -> tuple[Sequence[VerificationEntry], Said | None]:
    """The results of a file: those of the parts of one instrument. Or else what is wrong."""
    numbers = number_of(file.stem, issued)
    if not numbers:
        return (), _NO_NUMBER
    entries = issued[numbers[0]]
    if len(numbers) > 1 or len({one.verification.instrument_id for one in entries}) > 1:
        return (), _SEVERAL
    return entries, None


async def _send(client: Client, file: Path, entry: VerificationEntry) -> tuple[Answer, Said | None]:
    """Sends a file as the certificate of a result.

    Returns the answer, and what was said if it concerns the files that follow too.
    """
    from protos.registry.v1 import certificates_pb2 as pb  # noqa: PLC0415 - only this command

    result = entry.verification
    header = pb.CertificateHeader(
        request_id=new_request_id(),
        verification_id=result.verification_id,
        file_name=name_of(file),
    )
    parts = parts_of(file, pb.UploadCertificateRequest, header)
    try:
        sent = await ask(client.certificates.UploadCertificate(parts))
    except Refusal as refusal:
        said = _said(refusal)
        return _refused(file, entry, said), None if refusal.is_of_the_request else said
    kept = Answer(
        name_of(file),
        kept=True,
        certificate_no=result.certificate_no,
        verification_id=result.verification_id,
        certificate_id=sent.certificate.certificate_id,
    )
    return kept, None


def _refused(file: Path, entry: VerificationEntry, said: Said) -> Answer:
    result = entry.verification
    about = {"certificate_no": result.certificate_no, "verification_id": result.verification_id}
    return Answer(name_of(file), kept=False, **about, message_zh=said[0], message_en=said[1])


def _said(refusal: Refusal) -> Said:
    for _, zh, en in refusal.faults:
        return zh, en
    return refusal.message_zh, refusal.message_en
