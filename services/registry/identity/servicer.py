"""Logging in and accounts over gRPC."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import partial
from typing import Any

import grpc
import structlog

from plumbing.change import Changes
from plumbing.identity import Caller, Role, Unauthenticated, current_caller, service_caller
from plumbing.tokens import Signer
from protos.identity.v1 import identity_pb2 as pb
from protos.identity.v1 import identity_pb2_grpc as rpc
from services.registry import wire
from services.registry.identity import accounts
from services.registry.identity.passwords import Passwords
from services.registry.queries import Queries
from services.registry.tables import Account

log = structlog.get_logger()


# Whoever has not signed in at the portal.
VISITOR = Caller("visitor", "visitor", frozenset({Role.PUBLIC}))


def _caller(account: Account) -> Caller:
    """An account as its tokens name it: with the roles it has now."""
    roles = frozenset(map(Role, account.roles))
    return Caller(account.account_id, account.name, roles, account.bureau, account.subject_id)


class IdentityServicer(rpc.IdentityServiceServicer):
    """Issues tokens and keeps the accounts. `secrets` are those of the services, by name."""

    def __init__(
        self,
        changes: Changes,
        queries: Queries,
        passwords: Passwords,
        signer: Signer,
        secrets: Mapping[str, str],
    ) -> None:
        self._changes, self._queries = changes, queries
        self._passwords, self._signer, self._secrets = passwords, signer, secrets

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_IdentityServiceServicer_to_server(self, server)

    async def Login(self, request: pb.LoginRequest, context: Any) -> pb.LoginResponse:
        account = await self._passwords.check(request.name, request.password)
        token, ends = self._signer.issue(_caller(account))
        log.info("identity.login", account=account.account_id)
        answer = pb.LoginResponse(token=token, account=wire.account(account))
        answer.expires_at.FromDatetime(ends)
        return answer

    async def LoginService(
        self, request: pb.LoginServiceRequest, context: Any
    ) -> pb.LoginServiceResponse:
        secret = self._secrets.get(request.service, "")
        if not hmac.compare_digest(secret.encode(), request.secret.encode()):
            raise Unauthenticated("服务密钥不正确", "The service's secret is wrong")
        token, ends = self._signer.issue(service_caller(request.service))
        answer = pb.LoginServiceResponse(token=token)
        answer.expires_at.FromDatetime(ends)
        return answer

    async def LoginVisitor(
        self, request: pb.LoginVisitorRequest, context: Any
    ) -> pb.LoginVisitorResponse:
        token, ends = self._signer.issue(VISITOR)
        answer = pb.LoginVisitorResponse(token=token)
        answer.expires_at.FromDatetime(ends)
        return answer

    async def RenewToken(
        self, request: pb.RenewTokenRequest, context: Any
    ) -> pb.RenewTokenResponse:
        account = await self._queries.open_account(current_caller())
        token, ends = self._signer.issue(_caller(account))
        answer = pb.RenewTokenResponse(token=token)
        answer.expires_at.FromDatetime(ends)
        return answer

    async def GetCaller(self, request: pb.GetCallerRequest, context: Any) -> pb.GetCallerResponse:
        return await self._queries.get_caller(current_caller())

    async def CreateAccount(
        self, request: pb.CreateAccountRequest, context: Any
    ) -> pb.CreateAccountResponse:
        hashed = await self._passwords.hash(request.password)
        return await self._changes.once(
            current_caller(),
            request,
            partial(accounts.create_account, hashed),
            pb.CreateAccountResponse,
        )

    async def ListAccounts(
        self, request: pb.ListAccountsRequest, context: Any
    ) -> pb.ListAccountsResponse:
        return await self._queries.list_accounts(request)

    async def CloseAccount(
        self, request: pb.CloseAccountRequest, context: Any
    ) -> pb.CloseAccountResponse:
        return await self._changes.once(
            current_caller(), request, accounts.close_account, pb.CloseAccountResponse
        )

    async def ChangePassword(
        self, request: pb.ChangePasswordRequest, context: Any
    ) -> pb.ChangePasswordResponse:
        caller = current_caller()
        try:
            checked = await self._passwords.check(caller.name, request.old_password)
        except Unauthenticated:
            checked = None  # the command refuses it, unless this repeats a change that was made
        hashed = await self._passwords.hash(request.new_password)
        return await self._changes.once(
            caller,
            request,
            partial(accounts.change_password, checked, hashed),
            pb.ChangePasswordResponse,
        )
