"""The papers that the demo hands in with an application for repair, typeset as a firm would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date

from law.repair.data import Paper
from plumbing.client import new_request_id
from plumbing.papers.letter_pdf import Letter, letter_pdf
from plumbing.papers.letter_text import digest
from plumbing.settings import Settings
from protos.objection.v1 import evidence_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client

_TITLES = {Paper.PROMISE: "信用修复承诺书", Paper.PROOF: "法定义务履行完毕的证明材料"}
_WORDS = {
    Paper.PROMISE: "本单位承诺所提交的材料真实有效，愿意承担违反承诺的相应责任。",
    Paper.PROOF: "罚款已缴清，作弊器具已拆除报废，消费者已获退赔；凭证附后。",
}


async def hand_in(
    client: Client, settings: Settings, subject: registry.Subject, on: date
) -> list[str]:
    """Sends the promise and the proof of an operator; returns their ids for the application."""
    return [await _send(client, settings, subject, paper, on) for paper in Paper]


async def _send(
    client: Client, settings: Settings, subject: registry.Subject, paper: Paper, on: date
) -> str:
    body = f"{_WORDS[paper]}\n{subject.name}\n{on.year}年{on.month}月{on.day}日"
    letter = Letter(_TITLES[paper], body, on, "", "", digest(body))
    content = await asyncio.to_thread(letter_pdf, letter, "", settings.font_dir)
    header = pb.EvidenceHeader(
        request_id=new_request_id(),
        subject_id=subject.subject_id,
        file_name=f"{_TITLES[paper]}.pdf",
        purpose=paper,
    )

    async def parts() -> AsyncIterator[pb.UploadEvidenceRequest]:
        yield pb.UploadEvidenceRequest(header=header)
        yield pb.UploadEvidenceRequest(content=content)

    return (await client.evidence.UploadEvidence(parts())).evidence.evidence_id
