"""The logins that were ended, or whose subject changed, while their tokens would still be valid.

A token says for itself that it is valid. So every service asks the registry every few seconds which
logins were ended, and refuses their tokens.
"""

from __future__ import annotations

import asyncio

import grpc
import structlog

from plumbing.identity import Caller, Unauthenticated
from protos.identity.v1 import identity_pb2 as pb
from protos.identity.v1.identity_pb2_grpc import IdentityServiceStub

ASK_EVERY_SECONDS = 2.0
ENDED_TEXTS = ("登录已被结束，请重新登录", "The login was ended; sign in again")
log = structlog.get_logger()


class EndedSessions:
    """What the registry last told of ended logins; empty before it first answered.

    While the registry is away, the last answer holds: nobody can end a login then.
    """

    def __init__(self, registry: IdentityServiceStub) -> None:
        self._registry = registry
        self._ids: frozenset[str] = frozenset()
        self._moved: frozenset[str] = frozenset()

    def has(self, session_id: str) -> bool:
        """Returns whether the login with this id was ended."""
        return session_id in self._ids

    def has_moved(self, session_id: str) -> bool:
        """Returns whether the account of the login got another subject since its last renewal."""
        return session_id in self._moved

    def require_open(self, caller: Caller) -> None:
        """Raises Unauthenticated if the login of the caller's token was ended."""
        if self.has(caller.session_id):
            raise Unauthenticated(*ENDED_TEXTS)

    async def run(self) -> None:
        """Asks the registry again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(ASK_EVERY_SECONDS)

    async def look(self) -> None:
        """Asks the registry once; if it does not answer, its last answer holds."""
        try:
            answer = await self._registry.GetEndedSessions(pb.GetEndedSessionsRequest())
            self._ids = frozenset(answer.session_ids)
            self._moved = frozenset(answer.moved_session_ids)
        except (grpc.aio.AioRpcError, OSError) as error:
            log.info("ended_sessions.not_told", error=type(error).__name__)
