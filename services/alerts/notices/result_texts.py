"""The digest of results and certificates, in Chinese and in English. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from law.colours.rule import VerificationResult
from services.alerts.notices.english import as_written
from services.alerts.notices.listing import first_ones, named, named_en
from services.alerts.notices.texts import Text, body

NAMED = 200  # in one digest; the pages have the others


@dataclass(frozen=True)
class Line:
    """What is new of a verification: that it was `passed`, or the version of its certificate.

    `certificate` is 0 if no file came; `reason` tells why it replaces the one before.
    """

    verification_id: str
    type_code: str
    serial_no: str
    part: str
    result: VerificationResult
    verified_on: date
    valid_until: date | None
    certificate_no: str
    institution: str
    passed: bool
    certificate: int
    reason: str


def in_chinese(name: str, on: date, lines: Sequence[Line]) -> Text:
    """Writes the digest to the subject `name` in Chinese."""
    about = named(lines[0]) if len(lines) == 1 else f"{len(lines)} 项"
    return Text(
        f"检定结果和证书（{on}）：{about}",
        body(
            f"{name}：\n贵单位计量器具有下列新的检定结果和证书：",
            *first_ones(lines, NAMED, _zh, "另有 {n} 项，见平台。"),
            "证书可以在平台上查看和下载。",
        ),
    )


def in_english(name: str, on: date, lines: Sequence[Line]) -> Text:
    """Writes the same in English."""
    about = named_en(lines[0]) if len(lines) == 1 else f"{len(lines)} of them"
    return Text(
        f"Results and certificates ({on}): {about}",
        body(
            f"{name}:\nThese results and certificates of your instruments are new:",
            *first_ones(lines, NAMED, _en, "And {n} more on the platform."),
            "You can read and download certificates on the platform.",
        ),
    )


def _zh(line: Line) -> str:
    said = [f"{line.verified_on} 检定合格" if line.passed else f"{line.verified_on} 检定"]
    if line.passed and line.valid_until:
        said.append(f"有效期至 {line.valid_until}")
    said += [f"检定机构 {line.institution}"] if line.institution else []
    said += [f"编号 {line.certificate_no}"] if line.certificate_no else []
    part = f"（{line.part}）" if line.part else ""
    return f"{named(line)}{part}：{'，'.join(said)}。{_file_zh(line)}"


def _file_zh(line: Line) -> str:
    paper = "检定结果通知书" if line.result is VerificationResult.REJECT else "检定证书"
    if line.certificate > 1:
        return f"{paper}的文件已更换为第 {line.certificate} 版，理由：{line.reason}。请以新的为准。"
    return f"{paper}的文件已上传。" if line.certificate else ""


def _en(line: Line) -> str:
    said = [f"{'passed' if line.passed else 'verified'} on {line.verified_on}"]
    if line.passed and line.valid_until:
        said.append(f"valid until {line.valid_until}")
    said += [f"by {line.institution}"] if line.institution else []
    said += [f"number {line.certificate_no}"] if line.certificate_no else []
    part = f" ({line.part})" if line.part else ""
    return f"{named_en(line)}{part}: {', '.join(said)}.{_file_en(line)}"


def _file_en(line: Line) -> str:
    rejection = line.result is VerificationResult.REJECT
    paper = "rejection notice" if rejection else "certificate"
    if line.certificate > 1:
        return (
            f" The file of the {paper} was replaced by version {line.certificate}. Use the new one."
            f" {as_written('Reason', line.reason)}"
        )
    return f" The file of the {paper} was uploaded." if line.certificate else ""
