"""The page with the signed checkpoints of the audit chains, for anybody to keep a copy."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from plumbing.client import ask
from plumbing.settings import SERVICES
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub
from services.portal.pages.platform_state import of_each_service
from services.portal.pages.sign_in import qr_code
from services.portal.visit import Visit


async def checkpoints(visit: Visit) -> Response:
    """Shows the newest checkpoint of each service, as text and as a QR code."""
    answers = await of_each_service(visit, newest)
    return visit.page(
        "public/checkpoints.html",
        answers=answers,
        codes={name: qr_code(one.note) for name, one in answers.items() if one and one.note},
    )


async def file(visit: Visit) -> Response:
    """Sends the newest checkpoint of a service as a file; 404 before the first."""
    service = visit.path("service")
    if service not in SERVICES:
        raise HTTPException(404)
    answer = await newest(visit.services.operations[service])
    if not answer.note:
        raise HTTPException(404)
    name = f"{service}-{answer.size:012d}.checkpoint"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(answer.note, headers=headers)


async def newest(stub: OperationsServiceStub) -> pb.GetCheckpointResponse:
    """Reads the newest checkpoint of a service; it is empty before the first."""
    return await ask(stub.GetCheckpoint(pb.GetCheckpointRequest()))
