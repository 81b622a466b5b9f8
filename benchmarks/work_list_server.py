"""The process that `benchmarks.work_list` asks over gRPC: the cases, and beside them a bare answer.

    python -m benchmarks.work_list_server FOLDER DATABASE_URL

The cases have their guard, validation, row scope and access log. `/bare/Page` answers with a page
of as many bytes that was made before. Both are answered by the same event loop.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc

from benchmarks import serving
from benchmarks.serving import CLOCK, guarded, serve_until_stopped
from plumbing.access.log import AccessLog
from plumbing.change import Changes
from plumbing.database import Database
from plumbing.tokens import make_keys
from protos.objection.v1 import objection_pb2 as pb
from services.objection.policy import POLICY, SERVICE
from services.objection.servicer import ObjectionServicer

CASES_ON_A_PAGE = 50


def _bare_page() -> bytes:
    """A page with as much in it as one of the benchmark's cases."""
    case = pb.Case(
        case_id="0" * 32, kind="objection", number="n12345", subject_id="s12345", bureau="330111",
        state="accepted", grounds="grounds of some length", lodged_by="p", caseworker="c123",
    )  # fmt: skip
    answer = pb.ListCasesResponse(cases=[case] * CASES_ON_A_PAGE, next_page_token="t" * 40)
    return answer.SerializeToString()


def bare() -> Any:
    """The bare method, for a server."""
    page = _bare_page()

    async def answered(_request: bytes, _context: Any) -> bytes:
        return page

    return grpc.method_handlers_generic_handler(
        "bare", {"Page": grpc.unary_unary_rpc_method_handler(answered)}
    )


async def run(folder: Path, url: str) -> None:
    """Serves until SIGTERM."""
    database = Database(url)
    access = AccessLog(database, CLOCK, timedelta(days=200))
    writing = asyncio.create_task(access.run())
    make_keys(folder / "keys", ())
    nobody: Any = None  # no neighbour is asked for a list
    services = {SERVICE: ObjectionServicer(Changes(database, CLOCK), nobody).register}
    beside = grpc.aio.server()
    beside.add_generic_rpc_handlers([bare()])
    port = beside.add_insecure_port("127.0.0.1:0")
    await beside.start()
    async with guarded(services, POLICY, folder, access) as address:
        await serve_until_stopped(folder, address, f"127.0.0.1:{port}")
    await beside.stop(None)
    writing.cancel()
    await asyncio.wait([writing])
    await database.close()


if __name__ == "__main__":
    serving.run(run(Path(sys.argv[1]), sys.argv[2]))
