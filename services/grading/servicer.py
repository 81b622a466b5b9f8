"""The gRPC service for grades and their receipts."""

from __future__ import annotations

from plumbing.servicer import Servicer, query
from protos.grading.v1 import grading_pb2_grpc as rpc
from services.grading import queries


class GradingServicer(Servicer, rpc.GradingServiceServicer):
    """Returns grades, and the receipts that explain how each grade was computed."""

    register = rpc.add_GradingServiceServicer_to_server

    GetGrade = query(queries.get_grade)
    ListGrades = query(queries.list_grades)
    ListGradesInForce = query(queries.list_grades_in_force)
    GetReceipt = query(queries.get_receipt)
    VerifyReceipt = query(queries.verify_receipt)
    SummariseGrades = query(queries.summarise_grades)
    GetRecordGraded = query(queries.get_record_graded)
    GetReceiptDigests = query(queries.get_receipt_digests)
