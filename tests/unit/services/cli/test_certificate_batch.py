"""The command that sends several certificates: what each file is told, and what it ends with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
import typer

from law.errors import NotPermitted
from plumbing.client import Refusal
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import certificates_pb2 as certificates
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands import certificate_batch
from services.cli.output.language import Language, set_language

OWN = "测试计量检定院"
WRONG = Refusal(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT", "有误", "is wrong")
AWAY = Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "登记没有应答", "no answer")


def result(number: str, instrument: str, part: str = "") -> registry.VerificationEntry:
    verification = registry.Verification(
        verification_id=f"{instrument}-{number}-{part}",
        instrument_id=instrument,
        institution=OWN,
        certificate_no=number,
        part=part,
    )
    return registry.VerificationEntry(verification=verification)


RESULTS = (
    result("检字2026-0001", "one"),
    result("检字2026-0002", "two"),
    result("检字2026-0003", "three", "左"),
    result("检字2026-0003", "three", "右"),
    result("检字2026-0004", "four"),
    result("检字2026-0004", "five"),
)


class Register:
    """Answers as the registry does, and keeps what it received, by the name of the file."""

    def __init__(self, institution: str = OWN) -> None:
        self.institution = institution
        self.kept: list[tuple[str, str, bytes]] = []
        self.refusals: dict[str, Refusal] = {}  # by the content of a file

    async def caller(self, _request: Any) -> identity.GetCallerResponse:
        account = identity.Account(institution=self.institution)
        return identity.GetCallerResponse(account=account)

    async def results(
        self, request: registry.ListVerificationsRequest
    ) -> registry.ListVerificationsResponse:
        assert request.institution == OWN
        return registry.ListVerificationsResponse(verifications=RESULTS)

    async def upload(
        self, parts: AsyncIterator[certificates.UploadCertificateRequest]
    ) -> certificates.UploadCertificateResponse:
        header = (await anext(parts)).header
        content = b"".join([part.content async for part in parts])
        if refusal := self.refusals.get(content.decode()):
            raise refusal
        self.kept.append((header.file_name, header.verification_id, content))
        kept = certificates.Certificate(certificate_id=f"kept-{len(self.kept)}")
        return certificates.UploadCertificateResponse(certificate=kept)

    def client(self) -> Any:
        return SimpleNamespace(
            identity=SimpleNamespace(GetCaller=self.caller),
            registry=SimpleNamespace(ListVerifications=self.results),
            certificates=SimpleNamespace(UploadCertificate=self.upload),
        )


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    """The register to which the command of a test sends."""
    set_language(Language.ZH)
    answers = Register()

    def with_client(_data: Any, work: Any) -> Any:
        return asyncio.run(work(answers.client()))

    monkeypatch.setattr(certificate_batch, "with_client", with_client)
    return answers


def sends(folder: Path, files: dict[str, str], *, as_json: bool = False) -> int:
    """Sends files with their contents; returns the exit code."""
    for name, content in files.items():
        (folder / name).write_text(content)
    paths = [folder / name for name in files]
    try:
        certificate_batch.certificate_upload_several(paths, as_json=as_json)
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def test_each_file_finds_its_result_by_its_name(
    register: Register, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"检字2026-0001.pdf": "a", "样例加油站_检字2026-0002.pdf": "b"}
    assert sends(tmp_path, files) == 0
    assert register.kept == [
        ("检字2026-0001.pdf", "one-检字2026-0001-", b"a"),
        ("样例加油站_检字2026-0002.pdf", "two-检字2026-0002-", b"b"),
    ]
    told = capsys.readouterr()
    assert "✓ 样例加油站_检字2026-0002.pdf：证书 检字2026-0002" in told.out
    assert "已保存 2 份，0 份没有保存" in told.out
    assert told.err == ""


def test_a_file_of_the_parts_of_one_instrument_is_kept_for_each(
    register: Register, tmp_path: Path
) -> None:
    assert sends(tmp_path, {"检字2026-0003.pdf": "a"}) == 0
    assert [verification for _, verification, _ in register.kept] == [
        "three-检字2026-0003-左",
        "three-检字2026-0003-右",
    ]


def test_what_is_wrong_with_one_file_keeps_no_other_back(
    register: Register, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = ("header.reason", "更换证书须写明理由", "say why")
    register.refusals["wrong"] = Refusal(
        grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT", "有误", "is wrong", (fault,)
    )
    files = {
        "无此编号2026-9999.pdf": "a",
        "检字2026-0001.pdf": "wrong",
        "检字2026-0004.pdf": "a",
        "检字2026-0001 检字2026-0002.pdf": "a",
        "检字2026-0002.pdf": "right",
    }
    assert sends(tmp_path, files) == 1
    assert [name for name, *_ in register.kept] == ["检字2026-0002.pdf"]
    told = capsys.readouterr()
    assert "无此编号2026-9999.pdf：文件名中没有本机构已登记结果的证书编号" in told.err
    assert "检字2026-0001.pdf：更换证书须写明理由" in told.err
    assert told.err.count("文件名对得上几份证书") == 2
    assert "已保存 1 份，4 份没有保存" in told.out


def test_once_the_register_is_away_the_rest_is_told_as_not_kept(
    register: Register, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register.refusals |= {"away": AWAY, "never sent": WRONG}
    files = {
        "检字2026-0001.pdf": "a",
        "检字2026-0002.pdf": "away",
        "检字2026-0003.pdf": "never sent",
    }
    assert sends(tmp_path, files, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(one["file"], one["kept"], one["message_zh"]) for one in told] == [
        ("检字2026-0001.pdf", True, ""),
        ("检字2026-0002.pdf", False, "登记没有应答"),
        ("检字2026-0003.pdf", False, "登记没有应答"),
        ("检字2026-0003.pdf", False, "登记没有应答"),
    ]
    assert told[0]["certificate_id"] == "kept-1"


def test_who_is_of_no_institution_is_told_so(register: Register, tmp_path: Path) -> None:
    register.institution = ""
    with pytest.raises(NotPermitted, match="people of an institution"):
        sends(tmp_path, {"检字2026-0001.pdf": "a"})
    assert register.kept == []
