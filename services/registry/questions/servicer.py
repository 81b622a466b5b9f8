"""The gRPC service for what imports leave to decide."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import questions_pb2_grpc as rpc
from services.registry.questions import answering, queries


class QuestionServicer(Servicer, rpc.QuestionServiceServicer):
    """Lists what imports leave to decide, and takes the decision of a person."""

    register = rpc.add_QuestionServiceServicer_to_server

    ListQuestions = query(queries.list_questions)
    GetQuestion = query(queries.get_question)
    AnswerQuestion = change(answering.answer_question)
