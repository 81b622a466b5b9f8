"""The questions of imports, as tests ask and answer them."""

from __future__ import annotations

from typing import Any

from plumbing.client import new_request_id
from protos.registry.v1 import questions_pb2 as pb
from tests.integration.registry.running_registry import Client

GROUND = "已查阅材料（合成）"


async def asked(client: Client, **values: Any) -> list[pb.Question]:
    """What is to be decided."""
    return list((await client.questions.ListQuestions(pb.ListQuestionsRequest(**values))).questions)


async def answer(client: Client, one: pb.Question, given: str) -> pb.AnswerQuestionResponse:
    """Decides a question."""
    request = pb.AnswerQuestionRequest(
        request_id=new_request_id(), question_id=one.question_id, answer=given, ground=GROUND
    )
    return await client.questions.AnswerQuestion(request)
