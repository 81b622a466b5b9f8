"""Public pages to check a paper: a letter by its number and code, a receipt by its file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from law import grading
from law.errors import InvalidInput
from law.grading import Receipt
from law.reader.json_text import read_json_text
from plumbing.client import ask
from protos.grading.v1 import grading_pb2
from protos.letters.v1 import letters_pb2 as pb
from services.portal.pages.reading import grade_of
from services.portal.visit import Visit

# Differences of a receipt that a newer edition of the text explains.
_EDITION = ("ruleset_version: ", "ruleset_hash: ")
_SHOWN = 20  # differences


async def letter(visit: Visit) -> Response:
    """Tells whether a letter is genuine, and of which bureau and day; nothing of what it says."""
    number, code = visit.query("number"), visit.query("code")
    if not number and not code:
        return visit.page("check/letter.html", public=True, typed={}, found=None)
    errors = _missing(visit, number, code)
    if errors:
        return _letter_page(visit, number, code, status=422, errors=errors)
    if visit.portal.guesses.refuses(visit.visitor):
        message = visit.say("核验次数过多，请十分钟后再试")
        return _letter_page(visit, number, code, status=429, refusal=message)
    found = await _found(visit, number, code)
    if not found.genuine:
        visit.portal.guesses.miss(visit.visitor)
    return _letter_page(visit, number, code, found=found)


def _missing(visit: Visit, number: str, code: str) -> dict[str, str]:
    errors = {}
    if not number or len(number) > 100:  # as in the contract
        errors["number"] = visit.say("请填写文书编号，例如：行政指导建议书〔2026〕330106-0001号")
    if not code or len(code) > 40:
        errors["code"] = visit.say("请填写校验码，例如：K7QX-3MWP")
    return errors


def _letter_page(visit: Visit, number: str, code: str, **values: Any) -> Response:
    values = {"found": None, "typed": {"number": number, "code": code}, **values}
    return visit.page("check/letter.html", **values)


async def _found(visit: Visit, number: str, code: str) -> pb.CheckLetterResponse:
    """The answer of the service that wrote the letter; of any service if none did."""
    request = pb.CheckLetterRequest(number=number, check_code=code)
    answers = await asyncio.gather(
        *(ask(service.CheckLetter(request)) for service in visit.services.letters)
    )
    return next((answer for answer in answers if answer.genuine), answers[0])


@dataclass(frozen=True)
class Checked:
    """What the check of a receipt found.

    `differences` are what the receipt states otherwise than its own inputs give; empty if it
    agrees. `older_text` is true if only the edition of the text differs. `sentences` are empty for
    a receipt that does not agree.
    """

    receipt: Receipt
    differences: list[str]
    older_text: bool
    sentences: list[str]


async def receipt(visit: Visit) -> Response:
    """Verifies a receipt of a grade as `quanheng law verify` does, and says what it means."""
    if visit.request.method == "GET":
        return visit.page("check/receipt.html", public=True, checked=None)
    file = visit.form.get("receipt")
    if not isinstance(file, UploadFile) or not file.filename:
        errors = {"receipt": visit.say("请选择评级凭证文件（JSON）")}
        return visit.page("check/receipt.html", status=422, checked=None, errors=errors)
    try:
        checked = await run_in_threadpool(check_receipt, await file.read(), visit.language)
    except InvalidInput as error:
        errors = {"receipt": visit.say("这个文件不是评级凭证，或者已经损坏")}
        faults = [_fault(visit, error, place) for place in range(len(error.faults[:_SHOWN]))]
        return visit.page(
            "check/receipt.html", status=422, checked=None, errors=errors, faults=faults
        )
    now = await grade_of(visit, checked.receipt.subject_id)
    return visit.page("check/receipt.html", checked=checked, now=now, same=_same(checked, now))


async def receipt_file(visit: Visit) -> Response:
    """Sends the receipt of a grade as the file that the page of checking takes."""
    request = grading_pb2.GetReceiptRequest(receipt_id=visit.path("receipt_id"))
    answer = await ask(visit.services.grading.GetReceipt(request))
    headers = {"content-disposition": 'attachment; filename="receipt.json"'}
    return Response(answer.receipt_json, media_type="application/json", headers=headers)


def _fault(visit: Visit, error: InvalidInput, place: int) -> str:
    fault = error.faults[place]
    chinese = visit.language == "zh-CN"
    return f"{fault.field}：{fault.message_zh}" if chinese else f"{fault.field}: {fault.message_en}"


def check_receipt(content: bytes, language: str) -> Checked:
    """Verifies the JSON text of a receipt. Raises InvalidInput if it cannot be read as one."""
    document = read_json_text("receipt", content)
    try:
        differences = grading.verify_document(document)
        found = Receipt.from_json(document)
    except RecursionError:
        raise InvalidInput("凭证嵌套过深", "The receipt is nested too deeply") from None
    by_edition = [one for one in differences if one.startswith(_EDITION)]
    agrees = len(by_edition) == len(differences)
    sentences = grading.explain(found, "zh" if language == "zh-CN" else "en") if agrees else []
    return Checked(found, differences[:_SHOWN], agrees and bool(differences), [*sentences])


def _same(checked: Checked, now: Any) -> bool:
    """Whether the receipt says what is in force now: the same text, grade and score."""
    if now is None:
        return False
    told = checked.receipt
    stated = (told.ruleset_id, told.ruleset_hash, told.grade or "", told.score)
    score = now.score if now.HasField("score") else None
    return stated == (now.ruleset_id, now.ruleset_hash, now.grade, score)
