"""The logins that were ended, or whose subject changed, while their tokens would still be valid.

A token says for itself that it is valid, and for which subject. So every service asks the registry
every few seconds which logins were ended, and which accounts got another subject. It refuses the
tokens of the former, and those of the latter that name a former subject.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import grpc
import structlog

from plumbing.identity import Caller, Unauthenticated
from protos.identity.v1 import identity_pb2 as pb
from protos.identity.v1.identity_pb2_grpc import IdentityServiceStub

ASK_EVERY_SECONDS = 2.0
ENDED_TEXTS = ("登录已被结束，请重新登录", "The login was ended; sign in again")
MOVED_TEXTS = (
    "您的账号已转到另一主体，此令牌不再有效：请更换令牌（RenewToken），或者重新登录",
    "Your account belongs to another subject now: renew the token (RenewToken), or sign in again",
)
log = structlog.get_logger()


class EndedSessions:
    """What the registry last told of ended logins; empty before it first answered.

    While the registry is away, the last answer holds: nobody can end a login then.
    """

    def __init__(self, registry: IdentityServiceStub) -> None:
        self._registry = registry
        self._ids: frozenset[str] = frozenset()
        self._moved: Mapping[str, str] = {}

    def has(self, session_id: str) -> bool:
        """Returns whether the login with this id was ended."""
        return session_id in self._ids

    def has_moved(self, session_id: str, subject_id: str) -> bool:
        """Returns whether the account of a login has another subject now than its token names."""
        return self._moved.get(session_id, subject_id) != subject_id

    def require_open(self, caller: Caller, *, renewing: bool = False) -> None:
        """Raises Unauthenticated if the login of the caller's token was ended.

        It is raised too for a token that names a subject which the account has no longer, unless it
        is being renewed.
        """
        if self.has(caller.session_id):
            raise Unauthenticated(*ENDED_TEXTS)
        if not renewing and self.has_moved(caller.session_id, caller.subject_id):
            raise Unauthenticated(*MOVED_TEXTS)

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
            self._moved = {one.session_id: one.subject_id for one in answer.moved_sessions}
        except (grpc.aio.AioRpcError, OSError) as error:
            log.info("ended_sessions.not_told", error=type(error).__name__)
